"""The two sides of the demonstration: a sandbox of a CRM, and a file or another sandbox.

A side knows how its connection is written into a configuration, how the people of the other side
come to stand on it too, and how a person edits a record there.
"""

import asyncio
import csv
import io
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import orjson

from adapters.contract import AdapterKind
from adapters.http import ask_this_machine
from adapters.registry import adapter_kinds
from adapters.sandbox import known_sandboxes
from daemon.use_cases.oneoff import Unusable
from daemon.use_cases.sample import COLUMNS, Known, as_csv, sample_rows, with_whole_names

FILE = "newsletter.csv"
ROWS = 1000
CONTACTS = 300
KNOWN = 120
"""People who stand on both sides before the first run."""

EDITABLE = ("job_title", "city")
"""Fields a person edits in the demonstration, the better one first."""


class SourceSide(Protocol):
    """The marketing side."""

    @property
    def name(self) -> str:
        """Name of its connection."""
        ...

    @property
    def fields(self) -> Mapping[str, str]:
        """Canonical field → its name there."""
        ...

    def connection(self, folder: Path) -> Mapping[str, object]:
        """Return its connection, as a configuration says it; secrets go into *folder*."""
        ...

    async def meet(self, people: Sequence[Known], seed: int) -> None:
        """See that *people* stand on this side, in this order, before the first run."""
        ...

    async def edit(self, values: Mapping[int, Mapping[str, str]]) -> None:
        """Edit people as somebody who works there: place in the order → canonical → value."""
        ...


@dataclass(kw_only=True, slots=True)
class SandboxProcess:
    """A sandbox in a process of its own."""

    kind: AdapterKind
    name: str
    """Name of its connection."""
    base_url: str
    token: str
    page: str
    admin: str
    settings: Mapping[str, object] = field(default_factory=dict)
    """What a connection needs beside address and token."""
    known: list[str] = field(default_factory=list)
    """Ids of the people that were made to stand on both sides."""

    @property
    def fields(self) -> Mapping[str, str]:
        """Canonical field → the field of the default object."""
        return self.kind.standard_fields[self.kind.default_object]

    def connection(self, folder: Path) -> Mapping[str, object]:
        """Return the connection; its token goes into a file of its own."""
        secret = folder / f"{self.name}.token"
        secret.write_text(self.token, encoding="utf-8")
        secret.chmod(0o600)
        told: dict[str, object] = {
            "type": self.kind.word,
            "base_url": self.base_url,
            **self.settings,
            self.kind.credential_setting: f"${{file:{secret.name}}}",
        }
        if "poll" in self.kind.settings.model_fields:
            told["poll"] = {"search_margin": "5s", "overlap": "15s"}
        return told

    async def act(self, deed: str, body: Mapping[str, object]) -> object:
        """Do something as a person who works in the CRM."""
        url = f"{self.admin}user/{self.kind.default_object}/{deed}"
        return await ask_this_machine("POST", url, dict(body))

    async def meet(self, people: Sequence[Known], seed: int) -> None:  # noqa: ARG002 - needs none
        """Enter *people*, as somebody would who met them at a fair."""
        for person in people:
            made = await self.act("create", {"properties": self._form(person)})
            self.known.append(str(made["id"]) if isinstance(made, dict) else "")

    def _form(self, person: Known) -> dict[str, str]:
        values = {
            "email": person.email,
            "first_name": person.first_name,
            "last_name": person.last_name or "Unknown",
            "full_name": f"{person.first_name} {person.last_name}".strip() or "Unknown",
            "phone": person.phone,
        }
        return {self.fields[name]: value for name, value in values.items() if name in self.fields}

    async def edit(self, values: Mapping[int, Mapping[str, str]]) -> None:
        """Edit people by hand."""
        for place, fields in values.items():
            properties = {self.fields[name]: value for name, value in fields.items()}
            await self.act("edit", {"id": self.known[place], "properties": properties})


@dataclass(frozen=True, kw_only=True, slots=True)
class FileSide:
    """A messy file."""

    path: Path
    has_whole_names: bool
    """The CRM knows one name a person: so does the file."""
    name: str = "newsletter"

    @property
    def fields(self) -> Mapping[str, str]:
        """Canonical field → column."""
        return COLUMNS

    def connection(self, folder: Path) -> Mapping[str, object]:
        """Return the connection."""
        return {"type": "csv", "path": str(self.path.relative_to(folder)), "key": "id"}

    async def meet(self, people: Sequence[Known], seed: int) -> None:
        """Write the sample file: its first rows are *people*."""
        rows = sample_rows(people, ROWS, seed)
        self.path.write_bytes(as_csv(with_whole_names(rows) if self.has_whole_names else rows))

    async def edit(self, values: Mapping[int, Mapping[str, str]]) -> None:
        """Edit cells and save the file at once, as an editor does."""
        lines = self.path.read_bytes().decode("utf-8-sig").split("\r\n")
        (headers,) = csv.reader([lines[0]])
        for place, fields in values.items():
            (cells,) = csv.reader([lines[place + 1]])
            for name, value in fields.items():
                cells[headers.index(COLUMNS[name])] = value
            text = io.StringIO()
            csv.writer(text, lineterminator="").writerow(cells)
            lines[place + 1] = text.getvalue()
        temporary = self.path.with_suffix(".tmp")
        temporary.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
        temporary.replace(self.path)


def sandbox_kind(word: str, option: str = "--crm") -> AdapterKind:
    """Return the CRM to show; the first that has a sandbox by default. Raises Unusable."""
    found = {
        kind.word: kind
        for kind in adapter_kinds().values()
        if kind.sandbox_module and _package(kind) in known_sandboxes()
    }
    if not word:
        return found[min(found)]
    if word not in found:
        known = ", ".join(sorted(found))
        raise Unusable(f"{option} {word!r}: no such sandbox. There is: {known}.")
    return found[word]


def source_kind(word: str) -> AdapterKind:
    """Return the kind of source to show: a file, or a CRM that has a sandbox. Raises Unusable."""
    return adapter_kinds()[word] if word == "csv" else sandbox_kind(word, "--from csv, or --from")


def _package(kind: AdapterKind) -> str:
    return kind.sandbox_module.split(".")[1]


@asynccontextmanager
async def sandbox_process(kind: AdapterKind, seed: int, name: str) -> AsyncIterator[SandboxProcess]:
    """Start the sandbox of a CRM; end it when the caller is done."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "adapters.sandbox", _package(kind),
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
            name=name,
            base_url=told["base_url"],
            token=told["token"],
            page=told["page"],
            admin=told["admin"],
            settings=told.get("settings", {}),
        )
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
