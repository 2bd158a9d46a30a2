"""``mapping`` and ``validate``: fields with real values, findings with offers; nothing is written."""

from collections.abc import Callable
from types import MappingProxyType

from adapters.memory import people_fields
from daemon.core.schema import Field
from daemon.core.values import FieldKind, Side
from daemon.use_cases.inspecting import mapping, validation
from daemon.use_cases.workspace import Workspace
from tests.flow.world import FIELDS, SYNC, World, person

NewWorld = Callable[..., World]


def workspace(world: World) -> Workspace:
    """Return what a use case is given in this world."""
    work = world.preparation(is_preview=True)
    return Workspace(
        config=work.config, state=work.state, links=work.links, clock=work.clock, luck=world.luck
    )


def dated(world: World) -> None:
    """Give both sides a birthday: text in the source, a date in the CRM; a nickname in one."""
    world.source.fields = people_fields(*FIELDS, "birthday", "nickname")
    born = Field(name="birthday", label="birthday", kind=FieldKind.DATE)
    world.crm.fields = MappingProxyType({**people_fields(*FIELDS), "birthday": born})


async def test_the_table_shows_real_values(world: World) -> None:
    """Samples of either side, what goes nowhere, and what a pair cannot carry."""
    dated(world)
    for number in range(5):
        world.source.make(person(number, birthday="1980-01-01", company="x" * 100))
    await world.run()

    (found,) = await mapping(workspace(world), SYNC)

    lines = {line.source: line for line in found.fields}
    assert ["Name0", "Name1", "Name2"] == lines["first_name"].source_samples
    assert 3 == len(lines["first_name"].crm_samples)
    assert 60 == len(lines["company"].source_samples[0])
    assert ["nickname"] == found.unmapped_source
    assert [("birthday", "crm")] == [(one.source, one.to) for one in found.lossy]
    assert {"source": 5, "crm": 5} == found.records


async def test_nothing_was_read_yet(world: World) -> None:
    """The table stands without samples; nothing is read or written for it."""
    world.source.make(person(1))

    (found,) = await mapping(workspace(world), SYNC)

    assert {} == found.records
    assert 0 == (await validation(workspace(world), SYNC, limit=10)).records
    assert [] == world.crm.live()


async def test_findings_are_listed_and_counted(world: World) -> None:
    """Faults and warnings, as many as asked for; all are counted, and none is corrected."""
    dated(world)
    world.source.make(person(1, email="info@example.com", birthday="29/10/1980"))
    world.source.make(person(2, first_name="Test", birthday="03/04/1980"))
    world.source.make(person(3, last_name="MÃ¼ller", birthday="1980-01-01"))
    report = await world.run()

    found = await validation(workspace(world), SYNC, limit=100)

    assert {
        ("s1", "email", "role_email", "warning", ""),
        ("s1", "birthday", "not_a_date", "field", "1980-10-29"),
        ("s2", "first_name", "name_is_filler", "warning", ""),
        ("s2", "birthday", "ambiguous_date", "field", "1980-04-03"),
        ("s3", "last_name", "mojibake", "field", "Müller"),
    } <= {(one.record, one.field, one.rule, one.severity, one.suggestion) for one in found.findings}
    assert [({"year_first": 1, "day_first": 1, "ambiguous": 1}, False)] == [
        (column.orders, column.is_mixed) for column in found.date_columns
    ]
    assert sum(found.totals.values()) == len(found.findings)
    assert [] == (await validation(workspace(world), SYNC, limit=0)).findings
    assert {"role_email", "mojibake"} <= {line.rule for line in report.validation}
    assert ["MÃ¼ller"] == [
        record.values["last_name"] for record in world.source.live() if record.id == "s3"
    ]
    assert "info@example.com" in world.values(Side.CRM, "email")


async def test_a_mixed_column_offers_nothing_for_an_ambiguous_date(world: World) -> None:
    """With day first and month first beside it, either reading would be a guess."""
    dated(world)
    for number, text in enumerate(("29/10/1980", "10/29/1980", "03/04/1980")):
        world.source.make(person(number, birthday=text))
    await world.run()

    found = await validation(workspace(world), SYNC, limit=100)

    assert [""] == [one.suggestion for one in found.findings if one.rule == "ambiguous_date"]
    assert [True] == [column.is_mixed for column in found.date_columns]
