"""Guards on what is seen, and on what came of the writes: held until somebody looked (R18)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from daemon.core.schema import Choice
from daemon.core.values import FieldKind, Side
from tests.flow.guarded import NewWorld, edit_all, let_pass, settled, tripped
from tests.flow.world import A_WEEK, SOON, person

ONE_MINUTE = timedelta(minutes=1)


async def test_a_shrunk_file_is_no_reason_to_conclude_anything(new_world: NewWorld) -> None:
    """A file that lacks too much counts as incomplete until a person says so (R18, R39)."""
    world = await settled(new_world, 30)
    world.able(Side.SOURCE, is_remote=False, full_listing_every=timedelta(0))
    lost = [world.source.records.pop(f"s{number}") for number in range(1, 5)]

    for _ in range(3):
        held = await world.run()
        world.pass_by(SOON)
    linked = len(await world.linked())
    await let_pass(world, "shrunk_listing")
    for _ in range(3):
        report = await world.run()
        world.pass_by(SOON)

    assert ("held", ["shrunk_listing"], 30) == (held.outcome, tripped(held), linked)
    assert (4.0, 3.0) == (held.guards[0].measured, held.guards[0].allowed)
    assert ([], 26, 4) == (report.guards, len(await world.linked()), len(lost))


async def test_a_system_that_proves_each_absence_is_believed(new_world: NewWorld) -> None:
    """Each missing record is asked for by its id, so a true shrink does not block for ever (R39)."""
    world = await settled(new_world, 30)
    for number in range(1, 5):
        world.source.erase(f"s{number}")
    world.pass_by(A_WEEK)

    await world.run()
    world.pass_by(SOON)
    report = await world.run()

    assert ([], 26) == (report.guards, len(await world.linked()))


async def test_an_emptied_side_is_accepted_by_a_person(new_world: NewWorld) -> None:
    """Nothing is concluded from an empty side until somebody says that it is meant (R18)."""
    world = await settled(new_world, 5)
    world.source.records.clear()
    world.pass_by(A_WEEK)

    held = await world.run()
    await let_pass(world)
    for _ in range(2):
        world.pass_by(SOON)
        report = await world.run()

    assert ("held", ["empty_side"]) == (held.outcome, tripped(held))
    assert ([], {}, 5) == (report.guards, await world.linked(), len(world.crm.live()))


async def test_values_that_go_to_and_fro_freeze_their_link(new_world: NewWorld) -> None:
    """Two systems that answer each other are parted; other links go on (R18)."""
    world = await settled(new_world, 5)
    for turn in range(3):
        side, record = (world.source, "s1") if turn % 2 == 0 else (world.crm, "c1")
        side.edit(record, {"company": "Ping" if turn % 2 == 0 else "Pong"})
        await world.run()
        world.pass_by(ONE_MINUTE)
    world.crm.edit("c1", {"company": "Pong"})
    world.crm.edit("c2", {"company": "Quiet"})

    report = await world.run()

    assert ["link_storm"] == tripped(report)
    assert "Quiet" == world.source.records["s2"].values["company"]
    assert "Ping" == world.source.records["s1"].values["company"]


async def test_a_busy_person_is_no_storm(new_world: NewWorld) -> None:
    """Many edits of one record, and one taken back, are carried over (R18)."""
    world = await settled(new_world, 3)
    for company in ("One", "Two", "Three", "Four", "Five"):
        world.source.edit("s1", {"company": company})
        report = await world.run()
        world.pass_by(ONE_MINUTE)

    assert ([], "Five") == (report.guards, world.crm.records["c1"].values["company"])


@pytest.mark.parametrize("both", [True, False], ids=["both answer", "one loses each tie"])
async def test_systems_that_answer_with_new_values_are_parted_at_five_minute_runs_too(
    new_world: NewWorld, both: bool
) -> None:
    """Each write is answered by another value than before: no value returns, and none stands (R18)."""
    world = await settled(new_world, 5, conflicts={"default": "most_recent" if both else "source"})
    numbers = iter(range(1000))
    world.source.edit("s1", {"company": "First"})
    trips: list[str] = []

    for _ in range(20):
        known = (len(world.source.writes), len(world.crm.writes))
        report = await world.run()
        trips += tripped(report)
        written = world.source.writes[known[0] :] + world.crm.writes[known[1] :]
        if ("update", "c1") in written:
            world.crm.edit("c1", {"company": f"Answer {next(numbers)}"})
            if not both:
                world.source.edit("s1", {"company": f"Ours {next(numbers)}"})
        elif ("update", "s1") in written:
            world.source.edit("s1", {"company": f"Answer {next(numbers)}"})
        world.pass_by(SOON)

    assert {"link_storm"} == set(trips)
    updates = [one for one in world.source.writes + world.crm.writes if one[1] in {"s1", "c1"}]
    assert len(updates) <= 10


async def test_a_day_of_edits_on_one_side_is_no_storm_where_the_other_cuts(
    new_world: NewWorld,
) -> None:
    """What a system keeps of a value is what we wrote, however short (R18, R37)."""
    world = await settled(new_world, 3)
    world.crm.normalise = lambda name, value: str(value)[:9] if name == "company" else value
    for number in range(10):
        world.source.edit("s1", {"company": f"{number} has a long name"})
        report = await world.run()
        assert [] == report.guards
        world.pass_by(SOON)

    assert "9 has a l" == world.crm.records["c1"].values["company"]


async def test_too_many_refusals_hold_the_pair(new_world: NewWorld) -> None:
    """When a system refuses more than a tenth, the next run writes nothing but opt-outs (R18)."""
    world = await settled(new_world, 40)
    edit_all(world, 21)
    refused = iter([True] * 3)
    world.crm.faults.refuses = lambda _write: "no" if next(refused, False) else ""

    first = await world.run()
    world.crm.writes.clear()
    world.source.edit("s30", {"company": "Later", "unsubscribed": "yes"})
    world.pass_by(SOON)
    second = await world.run()

    assert ("held", ["quarantine_share"]) == (first.outcome, tripped(first))
    assert "3 of 21 records failed" in first.guards[0].reason
    assert [("update", "c30")] == world.crm.writes
    assert ("Company29", "yes") == tuple(
        world.crm.records["c30"].values[name] for name in ("company", "unsubscribed")
    )
    await let_pass(world)
    await world.run()
    assert "Later" == world.crm.records["c30"].values["company"]
    assert "held" == second.outcome


async def test_too_many_bad_records_hold_the_pair(new_world: NewWorld) -> None:
    """Three of twenty new rows are spoilt: the others wait too, until a person looked (R18)."""
    world = await settled(new_world, 30)
    for number in range(20):
        world.source.make(person(100 + number, **({"email": "spoilt@"} if number < 3 else {})))

    report = await world.run()
    world.pass_by(SOON)
    again = await world.run()

    assert (["quarantine_share"], []) == (tripped(report), world.crm.writes)
    assert ["quarantine_share"] == tripped(again)


@pytest.mark.parametrize("side", list(Side))
async def test_a_field_that_changed_its_kind_is_held(new_world: NewWorld, side: Side) -> None:
    """Its values stay on both sides until a person looked; other fields go on (R18, fault 49)."""
    world = await settled(new_world, 3)
    fields = dict(world.system(side).fields)
    fields["company"] = replace(fields["company"], max_length=20)
    world.system(side).fields = fields
    world.source.edit("s1", {"company": "New", "first_name": "Neo"})
    world.pass_by(timedelta(hours=5))

    report = await world.run()
    values = dict(world.crm.records["c1"].values)
    await let_pass(world)
    await world.run()

    assert ("held", ["schema_drift"]) == (report.outcome, tripped(report))
    assert ("Neo", "Company0") == (values["first_name"], values["company"])
    assert "New" == world.crm.records["c1"].values["company"]
    await world.rest()


async def test_a_new_required_field_holds_creates(new_world: NewWorld) -> None:
    """Records that would be refused are not sent; known ones go on (R18, fault 49)."""
    world = await settled(new_world, 3)
    vat = replace(world.crm.fields["company"], name="vat", label="VAT", is_required=True)
    world.crm.fields = {**world.crm.fields, "vat": replace(vat, kind=FieldKind.CHOICE,
        choices=(Choice(value="a", label="A"),))}  # fmt: skip
    world.source.make(person(9))
    world.source.edit("s1", {"company": "New"})
    world.pass_by(timedelta(hours=5))

    report = await world.run()

    assert (["schema_drift"], 3) == (tripped(report), len(world.crm.live()))
    assert "New" == world.crm.records["c1"].values["company"]


async def test_a_lost_canary_holds_the_pair(new_world: NewWorld) -> None:
    """A record that must be there is not: nothing is written until it is (R18, fault 37)."""
    world = await settled(new_world, 3, guards={"canary": {"crm": ["c2"]}})
    stored = world.crm.records.pop("c2")
    world.source.edit("s1", {"company": "New"})

    held = await world.run()
    world.crm.records["c2"] = stored
    world.pass_by(SOON)
    report = await world.run()

    assert ("held", ["canary"]) == (held.outcome, tripped(held))
    assert "c2 cannot be read" in held.guards[0].reason
    assert ("done", "New") == (report.outcome, world.crm.records["c1"].values["company"])


async def test_a_touch_of_everything_writes_nothing_and_is_told(new_world: NewWorld) -> None:
    """Every stamp moved and one value did: that one travels, and the run says so (fault 47)."""
    world = await settled(new_world, 120)
    for record in world.source.live():
        world.source.edit(record.id, {})
    world.source.edit("s5", {"unsubscribed": "yes"})

    report = await world.run()

    assert [("update", "c5")] == world.crm.writes
    assert any("everything_touched: 120 of 120" in note for note in report.notes)


async def test_a_field_out_of_sight_holds_deletes(new_world: NewWorld) -> None:
    """What a vanished field of a record holds nobody sees: the record is not removed (R43)."""
    world = new_world(deletes={"source": "archive", "crm": "delete"})
    for number in range(2):
        world.source.make(person(number))
    await world.run()
    world.crm.edit("c1", {"company": "Seen by nobody"})
    world.crm.fields = {name: f for name, f in world.crm.fields.items() if name != "company"}
    world.source.archive("s1")
    world.pass_by(timedelta(days=1))

    report = await world.run()

    assert ("held", ["schema_drift"]) == (report.outcome, [trip.guard for trip in report.guards])
    assert not world.crm.records["c1"].is_archived
