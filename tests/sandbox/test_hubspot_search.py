"""Search (hubspot.md 9, 10.3) and listing (10.1), with their pitfalls of §24."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.hubspot.sandbox import Limits, SearchLag
from adapters.sandbox.clock import ManualClock
from tests.sandbox.conftest import Start
from tests.sandbox.wire import CONTACTS, Wire

NO_LAG = SearchLag(usual=timedelta(), jitter=timedelta())
PATIENT = Limits(search_per_second=1_000, burst=10_000)


@pytest.fixture
async def quick(start: Start) -> Wire:
    """An account whose search knows at once and counts no seconds."""
    return await start(search_lag=NO_LAG, limits=PATIENT)


async def test_index_lags(wire: Wire, clock: ManualClock) -> None:
    """§24.3: a new record is not found for three seconds, then it is."""
    record_id = await wire.create(email="a@example.com")
    assert [] == (await wire.find("email", "EQ", value="a@example.com")).ids
    clock.advance(timedelta(seconds=2.9))
    assert [] == (await wire.find("email", "EQ", value="a@example.com")).ids
    clock.advance(timedelta(seconds=1.2))
    assert [record_id] == (await wire.find("email", "EQ", value="a@example.com")).ids


async def test_results_show_what_the_index_knows(wire: Wire, clock: ManualClock) -> None:
    """§9: until the index has caught up, search answers with old values."""
    record_id = await wire.create(email="a@example.com", firstname="A")
    clock.advance(timedelta(seconds=5))
    await wire.patch(record_id, firstname="B")
    answer = await wire.find("email", "EQ", value="a@example.com")
    assert "A" == answer.body["results"][0]["properties"]["firstname"]


async def test_stragglers(start: Start, clock: ManualClock) -> None:
    """§23.7: for a share of changes the lag is much longer."""
    lag = SearchLag(straggler=timedelta(minutes=10), straggler_share=1.0)
    wire = await start(search_lag=lag)
    await wire.create(email="a@example.com")
    clock.advance(timedelta(minutes=9))
    assert [] == (await wire.search()).ids
    clock.advance(timedelta(minutes=2))
    assert 1 == len((await wire.search()).ids)


FOUND = [
    ("firstname", "EQ", {"value": "ada"}, "a"),
    ("firstname", "NEQ", {"value": "ADA"}, "b"),
    ("firstname", "IN", {"values": ["ada", "charles"]}, "ab"),
    ("firstname", "IN", {"values": ["Ada", "Charles"]}, ""),
    ("firstname", "NOT_IN", {"values": ["ada"]}, "b"),
    ("lifecyclestage", "EQ", {"value": "lead"}, "a"),
    ("lifecyclestage", "EQ", {"value": "LEAD"}, ""),
    ("lifecyclestage", "IN", {"values": ["lead", "customer"]}, "ab"),
    ("hs_buying_role", "IN", {"values": ["CHAMPION"]}, "a"),
    ("followercount", "GT", {"value": "9"}, "ab"),
    ("followercount", "LTE", {"value": "10"}, "a"),
    ("followercount", "BETWEEN", {"value": "11", "highValue": "200"}, "b"),
    ("hs_customer_since", "GTE", {"value": "2026-01-01"}, "b"),
    ("hs_customer_since", "LT", {"value": "1767225600000"}, "a"),
    ("city", "HAS_PROPERTY", {}, "b"),
    ("city", "NOT_HAS_PROPERTY", {}, "ac"),
    ("email", "CONTAINS_TOKEN", {"value": "ada*"}, "a"),
    ("email", "CONTAINS_TOKEN", {"value": "*@example.com"}, "ab"),
    ("email", "NOT_CONTAINS_TOKEN", {"value": "ada"}, "b"),
    ("associations.companies", "EQ", {"value": "1"}, ""),
    ("hs_lastmodifieddate", "GTE", {"value": "1700000000000"}, ""),
    ("lastmodifieddate", "GTE", {"value": "1700000000000"}, "abc"),
]


@pytest.mark.parametrize(("name", "operator", "operands", "found"), FOUND)
async def test_operator(
    quick: Wire, name: str, operator: str, operands: dict[str, Any], found: str
) -> None:
    """§9, §24.5: each operator; `hs_lastmodifieddate` on contacts silently finds nothing."""
    people = {
        await quick.create(
            email="ada@example.com",
            firstname="Ada",
            lifecyclestage="lead",
            hs_buying_role="CHAMPION;OTHER",
            followercount="10",
            hs_customer_since="2025-12-31",
        ): "a",
        await quick.create(
            email="charles@example.com",
            firstname="Charles",
            lifecyclestage="customer",
            followercount="100",
            hs_customer_since="2026-01-01",
            city="London",
        ): "b",
        await quick.create(lastname="Nobody"): "c",
    }
    answer = await quick.find(name, operator, **operands)
    assert 200 == answer.status, answer.body
    assert found == "".join(sorted(people[record_id] for record_id in answer.ids))


async def test_groups_are_alternatives(quick: Wire) -> None:
    """§9: groups OR, filters inside AND; a bare `filters` list counts as a group."""
    for name in ("a", "b", "c"):
        await quick.create(email=f"{name}@example.com", firstname=name)

    def equal(name: str, value: str) -> dict[str, str]:
        return {"propertyName": name, "operator": "EQ", "value": value}

    either = [{"filters": [equal("firstname", "a")]}, {"filters": [equal("firstname", "b")]}]
    assert 2 == (await quick.search(filterGroups=either)).body["total"]
    both = [{"filters": [equal("firstname", "a"), equal("email", "b@example.com")]}]
    assert 0 == (await quick.search(filterGroups=both)).body["total"]
    assert 1 == (await quick.search(filters=[equal("firstname", "c")])).body["total"]


async def test_free_text(quick: Wire) -> None:
    """§9: `query` looks through the searchable properties."""
    record_id = await quick.create(email="a@example.com", company="Blue Harbor")
    await quick.create(email="b@example.com")
    assert [record_id] == (await quick.search(query="harbor")).ids


def _filters(count: int) -> list[dict[str, str]]:
    return [{"propertyName": "city", "operator": "HAS_PROPERTY"}] * count


MALFORMED = [
    {"limit": 201},
    {"limit": 0},
    {"after": "page2"},
    {"after": "10000"},
    {"after": "9900", "limit": 200},
    {"sorts": ["createdate", "email"]},
    {"sorts": ["nonsense"]},
    {"filterGroups": [{"filters": _filters(1)}] * 6},
    {"filterGroups": [{"filters": _filters(7)}]},
    {"filterGroups": [{"filters": _filters(5)}] * 4},
    {"filterGroups": [{"filters": [{"propertyName": "nonsense", "operator": "EQ", "value": "1"}]}]},
    {"filterGroups": [{"filters": [{"propertyName": "city", "operator": "LIKE", "value": "1"}]}]},
    {"filterGroups": [{"filters": [{"propertyName": "city", "operator": "EQ"}]}]},
    {"filterGroups": [{"filters": [{"propertyName": "city", "operator": "IN", "value": "x"}]}]},
    {"filterGroups": "all"},
    {"query": "x" * 3_001},
]


@pytest.mark.parametrize("body", MALFORMED)
async def test_malformed_search(quick: Wire, body: dict[str, Any]) -> None:
    """§9, §24.1: beyond the vendor's limits, or not understood, is a 400."""
    assert 400 == (await quick.search(**body)).status


async def test_in_list_fits_180_ids(quick: Wire) -> None:
    """§9: the whole body counts; 180 twelve-digit ids fit, 220 do not."""
    ids = [str(840_926_056_000 + number) for number in range(220)]
    assert 200 == (await quick.find("hs_object_id", "IN", values=ids[:180])).status
    assert 400 == (await quick.find("hs_object_id", "IN", values=ids)).status


async def test_epoch_in_a_date_filter(quick: Wire) -> None:
    """§10.4, §7.2: 0 as a date is a 500."""
    assert 500 == (await quick.find("lastmodifieddate", "GTE", value="0")).status


async def test_pages_and_order(quick: Wire) -> None:
    """§9: `after` is an offset; oldest first unless sorted; the last page has no `paging`."""
    ids = [await quick.create(email=f"{number}@example.com") for number in range(5)]
    first = await quick.search(limit=2)
    assert (ids[:2], "2") == (first.ids, first.body["paging"]["next"]["after"])
    last = await quick.search(limit=2, after="4")
    assert ids[4:] == last.ids
    assert "paging" not in last.body
    descending = [{"propertyName": "hs_object_id", "direction": "DESCENDING"}]
    assert ids[::-1] == (await quick.search(sorts=descending)).ids
    assert ids[::-1] == (await quick.search(sorts=["-hs_object_id"])).ids


async def test_archived_is_never_found(quick: Wire) -> None:
    """§9, §24.6: an archived record leaves the index."""
    record_id = await quick.create(email="a@example.com")
    await quick.call("DELETE", f"{CONTACTS}/{record_id}")
    assert 0 == (await quick.search()).body["total"]


async def test_twelve_thousand_in_one_millisecond(start: Start) -> None:
    """§24.1, §24.2: a mass update puts 12,000 under one stamp; paging ends at 10,000, the keyset goes on."""
    wire = await start(records=12_000, search_lag=NO_LAG, limits=PATIENT)
    await wire.as_user("touch")
    stamps = {record.updated_at for record in wire.sandbox.contacts.all_live()}
    assert 1 == len(stamps)
    ascending = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    top = await wire.search(limit=200, after="9800", sorts=ascending)
    assert (12_000, "10000") == (top.body["total"], top.body["paging"]["next"]["after"])
    assert 400 == (await wire.search(limit=200, after="10000", sorts=ascending)).status
    rest = await wire.find("hs_object_id", "GT", value=top.ids[-1])
    assert 2_000 == rest.body["total"]


async def test_listing_pages_to_the_end(start: Start) -> None:
    """§10.1: by id, `after` opaque, no `paging` at the end."""
    wire = await start(records=25)
    seen: list[str] = []
    path = f"{CONTACTS}?limit=10"
    answer = await wire.call("GET", path)
    seen += answer.ids
    while "paging" in answer.body:
        after = answer.body["paging"]["next"]["after"]
        assert not after.isdigit()
        answer = await wire.call("GET", f"{path}&after={after}")
        seen += answer.ids
    assert [record.id for record in wire.sandbox.contacts.all_live()] == seen


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=100", 200),
        ("limit=101", 400),
        ("limit=0", 400),
        ("limit=50&propertiesWithHistory=phone", 200),
        ("limit=51&propertiesWithHistory=phone", 400),
        ("after=nonsense", 400),
    ],
)
async def test_listing_limits(wire: Wire, query: str, status: int) -> None:
    """§6: 100 a page, 50 with history; only its own cursors."""
    assert status == (await wire.call("GET", f"{CONTACTS}?{query}")).status


async def test_too_long_an_address(wire: Wire) -> None:
    """§24.9: above 8,000 characters the answer is 414, and no JSON."""
    answer = await wire.call("GET", f"{CONTACTS}?properties={'x,' * 4_000}")
    assert 414 == answer.status
    assert 200 == (await wire.call("GET", f"{CONTACTS}?properties={'x,' * 2_500}")).status


async def test_archived_listing(wire: Wire, clock: ManualClock) -> None:
    """§11.1: archived records with `archivedAt`, the modified date unmoved, gone after 90 days."""
    record_id = await wire.create(email="a@example.com")
    before = (await wire.read(record_id)).body["updatedAt"]
    clock.advance(timedelta(hours=1))
    assert 204 == (await wire.call("DELETE", f"{CONTACTS}/{record_id}")).status
    assert 204 == (await wire.call("DELETE", f"{CONTACTS}/{record_id}")).status
    assert [] == (await wire.call("GET", CONTACTS)).ids
    row = (await wire.call("GET", f"{CONTACTS}?archived=true")).body["results"][0]
    assert (record_id, True, before) == (row["id"], row["archived"], row["updatedAt"])
    assert "2026-11-20T13:00:00.000Z" == row["archivedAt"]
    clock.advance(timedelta(days=90))
    assert [] == (await wire.call("GET", f"{CONTACTS}?archived=true")).ids
