"""Writing parties: one transaction a batch, nobody's edit overwritten, nothing made twice."""

from collections.abc import AsyncIterator, Callable

import pytest

from adapters.contract import EXTERNAL_ID, Accepted, Moved, Outcome, Refused, Verb, Write
from adapters.errors import RejectBatch
from daemon.core.values import Values
from tests.conformance import wire
from tests.conformance.wire import Exchange
from tests.tryton.bench import Bench, bench
from tests.tryton.person import PARTY


@pytest.fixture
async def on() -> AsyncIterator[Bench]:
    async with bench() as opened:
        yield opened


async def write(on: Bench, verb: Verb, **write: object) -> Outcome:
    (outcome,) = await on.adapter.write("party", verb, [Write(token="t", **write)])  # type: ignore[arg-type] # the table's own
    return outcome


def just_before(on: Bench, method: str, deed: Callable[[], None], times: int = 1) -> None:
    """Let a person do something after the adapter looked and before its write arrives."""

    async def act(one: Exchange) -> wire.Reply:
        deed()
        return await one.answer()

    on.net.on(lambda one: f'"{PARTY}.{method}"'.encode() in one.body, act, times=times)


async def test_a_phone_is_kept_as_tryton_formats_it(on: Bench) -> None:
    """The server rewrites what it understands; a reading shows what it keeps."""
    made = await write(on, Verb.CREATE, values={"name": "Ada", "phone": "+493012345678"})

    assert isinstance(made, Accepted)
    reading = await on.adapter.read("party", [made.id], ["phone"])
    assert "+49 30 12345678" == reading.records[0].values["phone"]


async def test_a_field_is_set_changed_and_cleared_where_it_lives(on: Bench) -> None:
    """One row a field: made, rewritten, put away; the address stays one address."""
    id_ = on.person.create(name="Ada")
    steps: list[Values] = [
        {"email": "one@example.com", "city": "Berlin", "country": "DE"},
        {"email": "two@example.com", "country": None},
        {"email": None, "street": "Allee 1"},
    ]

    seen = []
    for values in steps:
        assert isinstance(await write(on, Verb.UPDATE, id=id_, values=values), Accepted)
        seen.append(on.person.look(id_))

    party = {"name": "Ada", "code": on.person.row(id_)["code"]}
    assert [
        {**party, "email": "one@example.com", "city": "Berlin", "country": "DE"},
        {**party, "email": "two@example.com", "city": "Berlin"},
        {**party, "city": "Berlin", "street": "Allee 1"},
    ] == seen
    assert 1 == len(on.person.row(id_)["addresses."])


async def test_clearing_takes_only_what_was_shown(on: Bench) -> None:
    """A second address, which no other system ever saw, is still there, and is the field then."""
    id_ = on.person.create(name="Ada", email="first@example.com")
    second = {"party": int(id_), "type": "email", "value": "second@example.com"}
    on.person.call("model.party.contact_mechanism.create", [second])

    await write(on, Verb.UPDATE, id=id_, values={"email": None})

    reading = await on.adapter.read("party", [id_], ["email"])
    assert "second@example.com" == reading.records[0].values["email"]


async def test_an_edit_between_look_and_write_is_not_overwritten(on: Bench) -> None:
    """Tryton compares inside the transaction; what moved is told, and stays (R35)."""
    id_ = on.person.create(name="Ada", email="seen@example.com")
    just_before(on, "write", lambda: on.person.edit(id_, email="by.hand@example.com"))

    outcome = await write(
        on,
        Verb.UPDATE,
        id=id_,
        values={"email": "ours@example.com"},
        expected={"email": "seen@example.com"},
    )

    assert isinstance(outcome, Moved)
    assert outcome.record is not None
    assert "by.hand@example.com" == outcome.record.values["email"]
    assert {"email": "by.hand@example.com"}.items() <= (on.person.look(id_) or {}).items()


async def test_an_edit_of_another_field_in_between_is_kept_beside_ours(on: Bench) -> None:
    """The write is built anew on what is there now, and sent again."""
    id_ = on.person.create(name="Ada", city="Berlin")
    just_before(on, "write", lambda: on.person.edit(id_, city="Wien"))

    outcome = await write(
        on, Verb.UPDATE, id=id_, values={"name": "Ada L."}, expected={"name": "Ada"}
    )

    assert isinstance(outcome, Accepted)
    assert {"name": "Ada L.", "city": "Wien"}.items() <= (on.person.look(id_) or {}).items()


async def test_who_never_stands_still_is_left_alone(on: Bench) -> None:
    """After a few tries nothing was written, and that is what is said."""
    id_ = on.person.create(name="Ada", city="0")
    cities = iter(str(number) for number in range(1, 100))
    just_before(on, "write", lambda: on.person.edit(id_, city=next(cities)), times=99)

    outcome = await write(on, Verb.UPDATE, id=id_, values={"name": "Ours"})

    assert isinstance(outcome, Moved)
    assert "Ada" == (on.person.look(id_) or {})["name"]


async def test_one_bad_record_takes_its_batch_back_whole(on: Bench) -> None:
    """A batch is one transaction: nothing of it is there, and the engine may split it (I22)."""
    first, second = on.person.create_all([{"name": "A"}, {"name": "B"}])
    writes = [
        Write(token="a", id=first, values={"name": "A2"}),
        Write(token="b", id=second, values={"phone": "0815"}),
    ]

    with pytest.raises(RejectBatch):
        await on.adapter.write("party", Verb.UPDATE, writes)

    assert "A" == (on.person.look(first) or {})["name"]


async def test_a_country_that_the_database_lacks_is_refused_by_name(on: Bench) -> None:
    """Nothing is sent for that record; its neighbours are written."""
    writes = [
        Write(token="a", values={"name": "A", "country": "XX"}),
        Write(token="b", values={"name": "B", "country": "FR"}),
    ]

    refused, made = await on.adapter.write("party", Verb.CREATE, writes)

    assert isinstance(refused, Refused)
    assert ("unknown_code", "country") == (refused.failure.code, refused.failure.field)
    assert isinstance(made, Accepted)
    assert [("B", "FR")] == [
        (one["name"], one["country"]) for one in on.person.everybody().values()
    ]


async def test_a_create_that_landed_before_is_made_true_and_not_again(on: Bench) -> None:
    """The one that carries our id gets the values; a new one beside it is made (R7)."""
    await write(on, Verb.CREATE, values={"name": "First"}, external_id="one")
    writes = [
        Write(token="a", values={"name": "Again"}, external_id="one"),
        Write(token="b", values={"name": "New"}, external_id="two"),
    ]

    outcomes = await on.adapter.write("party", Verb.CREATE, writes)

    assert [Accepted, Accepted] == [type(one) for one in outcomes]
    assert ["Again", "New"] == sorted(one["name"] for one in on.person.everybody().values())
    found = await on.adapter.find("party", EXTERNAL_ID, ["one", "two"], [])
    assert [one.id for one in outcomes if isinstance(one, Accepted)] == [
        one.id for one in found.records
    ]
