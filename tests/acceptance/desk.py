"""A desk for one test: a sandbox, a CSV file beside its configuration, and the commands."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.people import as_csv, plain_people, rows_for, table
from tests.acceptance.processes import (
    FLOWING,
    Daemon,
    Done,
    Sandbox,
    configure,
    crmsyncd,
    crmsyncd_here,
    daemon,
    sandbox,
)

CONTACTS, KNOWN, ROWS = 30, 10, 40


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One folder with all there is to a sync."""

    folder: Path
    box: Sandbox
    known: Sequence[Mapping[str, Any]]
    """Contacts of the first rows."""

    @property
    def file(self) -> Path:
        return self.folder / "people.csv"

    @property
    def environment(self) -> dict[str, str]:
        return {"HUBSPOT_TOKEN": self.box.token}

    def configure(self, *lines: str, crm: str = "") -> None:
        configure(self.folder, self.box, *lines, crm=crm)

    def run(self, *words: object, stdin: bytes = b"", **environment: str) -> Done:
        """Run a command on this folder's configuration and state, in a process of its own."""
        more = {**self.places, **environment}
        return crmsyncd(*words, folder=self.folder, environment=more, stdin=stdin)

    def look(self, *words: object, **environment: str) -> Done:
        """Run a command in this process: for what is asked again and again."""
        return crmsyncd_here(*words, environment={**self.places, **environment})

    @property
    def places(self) -> dict[str, str]:
        """Environment that leads a command to this folder."""
        return {
            **self.environment,
            "CRMSYNCD_CONFIG": str(self.folder / "crmsyncd.yaml"),
            "CRMSYNCD_STATE": str(self.folder / "state"),
        }

    def sync(self) -> Any:
        """Sync once; return the report."""
        return self.look("sync", "people-to-crm", "--json").json

    def status(self) -> Any:
        """The status of the one sync."""
        (found,) = self.look("status", "--json").json["syncs"]
        return found

    def rows(self) -> dict[str, dict[str, str]]:
        return table(self.file)

    def email(self, number: int) -> str:
        """The address of a row, as the CRM has it."""
        if number < len(self.known):
            return str(self.known[number]["values"]["email"])
        return f"row.{number}@example.com"

    @contextmanager
    def daemon(self) -> Iterator[Daemon]:
        """A daemon on this folder that runs."""
        with daemon(self.folder, self.environment) as process:
            process.start()
            yield process


@contextmanager
def desk(
    folder: Path, *lines: str, contacts: int = CONTACTS, known: int = KNOWN, rows: int = ROWS
) -> Iterator[Desk]:
    """Give a desk whose file holds *rows* rows, the first of them people the CRM knows."""
    with sandbox(contacts) as box:
        people = plain_people(box.records(), known)
        made = Desk(folder=folder, box=box, known=people)
        made.configure(*(lines or FLOWING))
        made.file.write_bytes(as_csv(rows_for(people, rows)))
        yield made
