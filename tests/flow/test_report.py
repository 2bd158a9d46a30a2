"""The report says what a run did, what it cost and what is left for a person."""

from collections.abc import Callable

import pytest

from adapters.errors import Reauthenticate, RetryLater, UnknownOutcome
from daemon.core.values import Side
from daemon.flow.report import RunReport
from state import runs
from tests.flow.world import SOON, World, once, person, raising

NewWorld = Callable[..., World]


async def stored(world: World, report: RunReport) -> RunReport:
    """Return the report as the state keeps it."""
    row = await world.state.read(runs.get, report.run)
    assert row is not None
    assert (report.outcome, report.ended_at) == (row.outcome, row.ended_at)
    return RunReport.model_validate_json(row.report)


async def test_an_idle_run_did_nothing(world: World) -> None:
    """No operation, no error: nothing; the stored report is the returned one."""
    report = await world.run()

    assert "nothing" == report.outcome
    assert report == await stored(world, report)


async def test_a_working_run_counts_what_it_did(world: World) -> None:
    """Read, created, updated and merged by side, with totals (F1)."""
    world.source.make(person(1))
    world.source.make(person(2))
    world.crm.make(person(2, company=None))
    world.crm.make(person(3))

    report = await world.run()

    assert "done" == report.outcome
    assert report == await stored(world, report)
    names = ("read", "created", "updated", "merged", "failed")
    found = {side: [counts[name] for name in names] for side, counts in report.by_side.items()}
    assert {"source": [2, 1, 0, 0, 0], "crm": [2, 1, 1, 1, 0]} == found
    assert [4, 2, 1, 1, 0] == [report.counts[name] for name in names]
    assert report.mapping["people"]
    await world.rest()


async def test_a_clean_run_makes_the_least_calls(world: World) -> None:
    """What was called is what the work needs at least, in a first and in a later run (R28)."""
    for number in range(25):
        world.source.make(person(number))
    first = await world.run()
    world.pass_by(SOON)
    for number in range(12):
        world.source.edit(f"s{number + 1}", {"company": "New"})
    second = await world.run()

    for report in (first, second):
        assert report.api.minimum == report.api.calls == sum(report.api.by_purpose.values())
    assert 3 == first.api.by_purpose["create"]
    assert 2 == second.api.by_purpose["update"]
    await world.rest()


async def test_a_conflict_and_a_quarantine_entry_are_listed(world: World) -> None:
    """What a person should see stands in the report, with the commands that show it."""
    world.source.make(person(1, company="Mine"))
    world.crm.make(person(1, company="Theirs"))
    world.source.make(person(2, email="not an address"))

    report = await world.run()

    (conflict,), (item,) = report.conflicts, report.quarantine
    assert ("first_contact", "crm", "company→company") == (
        conflict.reason,
        conflict.winner,
        conflict.field,
    )
    assert ("source", "s2", "invalid_email") == (item.side, item.record, item.reason)
    assert ["crmsyncd quarantine", "crmsyncd conflicts"] == report.next_steps
    assert "not an address" not in report.model_dump_json()
    await world.rest()


@pytest.mark.parametrize(
    ("purpose", "error"),
    [
        ("account", Reauthenticate("The token is refused.", next_step="Renew it.")),
        ("listing", RetryLater("The system is down.", next_step="Wait for it.")),
    ],
)
async def test_an_outage_is_the_outcome_of_the_run(
    world: World, purpose: str, error: Exception
) -> None:
    """Whatever an end causes is told with its next step, and the next run works (R6)."""
    world.source.make(person(1))
    world.crm.faults.before = once(purpose, raising(error))

    report = await world.run()

    assert ("failed", str(error)) == (report.outcome, report.error)
    assert report == await stored(world, report)
    assert 1 == len(report.next_steps)
    await world.run()
    assert 1 == len(world.crm.live())
    await world.rest()


async def test_a_fault_of_our_own_is_raised(world: World) -> None:
    """A bug is not an outcome: the process logs it, and the run counts as interrupted."""
    world.crm.faults.before = once("listing", raising(ZeroDivisionError()))

    with pytest.raises(ZeroDivisionError):
        await world.run()
    await world.run()

    first = await world.state.read(runs.get, 1)
    assert first is not None
    assert "interrupted" == first.outcome


async def test_a_write_without_a_reply_is_left_for_the_next_run(world: World) -> None:
    """The run is unfinished and says what comes next."""
    world.source.make(person(1))
    world.crm.faults.before = once("create", raising(UnknownOutcome("No reply.")))

    report = await world.run()

    assert ("unfinished", 1) == (report.outcome, report.open_intents)
    assert ["the next run looks again at the writes without a reply"] == report.next_steps


async def test_calls_are_kept_without_a_value(world: World) -> None:
    """The log holds every call with its purpose, and nothing of a person."""
    world.source.make(person(1))
    report = await world.run()

    rows = await world.state.read(runs.calls, report.run)

    assert report.api.calls == len(rows)
    assert {"account", "schema", "prepare", "listing", "find", "create", "read"} == {
        row.purpose for row in rows
    }
    assert not any("example.com" in row.endpoint + row.note for row in rows)


async def test_what_is_left_alone_is_told_with_its_reason(new_world: NewWorld) -> None:
    """Skipped records are counted by why."""
    world = new_world(create={"crm": False, "source": False}, match={"found": "skip"})
    world.source.make(person(1))
    world.crm.make(person(1))
    world.source.make(person(2))

    report = await world.run()

    assert {"found": 2, "not_created_there": 1} == report.skipped
    assert 3 == report.counts["skipped"]
    assert [] == world.values(Side.CRM, "email")[1:]
    await world.rest()
