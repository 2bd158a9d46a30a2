"""Bad loads at any size: what a guard must stop before its first write, and what must still travel.

``python -m tests.acceptance.wrong_key --rows 280000`` plays them in full and prints what happened.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlmodel import SQLModel

from adapters.memory_system import MemorySystem, Stored, people_fields
from daemon.core.values import Side
from daemon.flow.report import RunReport
from state.database import State, open_engine, state_url
from tests.flow.world import FIELDS, SOON, World, person

OPT_OUT = "unsubscribed"


def wrong_key(file: MemorySystem) -> None:
    """Replace the key column: the same people, all under keys nobody knows."""
    file.records = {key: _under(key, row) for key, row in _rekeyed(file)}


def strangers(file: MemorySystem) -> None:
    """Replace the whole file by another list: keys and addresses nobody knows."""
    wrong_key(file)
    for row in file.records.values():
        if row.values[OPT_OUT] != "yes":
            row.values["email"] = f"x{row.values['email']}"
            row.values["phone"] = None


def _rekeyed(file: MemorySystem) -> list[tuple[str, Stored]]:
    return [(f"key-{key}", row) for key, row in file.records.items()]


def _under(key: str, row: Stored) -> Stored:
    row.id = key
    return row


def truncated(file: MemorySystem) -> None:
    """Cut the file off in the middle, the row with the opt-out being before that."""
    kept = sorted(file.records)[: len(file.records) // 2]
    file.records = {key: file.records[key] for key in kept}


def wiped_column(file: MemorySystem) -> None:
    """Empty a column in all rows."""
    for key in file.records:
        file.edit(key, {"company": None})


def mass_touch(file: MemorySystem) -> None:
    """Change one column of all rows to one value."""
    for key in file.records:
        file.edit(key, {"company": "Acme"})


LOADS: dict[Callable[[MemorySystem], None], frozenset[str]] = {
    wrong_key: frozenset({"shrunk_listing", "quarantine_share"}),
    strangers: frozenset({"shrunk_listing", "create_burst"}),
    truncated: frozenset({"shrunk_listing"}),
    wiped_column: frozenset({"blank_burst"}),
    mass_touch: frozenset({"update_burst"}),
}
"""What goes wrong with the file → the guards that must have stopped it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What one bad load led to."""

    guards: frozenset[str]
    outcome: str
    writes: list[tuple[str, str]]
    """Everything that was written to the CRM."""
    is_opted_out: bool
    """Whether the one opt-out in the load arrived."""
    parked: int
    linked: int
    seconds: float


async def play(state: State, rows: int, spoil: Callable[[MemorySystem], None]) -> Result:
    """Link so many people, spoil the file, opt one of them out in it, and run."""
    world = World(state, deletes={"source": "archive"})
    for side in Side:
        world.system(side).fields = people_fields(*FIELDS, OPT_OUT)
        for number in range(rows):
            world.system(side).make(person(number, **{OPT_OUT: "no"}))
    world.able(Side.SOURCE, is_remote=False, page_size=1000, read_batch=1000,
               full_listing_every=timedelta(0))  # fmt: skip
    world.able(Side.CRM, page_size=1000, read_batch=1000, write_batch=100)
    _told(await world.run(), "done")
    world.pass_by(SOON)
    world.source.edit("s1", {OPT_OUT: "yes"})
    spoil(world.source)
    began = time.monotonic()
    report = await world.run()
    return Result(
        guards=frozenset(trip.guard for trip in report.guards),
        outcome=report.outcome,
        writes=world.crm.writes,
        is_opted_out=world.crm.records["c1"].values[OPT_OUT] == "yes",
        parked=sum(report.plan.parked.values()) if report.plan else 0,
        linked=report.plan.operations.get("crm.link", 0) if report.plan else 0,
        seconds=time.monotonic() - began,
    )


def _told(report: RunReport, outcome: str) -> None:
    if report.outcome != outcome:
        raise RuntimeError(f"{report.outcome}, expected {outcome}: {report.error}")


def a_state(folder: Path) -> State:
    """Return an empty state in a file."""
    engine = open_engine(state_url(str(folder)))
    SQLModel.metadata.create_all(engine)
    return State(engine)


def main() -> None:
    """Play every bad load with so many rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=280_000)
    rows = parser.parse_args().rows
    for spoil in LOADS:
        with tempfile.TemporaryDirectory() as folder:
            state = a_state(Path(folder))
            result = asyncio.run(play(state, rows, spoil))
            state.close()
        sys.stdout.write(f"{spoil.__name__}: {result}\n")


if __name__ == "__main__":
    main()
