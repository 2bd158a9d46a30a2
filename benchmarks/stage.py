"""Where a measurement takes place: a sandbox in a process of its own, a file, a configuration.

Takes sizes and a folder. Gives what the sandbox itself says: calls it answered, contacts it holds.
Promises that nothing it reports comes from the product's own bookkeeping.
"""

import asyncio
import csv
import io
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from adapters.http import ask_this_machine
from benchmarks.floor import HUBSPOT_BURST
from daemon.use_cases.sample import HEADERS, Known, as_csv, sample_rows

SYNC = "load"
FILE = "people.csv"
JOB = HEADERS.index("Job Title")
SEED = 7
UNLIMITED = {"burst": 1_000_000, "daily": 1_000_000_000, "search_per_second": 1_000_000}

MAPPED = ("email", "firstname", "lastname", "phone", "company", "jobtitle", "city", "country")
"""Properties that the columns of the file are mapped to."""

SHARE_KNOWN = 0.5
"""Part of the contacts that stand in the file, too."""

CONFIGURATION = """\
connections:
  people: {{type: csv, path: {file}, key: {key}}}
  crm:
    type: hubspot
    base_url: {base_url}
    token: "${{file:token}}"
    poll: {{search_margin: 5s, overlap: 2s}}
syncs:
  {sync}:
    source: {{connection: people}}
    crm: {{connection: crm}}
    country: DE
    approval: {{first_run: none}}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contacts:
    """The contacts of the sandbox at one moment."""

    values: Mapping[str, Mapping[str, str]]
    changed_at: Mapping[str, str]
    """Id → when it was last changed, as the sandbox spells it."""

    @property
    def size(self) -> int:
        """Return how many there are."""
        return len(self.values)

    def gaps_since(self, before: "Contacts") -> int:
        """Return how many were not there *before* and have a mapped property without a value.

        The reply to their creation cannot show what nobody sent.
        """
        new = self.values.keys() - before.values.keys()
        return sum(any(not self.values[one].get(name) for name in MAPPED) for one in new)

    def created_since(self, before: "Contacts") -> int:
        """Return how many were not there *before*."""
        return len(self.values.keys() - before.values.keys())

    def updated_since(self, before: "Contacts") -> int:
        """Return how many were there *before*, and changed."""
        return sum(self.changed_at.get(one, at) != at for one, at in before.changed_at.items())


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """A running sandbox and the folder of one measurement."""

    folder: Path
    base_url: str
    token: str

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Call an admin endpoint; these are not counted."""
        url = f"{self.base_url}/_sandbox/{path}"
        return asyncio.run(ask_this_machine(method, url, body))

    def count_anew(self) -> None:
        """Begin counting calls at zero."""
        self.ask("DELETE", "calls")

    def calls(self) -> dict[str, int]:
        """Return endpoint → calls the sandbox answered."""
        return dict(self.ask("GET", "calls?last=0")["by_endpoint"])

    def contacts(self) -> Contacts:
        """Return the live contacts."""
        records = self.ask("GET", "state")["types"]["contacts"]["records"]
        live = [record for record in records if record["archivedAt"] is None]
        return Contacts(
            values={record["id"]: record["values"] for record in live},
            changed_at={record["id"]: record["updatedAt"] for record in live},
        )

    def be_real(self, milliseconds: int) -> None:
        """Answer as the smallest account does from some way off: its limits on, with latency."""
        limits = {"burst": HUBSPOT_BURST, "search_per_second": 5}
        self.ask("POST", "switches", {"limits": {**UNLIMITED, **limits}})
        self.ask("PUT", "latency", {"milliseconds": milliseconds})

    def write_file(self, rows: int) -> None:
        """Write a file of *rows* rows; a part of the contacts stands in it."""
        people = [one for one in self.contacts().values.values() if one.get("email")]
        known = people[: min(int(len(people) * SHARE_KNOWN), rows // 2)]
        table = sample_rows([_known(one) for one in known], rows, SEED)
        self._path.write_bytes(as_csv(table))

    def write_configuration(self) -> None:
        """Write the configuration and the credential it refers to."""
        (self.folder / "token").write_text(self.token, encoding="utf-8")
        (self.folder / "token").chmod(0o600)
        text = CONFIGURATION.format(file=FILE, key=HEADERS[0], base_url=self.base_url, sync=SYNC)
        (self.folder / "crmsyncd.yaml").write_text(text, encoding="utf-8")

    def edit_both(self, share: float) -> tuple[int, int]:
        """Change that share of the rows and as many contacts; nobody is changed on both sides.

        Contacts are changed among those the file does not hold by their first rows. Returns how
        many rows and how many contacts.
        """
        lines = self._path.read_bytes().decode("utf-8-sig").split("\r\n")
        number = max(1, int((len(lines) - 2) * share))
        middle = len(lines) // 2
        for place in range(middle, middle + number):
            lines[place] = _with_job(lines[place], f"Edited in the file {place}")
        self._replace("\r\n".join(lines))
        chosen = sorted(self._ids_of(lines[1:middle]))[:number]
        for place, one in enumerate(chosen):
            body = {"id": one, "properties": {"jobtitle": f"Edited in the CRM {place}"}}
            self.ask("POST", "user/contacts/edit", body)
        return number, len(chosen)

    def _ids_of(self, lines: Sequence[str]) -> Iterator[str]:
        """Yield the contacts whose address stands in these lines."""
        text = "\n".join(lines).lower()
        addresses = {word for line in text.split("\n") for word in line.split(",")[1:2]}
        for one, values in self.contacts().values.items():
            if values.get("email") in addresses:
                yield one

    def _replace(self, text: str) -> None:
        temporary = self._path.with_suffix(".tmp")
        temporary.write_bytes(b"\xef\xbb\xbf" + text.encode())
        temporary.replace(self._path)

    @property
    def _path(self) -> Path:
        return self.folder / FILE


@contextmanager
def stage(folder: Path, contacts: int) -> Iterator[Stage]:
    """Start a sandbox with so many contacts, its limits out of the way; end it afterwards."""
    command = [sys.executable, "-m", "adapters.sandbox", "hubspot", "--port", "0"]
    command += ["--records", str(contacts), "--seed", str(SEED)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                raise RuntimeError("the sandbox did not start; see its error above")
            told = orjson.loads(line)
            made = Stage(folder=folder, base_url=told["base_url"], token=told["token"])
            made.ask("POST", "switches", {"limits": UNLIMITED})
            yield made
        finally:
            process.terminate()


def _known(values: Mapping[str, str]) -> Known:
    return Known(
        email=values["email"],
        first_name=values.get("firstname", ""),
        last_name=values.get("lastname", ""),
        phone=values.get("phone", ""),
    )


def _with_job(line: str, job: str) -> str:
    (cells,) = csv.reader([line])
    cells[JOB] = job
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()
