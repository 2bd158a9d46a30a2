"""After a crash or a lost reply: look, never send (R31)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.errors import UnknownOutcome
from adapters.memory import lost_reply
from daemon.core.values import Side
from state import intents
from state.intents import IntentRow
from tests.flow.world import LATER, SOON, Killed, World, on_nth, once, person, raising

NewWorld = Callable[..., World]


def never_arrived() -> Callable[[], None]:
    """Return the fault of a request of which nobody knows whether it arrived; it did not."""
    return raising(UnknownOutcome("No reply.", code="time_out"))


async def synced(world: World, people: int = 1) -> None:
    """Have people on both sides, in sync."""
    for number in range(people):
        world.source.make(person(number))
    await world.run()
    world.pass_by(SOON)


async def states(world: World) -> Sequence[str]:
    """Return the states of all intents so far, in order of sending."""
    rows: list[IntentRow] = []
    for run in range(1, 20):
        rows += await world.state.read(intents.of_run, run)
    return [row.state for row in sorted(rows, key=lambda row: row.sent_at)]


async def killed(world: World) -> None:
    """Run until the process dies, and start it anew."""
    with pytest.raises(Killed):
        await world.run()
    world.crm.faults.before = world.crm.faults.after = lambda _purpose: None
    world.start()


async def test_an_update_whose_reply_was_lost_is_settled_by_looking(world: World) -> None:
    """It shows on the record: settled, and not sent again (R31)."""
    await synced(world)
    world.source.edit("s1", {"company": "New"})
    world.crm.faults.after = once("update", raising(lost_reply()))

    report = await world.run()

    assert ("done", 0) == (report.outcome, report.open_intents)
    assert [("create", "c1"), ("update", "c1")] == world.crm.writes
    assert ["settled", "settled"] == await states(world)
    base = await world.base("s1", "company")
    assert base is not None
    assert ("New", "New") == (base.source, base.crm)
    await world.rest()


async def test_an_update_that_may_still_land_is_waited_for(world: World) -> None:
    """Within its time-out a request can arrive yet: nobody touches the record (R22, R40)."""
    await synced(world, people=2)
    world.source.edit("s1", {"company": "New"})
    world.crm.faults.before = once("update", never_arrived())

    first = await world.run()
    world.source.edit("s1", {"company": "Newer"})
    world.source.edit("s2", {"company": "Other"})
    second = await world.run()

    assert ("unfinished", 1) == (first.outcome, first.open_intents)
    assert ("unfinished", {"busy": 1}) == (second.outcome, second.skipped)
    assert ["Company0", "Other"] == world.values(Side.CRM, "company")


async def test_an_update_that_lands_late_is_found(world: World) -> None:
    """It arrives after its worker died: the successor waited and sees it (R22)."""
    await synced(world)
    world.source.edit("s1", {"company": "New"})
    world.crm.faults.before = once("update", never_arrived())
    await world.run()
    world.crm.edit("c1", {"company": "New"}, is_ours=True)

    report = await world.run()

    assert 0 == report.open_intents
    assert ["settled", "settled"] == await states(world)
    await world.rest()


async def test_an_update_that_did_not_happen_is_planned_afresh(world: World) -> None:
    """Past its time-out: superseded, and the present value is written instead (R31)."""
    await synced(world)
    world.source.edit("s1", {"company": "New"})
    world.crm.faults.before = once("update", never_arrived())
    await world.run()
    world.source.edit("s1", {"company": "Newer"})
    world.pass_by(LATER)

    report = await world.run()

    assert ("done", ["Newer"]) == (report.outcome, world.values(Side.CRM, "company"))
    assert ["settled", "superseded", "settled"] == await states(world)
    await world.rest()


async def test_an_update_that_was_edited_since_is_nobodys_loss(world: World) -> None:
    """It may have landed and been edited, or not: both values are known afterwards (I1, I10)."""
    await synced(world)
    world.source.edit("s1", {"company": "Mine"})
    world.crm.faults.after = once("update", raising(Killed()))
    await killed(world)
    world.pass_by(LATER)
    world.crm.edit("c1", {"company": "Theirs"})

    await world.run()

    kept = {*world.values(Side.CRM, "company"), *world.values(Side.SOURCE, "company")}
    told = {value for row in await world.conflicts() for value in (row.source, row.crm)}
    assert {"Mine", "Theirs"} <= kept | told
    assert 1 == len(kept)
    await world.rest()


async def test_an_update_of_a_record_that_is_gone_ends(world: World) -> None:
    """Nothing to look at any more: the intent is closed, the other side stays (R34)."""
    await synced(world)
    world.source.edit("s1", {"company": "New"})
    world.crm.faults.before = once("update", raising(Killed()))
    await killed(world)
    world.crm.erase("c1")
    world.pass_by(LATER)

    report = await world.run()

    assert 0 == report.open_intents
    assert ("missing", {}) == (await world.presence(Side.CRM, "c1"), await world.linked())
    assert 1 == len(world.source.live())
    await world.rest()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_create_cut_short_makes_one_record(world: World, when: str) -> None:
    """Killed before the request or before its reply: one record, found by its token (I11)."""
    world.source.make(person(1))
    setattr(world.crm.faults, when, once("create", raising(Killed())))
    await killed(world)
    world.pass_by(LATER)

    await world.run()

    assert ({"s1": "c1"}, 1) == (await world.linked(), len(world.crm.records))
    await world.rest()


async def test_a_create_is_recovered_within_its_run(world: World) -> None:
    """The lost reply is looked for at once; a look that finds needs no waiting."""
    world.source.make(person(1))
    world.crm.faults.after = once("create", raising(lost_reply()))

    report = await world.run()

    assert ("done", 0, 1) == (report.outcome, report.open_intents, len(world.crm.records))
    await world.rest()


async def test_a_record_that_could_be_ours_is_left_alone(world: World) -> None:
    """While a create is unknown, who shows its key is neither matched nor copied (R40)."""
    world.source.make(person(1))
    world.crm.faults.before = once("create", never_arrived())
    await world.run()
    world.crm.make(person(1, company="By hand"))

    during = await world.run()
    world.pass_by(LATER)
    await world.run()

    assert {"busy": 2} == during.skipped
    assert {"s1": "c1"} == await world.linked()
    assert (1, 1) == (len(world.source.live()), len(world.crm.live()))
    await world.rest()


@pytest.mark.parametrize("arrived", [False, True])
async def test_a_late_lookup_proves_nothing_by_itself(world: World, *, arrived: bool) -> None:
    """Where lookups lag, only a Complete listing later still proves an absence (R32)."""
    lag = timedelta(minutes=10)
    world.able(Side.CRM, lookup_lag=lag)
    world.configure(schedule={"every": "5m", "full": "5m"})
    world.source.make(person(1))
    fault = once("create", raising(lost_reply()) if arrived else never_arrived())
    setattr(world.crm.faults, "after" if arrived else "before", fault)

    reports = [await world.run()]
    world.pass_by(LATER)
    reports.append(await world.run())
    world.pass_by(lag)
    reports += [await world.run(), await world.run()]
    world.pass_by(LATER)
    await world.run()

    assert [1, 1] == [report.open_intents for report in reports[:2]]
    assert 0 == reports[-1].open_intents
    assert ({"s1": "c1"}, 1) == (await world.linked(), len(world.crm.records))
    await world.rest()


async def test_a_held_create_holds_no_linked_record(world: World) -> None:
    """Who has a partner cannot be what an unknown create made, whatever they share (R40)."""
    world.crm.carries_external_id = False
    for number in (1, 2):
        world.source.make(person(number, company="Shared"))
    world.crm.capabilities = replace(world.crm.capabilities, write_batch=1)
    world.crm.faults.before = on_nth("create", 2, never_arrived())
    await world.run()
    world.pass_by(LATER)
    await world.run()
    assert ["unknown_create"] == [entry.rule for entry in await world.apart()]

    world.crm.edit("c1", {"last_name": "Edited"})
    await world.run()

    assert "Edited" == world.source.records["s1"].values["last_name"]


async def test_a_listing_that_is_needed_is_not_waited_for(world: World) -> None:
    """Where only a listing can tell, it is made once the look can be late no more (R32)."""
    lag = timedelta(minutes=10)
    world.able(Side.CRM, lookup_lag=lag, full_listing_every=timedelta(days=7))
    world.source.make(person(1))
    world.crm.faults.before = once("create", never_arrived())
    await world.run()

    world.pass_by(lag + LATER)
    reports = [await world.run(), await world.run()]

    assert [1, 0] == [report.open_intents for report in reports]
    assert ({"s1": "c1"}, 1) == (await world.linked(), len(world.crm.records))
    await world.rest()


async def test_a_create_without_a_token_is_known_by_key_and_values(world: World) -> None:
    """One record with our address and our values is ours (R7)."""
    world.crm.carries_external_id = False
    world.source.make(person(1))
    world.crm.faults.after = once("create", raising(lost_reply()))

    await world.run()

    assert ({"s1": "c1"}, 1) == (await world.linked(), len(world.crm.records))
    await world.rest()


@pytest.mark.parametrize(
    "values", [{"email": None}, {"email": "person1@example.com", "company": "By hand"}]
)
async def test_a_create_nobody_can_look_for_waits_for_a_person(
    world: World, values: Mapping[str, str | None]
) -> None:
    """Without a token, and without a record that shows our values: held, never repeated (R7)."""
    world.crm.carries_external_id = False
    world.source.make(person(1, email=values["email"]))
    world.crm.faults.before = once("create", never_arrived())
    await world.run()
    if "company" in values:
        world.crm.make(person(1, **values))
    world.pass_by(LATER)

    await world.run()

    assert "unknown_create" in [item.rule for item in await world.apart()]
    assert {} == await world.linked()
    assert 1 == len(world.source.live())
    assert "held" in await states(world)
    await world.rest()


async def test_a_write_told_without_values_is_read_back_after_a_crash(world: World) -> None:
    """Accepted, but nobody saw what is stored: a look settles it, not a second write (R45)."""
    world.able(Side.CRM, replies_with_values=False)
    await synced(world)
    world.source.edit("s1", {"company": "New"})
    # The look before the write, then the read-back.
    seen = 0

    def die(purpose: str) -> None:
        nonlocal seen
        seen += purpose == "read"
        if purpose == "read" and seen == 2:
            raise Killed

    world.crm.faults.before = die
    await killed(world)

    report = await world.run()

    assert ("nothing", 0) == (report.outcome, report.open_intents)
    assert [("create", "c1"), ("update", "c1")] == world.crm.writes
    base = await world.base("s1", "company")
    assert base is not None
    assert ("New", "New") == (base.source, base.crm)
    await world.rest()


async def test_what_is_found_later_is_nobodys_edit(world: World) -> None:
    """Found by its token with another value than was sent: a conflict, not an adoption (R36)."""
    world.source.make(person(1))
    world.crm.faults.after = once("create", raising(Killed()))
    await killed(world)
    world.crm.edit("c1", {"company": "Odd"})
    world.pass_by(LATER)

    await world.run()

    assert ["sent_not_seen"] == [conflict.reason for conflict in await world.conflicts()]
    assert ["Odd"] == world.values(Side.CRM, "company") == world.values(Side.SOURCE, "company")
    await world.rest()
