"""What the operator wants done about records that the other system refuses (E5)."""

from collections.abc import Callable, Sequence

import pytest

from adapters.contract import Outcome, Refused, Verb, Write
from adapters.errors import Failure
from adapters.memory import MemoryAdapter
from daemon.core.values import Side
from daemon.cycle import Order
from daemon.flow.report import RunReport
from daemon.use_cases.workspace import Workspace, run_sync
from state import pairs
from tests.flow.world import SOON, SYNC, World, person

NewWorld = Callable[..., World]
BAD = "Bad company"
PEOPLE = 25


class Fussy(MemoryAdapter):
    """A system that says which field it refuses."""

    async def write(
        self, object_name: str, verb: Verb, writes: Sequence[Write]
    ) -> Sequence[Outcome]:
        failure = Failure(
            kind="RejectRecord", code="bad_option", message="no such option", field="company"
        )
        outcomes: list[Outcome] = []
        for write in writes:
            if write.values.get("company") == BAD:
                outcomes.append(Refused(failure=failure))
            else:
                outcomes += await super().write(object_name, verb, [write])
        return outcomes


async def refusing(world: World) -> RunReport:
    """Run a load of which the CRM refuses one record in the second batch, as the daemon would."""
    for number in range(PEOPLE):
        world.source.make(person(number, company=BAD if number == 15 else f"Company{number}"))
    world.crm.faults.refuses = lambda write: "bad" if write.values.get("company") == BAD else ""
    work = world.preparation()
    workspace = Workspace(
        config=work.config, state=world.state, links=work.links, clock=world.clock, luck=world.luck
    )
    return await run_sync(workspace, Order(sync=SYNC, trigger="test"))


async def test_quarantine_is_the_default(world: World) -> None:
    """The record is set apart with its reason, the others are written."""
    report = await refusing(world)

    assert ("done", 1, PEOPLE - 1) == (
        report.outcome,
        report.counts["failed"],
        len(world.crm.live()),
    )
    assert ["bad"] == [entry.rule for entry in await world.apart()]
    await world.rest()


async def test_skip_only_counts(new_world: NewWorld) -> None:
    """Nothing is set apart; the record is tried again once it changes."""
    world = new_world(errors="skip")

    report = await refusing(world)

    assert ("done", 1, PEOPLE - 1) == (
        report.outcome,
        report.counts["failed"],
        len(world.crm.live()),
    )
    assert [] == await world.apart()
    await world.rest()
    world.source.edit("s16", {"company": "Good company"})
    await world.run()
    assert PEOPLE == len(world.crm.live())


async def test_halt_takes_everything_back(new_world: NewWorld) -> None:
    """The run ends at the refused record, what it wrote is rolled back, the sync is paused (R24)."""
    world = new_world(errors="halt")

    report = await refusing(world)

    assert "halted" == report.outcome
    assert "1 records were refused" in report.error
    assert [] == world.crm.live()
    assert PEOPLE == len(world.source.live())
    assert SYNC in await world.state.read(pairs.paused)


@pytest.mark.parametrize("lanes", [1, 3])
async def test_halt_begins_no_further_batch(new_world: NewWorld, lanes: int) -> None:
    """Batches under way end; the last one is never sent."""
    world = new_world(errors="halt")
    world.able(Side.CRM, lanes=lanes, write_batch=5, removals=world.crm.capabilities.removals)

    await refusing(world)
    world.pass_by(SOON)

    created = [write for write in world.crm.writes if write[0] == "create"]
    assert len(created) < PEOPLE - 1


async def test_one_bad_field_does_not_hold_the_others(world: World) -> None:
    """A refusal that names its field sets that field apart; the rest of the record goes (I22)."""
    world.source.make(person(1))
    await world.run()
    world.adapters["crm"] = Fussy
    world.source.edit("s1", {"company": BAD, "last_name": "Edited"})

    report = await world.run()

    held = world.crm.records["c1"].values
    assert ("Company1", "Edited") == (held["company"], held["last_name"])
    assert [("company→company", "bad_option")] == [(e.field, e.rule) for e in await world.apart()]
    assert 1 == report.counts["failed"]
    world.pass_by(SOON)
    assert 1 == (await world.run()).api.by_purpose["schema"]  # perhaps the field changed
    await world.rest()

    world.source.edit("s1", {"company": "Good company"})
    await world.run()
    assert ["Good company"] == world.values(Side.CRM, "company")
    assert [] == await world.apart()
