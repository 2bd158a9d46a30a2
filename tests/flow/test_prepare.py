"""Before a run looks: accounts, schemas, mapping, and what is made on the far side."""

from collections.abc import Callable
from datetime import timedelta

from adapters.memory import people_fields
from daemon.core.values import Side
from tests.flow.world import FIELDS, SOON, World, person

NewWorld = Callable[..., World]


async def test_an_account_is_asked_for_once_a_credential(world: World) -> None:
    """The same credential is known; a new one is asked where it leads (the canary)."""
    first = await world.run()
    second = await world.run()
    world.tokens["crm"] = "second"
    third = await world.run()

    asked = [report.api.by_purpose.get("account", 0) for report in (first, second, third)]
    assert [2, 0, 1] == asked
    await world.rest()


async def test_a_credential_to_another_account_stops_the_run(world: World) -> None:
    """Nothing is read or written where a new credential leads elsewhere (fault 37)."""
    world.source.make(person(1))
    await world.run()
    world.source.make(person(2))
    world.tokens["crm"], world.crm.account_id = "second", "account-2"

    report = await world.run()

    assert "failed" == report.outcome
    assert "leads to account account-2" in report.error
    assert {"account": 1} == report.api.by_purpose
    assert 1 == len(world.crm.live())
    assert "second" not in report.model_dump_json()


async def test_a_run_goes_on_once_the_credential_is_right(world: World) -> None:
    """A refused account leaves nothing behind that has to be mended."""
    await world.run()
    world.tokens["crm"], world.crm.account_id = "second", "account-2"
    await world.run()
    world.crm.account_id = "account-1"
    world.source.make(person(1))

    report = await world.run()

    assert ("done", 1) == (report.outcome, len(world.crm.live()))
    await world.rest()


async def test_a_schema_is_believed_for_four_hours(world: World) -> None:
    """Live definitions are read at the first run, then every four hours."""
    counts = []
    for wait in (timedelta(0), timedelta(hours=3, minutes=59), timedelta(minutes=1)):
        world.pass_by(wait)
        counts.append((await world.run()).api.by_purpose.get("schema", 0))

    assert [2, 0, 2] == counts


async def test_a_local_schema_is_read_every_time(world: World) -> None:
    """A file costs no call, so its columns are always the present ones."""
    world.able(Side.SOURCE, is_remote=False)

    counts = [(await world.run()).api.by_purpose.get("schema", 0) for _ in range(2)]

    assert [2, 1] == counts


async def test_a_field_found_later_is_mapped(world: World) -> None:
    """A new column on both sides is mapped, read and synced once the schema is read anew (R2)."""
    world.source.make(person(1))
    await world.run()
    for system in (world.source, world.crm):
        system.fields = people_fields(*FIELDS, "city")
        for record in system.records.values():
            record.values["city"] = None
    world.source.edit("s1", {"city": "Berlin"})
    world.pass_by(timedelta(hours=4))

    await world.run()

    assert ["Berlin"] == world.values(Side.CRM, "city")
    await world.rest()


async def test_a_preview_makes_nothing_outside(world: World) -> None:
    """Looking at a plan creates no external-id field; the run that writes does (R7)."""
    world.source.make(person(1))

    preview = await world.run(is_preview=True)
    real = await world.run()

    assert "prepare" not in preview.api.by_purpose
    assert 2 == real.api.by_purpose["prepare"]
    assert world.crm.live()[0].external_id is not None
    await world.rest()


async def test_every_problem_of_a_mapping_is_told_at_once(new_world: NewWorld) -> None:
    """Two wrong names are two lines, and nothing was read."""
    world = new_world(fields={"shoe": "company", "first_name": "forename"})

    report = await world.run()

    assert "failed" == report.outcome
    assert "shoe" in report.error
    assert "forename" in report.error
    assert "listing" not in report.api.by_purpose


async def test_required_columns_must_be_mapped(new_world: NewWorld) -> None:
    """A column that nobody reads cannot be looked after."""
    report = await new_world(required=["email", "shoe"]).run()

    assert "failed" == report.outcome
    assert "shoe" in report.error
    assert "email" not in report.error


async def test_a_sync_without_a_usable_key_does_not_run(new_world: NewWorld) -> None:
    """Matching on what is not mapped would create everybody twice."""
    world = new_world(match={"on": ["birthday"]})
    world.source.make(person(1))

    report = await world.run()

    assert ("failed", 0) == (report.outcome, len(world.crm.records))
    assert "birthday" in report.error


async def test_a_sync_without_any_common_field_does_not_run(world: World) -> None:
    """Nothing in common is told, with what to do."""
    world.crm.fields = people_fields("colour")

    report = await world.run()

    assert "failed" == report.outcome
    assert "`fields`" in report.error


async def test_a_new_match_key_finds_records_known_for_long(new_world: NewWorld) -> None:
    """What was mirrored under other keys is indexed anew, and matched again (R16)."""
    world = new_world(create={"crm": False, "source": False})
    world.source.make(person(1, email="old@example.com", phone=None))
    world.crm.make(person(1, email="new@example.com", phone=None))
    await world.run()
    apart = await world.linked()
    world.configure(match={"on": [["first_name", "last_name"]]})
    world.pass_by(SOON)

    await world.run()

    assert ({}, {"s1": "c1"}) == (apart, await world.linked())
    await world.rest()
