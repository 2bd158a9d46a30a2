"""Reported pitfalls that are no other test's business; the list is in ``pitfalls.py``."""

import ast
import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.contract import Accepted, Complete, Page, Refused, Verb, Write
from adapters.errors import Reauthenticate
from adapters.hubspot.sandbox import SearchLag, TokenSettings
from daemon.core.values import FieldKind
from tests.hubspot.sandboxes import CONTACTS, NAMES, Bench, bench

PRODUCT = ("adapters", "config", "daemon", "state")
ROOT = Path(__file__).resolve().parents[2]
OWNER = "hubspot_owner_id"
CONTACTS_ONLY = frozenset({"crm.objects.contacts.read", "crm.objects.contacts.write"})


async def live(on: Bench, *fields: str) -> dict[str, object]:
    """List everything; return the first field of each record by its id."""
    items = [item async for item in on.adapter.listing(CONTACTS, fields)]
    assert isinstance(items[-1], Complete)
    pages = [item for item in items if isinstance(item, Page)]
    return {one.id: one.values[fields[0]] for page in pages for one in page.records}


async def test_what_no_search_ever_tells_a_listing_shows() -> None:
    """A change that the index never takes up is found by the weekly listing: HubSpot pitfall 4."""
    lag = SearchLag(usual=timedelta(days=30), jitter=timedelta(0))
    async with bench(search_lag=lag) as on:
        (person,) = await on.people(1)
        cursor = await on.adapter.start_cursor(CONTACTS)
        await on.edit(person, firstname="Unindexed")
        on.wait(hours=3)
        told, covered = await on.hints(cursor)
        shown = await live(on, "firstname")

    assert [] == told
    assert not covered.is_full_listing_needed
    assert {person: "Unindexed"} == shown
    assert timedelta(days=7) == on.adapter.capabilities.full_listing_every


async def test_nothing_that_consists_of_links_is_offered() -> None:
    """Associations move no date and have types of their own, so none is synced.

    HubSpot pitfalls 8 and 23: contacts are the only object.
    """
    async with bench() as on:
        assert [CONTACTS] == list(await on.adapter.objects())


async def test_an_update_goes_by_id_whatever_becomes_of_the_address() -> None:
    """Somebody changes the address between plan and write: HubSpot pitfall 15."""
    async with bench() as on:
        moved, still = await on.people(2)
        await on.edit(moved, email="elsewhere@example.com")
        writes = [
            Write(token="a", id=moved, values={"firstname": "Moved"}),
            Write(token="b", id=still, values={"email": "new@example.com"}),
        ]
        outcomes = await on.adapter.write(CONTACTS, Verb.UPDATE, writes)
        records = {one: on.sandbox.contacts.live(one) for one in (moved, still)}

    assert [moved, still] == [one.id for one in outcomes if isinstance(one, Accepted)]
    values = {one: record.values for one, record in records.items() if record is not None}
    assert ("Moved", "elsewhere@example.com") == (
        values[moved]["firstname"],
        values[moved]["email"],
    )
    assert "new@example.com" == values[still]["email"]


async def test_somebodys_second_address_is_taken_too() -> None:
    """The refusal of a create names who has it, so that the record is linked: HubSpot pitfall 16."""
    async with bench() as on:
        kept, merged, _ = await on.people(3)
        made = await on.admin("user/contacts/merge", primary=kept, other=merged)
        new = Write(token="a", values={"email": "person1@example.com", "firstname": "Again"})
        (outcome,) = await on.adapter.write(CONTACTS, Verb.CREATE, [new])
        count = len(on.sandbox.contacts.all_live())

    assert isinstance(outcome, Refused)
    assert str(made["id"]) == outcome.existing_id
    assert 2 == count


def test_no_client_of_the_vendor_is_used() -> None:
    """Requests go through our own client alone: HubSpot pitfall 19."""
    modules = {
        name.partition(".")[0]
        for folder in PRODUCT
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in _imported(node)
    }

    assert "adapters" in modules
    assert "hubspot" not in modules


def _imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [one.name for one in names]
        case ast.ImportFrom(module=str(module)):
            return [module]
        case _:
            return []


@pytest.mark.parametrize("pages", [0, 1])
async def test_a_token_that_expires_under_a_listing_ends_it_loudly(pages: int) -> None:
    """No page is taken for the last one because of a 401: HubSpot pitfall 21."""
    async with bench(records=250) as on:
        await on.adapter.schema(CONTACTS)
        walk = on.adapter.listing(CONTACTS, NAMES)
        for _ in range(pages):
            assert isinstance(await anext(walk), Page)
        await on.admin("tokens/expire")

        with pytest.raises(Reauthenticate, match="Next: Create a service key"):
            _ = [item async for item in walk]


async def test_two_tasks_on_one_connection_share_its_limit() -> None:
    """What several readers ask together stays below the account's limit: HubSpot pitfall 22."""
    async with bench() as on:
        people = await on.people(2)

        async def hurry(person: str) -> None:
            for _ in range(150):
                await on.adapter.read(CONTACTS, [person], NAMES)

        await asyncio.gather(*(hurry(person) for person in people))

    assert {200} == {call.status for call in on.around.calls}


async def test_an_owner_is_a_reference_and_no_owner_is_read() -> None:
    """A key without the owners' scope syncs contacts whose owner has left: HubSpot pitfall 25."""
    key = TokenSettings(scopes=CONTACTS_ONLY | {"crm.schemas.contacts.read"})
    async with bench(tokens=(key,)) as on:
        person = await on.create(email="a@example.com", firstname="A")
        owner = on.sandbox.account.owners.all(is_archived=False)[0].id
        await on.edit(person, **{OWNER: owner})
        await on.admin("user/contacts/archive-owner", id=owner)
        kind = (await on.adapter.schema(CONTACTS))[OWNER].kind
        shown = await live(on, OWNER)

    assert FieldKind.REFERENCE == kind
    assert {person: owner} == shown
    assert not [endpoint for endpoint in on.calls() if "owners" in endpoint]


async def test_polling_alone_tells_of_creating_changing_and_archiving() -> None:
    """Nothing waits for a webhook, and of many changes none is dropped: HubSpot pitfall 26."""
    async with bench() as on:
        changed, archived, _ = await on.people(3)
        on.wait(hours=1)
        cursor = await on.adapter.start_cursor(CONTACTS)
        on.wait(seconds=10)
        created = await on.create(email="new@example.com")
        await on.edit(changed, firstname="Changed")
        await on.admin("user/contacts/archive", id=archived)
        on.wait(minutes=15)
        told, _ = await on.hints(cursor)

    assert {created: False, changed: False, archived: True} == {
        hint.id: hint.is_gone for hint in told
    }


async def test_a_property_of_the_customers_own_is_synced() -> None:
    """What an administrator added is in the schema, read and written: HubSpot pitfall 27."""
    async with bench() as on:
        await on.property("favourite_colour")
        person = await on.create(email="a@example.com")
        kind = (await on.adapter.schema(CONTACTS))["favourite_colour"].kind
        update = Write(token="a", id=person, values={"favourite_colour": "green"})
        await on.adapter.write(CONTACTS, Verb.UPDATE, [update])
        shown = await live(on, "favourite_colour")

    assert FieldKind.TEXT == kind
    assert {person: "green"} == shown
