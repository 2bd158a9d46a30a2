"""Every call is counted, none is wasted: held against the sandbox's counter and a floor of our own.

The floor is computed here from the files and the contacts alone (R28): pages to observe, one look
before each batch of writes, the batches, the sample read back, and what a first contact asks once.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.acceptance.desk import Desk, desk
from tests.acceptance.lab import LATER, lab
from tests.acceptance.people import PROPERTIES, edit_row
from tests.acceptance.processes import eventually

BATCH = 100
SEARCH_PAGE = 200
FIRST_CONTACT = 4
"""Account, definitions, and the external id's property: looked for and made."""
ALLOWED = 1.05


def pages(records: int, size: int = BATCH) -> int:
    return math.ceil(records / size)


def floor_of_first_run(
    contacts: int, known: Sequence[Mapping[str, Any]], rows: Mapping[str, Mapping[str, str]]
) -> int:
    """Return the least calls that bring *rows* over, of whom the first are *known*."""
    filled = sum(
        any(row[column] and not one["values"].get(name) for column, name in PROPERTIES.items())
        for one, row in zip(known, rows.values(), strict=False)
    )
    new = len(rows) - len(known)
    looks_and_writes = 2 * pages(filled) + 2 * pages(new)
    return FIRST_CONTACT + pages(contacts) + looks_and_writes + 1


def _reported(at: Desk) -> list[dict[str, Any]]:
    """Every run's own account of its calls, from ``crmsyncd report``."""
    newest = at.look("status", "--json").json["runs"][0]["run"]
    told = [at.look("report", number, "--json") for number in range(1, newest + 1)]
    return [one.json["api"] for one in told if 0 == one.code]


def test_the_sandbox_counts_what_the_reports_tell(tmp_path: Path) -> None:
    """1,000 rows and 300 contacts from empty: equal counts, within 5 % of the floor."""
    with desk(tmp_path, contacts=300, known=150, rows=1000) as at:
        rows = at.rows()
        first = at.run("sync", "people-to-crm", "--json").json["api"]
        floor = floor_of_first_run(300, at.known, rows)
        assert floor <= first["calls"] <= ALLOWED * floor
        assert at.box.calls()["total"] == first["calls"]
        with at.daemon() as process:
            eventually(process.is_quiet, "the daemon found nothing to do")
            edit_row(at.file, "K00500", "City", "Elsewhere")
            eventually(lambda: "Elsewhere" == at.box.value(at.email(500), "city"), "the edit")
            process.settle()
            assert 0 == process.stop()
        assert at.box.calls()["total"] == sum(api["calls"] for api in _reported(at))


async def test_an_idle_poll_costs_one_call(tmp_path: Path) -> None:
    """Whatever the size of both sides, a run in which nothing happened asks once."""
    async with lab(tmp_path, contacts=300, known=150, rows=1000) as at:
        await at.settle()
        for _ in range(3):
            at.wait(LATER)
            before = at.sandbox.calls.total
            report = await at.sync()
            assert (1, 1) == (report.api.calls, report.api.minimum)
            assert 1 == at.sandbox.calls.total - before


async def test_a_change_costs_its_own_batch_and_no_more(tmp_path: Path) -> None:
    """150 rows and 150 contacts edited: search pages, reads, looks, writes and the sample."""
    async with lab(tmp_path, contacts=300, known=150, rows=1000) as at:
        await at.settle()
        at.wait(LATER)
        for number in range(150):
            edit_row(at.file, f"K{number + 200:05d}", "City", "Here")
            at.edit(f"row.{number + 400}@example.com", city="There")
        at.wait(LATER)
        before = at.sandbox.calls.total
        report = await at.sync()
        floor = pages(150, SEARCH_PAGE) + pages(150) + 2 * pages(150) + 1
        assert floor == at.sandbox.calls.total - before == report.api.calls == report.api.minimum
        assert 150 == report.by_side["crm"]["updated"] == report.by_side["source"]["updated"]
