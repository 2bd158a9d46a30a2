"""Queries: what is found, in which order, page by page, and what is refused (salesforce.md 4)."""

from datetime import timedelta

import pytest

from adapters.salesforce.sandbox import Limits
from adapters.sandbox.clock import ManualClock
from tests.sandbox_salesforce.conftest import Start
from tests.sandbox_salesforce.wire import Wire


@pytest.fixture
async def people(wire: Wire, clock: ManualClock) -> Wire:
    """Four contacts, a second apart, two of them with an account."""
    account = await wire.create("Account", Name="Acme, Inc.")
    rows: list[dict[str, object]] = [
        {"LastName": "Adams", "Email": "A@Example.com", "Birthdate": "1980-01-02"},
        {"LastName": "o'Neil", "Title": "100%_sure", "AccountId": account},
        {"LastName": "Zuse", "Title": "100 percent", "DoNotCall": True, "AccountId": account},
        {"LastName": "adams"},
    ]
    for row in rows:
        await wire.create(**row)
        clock.advance(timedelta(seconds=1))
    return wire


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("LastName = 'ADAMS'", ["Adams", "adams"]),
        ("LastName != 'adams'", ["o'Neil", "Zuse"]),
        ("LastName <> 'adams' AND DoNotCall = TRUE", ["Zuse"]),
        (r"LastName = 'o\'Neil'", ["o'Neil"]),
        ("Email = null", ["o'Neil", "Zuse", "adams"]),
        ("Email != null", ["Adams"]),
        ("Email != 'x@example.com'", ["Adams", "o'Neil", "Zuse", "adams"]),
        (r"Title LIKE '100\%\_sure'", ["o'Neil"]),
        ("Title LIKE '100%'", ["o'Neil", "Zuse"]),
        ("LastName LIKE '_use'", ["Zuse"]),
        ("NOT LastName LIKE 'a%'", ["o'Neil", "Zuse"]),
        ("LastName IN ('zuse', 'adams')", ["Adams", "Zuse", "adams"]),
        ("LastName NOT IN ('zuse', 'adams')", ["o'Neil"]),
        ("Account.Name = 'acme, inc.'", ["o'Neil", "Zuse"]),
        ("(LastName = 'Zuse' AND DoNotCall = true) OR Email != NULL", ["Adams", "Zuse"]),
        ("LastName > 'n' AND LastName <= 'zuse'", ["o'Neil", "Zuse"]),
        ("Birthdate < 1990-01-01", ["Adams"]),
        ("Birthdate >= 1990-01-01", []),
        ("CreatedDate = TODAY", ["Adams", "o'Neil", "Zuse", "adams"]),
        ("CreatedDate < LAST_N_DAYS:2", []),
        (
            "CreatedDate >= YESTERDAY AND CreatedDate <= TOMORROW",
            ["Adams", "o'Neil", "Zuse", "adams"],
        ),
        ("SystemModstamp > 2026-11-20T12:00:01Z", ["Zuse", "adams"]),
        ("SystemModstamp >= 2026-11-20T13:00:02+01:00", ["Zuse", "adams"]),
        ("Contact.LastName = 'Zuse'", ["Zuse"]),
    ],
)
async def test_where(people: Wire, where: str, found: list[str]) -> None:
    """§4, §20.4: conditions as Salesforce reads them; texts without regard to capitals."""
    text = f"SELECT LastName FROM Contact WHERE {where} ORDER BY Id"  # noqa: S608 - SOQL of ours
    rows = await people.values(text)
    assert found == [name for (name,) in rows]


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("LastName, Id", ["Adams", "adams", "o'Neil", "Zuse"]),
        ("LastName DESC, Id DESC", ["Zuse", "o'Neil", "adams", "Adams"]),
        ("Title NULLS LAST, LastName DESC", ["Zuse", "o'Neil", "Adams", "adams"]),
        ("Title DESC NULLS FIRST, Id", ["Adams", "adams", "o'Neil", "Zuse"]),
        ("Account.Name, Id", ["Adams", "adams", "o'Neil", "Zuse"]),
        ("Id LIMIT 2", ["Adams", "o'Neil"]),
        ("Id LIMIT 2 OFFSET 3", ["adams"]),
    ],
)
async def test_order(people: Wire, order: str, found: list[str]) -> None:
    """§4: several parts, nulls first unless said otherwise."""
    text = f"SELECT LastName FROM Contact ORDER BY {order}"  # noqa: S608 - SOQL of ours
    rows = await people.values(text)
    assert found == [name for (name,) in rows]


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("SELECT Id Contact", "MALFORMED_QUERY", "unexpected token"),
        ("SELECT FROM Contact", "MALFORMED_QUERY", "unexpected token: 'FROM'"),
        ("SELECT Id FROM Contact WHERE", "MALFORMED_QUERY", "<EOF>"),
        ("SELECT Id FROM Contact WHERE Id = 'x' AND Id = 'y' OR Id = 'z'", "MALFORMED_QUERY", "OR"),
        (r"SELECT Id FROM Contact WHERE LastName = '\q'", "MALFORMED_QUERY", "Illegal character"),
        ("SELECT Id FROM Contact WHERE LastName = 'open", "MALFORMED_QUERY", "unexpected token"),
        ("SELECT Id, Id FROM Contact", "MALFORMED_QUERY", "duplicate field"),
        ("SELECT FIELDS(ALL) FROM Contact", "MALFORMED_QUERY", "LIMIT"),
        ("SELECT Id FROM Contact OFFSET 2001", "MALFORMED_QUERY", "2000"),
        ("SELECT Id FROM Contact ORDER BY Description", "MALFORMED_QUERY", "can not be sorted"),
        ("SELECT Id, COUNT(Id) FROM Contact", "MALFORMED_QUERY", "Grouped query"),
        ("SELECT Id FROM Contact WHERE Email > null", "MALFORMED_QUERY", "null"),
        ("SELECT Nope FROM Contact", "INVALID_FIELD", "No such column 'Nope' on entity 'Contact'"),
        ("SELECT Nope.Id FROM Contact", "INVALID_FIELD", "relationship 'Nope'"),
        ("SELECT Account.Nope FROM Contact", "INVALID_FIELD", "entity 'Account'"),
        ("SELECT Id FROM Contact WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered"),
        ("SELECT Id FROM Contact WHERE SystemModstamp > '2026-11-20T12:00:00Z'", "INVALID_FIELD", "dateTime and should not be"),
        ("SELECT Id FROM Contact WHERE LastName = 5", "INVALID_FIELD", "should be enclosed"),
        ("SELECT Id FROM Contact WHERE DoNotCall = 'true'", "INVALID_FIELD", "boolean"),
        ("SELECT Id FROM Contact WHERE Birthdate = 2026-11-20T12:00:00Z", "INVALID_FIELD", "date"),
        ("SELECT Id FROM Nope", "INVALID_TYPE", "sObject type 'Nope' is not supported"),
        ("", "MALFORMED_QUERY", "query string"),
    ],
)  # fmt: skip
async def test_refused_query(people: Wire, query: str, code: str, words: str) -> None:
    """§4.1: the code, and the place in the query."""
    answer = await people.query(query)
    assert (400, [code]) == (answer.status, answer.codes)
    assert words in answer.body[0]["message"]


async def test_shape_of_a_record(people: Wire) -> None:
    """§4: attributes in each record, parents inside, null where there is none."""
    text = "SELECT LastName, Account.Name, Account.Owner.Email FROM Contact ORDER BY Id LIMIT 2"
    first, second = (await people.query(text)).records
    assert {"type": "Contact", "url": first["attributes"]["url"]} == first["attributes"]
    assert first["attributes"]["url"].startswith("/services/data/v62.0/sobjects/Contact/003")
    assert first["Account"] is None
    assert ("Acme, Inc.", "Account") == (
        second["Account"]["Name"],
        second["Account"]["attributes"]["type"],
    )
    assert second["Account"]["Owner"]["Email"].endswith("@acme.example")


async def test_aggregates(people: Wire) -> None:
    """§4: a count stands in `totalSize`; others come as one record."""
    count = (await people.query("SELECT COUNT() FROM Contact WHERE Email = null")).body
    assert (3, []) == (count["totalSize"], count["records"])
    text = "SELECT COUNT(Email), COUNT_DISTINCT(Title), MAX(SystemModstamp) latest FROM Contact"
    (record,) = (await people.query(text)).records
    assert {"type": "AggregateResult"} == record["attributes"]
    assert (1, 2, "2026-11-20T12:00:03.000+0000") == (
        record["expr0"],
        record["expr1"],
        record["latest"],
    )


async def test_all_fields(people: Wire) -> None:
    """§4: FIELDS(…) names them all, standard or custom ones."""
    (whole,) = (await people.query("SELECT FIELDS(ALL) FROM Contact LIMIT 1")).records
    (custom,) = (await people.query("SELECT FIELDS(CUSTOM) FROM Contact LIMIT 1")).records
    assert {"MailingAddress", "crmsyncd_id__c"} <= set(whole)
    assert {"attributes", "crmsyncd_id__c"} == set(custom)


async def test_pages(start: Start) -> None:
    """§4: pages of a size, each row once, the same through queryAll."""
    wire = await start(records=50, lead_share=0.0, limits=Limits(page=20))
    for resource in ("query", "queryAll"):
        answer = await wire.query("SELECT Id FROM Contact ORDER BY Id", resource)
        sizes, seen = [], []
        while True:
            assert 50 == answer.body["totalSize"]
            sizes.append(len(answer.records))
            seen += [row["Id"] for row in answer.records]
            if answer.body["done"]:
                break
            answer = await wire.call("GET", answer.body["nextRecordsUrl"])
        assert ([20, 20, 10], sorted(set(seen))) == (sizes, seen)


async def test_result_is_no_snapshot(start: Start) -> None:
    """§4: a row edited between pages comes as it is now, a deleted one not at all."""
    wire = await start(records=4, lead_share=0.0, limits=Limits(page=2))
    first = await wire.query("SELECT Id, Title FROM Contact ORDER BY Id")
    rest = (await wire.query("SELECT Id FROM Contact ORDER BY Id LIMIT 2 OFFSET 2")).records
    third, fourth = (row["Id"] for row in rest)
    await wire.act("edit", id=third, properties={"Title": "now"})
    await wire.act("delete", id=fourth)
    second = await wire.call("GET", first.body["nextRecordsUrl"])
    assert [(third, "now")] == [(row["Id"], row["Title"]) for row in second.records]


async def test_page_size_asked_for(start: Start) -> None:
    """§2: the client may ask for smaller pages, not below 200."""
    wire = await start(records=250, lead_share=0.0)
    for wanted, size in (("batchSize=220", 220), ("batchSize=10", 200)):
        answer = await wire.call(
            "GET", "query?q=SELECT+Id+FROM+Contact", Sforce_Query_Options=wanted
        )
        assert size == len(answer.records)


async def test_cursor_dies(start: Start, clock: ManualClock) -> None:
    """§4: after two days, or when it never lived."""
    wire = await start(records=4, lead_share=0.0, limits=Limits(page=2, session_idle=timedelta(9)))
    first = await wire.query("SELECT Id FROM Contact")
    clock.advance(timedelta(days=2))
    for path in (first.body["nextRecordsUrl"], "query/0r8xx0000009999AAA-2"):
        answer = await wire.call("GET", path)
        assert (400, ["INVALID_QUERY_LOCATOR"]) == (answer.status, answer.codes)


async def test_ids_of_fifteen_characters(wire: Wire) -> None:
    """§16: a short id finds the same row as a long one; one that is none is refused."""
    made = await wire.create(LastName="L")
    text = f"SELECT Id FROM Contact WHERE Id = '{made[:15]}'"  # noqa: S608 - SOQL of ours
    assert [(made,)] == await wire.values(text)
    refused = await wire.query("SELECT Id FROM Contact WHERE Id = 'short'")
    assert 400 == refused.status


async def test_keyset(people: Wire) -> None:
    """§9.3: the condition that goes on behind a stamp and an id."""
    rows = await people.values("SELECT Id, SystemModstamp FROM Contact ORDER BY SystemModstamp, Id")
    (record_id, stamp), *rest = rows
    when = stamp.replace("+0000", "Z")
    where = f"(SystemModstamp = {when} AND Id > '{record_id}') OR SystemModstamp > {when}"
    text = f"SELECT Id, SystemModstamp FROM Contact WHERE {where} ORDER BY SystemModstamp, Id"  # noqa: S608 - SOQL of ours
    assert rest == await people.values(text)
