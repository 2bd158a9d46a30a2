"""The real command, the real daemon and a real sandbox, each in a process of its own."""

import http.client
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch
from urllib.parse import urlsplit

from daemon.cli.main import main

COMMAND = str(Path(sys.executable).with_name("crmsyncd"))
PATIENCE = 60.0
"""Seconds to wait for something that takes a few on a quiet machine."""

T = TypeVar("T")


def ask(method: str, url: str, body: object = None) -> tuple[int, bytes]:
    """Send one request to this machine; return status and body."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    try:
        payload = None if body is None else json.dumps(body)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, path, payload, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def eventually(question: Callable[[], T], what: str, patience: float = PATIENCE) -> T:
    """Ask again and again until the answer is true; return it. Raises AssertionError."""
    ends_at = time.monotonic() + patience
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > ends_at:
            raise AssertionError(f"{what}: not within {patience:.0f} s, last seen {answer!r}")
        time.sleep(0.1)


@dataclass(frozen=True, kw_only=True)
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as one JSON document."""
        return json.loads(self.out)


def crmsyncd(
    *words: object,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    stdin: bytes = b"",
) -> Done:
    """Run the command in *folder* until it ends."""
    done = subprocess.run(
        [COMMAND, *map(str, words)],
        cwd=folder,
        env=surroundings(environment),
        input=stdin,
        capture_output=True,
        check=False,
        timeout=120,
    )
    return Done(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())


def crmsyncd_here(*words: object, environment: Mapping[str, str]) -> Done:
    """Run the command in this process: the same function, without a second's start."""
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.object(sys, "argv", [COMMAND, *map(str, words)]),
        patch.dict(os.environ, {**environment, "COLUMNS": "200"}),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(code=code, out=out.getvalue(), err=err.getvalue())


def surroundings(more: Mapping[str, str] | None) -> dict[str, str]:
    """Return an environment that holds nothing of ours but what the test says."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CRMSYNCD_", "HUBSPOT_"))
    }
    return kept | {"USER": "tester", "COLUMNS": "200"} | dict(more or {})


class Sandbox:
    """A sandbox process and what a person at its screen may do."""

    def __init__(self, process: subprocess.Popen[bytes], told: Mapping[str, Any]) -> None:
        self.process = process
        self.base_url = str(told["base_url"])
        self.token = str(told["token"])

    def admin(self, method: str, path: str, body: object = None) -> Any:
        status, answer = ask(method, f"{self.base_url}/_sandbox/{path}", body)
        assert status < 300, answer
        return json.loads(answer)

    def act(self, deed: str, **body: object) -> Any:
        return self.admin("POST", f"user/contacts/{deed}", body)

    def edit(self, record: str, **properties: str) -> None:
        self.act("edit", id=record, properties=properties)

    def fault(self, kind: str, **rule: object) -> None:
        self.admin("POST", "faults", {"kind": kind, **rule})

    def heal(self) -> None:
        self.admin("DELETE", "faults")

    def calls(self) -> Mapping[str, Any]:
        told: Mapping[str, Any] = self.admin("GET", "calls?last=1000")
        return told

    def records(self) -> list[dict[str, Any]]:
        """All contacts that are not archived, with their history."""
        told = self.admin("GET", "state")["types"]["contacts"]["records"]
        return [record for record in told if record["archivedAt"] is None]

    def contact(self, email: str) -> dict[str, Any] | None:
        """The contact with that address."""
        return next((one for one in self.records() if one["values"].get("email") == email), None)

    def value(self, email: str, name: str) -> str:
        """A property of the contact with that address, "" for none."""
        found = self.contact(email)
        return "" if found is None else str(found["values"].get(name, ""))


@contextmanager
def sandbox(records: int, seed: int = 1) -> Iterator[Sandbox]:
    """Serve a sandbox as long as this context lives."""
    words = ["sandbox", "hubspot", "--port", "0", "--records", str(records), "--seed", str(seed)]
    with subprocess.Popen([COMMAND, *words], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield Sandbox(process, json.loads(process.stdout.readline()))
        finally:
            process.kill()


class Daemon:
    """``crmsyncd run`` in a folder; started, killed and started again."""

    def __init__(self, folder: Path, environment: Mapping[str, str], state: str = "state") -> None:
        self.folder = folder
        self.state = state
        self._environment = surroundings(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def start(self) -> None:
        """Start it, without waiting for anything."""
        self._starts += 1
        words = ["run", "--json", "--config", "crmsyncd.yaml", "--state", self.state]
        with self._file("out").open("wb") as out, self._file("err").open("wb") as err:
            self._process = subprocess.Popen(
                [COMMAND, *words], cwd=self.folder, env=self._environment, stdout=out, stderr=err
            )

    def _file(self, kind: str) -> Path:
        return self.folder / f"daemon-{self._starts}.{kind}"

    @property
    def url(self) -> str:
        """Where it listens, once it does."""

        def told() -> str:
            assert self.process.poll() is None, self.errors()
            line = self._file("out").read_text()
            return str(json.loads(line)["url"]) if line.endswith("\n") else ""

        return eventually(told, "the daemon tells its address")

    def errors(self) -> str:
        """All it has written to standard error since its last start."""
        told = self._file("err")
        return told.read_text() if told.is_file() else ""  # a device has no end

    def log(self) -> list[dict[str, Any]]:
        """Its log, an event a line. Fails where a line is no JSON."""
        return [json.loads(line) for line in self.errors().splitlines()]

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def pause(self) -> None:
        """Let it stand still, as a suspended machine does."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """Ask it to stop; return its exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def metrics(self) -> dict[str, float]:
        """Series → value."""
        status, body = ask("GET", f"{self.url}/metrics")
        assert 200 == status, self.errors()
        lines = (line for line in body.decode().splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in (one.rpartition(" ") for one in lines)}

    def total(self, name: str, *labels: str) -> float:
        """Sum of the series of a metric that carry all *labels* (``outcome="nothing"``)."""
        return sum(
            value
            for series, value in self.metrics().items()
            if series.partition("{")[0] == name and all(label in series for label in labels)
        )

    def idle_runs(self) -> float:
        """Runs since its start that had nothing to do."""
        return self.total("crmsync_runs_total", 'outcome="nothing"')

    def is_quiet(self) -> bool:
        """Tell whether a run had nothing to do and nothing waits."""
        return bool(self.idle_runs()) and not self.total("crmsync_pending_records")

    def settle(self, patience: float = PATIENCE) -> None:
        """Wait for one more run without anything to do, with nothing waiting."""
        before = self.idle_runs()
        ends_at = time.monotonic() + patience
        while not (self.idle_runs() > before and self.is_quiet()):
            assert time.monotonic() < ends_at, self._why_not_idle(patience)
            time.sleep(0.1)

    def _why_not_idle(self, patience: float) -> str:
        counted = [f"{name} {value:g}" for name, value in self.metrics().items() if value]
        last = self.errors().splitlines()[-40:]
        return "\n".join([f"the daemon is not idle within {patience:.0f} s", *counted, *last])


@contextmanager
def daemon(folder: Path, environment: Mapping[str, str], state: str = "state") -> Iterator[Daemon]:
    """A daemon that is gone when the context ends; started by the caller."""
    made = Daemon(folder, environment, state)
    try:
        yield made
    finally:
        if made._process is not None and made._process.poll() is None:
            made.kill()


def configured(base_url: str, *more: str, crm: str = "", time_out: float = 3.0) -> str:
    """Return the ten lines of configuration; *more* lines go into the sync."""
    to = f'{{type: hubspot, token: "${{env:HUBSPOT_TOKEN}}", base_url: "{base_url}"'
    soon = f"request_time_out: {time_out}s, poll: {{search_margin: 1s, overlap: 15s}}"
    lines = (
        "connections:",
        "  people: {type: csv, path: people.csv, key: id}",
        f"  crm: {to}, {soon}{crm}}}",
        "syncs:",
        "  people-to-crm:",
        "    source: {connection: people}",
        "    crm: {connection: crm, object: contacts}",
        *(f"    {line}" for line in more),
        "service: {listen: 127.0.0.1:0}",
    )
    return "\n".join(lines) + "\n"


def configure(folder: Path, box: Sandbox, *more: str, crm: str = "") -> None:
    """Write the configuration into a folder."""
    text = configured(box.base_url, *more, crm=crm)
    (folder / "crmsyncd.yaml").write_text(text, encoding="utf-8")


FLOWING = ("schedule: {every: 1s}", "approval: {first_run: none}")
"""Run every second, ask nobody."""
