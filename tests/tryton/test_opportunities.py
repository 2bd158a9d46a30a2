"""Opportunities: plain fields, references, a workflow that only Tryton's buttons move."""

from collections.abc import AsyncIterator, Iterator
from datetime import date
from decimal import Decimal

import pytest

from adapters.contract import Accepted, Complete, Moved, Page, Refused, Verb, Write
from daemon.core.values import Values
from tests.tryton.bench import Bench, bench
from tests.tryton.person import Person
from tests.tryton.server import Server, server

OBJECT = "opportunity"
MODEL = "model.sale.opportunity"


@pytest.fixture(scope="module")
def company() -> Iterator[Server]:
    """A server of its own, with a company: opportunities belong to one."""
    with server() as at:
        Person(at, "admin").found_company()
        yield at


@pytest.fixture
async def on(company: Server) -> AsyncIterator[Bench]:
    async with bench(on=company) as opened:
        yield opened


async def test_an_opportunity_travels_whole(on: Bench) -> None:
    """Money exact, dates whole days, a currency by its code, a party by its id."""
    party = on.person.create(name="Ada")
    values: Values = {
        "description": "Big deal",
        "party": party,
        "amount": Decimal("100.5"),
        "currency": "EUR",
        "start_date": date(2026, 2, 3),
        "conversion_probability": Decimal("0.25"),
    }

    (made,) = await on.adapter.write(
        OBJECT, Verb.CREATE, [Write(token="a", values=values, external_id="ignored")]
    )

    assert isinstance(made, Accepted)
    reading = await on.adapter.read(OBJECT, [made.id], [*values, "state"])
    assert {**values, "state": "lead"} == dict(reading.records[0].values)
    items = [item async for item in on.adapter.listing(OBJECT, ["amount"])]
    assert isinstance(items[-1], Complete)
    assert made.id in {one.id for page in items if isinstance(page, Page) for one in page.records}


async def test_nobody_claims_to_find_an_opportunity_again(on: Bench) -> None:
    """It has no place for an id of ours, so a create without a reply is held for a person (R7)."""
    assert not await on.adapter.prepare(OBJECT)
    assert await on.adapter.prepare("party")


async def test_only_tryton_moves_a_state(on: Bench) -> None:
    """The workflow's field can be read and never written."""
    schema = await on.adapter.schema(OBJECT)

    assert not schema["state"].is_writable
    assert not schema["number"].is_writable
    assert ["lead", "opportunity", "converted", "won", "lost", "cancelled"] == [
        one.value for one in schema["state"].choices
    ]
    assert ["EUR"] == [one.value for one in schema["currency"].choices]


async def test_changes_are_compared_and_told(on: Bench) -> None:
    """An edit by hand is in the feed, and is not overwritten by who did not see it."""
    new = Write(token="a", values={"description": "Old"})
    (made,) = await on.adapter.write(OBJECT, Verb.CREATE, [new])
    assert isinstance(made, Accepted)
    cursor = await on.adapter.start_cursor(OBJECT)

    on.person.call(f"{MODEL}.write", [int(made.id)], {"description": "By hand"})
    hints, _ = await on.hints(cursor, OBJECT)
    stale = Write(
        token="b", id=made.id, values={"description": "Ours"}, expected={"description": "Old"}
    )
    (outcome,) = await on.adapter.write(OBJECT, Verb.UPDATE, [stale])

    assert made.id in {hint.id for hint in hints}
    assert isinstance(outcome, Moved)


async def test_an_opportunity_is_removed_as_tryton_allows_it(on: Bench) -> None:
    """It cannot be put away, and is deleted only after a person cancelled it."""
    new = Write(token="a", values={"description": "Going"})
    (made,) = await on.adapter.write(OBJECT, Verb.CREATE, [new])
    assert isinstance(made, Accepted)
    going = Write(token="b", id=made.id, values={})

    (archived,) = await on.adapter.write(OBJECT, Verb.ARCHIVE, [going])
    (early,) = await on.adapter.write(OBJECT, Verb.DELETE, [going])
    on.person.call(f"{MODEL}.cancel", [int(made.id)])
    (deleted,) = await on.adapter.write(OBJECT, Verb.DELETE, [going])

    assert isinstance(archived, Refused)
    assert "no_archive" == archived.failure.code
    assert isinstance(early, Refused)
    assert Accepted(id=made.id, record=None) == deleted
    assert {made.id} == (await on.adapter.read(OBJECT, [made.id], [])).missing
