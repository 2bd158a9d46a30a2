"""sObject Collections: a verdict for each record, in the order of the call (salesforce.md 6)."""

from typing import Any

import pytest

from tests.sandbox_salesforce.wire import Wire

KEY = "crmsyncd_id__c"
BY_KEY = f"/Contact/{KEY}"


async def test_one_bad_record_leaves_the_others(wire: Wire) -> None:
    """§6: 200, results in order, the code under `statusCode`."""
    records = [{"LastName": "A"}, {"LastName": "B", "Email": "nope"}, {"FirstName": "C"}]
    answer = await wire.collection("POST", records)
    expected = ["", "INVALID_EMAIL_ADDRESS", "REQUIRED_FIELD_MISSING"]
    assert (200, expected) == (answer.status, answer.codes)
    assert ["LastName"] == answer.body[2]["errors"][0]["fields"]
    assert "id" not in answer.body[1]
    assert [("A",)] == await wire.values("SELECT LastName FROM Contact")


async def test_all_or_none(wire: Wire) -> None:
    """§6: with it one failure undoes the rest, which say so; history and stamps included."""
    made = await wire.create(LastName="A", Title="old")
    before = await wire.read(made)
    records = [{"Id": made, "Title": "new"}, {"Id": made[:-3], "Email": "nope"}]
    answer = await wire.collection("PATCH", records, allOrNone=True)
    assert ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "DUPLICATE_VALUE"] == answer.codes
    assert before == await wire.read(made)
    history = "SELECT NewValue FROM ContactHistory WHERE Field = 'Title'"
    assert [] == await wire.values(history)


@pytest.mark.parametrize(
    ("records", "code"),
    [
        ([{"LastName": "L"}] * 201, "EXCEEDED_ID_LIMIT"),
        ([{"LastName": "L"}, {"LastName": "L", "Nope": 1}], "INVALID_FIELD"),
        ([{"LastName": "L"}, {"LastName": 5}], "JSON_PARSER_ERROR"),
        ([{"LastName": "L", "type": "Nope"}], "INVALID_TYPE"),
        ([{"LastName": "L", "type": ("Lead", "Contact")[n % 2]} for n in range(11)], "INVALID_ARGUMENT"),
        ([], "REQUIRED_FIELD_MISSING"),
    ],
)  # fmt: skip
async def test_whole_call_is_refused(wire: Wire, records: list[dict[str, Any]], code: str) -> None:
    """§6: what cannot be understood fails all, and nothing is processed."""
    answer = await wire.collection("POST", records)
    assert (400, [code]) == (answer.status, answer.codes)
    assert [] == await wire.values("SELECT Id FROM Contact")


async def test_mixed_types(wire: Wire) -> None:
    """§6: one call may hold several objects."""
    records = [{"LastName": "A"}, {"LastName": "B", "Company": "C", "type": "Lead"}]
    answer = await wire.collection("POST", records)
    assert ["003", "00Q"] == [each["id"][:3] for each in answer.body]


async def test_update(wire: Wire) -> None:
    """§6: by id of 15 or 18; twice the same id, none, a foreign one, one in the bin."""
    first, second, gone = [await wire.create(LastName=name) for name in "ABC"]
    await wire.act("delete", id=gone)
    records: list[dict[str, Any]] = [
        {"Id": first[:15], "Title": "T"},
        {"Id": first, "Title": "U"},
        {"Title": "no id"},
        {"Id": "nonsense"},
        {"Id": gone, "Title": "T"},
        {"Id": "001xx0000009999AAA", "Title": "T"},
        {"Id": second, "Title": None},
    ]
    answer = await wire.collection("PATCH", records)
    assert [
        "",
        "DUPLICATE_VALUE",
        "MISSING_ARGUMENT",
        "MALFORMED_ID",
        "ENTITY_IS_DELETED",
        "INVALID_CROSS_REFERENCE_KEY",
        "",
    ] == answer.codes
    assert "T" == (await wire.read(first))["Title"]


async def test_upsert(wire: Wire) -> None:
    """§6: the key stands in each record; created or not is told; the same key twice fails both."""
    await wire.create(LastName="Old", **{KEY: "1"})
    keys = ["1", "2", "3", "3", ""]
    records = [{KEY: key, "LastName": f"N{key}"} for key in keys]
    answer = await wire.collection("PATCH", records, BY_KEY)
    assert ["", "", "DUPLICATE_VALUE", "DUPLICATE_VALUE", "MISSING_ARGUMENT"] == answer.codes
    assert [False, True] == [each["created"] for each in answer.body[:2]]
    assert [("N1",), ("N2",)] == await wire.values("SELECT LastName FROM Contact ORDER BY Id")


async def test_upsert_by_address(wire: Wire) -> None:
    """§5: an address leads to one contact, makes one, or is refused for two."""
    for name, email in (("A", "a@e.example"), ("B", "b@e.example"), ("C", "b@e.example")):
        await wire.create(LastName=name, Email=email)
    records = [{"Email": f"{name}@E.example", "LastName": name} for name in "abc"]
    answer = await wire.collection("PATCH", records, "/Contact/Email")
    assert ["", "DUPLICATE_EXTERNAL_ID", ""] == answer.codes
    assert (False, True) == (answer.body[0]["created"], answer.body[2]["created"])


async def test_upsert_by_id_without_one_creates(wire: Wire) -> None:
    """§6: recorded."""
    answer = await wire.collection("PATCH", [{"Name": "A", "type": "Account"}], "/Account/Id")
    assert answer.body[0]["created"]


async def test_upsert_by_what_is_no_key(wire: Wire) -> None:
    """§5: 404 for the whole call."""
    answer = await wire.collection("PATCH", [{"Title": "T", "LastName": "L"}], "/Contact/Title")
    assert (404, ["NOT_FOUND"]) == (answer.status, answer.codes)


async def test_delete(wire: Wire) -> None:
    """§6: a verdict for each id."""
    made = await wire.create(LastName="A")
    ids = f"{made},003xx0000009999AAA,nonsense"
    answer = await wire.call("DELETE", f"composite/sobjects?ids={ids}&allOrNone=false")
    assert ["", "NOT_FOUND", "MALFORMED_ID"] == answer.codes
    kept = await wire.create(LastName="B")
    whole = await wire.call("DELETE", f"composite/sobjects?ids={kept},nonsense&allOrNone=true")
    assert ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "MALFORMED_ID"] == whole.codes
    assert [(kept,)] == await wire.values("SELECT Id FROM Contact")


async def test_read(wire: Wire) -> None:
    """§6: rows in the order asked for, null for what is missing, by GET or by POST."""
    first, second, gone = [await wire.create(LastName=name) for name in "ABC"]
    await wire.act("delete", id=gone)
    ids = [second, gone, first]
    got = await wire.call("GET", f"composite/sobjects/Contact?ids={','.join(ids)}&fields=LastName")
    body = {"ids": ids, "fields": ["LastName"]}
    posted = await wire.call("POST", "composite/sobjects/Contact", body)
    assert ["B", None, "A"] == [each and each["LastName"] for each in got.body]
    assert got.body == posted.body
    wrong = await wire.call("GET", f"composite/sobjects/Contact?ids={first}&fields=Nope")
    assert ["INVALID_FIELD"] == wrong.codes
    assert 400 == (await wire.call("GET", "composite/sobjects/Contact?ids=&fields=Id")).status
    body = {"ids": [first] * 2_001, "fields": ["Id"]}
    assert 400 == (await wire.call("POST", "composite/sobjects/Contact", body)).status


async def test_one_call_of_the_budget(wire: Wire) -> None:
    """§6: two hundred records cost one call."""
    await wire.collection("POST", [{"LastName": "L"}] * 200)
    assert (
        "api-usage=2/100000"
        == (await wire.query("SELECT COUNT() FROM Contact")).headers["Sforce-Limit-Info"]
    )
