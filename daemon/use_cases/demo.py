"""The demonstration: a sandbox CRM, a messy file, and the real daemon's parts between them."""

import asyncio
import csv
import io
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from adapters.contract import AdapterKind, Page
from adapters.http import ask_this_machine
from adapters.registry import adapter_kinds
from adapters.sandbox import known_sandboxes
from config.snapshot import Config
from config.writing import Addition, append
from daemon.cycle import Order
from daemon.flow.report import RunReport
from daemon.use_cases.attend import Answer
from daemon.use_cases.convergence import Convergence, convergence
from daemon.use_cases.oneoff import Unusable
from daemon.use_cases.sample import HEADERS, Known, as_csv, sample_rows
from daemon.use_cases.workspace import Workspace, read_configuration, run_sync

SYNC = "newsletter"
FILE = "newsletter.csv"
ROWS = 1000
CONTACTS = 300
KNOWN = 120
"""People who stand on both sides before the first run."""

EDITS = 5
"""Records edited on each side between the runs of ``--once``; two of them on both sides."""

RUNS_AT_MOST = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class SandboxProcess:
    """A sandbox in a process of its own."""

    kind: AdapterKind
    base_url: str
    token: str
    page: str
    admin: str

    async def act(self, deed: str, body: Mapping[str, object]) -> object:
        """Do something as a person who works in the CRM."""
        url = f"{self.admin}user/{self.kind.default_object}/{deed}"
        return await ask_this_machine("POST", url, dict(body))


class DemoResult(Answer):
    """What ``demo --once`` did."""

    folder: str
    runs: list[RunReport]
    converged: bool
    duplicates: int
    """People present twice who were not before."""
    second_run_operations: int
    """Operations of a run right after everything was in order; 0."""
    differences: tuple[str, ...] = ()
    """What is not as direction and policy decided, if anything."""


def sandbox_kind(word: str) -> AdapterKind:
    """Return the CRM to show; the first that has a sandbox by default. Raises Unusable."""
    found = {
        kind.word: kind
        for kind in adapter_kinds().values()
        if kind.sandbox_module and _package(kind) in known_sandboxes()
    }
    if not word:
        return found[min(found)]
    if word not in found:
        raise Unusable(f"--crm {word!r}: no such sandbox. There is: {', '.join(sorted(found))}.")
    return found[word]


def _package(kind: AdapterKind) -> str:
    return kind.sandbox_module.split(".")[1]


def source_kind(word: str) -> AdapterKind:
    """Return the kind of source to show. Raises Unusable."""
    if word != "csv":
        raise Unusable(f"--from {word!r}: the demonstration has sample data for: csv.")
    return adapter_kinds()[word]


@asynccontextmanager
async def sandbox_process(kind: AdapterKind, seed: int) -> AsyncIterator[SandboxProcess]:
    """Start the sandbox of a CRM; end it when the caller is done."""
    name = _package(kind)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "adapters.sandbox", name,
        "--port", "0", "--records", str(CONTACTS), "--seed", str(seed),
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    try:
        if process.stdout is None:
            raise Unusable("The sandbox process has no output to read.")
        line = await process.stdout.readline()
        if not line:
            raise Unusable(f"The sandbox of {kind.title} did not start; see its error above.")
        told = orjson.loads(line)
        yield SandboxProcess(
            kind=kind,
            base_url=told["base_url"],
            token=told["token"],
            page=told["page"],
            admin=told["admin"],
        )
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def write_configuration(
    folder: Path, box: SandboxProcess, environment: Mapping[str, str]
) -> Config:
    """Write the demonstration's configuration into *folder* and load it."""
    kinds = adapter_kinds()
    path = folder / "crmsyncd.yaml"
    target: dict[str, object] = {
        "type": box.kind.word,
        "base_url": box.base_url,
        box.kind.credential_setting: "${file:token}",
    }
    if "poll" in box.kind.settings.model_fields:
        target["poll"] = {"search_margin": "5s", "overlap": "15s"}
    (folder / "token").write_text(box.token, encoding="utf-8")
    (folder / "token").chmod(0o600)
    append(
        path,
        Addition(
            connections={
                "newsletter": {"type": "csv", "path": FILE, "key": HEADERS[0]},
                box.kind.word: target,
            },
            syncs={
                SYNC: {
                    "source": {"connection": "newsletter"},
                    "crm": {"connection": box.kind.word},
                    "country": "DE",
                    "schedule": {"every": "3s"},
                    "approval": {"first_run": "none"},
                }
            },
        ),
        {word: kind.settings for word, kind in kinds.items()},
        environment,
        default_objects={word: kind.default_object for word, kind in kinds.items()},
    )
    return read_configuration(path, environment)


async def people_in(workspace: Workspace, box: SandboxProcess) -> dict[str, dict[str, str]]:
    """Return the sandbox's records by id, with their canonical fields as text."""
    link = workspace.links[box.kind.word]
    names = box.kind.standard_fields[box.kind.default_object]
    wanted = {name: names[name] for name in ("email", "first_name", "last_name", "phone")}
    found: dict[str, dict[str, str]] = {}
    async for item in link.adapter.listing(box.kind.default_object, tuple(wanted.values())):
        if isinstance(item, Page):
            for record in item.records:
                found[record.id] = {
                    name: str(record.values.get(field) or "") for name, field in wanted.items()
                }
    return found


def write_sample(folder: Path, people: Mapping[str, Mapping[str, str]], seed: int) -> None:
    """Write the sample file: some of its people stand in the sandbox already."""
    known = [
        Known(
            email=person["email"],
            first_name=person["first_name"],
            last_name=person["last_name"],
            phone=person["phone"],
        )
        for _, person in sorted(people.items())
        if person["email"]
    ]
    (folder / FILE).write_bytes(as_csv(sample_rows(known[:KNOWN], ROWS, seed)))


async def prepare(workspace: Workspace, box: SandboxProcess, folder: Path, seed: int) -> None:
    """Write the sample file and begin counting the sandbox's calls anew."""
    write_sample(folder, await people_in(workspace, box), seed)
    await ask_this_machine("DELETE", f"{box.admin}calls")


async def once(workspace: Workspace, box: SandboxProcess, folder: Path) -> DemoResult:
    """Sync, edit both sides by script, sync until nothing is left, and prove the result."""
    before = await people_in(workspace, box)
    first = await _until_quiet(workspace, [])
    await _edit_both(workspace, box, folder, before)
    runs = await _until_quiet(workspace, first)
    last = await run_sync(workspace, Order(sync=SYNC, trigger="demo"))
    runs.append(last)
    found: Convergence = await convergence(workspace, SYNC)
    after = await people_in(workspace, box)
    return DemoResult(
        folder=str(folder),
        runs=runs,
        converged=found.is_converged,
        duplicates=_doubled(after) - _doubled(before),
        second_run_operations=last.plan.writes if last.plan else 0,
        differences=tuple(found.differences),
    )


async def _until_quiet(workspace: Workspace, runs: list[RunReport]) -> list[RunReport]:
    """Run until a run has nothing to do; the change feed may be some seconds late."""
    for _ in range(RUNS_AT_MOST):
        report = await run_sync(workspace, Order(sync=SYNC, trigger="demo"))
        runs.append(report)
        if report.outcome in {"nothing", "failed", "held", "waiting"}:
            return runs
    return runs


async def _edit_both(
    workspace: Workspace, box: SandboxProcess, folder: Path, people: Mapping[str, Mapping[str, str]]
) -> None:
    """Edit some people in the file, some in the CRM, and two on both sides at once."""
    names = box.kind.standard_fields[box.kind.default_object]
    known = [record for record, person in sorted(people.items()) if person["email"]][:KNOWN]
    path = folder / FILE
    lines = path.read_bytes().decode("utf-8-sig").split("\r\n")
    for number, record in enumerate(known[: 2 * EDITS - 2]):
        if number < EDITS:
            lines[number + 1] = _with_title(lines[number + 1], f"Edited in the file {number}")
        if number >= EDITS - 2:
            title = {names["job_title"]: f"Edited in the CRM {number}"}
            await box.act("edit", {"id": record, "properties": title})
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    temporary.replace(path)
    await workspace.clock.sleep(LAG_SECONDS)


LAG_SECONDS = 12.0
"""Longer than the search lag of a sandbox and the margin of its reader together."""


def _with_title(line: str, title: str) -> str:
    (cells,) = csv.reader([line])
    cells[HEADERS.index("Job Title")] = title
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


def _doubled(people: Mapping[str, Mapping[str, str]]) -> int:
    """Return how many records share their address with another one."""
    addresses = [person["email"].casefold() for person in people.values() if person["email"]]
    return len(addresses) - len(set(addresses))
