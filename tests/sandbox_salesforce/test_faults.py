"""Faults on demand: what the client sees, and what took place (salesforce.md 14, 20.11)."""

from datetime import timedelta

import aiohttp
import pytest

from adapters.salesforce.sandbox import Limits
from adapters.sandbox.clock import ManualClock
from tests.sandbox_salesforce.conftest import Start
from tests.sandbox_salesforce.wire import Wire

ROWS = {"method": "POST", "path_prefix": "/services/data/v62.0/sobjects"}


@pytest.mark.parametrize(
    ("kind", "value", "status", "code"),
    [
        ("token_expired_401", "", 401, "INVALID_SESSION_ID"),
        ("throttled_429", "", 403, "REQUEST_LIMIT_EXCEEDED"),
        ("throttled_429", "concurrent", 403, "REQUEST_LIMIT_EXCEEDED"),
        ("locked_423", "", 400, "UNABLE_TO_LOCK_ROW"),
        ("server_error_500", "", 500, "UNKNOWN_EXCEPTION"),
        ("vendor_error", "QUERY_TIMEOUT", 400, "QUERY_TIMEOUT"),
        ("vendor_error", "STORAGE_LIMIT_EXCEEDED", 400, "STORAGE_LIMIT_EXCEEDED"),
        ("vendor_error", "API_DISABLED_FOR_ORG", 403, "API_DISABLED_FOR_ORG"),
        ("vendor_error", "INVALID_QUERY_LOCATOR", 400, "INVALID_QUERY_LOCATOR"),
    ],
)
async def test_refusals(wire: Wire, kind: str, value: str, status: int, code: str) -> None:
    """§14.2: the vendor's code, and nothing took place."""
    await wire.fault(kind, value=value, match=ROWS)
    answer = await wire.call("POST", "sobjects/Contact", {"LastName": "L"})
    assert (status, [code]) == (answer.status, answer.codes)
    assert "Sforce-Limit-Info" in answer.headers
    assert [] == await wire.values("SELECT Id FROM Contact")


@pytest.mark.parametrize(
    ("kind", "status", "count"),
    [
        ("unavailable_503", 503, 0),
        ("gateway_html_502", 502, 0),
        ("migrating_477", 420, 0),
        ("html_200", 200, 0),
        ("timeout_504_after_write", 504, 1),
    ],
)
async def test_pages_of_html(wire: Wire, kind: str, status: int, count: int) -> None:
    """§14.1: HTML instead of JSON; only the time-out comes after the write."""
    await wire.fault(kind, match=ROWS)
    answer = await wire.call("POST", "sobjects/Contact", {"LastName": "L"})
    assert (status, True) == (answer.status, "<html>" in answer.body)
    assert count == (await wire.query("SELECT COUNT() FROM Contact")).body["totalSize"]


@pytest.mark.parametrize(("kind", "count"), [("reset_before", 0), ("reset_after", 1)])
async def test_broken_connection(wire: Wire, kind: str, count: int) -> None:
    """§20.11: an answer that is lost, before or after the write was committed."""
    await wire.fault(kind, match=ROWS)
    with pytest.raises(aiohttp.ClientError):
        await wire.call("POST", "sobjects/Contact", {"LastName": "L"})
    assert count == (await wire.query("SELECT COUNT() FROM Contact")).body["totalSize"]


async def test_locked_rows_of_many(wire: Wire) -> None:
    """§14.2: in Collections each record is locked by itself, n times, under a status of 200."""
    await wire.fault("locked_423", times=2, match={"path_prefix": "/services/data/v62.0/composite"})
    records = [{"LastName": "A"}, {"LastName": "B"}]
    codes = [(await wire.collection("POST", records)).codes for _ in range(3)]
    assert [["UNABLE_TO_LOCK_ROW"] * 2, ["UNABLE_TO_LOCK_ROW"] * 2, ["", ""]] == codes
    await wire.fault("vendor_error", value="ENTITY_IS_LOCKED")
    ids = "003xx0000001001AAA,003xx0000001002AAA"
    answer = await wire.call("DELETE", f"composite/sobjects?ids={ids}")
    assert ["ENTITY_IS_LOCKED"] * 2 == answer.codes


async def test_expired_in_the_middle_of_pages(start: Start) -> None:
    """§20.11: the first page is good, the second says 401; the cursor outlives it."""
    wire = await start(records=4, lead_share=0.0, limits=Limits(page=2))
    first = await wire.query("SELECT Id FROM Contact")
    await wire.fault("token_expired_401", match={"path_prefix": "/services/data/v62.0/query/"})
    assert 401 == (await wire.call("GET", first.body["nextRecordsUrl"])).status
    assert 200 == (await wire.call("GET", first.body["nextRecordsUrl"])).status


async def test_pages_that_lie(start: Start) -> None:
    """§21: cut short, going round, with a row twice, without a field."""
    wire = await start(records=6, lead_share=0.0, limits=Limits(page=2))
    query = "SELECT Id, Email FROM Contact ORDER BY Id"
    await wire.fault("listing_cut")
    cut = (await wire.query(query)).body
    assert (True, 6, 2) == (cut["done"], cut["totalSize"], len(cut["records"]))
    first = (await wire.query(query)).body
    await wire.fault("cursor_loop")
    looped = await wire.call("GET", first["nextRecordsUrl"])
    assert first["nextRecordsUrl"] == looped.body["nextRecordsUrl"]
    await wire.fault("duplicated_rows")
    repeated = (await wire.query(query)).records
    assert repeated[0] == repeated[-1]
    await wire.fault("hidden_property", value="Email", times=2)
    assert "Email" not in (await wire.query(query)).records[0]
    told = (await wire.call("GET", "sobjects/Contact/describe")).body
    assert "Email" not in {field["name"] for field in told["fields"]}


async def test_another_org(wire: Wire) -> None:
    """§20.11: the token suddenly belongs to another org."""
    await wire.fault("account_swap", times=2)
    settings = wire.sandbox.org.settings
    given = await wire.form(
        grant_type="client_credentials",
        client_id=settings.client_id,
        client_secret=settings.client_secret,
    )
    assert wire.sandbox.org.id not in given.body["id"]
    ((org_id,),) = await wire.values("SELECT Id FROM Organization")
    assert wire.sandbox.org.id != org_id
    assert [(wire.sandbox.org.id,)] == await wire.values("SELECT Id FROM Organization")


async def test_slow_and_broken_bodies(wire: Wire, clock: ManualClock) -> None:
    """§20.11: half a body, half a JSON."""
    await wire.create(LastName="L")
    await wire.fault("truncated_body")
    with pytest.raises(aiohttp.ClientPayloadError):
        await wire.query("SELECT Id FROM Contact")
    await wire.fault("truncated_json")
    with pytest.raises(ValueError, match="unexpected"):
        await wire.query("SELECT Id FROM Contact")


async def test_outage_until(wire: Wire, clock: ManualClock) -> None:
    """§20.11: down for a while, then well."""
    await wire.fault("unavailable_503", lasts=60)
    assert 503 == (await wire.call("GET", "limits")).status
    clock.advance(timedelta(seconds=61))
    assert 200 == (await wire.call("GET", "limits")).status


async def test_calls_are_counted(wire: Wire) -> None:
    """§20: by endpoint without ids; the admin's own are not among them."""
    made = await wire.create(LastName="L")
    await wire.read(made)
    await wire.query("SELECT Id FROM Contact")
    await wire.call("GET", "/services/data")
    await wire.call("GET", "nowhere")
    await wire.form(grant_type="x")
    assert {
        "GET query": 1,
        "GET sobjects/Contact/{id}": 1,
        "GET unknown": 1,
        "GET versions": 1,
        "POST oauth2/token": 1,
        "POST sobjects/Contact": 1,
    } == (await wire.admin("GET", "calls")).body["by_endpoint"]
