"""Writing to a HubSpot sandbox over HTTP, and to servers that answer badly."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from adapters.contract import Accepted, Outcome, Refused, Verb, Write
from adapters.errors import UnknownOutcome, WaitUntil
from adapters.hubspot.sandbox import WriteValidation
from tests.hubspot.sandboxes import CONTACTS, NAMES, Bench, bench


def new(token: str, email: str, **more: Any) -> Write:
    return Write(token=token, values={"email": email, "firstname": token}, **more)


def kinds(outcomes: Sequence[Outcome]) -> list[str]:
    return [type(outcome).__name__ for outcome in outcomes]


async def records(on: Bench) -> dict[str, str | None]:
    """E-mail → external id of all that the sandbox holds."""
    held = on.sandbox.contacts.all_live()
    return {one.values["email"]: one.values.get("crmsyncd_id") for one in held}


async def test_creates_carry_our_id_and_come_back_in_order() -> None:
    """A hundred creates are one upsert by our id; outcomes stand in the order of the batch."""
    async with bench() as on:
        await on.adapter.prepare(CONTACTS)
        writes = [new(f"t{n}", f"p{n}@example.com", external_id=f"x{n}") for n in range(100)]
        outcomes = await on.adapter.write(CONTACTS, Verb.CREATE, writes)
        held = await records(on)

    assert ["contacts/batch/upsert"] == on.calls("create")
    assert {f"p{n}@example.com": f"x{n}" for n in range(100)} == held
    for write, outcome in zip(writes, outcomes, strict=True):
        assert isinstance(outcome, Accepted)
        assert outcome.record is not None
        assert dict(write.values) == dict(outcome.record.values)
        assert write.external_id == outcome.record.external_id
        assert outcome.record.version


async def test_creating_twice_with_one_id_makes_one_record() -> None:
    """The external id is the upsert key: a repeated create meets the first one (R7).

    Nothing is searched for before: HubSpot pitfall 13.
    """
    async with bench() as on:
        await on.adapter.prepare(CONTACTS)
        (first,) = await on.adapter.write(
            CONTACTS, Verb.CREATE, [new("t", "a@example.com", external_id="x")]
        )
        (second,) = await on.adapter.write(
            CONTACTS, Verb.CREATE, [new("u", "a@example.com", external_id="x")]
        )

    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert first.id == second.id


async def test_creates_without_our_id_use_plain_create() -> None:
    """Where the property does not exist the record is created without it."""
    async with bench() as on:
        outcomes = await on.adapter.write(
            CONTACTS,
            Verb.CREATE,
            [new("t", "a@example.com", external_id="x"), new("u", "b@example.com")],
        )

    assert ["contacts/batch/create"] == on.calls("create")
    assert ["Accepted", "Accepted"] == kinds(outcomes)


async def test_partial_failures_are_told_record_by_record() -> None:
    """One bad row fails alone: the taken address names its holder, the bad value its property.

    HubSpot pitfalls 12 and 17.
    """
    async with bench() as on:
        (holder,) = await on.people(1)
        await on.adapter.prepare(CONTACTS)
        writes = [
            new("good", "good@example.com", external_id="x1"),
            new("taken", "PERSON0@example.com", external_id="x2"),
            Write(token="bad", values={"email": "c@example.com", "lifecyclestage": "no such stage"}, external_id="x3"),
            new("also good", "d@example.com", external_id="x4"),
        ]  # fmt: skip
        outcomes = await on.adapter.write(CONTACTS, Verb.CREATE, writes)

    assert ["Accepted", "Refused", "Refused", "Accepted"] == kinds(outcomes)
    _, taken, bad, _ = outcomes
    assert isinstance(taken, Refused)
    assert ("CONFLICT", holder) == (taken.failure.code, taken.existing_id)
    assert isinstance(bad, Refused)
    assert "lifecyclestage" == bad.failure.field
    assert "no such stage" not in bad.failure.message
    assert 1 == len(on.calls("create"))


async def test_updates_set_only_what_they_name() -> None:
    """None clears, unnamed fields stay, an unknown id and an unknown field are refused alone."""
    async with bench() as on:
        first, second = await on.people(2)
        outcomes = await on.adapter.write(
            CONTACTS,
            Verb.UPDATE,
            [
                Write(token="a", id=first, values={"firstname": None, "followercount": Decimal("1E+3")}),
                Write(token="b", id="999", values={"firstname": "Nobody"}),
                Write(token="c", id=second, values={"shoe_size": "46"}),
            ],
        )  # fmt: skip
        reading = await on.adapter.read(CONTACTS, [first], [*NAMES, "followercount"])

    assert ["Accepted", "Refused", "Refused"] == kinds(outcomes)
    assert isinstance(outcomes[0], Accepted)
    assert outcomes[0].record is not None
    assert {"firstname": None, "followercount": Decimal(1000)} == dict(outcomes[0].record.values)
    assert outcomes[0].record.version == reading.records[0].version
    values = reading.records[0].values
    assert ("person0@example.com", None, Decimal(1000)) == (values["email"], values["firstname"], values["followercount"])  # fmt: skip
    assert isinstance(outcomes[2], Refused)
    assert "shoe_size" == outcomes[2].failure.field


async def test_what_hubspot_changes_is_shown_as_it_is_kept() -> None:
    """Addresses come back in lower case and a stage that may not go back comes back unchanged."""
    async with bench() as on:
        person = await on.create(email="a@example.com", lifecyclestage="customer")
        (outcome,) = await on.adapter.write(
            CONTACTS, Verb.UPDATE,
            [Write(token="t", id=person, values={"email": "B@Example.com", "lifecyclestage": "lead"})],
        )  # fmt: skip

    assert isinstance(outcome, Accepted)
    assert outcome.record is not None
    assert {"email": "b@example.com", "lifecyclestage": "customer"} == dict(outcome.record.values)


async def test_one_address_twice_in_a_batch_does_not_kill_it() -> None:
    """The second write of an address goes by itself, after the batch, and is refused alone.

    HubSpot pitfall 14.
    """
    async with bench() as on:
        await on.adapter.prepare(CONTACTS)
        writes = [
            new("a", "same@example.com", external_id="x1"),
            new("b", "Same@example.com", external_id="x2"),
            new("c", "other@example.com", external_id="x3"),
        ]
        outcomes = await on.adapter.write(CONTACTS, Verb.CREATE, writes)

    assert ["Accepted", "Refused", "Accepted"] == kinds(outcomes)
    assert 2 == len(on.calls("create"))


async def test_an_administrators_rule_refuses_one_record() -> None:
    """A property made required in the account names itself."""
    async with bench(validation=WriteValidation(required=("city",))) as on:
        outcomes = await on.adapter.write(
            CONTACTS,
            Verb.CREATE,
            [
                new("a", "a@example.com"),
                Write(token="b", values={"email": "b@example.com", "city": "Bonn"}),
            ],
        )

    assert ["Refused", "Accepted"] == kinds(outcomes)
    assert isinstance(outcomes[0], Refused)
    assert ("city", "MISSING_REQUIRED_PROPERTY") == (
        outcomes[0].failure.field,
        outcomes[0].failure.code,
    )


@pytest.mark.parametrize(
    "fault", ["timeout_504_after_write", "reset_after", "truncated_body", "html_200"]
)
async def test_a_lost_reply_leaves_the_write_unknown_and_unrepeated(fault: str) -> None:
    """It may have happened, and mostly has: one request, one error, no second record (I11)."""
    async with bench() as on:
        await on.adapter.prepare(CONTACTS)
        await on.fault(fault, match={"path_prefix": "/crm/objects"})
        with pytest.raises(UnknownOutcome):
            await on.adapter.write(
                CONTACTS, Verb.CREATE, [new("t", "a@example.com", external_id="x")]
            )
        found = await on.adapter.find(CONTACTS, "crmsyncd_id", ["x"], NAMES)

    assert 1 == len(on.calls("create"))
    assert (0 if fault == "html_200" else 1) == len(found.records)


@pytest.mark.parametrize("fault", ["locked_423", "throttled_429"])
async def test_a_reply_that_proves_nothing_happened_is_waited_out(fault: str) -> None:
    """Locks and limits are waited out, and the write is made once: HubSpot pitfall 19."""
    async with bench() as on:
        await on.fault(fault, match={"path_prefix": "/crm/objects"})
        outcomes = await on.adapter.write(CONTACTS, Verb.CREATE, [new("t", "a@example.com")])

    assert ["Accepted"] == kinds(outcomes)
    assert 1 == len(await records(on))


async def test_a_long_migration_is_handed_to_the_engine() -> None:
    """477 may ask for hours: nothing was written, and the moment to come back is known."""
    async with bench() as on:
        await on.fault("migrating_477", retry_after=7_200, match={"path_prefix": "/crm/objects"})
        with pytest.raises(WaitUntil) as patience:
            await on.adapter.write(CONTACTS, Verb.CREATE, [new("t", "a@example.com")])

    waits = (patience.value.until - on.around.clock.now()).total_seconds()
    assert 7_200 == pytest.approx(waits, abs=2)
    assert {} == await records(on)
