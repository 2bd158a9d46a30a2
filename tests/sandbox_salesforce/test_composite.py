"""Composite, batch and tree (salesforce.md 7)."""

from typing import Any

import pytest

from tests.sandbox_salesforce.wire import BASE, Wire


def part(name: str, method: str, path: str, body: object = None, **more: object) -> dict[str, Any]:
    told = {"referenceId": name, "method": method, "url": f"{BASE}/{path}", **more}
    return told if body is None else {**told, "body": body}


async def composite(wire: Wire, *parts: dict[str, Any], **more: object) -> list[Any]:
    answer = await wire.call("POST", "composite", {"compositeRequest": list(parts), **more})
    assert 200 == answer.status, answer.body
    return list(answer.body["compositeResponse"])


def statuses(parts: list[Any]) -> list[int]:
    return [each["httpStatusCode"] for each in parts]


async def test_references(wire: Wire) -> None:
    """§7: a later part names what an earlier one answered, records of queries included."""
    answers = await composite(
        wire,
        part("acc", "POST", "sobjects/Account", {"Name": "Acme"}),
        part("con", "POST", "sobjects/Contact", {"LastName": "L", "AccountId": "@{acc.id}"}),
        part("got", "GET", "query?q=SELECT+Id,LastName+FROM+Contact"),
        part("end", "PATCH", "sobjects/Contact/@{got.records[0].Id}", {"Title": "x @{acc.id}"}),
    )
    assert [201, 201, 200, 204] == statuses(answers)
    assert ["acc", "con", "got", "end"] == [each["referenceId"] for each in answers]
    row = await wire.read(answers[1]["body"]["id"])
    account = answers[0]["body"]["id"]
    assert (account, f"x {account}") == (row["AccountId"], row["Title"])
    assert answers[0]["httpHeaders"]["Location"].endswith(account)


async def test_failed_part(wire: Wire) -> None:
    """§7: 200 outside; who refers to the failed part fails too, the others do not."""
    answers = await composite(
        wire,
        part("bad", "POST", "sobjects/Contact", {}),
        part("on", "PATCH", "sobjects/Contact/@{bad.id}", {"Title": "T"}),
        part("good", "POST", "sobjects/Contact", {"LastName": "L"}),
    )
    assert [400, 400, 201] == statuses(answers)
    assert "REQUIRED_FIELD_MISSING" == answers[0]["body"][0]["errorCode"]


async def test_all_or_none(wire: Wire) -> None:
    """§7: the others say PROCESSING_HALTED, and nothing stays."""
    answers = await composite(
        wire,
        part("good", "POST", "sobjects/Contact", {"LastName": "L"}),
        part("bad", "POST", "sobjects/Contact", {}),
        part("late", "POST", "sobjects/Contact", {"LastName": "M"}),
        allOrNone=True,
    )
    codes = [each["body"][0]["errorCode"] for each in answers]
    assert ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"] == codes
    assert [] == await wire.values("SELECT Id FROM Contact")


async def test_conditional_parts(wire: Wire) -> None:
    """§11.1: a part may carry its own headers."""
    made = await wire.create(LastName="L")
    row = f"sobjects/Contact/{made}"
    later = {"If-Modified-Since": "Fri, 20 Nov 2026 12:00:05 GMT"}
    early = {"If-Unmodified-Since": "Fri, 20 Nov 2026 11:59:00 GMT"}
    answers = await composite(
        wire,
        part("same", "GET", row, httpHeaders=later),
        part("lost", "PATCH", row, {"Title": "T"}, httpHeaders=early),
    )
    assert [304, 412] == statuses(answers)
    assert answers[0]["body"] is None


async def test_five_polls_cost_one_call(wire: Wire) -> None:
    """§7, §9.3: five queries are one call; a sixth is refused."""
    polls = [part(f"p{number}", "GET", "query?q=SELECT+Id+FROM+Contact") for number in range(6)]
    assert [200] * 5 == statuses(await composite(wire, *polls[:5]))
    refused = await wire.call("POST", "composite", {"compositeRequest": polls})
    assert 400 == refused.status
    assert "api-usage=2/100000" == refused.headers["Sforce-Limit-Info"]


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [part(f"p{number}", "GET", "limits") for number in range(26)],
        [part("1st", "GET", "limits")],
        [part("same", "GET", "limits"), part("same", "GET", "limits")],
    ],
)
async def test_refused_composite(wire: Wire, parts: list[dict[str, Any]]) -> None:
    """§7: sizes and names."""
    assert 400 == (await wire.call("POST", "composite", {"compositeRequest": parts})).status


async def test_batch(wire: Wire) -> None:
    """§7: independent parts, each a call; after a halt the rest is 412."""
    url = "v62.0/sobjects/Contact/describe"
    good, bad = {"method": "GET", "url": url}, {"method": "GET", "url": "v62.0/nothing"}
    body: dict[str, Any] = {"batchRequests": [good, bad, good]}
    answer = await wire.call("POST", "composite/batch", body)
    assert (True, [200, 404, 200]) == (
        answer.body["hasErrors"],
        [each["statusCode"] for each in answer.body["results"]],
    )
    assert "api-usage=3/100000" == answer.headers["Sforce-Limit-Info"]
    halted = await wire.call("POST", "composite/batch", {**body, "haltOnError": True})
    assert [200, 404, 412] == [each["statusCode"] for each in halted.body["results"]]
    assert (
        400 == (await wire.call("POST", "composite/batch", {"batchRequests": [good] * 26})).status
    )


async def test_batch_writes(wire: Wire) -> None:
    """§7: `richInput` is the body."""
    write = {"method": "POST", "url": "v62.0/sobjects/Contact", "richInput": {"LastName": "L"}}
    answer = await wire.call("POST", "composite/batch", {"batchRequests": [write]})
    assert 201 == answer.body["results"][0]["statusCode"]


def leaf(name: str, kind: str, **values: object) -> dict[str, object]:
    return {"attributes": {"type": kind, "referenceId": name}, **values}


async def test_tree(wire: Wire) -> None:
    """§7: parents with their children, or nothing at all."""
    child = leaf("c1", "Contact", LastName="L")
    body = {"records": [leaf("a1", "Account", Name="A", Contacts={"records": [child]})]}
    answer = await wire.call("POST", "composite/tree/Account", body)
    assert (201, False) == (answer.status, answer.body["hasErrors"])
    ids = {each["referenceId"]: each["id"] for each in answer.body["results"]}
    assert ids["a1"] == (await wire.read(ids["c1"]))["AccountId"]
    body["records"].append(
        leaf("a2", "Account", Name="B", Contacts={"records": [leaf("c2", "Contact")]})
    )
    refused = await wire.call("POST", "composite/tree/Account", body)
    assert (400, ["c2"]) == (
        refused.status,
        [each["referenceId"] for each in refused.body["results"]],
    )
    assert [("A",)] == await wire.values("SELECT Name FROM Account")
