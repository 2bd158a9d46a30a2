"""Rate limits (hubspot.md 8) and tokens (3.3)."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.hubspot.sandbox import Limits, TokenSettings
from adapters.sandbox.clock import ManualClock
from tests.sandbox.conftest import Start
from tests.sandbox.wire import CONTACTS, PROPERTIES, Wire


async def test_headers_count_down(wire: Wire) -> None:
    """§8.2: what is left of the ten seconds and of the day, on every answer but search."""
    await wire.call("GET", CONTACTS)
    headers = (await wire.call("GET", CONTACTS)).headers
    assert "190" == headers["X-HubSpot-RateLimit-Max"]
    assert "188" == headers["X-HubSpot-RateLimit-Remaining"]
    assert "10000" == headers["X-HubSpot-RateLimit-Interval-Milliseconds"]
    assert "625000" == headers["X-HubSpot-RateLimit-Daily"]
    assert "624998" == headers["X-HubSpot-RateLimit-Daily-Remaining"]
    searched = (await wire.search()).headers
    assert [] == [name for name in searched if "ratelimit" in name.lower()]


async def test_date_is_the_sandboxs_own(wire: Wire) -> None:
    """The `Date` header tells the injected clock's time."""
    headers = (await wire.call("GET", CONTACTS)).headers
    assert "Fri, 20 Nov 2026 12:00:00 GMT" == headers["Date"]


async def test_ten_seconds_roll(start: Start, clock: ManualClock) -> None:
    """§8.3: the call too many is a 429 with `errorType` and policy; ten seconds on, calls pass."""
    wire = await start(limits=Limits(burst=3))
    for _ in range(3):
        assert 200 == (await wire.call("GET", CONTACTS)).status
    answer = await wire.call("GET", CONTACTS)
    assert (429, "RATE_LIMIT") == (answer.status, answer.body["errorType"])
    assert "TEN_SECONDLY_ROLLING" == answer.body["policyName"]
    assert "You have reached your ten_secondly_rolling limit." == answer.body["message"]
    assert "category" not in answer.body
    assert "Retry-After" not in answer.headers
    clock.advance(timedelta(seconds=9.9))
    assert 429 == (await wire.call("GET", CONTACTS)).status
    clock.advance(timedelta(seconds=0.2))
    assert 200 == (await wire.call("GET", CONTACTS)).status


async def test_burst_is_by_app(start: Start) -> None:
    """§8.1: another app of the account has a burst of its own, the search rate is shared."""
    tokens = (TokenSettings(token="one", app_id=1), TokenSettings(token="two", app_id=2))
    wire = await start(limits=Limits(burst=1, search_per_second=2), tokens=tokens)
    assert 200 == (await wire.call("GET", CONTACTS)).status
    assert 429 == (await wire.call("GET", CONTACTS)).status
    assert 200 == (await wire.search()).status
    wire.token = "two"
    assert 200 == (await wire.call("GET", CONTACTS)).status
    assert 200 == (await wire.search()).status
    assert 429 == (await wire.search()).status


async def test_search_by_the_second(wire: Wire, clock: ManualClock) -> None:
    """§24.22: five searches a second for the account, policy SECONDLY, outside the burst."""
    for _ in range(5):
        assert 200 == (await wire.search()).status
    answer = await wire.search()
    assert (429, "SECONDLY") == (answer.status, answer.body["policyName"])
    assert [] == [name for name in answer.headers if "ratelimit" in name.lower()]
    clock.advance(timedelta(seconds=1))
    assert 200 == (await wire.search()).status


async def test_day_ends_at_the_accounts_midnight(start: Start, clock: ManualClock) -> None:
    """§8.1, §8.3: policy DAILY until midnight in Berlin, which is 23:00 UTC."""
    wire = await start(limits=Limits(daily=2))
    await wire.call("GET", CONTACTS)
    await wire.call("GET", CONTACTS)
    answer = await wire.call("GET", CONTACTS)
    assert (429, "DAILY") == (answer.status, answer.body["policyName"])
    clock.advance(datetime(2026, 11, 20, 22, 59, 59, tzinfo=UTC) - clock.now())
    assert 429 == (await wire.call("GET", CONTACTS)).status
    clock.advance(timedelta(seconds=1))
    assert 200 == (await wire.call("GET", CONTACTS)).status


async def test_usage_report(wire: Wire) -> None:
    """§8.2: the day's use can be read."""
    await wire.call("GET", CONTACTS)
    path = "/account-info/2026-09/api-usage/daily/private-apps"
    usage = (await wire.call("GET", path)).body["results"][0]
    assert (2, 625_000) == (usage["currentUsage"], usage["usageLimit"])
    assert "2026-11-20T23:00:00.000Z" == usage["resetsAt"]


async def test_no_or_wrong_token(wire: Wire) -> None:
    """§3.3: unknown and malformed credentials have one body."""
    for header in ("", "Bearer", "Bearer wrong", "Basic abc", wire.sandbox.token):
        async with wire.session.get(
            wire.sandbox.base_url + CONTACTS, headers={"Authorization": header}
        ) as response:
            body = await response.json()
        assert (401, "INVALID_AUTHENTICATION") == (response.status, body["category"])
        assert body["message"].startswith("Authentication credentials not found.")


async def test_token_that_expired(wire: Wire, clock: ManualClock) -> None:
    """§3.3, §24.21: a token may end in the middle of a run; the body tells since when."""
    assert 200 == (await wire.call("GET", CONTACTS)).status
    await wire.call("POST", "/_sandbox/tokens/expire")
    clock.advance(timedelta(seconds=5))
    answer = await wire.call("GET", CONTACTS)
    assert (401, "EXPIRED_AUTHENTICATION") == (answer.status, answer.body["category"])
    assert "expired 5 second(s) ago" in answer.body["message"]
    assert ["2026-11-20T12:00:00.000Z"] == answer.body["context"]["expire time"]


NEEDS = [
    ("GET", CONTACTS, "crm.objects.contacts.read"),
    ("POST", f"{CONTACTS}/search", "crm.objects.contacts.read"),
    ("POST", f"{CONTACTS}/batch/read", "crm.objects.contacts.read"),
    ("POST", CONTACTS, "crm.objects.contacts.write"),
    ("POST", f"{CONTACTS}/batch/archive", "crm.objects.contacts.write"),
    ("POST", PROPERTIES, "crm.schemas.contacts.write"),
    ("GET", PROPERTIES, "crm.schemas.contacts.read"),
    ("GET", "/crm/owners/2026-09", "crm.objects.owners.read"),
    ("GET", "/crm/v3/objects/0-1", "crm.objects.contacts.read"),
]


@pytest.mark.parametrize(("method", "path", "scope"), NEEDS)
async def test_missing_scope(start: Start, method: str, path: str, scope: str) -> None:
    """§3.3: a 403 names the scope; the account itself can be read without any."""
    wire = await start(tokens=(TokenSettings(scopes=frozenset()),))
    answer = await wire.call(method, path, {})
    assert (403, "MISSING_SCOPES") == (answer.status, answer.body["category"])
    assert scope in answer.body["errors"][0]["context"]["requiredGranularScopes"]
    assert 200 == (await wire.call("GET", "/account-info/2026-09/details")).status


async def test_accounts_are_apart(clock: ManualClock, start: Start) -> None:
    """§3.1: the token decides which account is spoken to."""
    wire = await start()
    other = await start(portal_id=7_654_321)
    await wire.create(email="a@example.com")
    details = (await other.call("GET", "/account-info/v3/details")).body
    assert (7_654_321, "Europe/Berlin", "eu1") == (
        details["portalId"],
        details["timeZone"],
        details["dataHostingLocation"],
    )
    assert [] == (await other.call("GET", CONTACTS)).ids


@pytest.mark.parametrize(
    "path",
    [
        "/crm/v3/objects/contacts",
        "/crm/objects/2026-03/contacts",
        "/crm/objects/2026-09/contacts",
        "/crm/objects/2026-09/0-1",
        "/crm/v3/properties/contacts",
        "/crm/properties/2026-09/contacts/email",
        "/crm/v3/owners",
        "/crm/v3/owners/",
        "/crm/owners/2026-03",
        "/account-info/v3/details",
        "/crm/property-validations/2026-09/0-1",
    ],
)
async def test_both_path_families(wire: Wire, path: str) -> None:
    """§2.2: one store behind numbered and dated paths."""
    assert 200 == (await wire.call("GET", path)).status


@pytest.mark.parametrize(
    "path",
    [
        "/crm/objects/2027-03/contacts",
        "/crm/2026-09/objects/contacts",
        "/crm/v4/objects/contacts",
        "/crm/objects/v3/contacts",
        "/crm/objects/2026-09/contacts/1/2",
        "/nonsense",
    ],
)
async def test_paths_that_lead_nowhere(wire: Wire, path: str) -> None:
    """§2.2: versions and shapes that do not exist are a 404."""
    answer = await wire.call("GET", path)
    assert (404, "OBJECT_NOT_FOUND") == (answer.status, answer.body["category"])
