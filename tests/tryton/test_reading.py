"""Reading parties: what belongs to them, who was merged, who is hidden, who is gone."""

from collections.abc import AsyncIterator

import pytest

from adapters.contract import EXTERNAL_ID, Accepted, Hint, Verb, Write
from adapters.errors import GrantAccess
from tests.tryton.bench import Bench, bench
from tests.tryton.person import PARTY, Person

FIELDS = ("name", "email", "phone", "city", "country")


@pytest.fixture
async def on() -> AsyncIterator[Bench]:
    async with bench() as opened:
        yield opened


async def test_what_belongs_to_a_party_is_a_field_of_it(on: Bench) -> None:
    """The first live one of a kind is the field, as Tryton's own form shows it."""
    id_ = on.person.create(name="Ada", email="ada@example.com", city="Berlin", country="DE")
    second = {"party": int(id_), "type": "email", "value": "second@example.com"}
    on.person.call("model.party.contact_mechanism.create", [second])

    reading = await on.adapter.read("party", [id_], FIELDS)

    assert {
        "name": "Ada",
        "email": "ada@example.com",
        "phone": None,
        "city": "Berlin",
        "country": "DE",
    } == dict(reading.records[0].values)


async def test_a_merged_party_leads_to_the_one_that_took_its_place(on: Bench) -> None:
    """Two merges in a row are followed to their end; our id leads there too (I20)."""
    new = Write(token="a", values={"name": "A"}, external_id="ours")
    (made,) = await on.adapter.write("party", Verb.CREATE, [new])
    assert isinstance(made, Accepted)
    second, third = on.person.create_all([{"name": "B"}, {"name": "C"}])
    on.person.merge(made.id, second)
    on.person.merge(second, third)

    reading = await on.adapter.read("party", [made.id, second], FIELDS)
    found = await on.adapter.find("party", EXTERNAL_ID, ["ours", "nobody's"], FIELDS)

    assert {made.id: third, second: third} == dict(reading.redirects)
    assert [third] == [record.id for record in reading.records]
    assert [(third, "ours")] == [(record.id, record.external_id) for record in found.records]
    assert {"nobody's"} == found.missing


async def test_a_hidden_party_is_not_called_missing(on: Bench) -> None:
    """A rule hides it from our user: that is for a person to grant, and nobody's deletion."""
    admin = Person(on.server, "admin")
    hidden, gone = on.person.create_all([{"name": "Hidden"}, {"name": "Gone"}])
    on.person.delete(gone)
    (group,) = admin.call(
        "model.ir.rule.group.create",
        [{"name": "x", "model": "party.party", "global_p": True, "perm_read": True,
          "rules": [["create", [{"domain": '[["name", "!=", "Hidden"]]'}]]]}],
    )  # fmt: skip
    try:
        with pytest.raises(GrantAccess):
            await on.adapter.read("party", [hidden], FIELDS)
        reading = await on.adapter.read("party", [gone], FIELDS)
    finally:
        admin.call("model.ir.rule.group.delete", [group])

    assert {gone} == reading.missing


async def test_the_feed_and_a_reading_agree_on_the_version(on: Bench) -> None:
    """What the feed saw is what a reading sees, so nothing is read twice for nothing."""
    id_ = on.person.create(name="Ada", email="ada@example.com", phone="+493012345678")
    cursor = await on.adapter.start_cursor("party")

    hints, covered = await on.hints(cursor)
    reading = await on.adapter.read("party", [id_], ["name"])

    assert [Hint(id=id_, version=reading.records[0].version)] == hints
    assert not covered.is_full_listing_needed


async def test_an_edit_of_what_belongs_to_a_party_is_told(on: Bench) -> None:
    """Somebody edits an address in the list of all contact mechanisms, never opening the party."""
    id_ = on.person.create(name="Ada", email="ada@example.com")
    before = (await on.adapter.read("party", [id_], ["email"])).records[0]
    (way,) = on.person.call("model.party.contact_mechanism.search", [], 0, None, None)
    cursor = await on.adapter.start_cursor("party")

    on.person.call("model.party.contact_mechanism.write", [way], {"value": "new@example.com"})
    hints, _ = await on.hints(cursor)
    after = (await on.adapter.read("party", [id_], ["email"])).records[0]

    assert [Hint(id=id_, version=after.version)] == hints
    assert before.version != after.version
    assert "new@example.com" == after.values["email"]
    assert before.modified_at is not None
    assert after.modified_at is not None
    assert before.modified_at < after.modified_at


async def test_a_deletion_asks_for_a_full_listing(on: Bench) -> None:
    """It leaves no trace, but there are fewer than before, even where somebody new came."""
    first, _ = on.person.create_all([{"name": "A"}, {"name": "B"}])
    cursor = await on.adapter.start_cursor("party")

    _, quiet = await on.hints(cursor)
    on.person.delete(first)
    on.person.create(name="C")
    _, shrunk = await on.hints(quiet.cursor)
    _, after = await on.hints(shrunk.cursor)

    told = [one.is_full_listing_needed for one in (quiet, shrunk, after)]
    assert [False, True, False] == told


async def test_an_idle_poll_is_one_call() -> None:
    """Parties and all that belongs to them are asked for at once; countings are far apart."""
    async with bench({"poll": {"search_margin": "1s", "overlap": "5s"}}) as on:
        cursor = await on.adapter.start_cursor("party")
        on.methods()

        await on.hints(cursor)

        assert ["party.party.search_read"] == on.methods()


async def test_fields_of_other_modules_are_told(on: Bench) -> None:
    """The schema is the database's: what its modules add is there, with what can be written."""
    schema = await on.adapter.schema("party")

    assert schema["name"].is_writable
    assert not schema["code"].is_writable
    assert schema["code"].is_unique
    assert {"AT", "DE", "FR", "GB"} == {one.value for one in schema["country"].choices}
    assert "customer_payment_term" in schema
    assert "contact_mechanisms" not in schema
    assert f"{PARTY}.read" not in on.methods()
