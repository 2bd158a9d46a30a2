"""A sandbox, a bad net, a file and a daemon: what the tests of the world's faults begin with."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.history import Promise, faults, history, promises
from tests.acceptance.people import as_csv, edit_row, plain_people, rows_for, table
from tests.acceptance.processes import (
    FLOWING,
    Daemon,
    Sandbox,
    configured,
    daemon,
    eventually,
    sandbox,
)
from tests.acceptance.proxy import TIME_OUT, Proxy, proxy

SECONDS = 30.0
"""What "within seconds" may take on a busy machine."""


@dataclass(frozen=True, kw_only=True)
class Outpost:
    """One folder whose daemon reaches its CRM through the proxy only."""

    folder: Path
    box: Sandbox
    net: Proxy
    daemon: Daemon
    known: Sequence[Mapping[str, Any]]
    place: str

    @property
    def file(self) -> Path:
        return self.folder / "people.csv"

    @property
    def state(self) -> Path | str:
        return self.place if "://" in self.place else self.folder / self.place

    @property
    def environment(self) -> dict[str, str]:
        return {"HUBSPOT_TOKEN": self.box.token}

    def rows(self) -> dict[str, dict[str, str]]:
        return table(self.file)

    def email(self, number: int) -> str:
        """The address of a row, as the CRM has it."""
        if number < len(self.known):
            return str(self.known[number]["values"]["email"])
        return f"row.{number}@example.com"

    def edit_row(self, number: int, city: str) -> None:
        edit_row(self.file, f"K{number:05d}", "City", city)

    def edit_contact(self, number: int, city: str) -> None:
        found = self.box.contact(self.email(number))
        assert found is not None
        self.box.edit(found["id"], city=city)

    def agree(self, wanted: Mapping[int, str]) -> bool:
        """Tell whether both sides hold the wanted city of each person."""
        there = {
            one["values"].get("email"): one["values"].get("city") for one in self.box.records()
        }
        rows = self.rows()
        return all(
            city == rows[f"K{number:05d}"]["City"] == there.get(self.email(number))
            for number, city in wanted.items()
        )

    def until_agreed(self, wanted: Mapping[int, str], patience: float = SECONDS) -> None:
        """Wait until both sides hold the wanted city of each person."""
        eventually(lambda: self.agree(wanted), f"both sides hold {wanted}", patience)

    def first_sync(self) -> None:
        """Start the daemon and wait until it has nothing to do."""
        self.daemon.start()
        eventually(self.daemon.is_quiet, "the first sync ends")

    def promises(self) -> dict[str, Promise]:
        return promises(self.state)

    def faults(self, *earlier: Mapping[str, Promise]) -> list[str]:
        """Every breach of I11 and I14, by this state and those before it."""
        return faults(history(self.box, self.net, self.state, *earlier))

    def ends_well(self, contacts: int, *earlier: Mapping[str, Promise]) -> None:
        """Wait until nothing is left to do; stop it; nothing is doubled, lost or unexplained."""
        self.daemon.settle()
        assert 0 == self.daemon.stop(), self.daemon.errors()
        wrong = self.faults(*earlier)
        assert [] == wrong, "\n".join(wrong[:20])
        assert contacts == len(self.box.records()), len(self.box.records())

    def told(self, words: str) -> Callable[[], bool]:
        """Return the question whether the daemon's log has told *words*."""
        return lambda: words in self.daemon.errors()


@contextmanager
def outpost(
    folder: Path,
    *lines: str,
    contacts: int = 30,
    known: int = 10,
    rows: int = 40,
    seed: int = 1,
    place: str = "state",
    time_out: float = TIME_OUT,
) -> Iterator[Outpost]:
    """Give an outpost whose daemon is not started yet."""
    with sandbox(contacts) as box, proxy(box.base_url, seed) as net:
        people = plain_people(box.records(), known)
        text = configured(net.base_url, *(lines or FLOWING), time_out=time_out)
        (folder / "crmsyncd.yaml").write_text(text, encoding="utf-8")
        (folder / "people.csv").write_bytes(as_csv(rows_for(people, rows)))
        with daemon(folder, {"HUBSPOT_TOKEN": box.token}, place) as process:
            yield Outpost(folder=folder, box=box, net=net, daemon=process, known=people,
                          place=place)  # fmt: skip
