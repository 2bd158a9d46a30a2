"""Batches (hubspot.md 6.1 to 6.4) and the pitfalls of §24 that come with them."""

from typing import Any

import pytest

from adapters.hubspot.sandbox import Switches
from tests.sandbox.conftest import Start
from tests.sandbox.wire import CONTACTS, Wire


def rows(count: int, *, traced: bool = True, **more: object) -> list[dict[str, Any]]:
    return [
        {
            "properties": {"email": f"p{number}@example.com", **more},
            **({"objectWriteTraceId": f"row{number}"} if traced else {}),
        }
        for number in range(count)
    ]


async def test_created_in_one_call(wire: Wire) -> None:
    """§6.2: 201, every result with its trace id."""
    answer = await wire.batch("create", rows(100))
    assert (201, "COMPLETE", 100) == (
        answer.status,
        answer.body["status"],
        len(answer.body["results"]),
    )
    by_trace = {row["objectWriteTraceId"]: row for row in answer.body["results"]}
    assert "p7@example.com" == by_trace["row7"]["properties"]["email"]
    assert "errors" not in answer.body


@pytest.mark.parametrize("verb", ["create", "read", "update", "upsert", "archive"])
async def test_more_than_a_hundred(wire: Wire, verb: str) -> None:
    """§6: 101 inputs are a 400 and nothing happens."""
    inputs = [{"id": str(number), **row} for number, row in enumerate(rows(101))]
    assert 400 == (await wire.batch(verb, inputs)).status
    assert [] == wire.sandbox.contacts.all_live()


async def test_reading_with_history_halves_the_batch(wire: Wire) -> None:
    """§12: 50 with history, 100 without."""
    ids = [{"id": row} for row in (await wire.batch("create", rows(51))).ids]
    assert 200 == (await wire.batch("read", ids)).status
    assert 200 == (await wire.batch("read", ids[:50], propertiesWithHistory=["email"])).status
    assert 400 == (await wire.batch("read", ids, propertiesWithHistory=["email"])).status


async def test_results_come_in_no_order(wire: Wire) -> None:
    """§23.5: positions mean nothing."""
    answer = await wire.batch("create", rows(50))
    traces = [row["objectWriteTraceId"] for row in answer.body["results"]]
    assert [f"row{number}" for number in range(50)] != traces
    assert {f"row{number}" for number in range(50)} == set(traces)


async def test_traced_inputs_fail_one_by_one(wire: Wire) -> None:
    """§6.2, §24.17: 207 with an error that carries the trace id; the others are created."""
    taken = await wire.create(email="p1@example.com")
    answer = await wire.batch("create", rows(3))
    assert (207, 2, 1) == (answer.status, len(answer.body["results"]), answer.body["numErrors"])
    error = answer.body["errors"][0]
    assert ("error", "CONFLICT") == (error["status"], error["category"])
    assert f"Contact already exists. Existing ID: {taken}" == error["message"]
    assert {"objectWriteTraceId": ["row1"]} == error["context"]
    assert "correlationId" not in error


@pytest.mark.parametrize("drop", ["all", "one", "repeat"])
async def test_untraced_batch_fails_as_a_whole(wire: Wire, drop: str) -> None:
    """§24.12: a trace id missing or repeated, and the first problem is all one hears."""
    await wire.create(email="p1@example.com")
    inputs = rows(3, traced=drop != "all")
    if drop == "one":
        del inputs[0]["objectWriteTraceId"]
    if drop == "repeat":
        inputs[0]["objectWriteTraceId"] = "row1"
    answer = await wire.batch("create", inputs)
    assert (409, "CONFLICT") == (answer.status, answer.body["category"])
    assert 1 == len(wire.sandbox.contacts.all_live())


@pytest.mark.parametrize("second", ["p0@example.com", "P0@Example.com"])
async def test_same_address_twice_kills_the_batch(wire: Wire, second: str) -> None:
    """§24.14: trace ids do not help."""
    inputs = rows(3)
    inputs[2]["properties"]["email"] = second
    assert 400 == (await wire.batch("create", inputs)).status
    assert [] == wire.sandbox.contacts.all_live()


async def test_some_missing(wire: Wire) -> None:
    """§6.1: 207, the missing ids in one error."""
    record_id = await wire.create(email="a@example.com")
    answer = await wire.batch("read", [{"id": record_id}, {"id": "1"}, {"id": "2"}])
    assert (207, [record_id], 1) == (answer.status, answer.ids, answer.body["numErrors"])
    error = answer.body["errors"][0]
    assert ("OBJECT_NOT_FOUND", ["1", "2"]) == (error["category"], error["context"]["ids"])
    assert error["message"].startswith("Could not get some CONTACT objects")


@pytest.mark.parametrize(("is_404", "status"), [(True, 404), (False, 207)])
async def test_all_missing(start: Start, is_404: bool, status: int) -> None:
    """§24.18: none found is a 404, or by switch a 207 without results."""
    wire = await start(switches=Switches(is_all_missing_404=is_404))
    assert status == (await wire.batch("read", [{"id": "1"}, {"id": "2"}])).status


async def test_read_by_address(wire: Wire) -> None:
    """§6.1: `idProperty` counts for the whole batch; only unique properties will do."""
    record_id = await wire.create(email="a@example.com", firstname="A")
    answer = await wire.batch(
        "read", [{"id": "A@example.com"}], idProperty="email", properties=["firstname", "city"]
    )
    assert [record_id] == answer.ids
    properties = answer.body["results"][0]["properties"]
    assert ("A", None) == (properties["firstname"], properties["city"])
    refused = await wire.batch("read", [{"id": "A"}], idProperty="firstname")
    assert 400 == refused.status


@pytest.mark.parametrize(("finds", "status"), [(False, 404), (True, 200)])
async def test_batch_read_by_secondary_address(start: Start, finds: bool, status: int) -> None:
    """§25.10: unsettled for batches; a switch decides."""
    wire = await start(switches=Switches(is_secondary_email_read_in_batch=finds))
    record_id = await wire.create(email="a@example.com")
    await wire.as_user("edit", id=record_id, properties={"hs_additional_emails": "b@example.com"})
    answer = await wire.batch("read", [{"id": "b@example.com"}], idProperty="email")
    assert status == answer.status


async def test_archived_is_missing_until_asked_for(wire: Wire) -> None:
    """§6.1, §11.1: `?archived=true` tells archived from gone."""
    record_id = await wire.create(email="a@example.com")
    assert 204 == (await wire.batch("archive", [{"id": record_id}, {"id": "404"}])).status
    assert 404 == (await wire.batch("read", [{"id": record_id}])).status
    path = f"{CONTACTS}/batch/read?archived=true"
    answer = await wire.call("POST", path, {"inputs": [{"id": record_id}]})
    assert (200, True) == (answer.status, answer.body["results"][0]["archived"])
    assert "archivedAt" in answer.body["results"][0]


async def test_archiving_is_silent_and_may_be_repeated(wire: Wire) -> None:
    """§6, §11.1: 204 without a body, for what is archived, repeated or was never there."""
    record_id = await wire.create(email="a@example.com")
    ids = [{"id": record_id}, {"id": record_id}, {"id": "404"}]
    answers = [await wire.batch("archive", ids), await wire.batch("archive", ids)]
    answers += [await wire.call("DELETE", f"{CONTACTS}/{each}") for each in (record_id, "404")]
    assert [(204, "")] * 4 == [(answer.status, answer.body) for answer in answers]
    row = (await wire.call("GET", f"{CONTACTS}?archived=true")).body["results"][0]
    assert (record_id, "a@example.com") == (row["id"], row["properties"]["email"])


@pytest.mark.parametrize("inputs", [[], [{}], [{"id": ""}], "all", ["1"], [{"id": None}]])
async def test_a_malformed_archive_archives_nothing(wire: Wire, inputs: Any) -> None:
    """§6: checked as a whole before anything is archived."""
    record_id = await wire.create(email="a@example.com")
    given = [{"id": record_id}, *inputs] if isinstance(inputs, list) and inputs else inputs
    assert 400 == (await wire.batch("archive", given)).status
    assert 200 == (await wire.read(record_id)).status


async def test_a_merged_away_id_archives_nothing(wire: Wire) -> None:
    """§11.2: old ids do not resolve in batches."""
    primary, other = [await wire.create(email=f"{name}@example.com") for name in "ab"]
    merged = await wire.as_user("merge", primary=primary, other=other)
    survivor = merged.body["id"]
    old = next(each for each in (primary, other) if each != survivor)
    assert 204 == (await wire.batch("archive", [{"id": old}])).status
    assert 200 == (await wire.read(survivor)).status


async def test_update_changes_only_what_it_names(wire: Wire) -> None:
    """§6.3: named properties change, "" clears, the rest stays."""
    record_id = await wire.create(email="a@example.com", phone="1", city="Bath")
    one = {"id": record_id, "properties": {"firstname": "A", "phone": ""}}
    assert 200 == (await wire.batch("update", [one])).status
    properties = (await wire.read(record_id, "properties=firstname,phone,city")).body["properties"]
    assert ("A", None, "Bath") == (
        properties["firstname"],
        properties["phone"],
        properties["city"],
    )


async def test_update_of_what_is_not_there(wire: Wire) -> None:
    """§6.3: with trace ids the missing record is one error of a 207, without them a 404."""
    record_id = await wire.create(email="a@example.com")
    inputs = [
        {"id": record_id, "objectWriteTraceId": "a", "properties": {"city": "Bath"}},
        {"id": "404", "objectWriteTraceId": "b", "properties": {"city": "Bath"}},
    ]
    answer = await wire.batch("update", inputs)
    assert (207, [record_id]) == (answer.status, answer.ids)
    assert ["b"] == answer.body["errors"][0]["context"]["objectWriteTraceId"]
    del inputs[1]["objectWriteTraceId"]
    assert 404 == (await wire.batch("update", inputs)).status


async def test_same_record_twice(wire: Wire) -> None:
    """§6.3: a batch names a record once."""
    record_id = await wire.create(email="a@example.com")
    one = {"id": record_id, "properties": {"city": "Bath"}}
    assert 400 == (await wire.batch("update", [one, one])).status


@pytest.mark.parametrize("name", ["email", "firstname"])
async def test_contacts_are_not_updated_by_address(wire: Wire, name: str) -> None:
    """§24.15: for contacts even e-mail is a non-unique property to batch update."""
    await wire.create(email="a@example.com")
    one = {"idProperty": name, "id": "a@example.com", "properties": {"city": "Bath"}}
    answer = await wire.batch("update", [one])
    assert 400 == answer.status
    expected = "Unable to perform update/upsert by non-unique 0-1 property"
    assert expected == answer.body["message"]


async def test_update_by_own_unique_property(wire: Wire) -> None:
    """§6.3: a property with unique values leads to the record."""
    await wire.unique_property()
    record_id = await wire.create(lastname="L", sync_external_id="crm:1")
    one = {"idProperty": "sync_external_id", "id": "crm:1", "properties": {"city": "Bath"}}
    assert [record_id] == (await wire.batch("update", [one])).ids


async def test_upsert_tells_new_from_known(wire: Wire) -> None:
    """§6.4: each result says whether it was created."""
    await wire.unique_property()
    await wire.create(lastname="L", sync_external_id="k0")
    inputs = [
        {
            "idProperty": "sync_external_id",
            "id": f"k{number}",
            "objectWriteTraceId": f"r{number}",
            "properties": {"sync_external_id": f"k{number}", "firstname": "A"},
        }
        for number in range(2)
    ]
    answer = await wire.batch("upsert", inputs)
    assert 200 == answer.status
    is_new = {row["objectWriteTraceId"]: row["new"] for row in answer.body["results"]}
    assert {"r0": False, "r1": True} == is_new


async def test_repeated_upsert_does_nothing_twice(wire: Wire) -> None:
    """§7.3: the same upsert again meets the same record."""
    await wire.unique_property()
    one = {"idProperty": "sync_external_id", "id": "k", "properties": {"firstname": "A"}}
    first = await wire.batch("upsert", [one])
    assert first.ids == (await wire.batch("upsert", [one])).ids


@pytest.mark.parametrize("name", ["firstname", "hs_object_id", "nonsense"])
async def test_upsert_by_what_is_not_unique(wire: Wire, name: str) -> None:
    """§6.4: only e-mail and unique properties are keys."""
    one = {"idProperty": name, "id": "A", "properties": {"firstname": "A"}}
    assert 400 == (await wire.batch("upsert", [one])).status


async def test_unique_value_of_another(wire: Wire) -> None:
    """§13.2: a unique value that is taken is a 409."""
    await wire.unique_property()
    await wire.create(lastname="L", sync_external_id="k")
    body = {"properties": {"lastname": "M", "sync_external_id": "k"}}
    assert 409 == (await wire.call("POST", CONTACTS, body)).status


async def test_address_of_another_in_an_upsert(wire: Wire) -> None:
    """§6.5: the key is new but the address is taken: CONFLICT names who has it."""
    await wire.unique_property()
    holder = await wire.create(email="a@example.com")
    one = {
        "idProperty": "sync_external_id",
        "id": "k",
        "objectWriteTraceId": "r",
        "properties": {"email": "a@example.com"},
    }
    error = (await wire.batch("upsert", [one])).body["errors"][0]
    assert error["message"].endswith(holder)


async def test_batch_is_fast(wire: Wire) -> None:
    """A hundred inputs against many records touch tables, not all records."""
    for start in range(20):
        inputs = [
            {"properties": {"email": f"{start}.{number}@example.com"}} for number in range(100)
        ]
        assert 201 == (await wire.batch("create", inputs)).status
    assert 2000 == len(wire.sandbox.contacts.all_live())
