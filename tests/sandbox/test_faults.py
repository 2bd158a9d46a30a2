"""Faults on demand (hubspot.md 23.16, 7.2), the call counter, and the guard of the admin's buttons."""

import asyncio
from datetime import timedelta

import aiohttp
import pytest

from adapters.sandbox.clock import ManualClock
from tests.sandbox.conftest import Start
from tests.sandbox.wire import CONTACTS, PROPERTIES, Wire

BODY = {"properties": {"email": "a@example.com"}}

REFUSALS = [
    ("locked_423", 423, "json"),
    ("migrating_477", 477, "json"),
    ("server_error_500", 500, "json"),
    ("gateway_html_502", 502, "html"),
    ("unavailable_503", 503, "json"),
    ("throttled_429", 429, "json"),
    ("token_expired_401", 401, "json"),
    ("html_200", 200, "html"),
]


@pytest.mark.parametrize(("kind", "status", "form"), REFUSALS)
async def test_refusal(wire: Wire, kind: str, status: int, form: str) -> None:
    """§7.2: the vendor's answer, and nothing is applied; the next call is served."""
    await wire.fault(kind, times=1)
    answer = await wire.call("POST", CONTACTS, BODY)
    assert (status, True) == (answer.status, form in answer.headers["Content-Type"])
    assert [] == wire.sandbox.contacts.all_live()
    assert 201 == (await wire.call("POST", CONTACTS, BODY)).status


async def test_lock_lasts_two_seconds(wire: Wire, clock: ManualClock) -> None:
    """§7.2: 423 from the first hit on, for two seconds."""
    await wire.fault("locked_423", match={"method": "PATCH", "path_prefix": CONTACTS})
    record_id = await wire.create(lastname="L")
    assert 423 == (await wire.patch(record_id, city="Bath")).status
    clock.advance(timedelta(seconds=1.9))
    assert 423 == (await wire.patch(record_id, city="Bath")).status
    assert 200 == (await wire.read(record_id)).status
    clock.advance(timedelta(seconds=0.1))
    assert 200 == (await wire.patch(record_id, city="Bath")).status


@pytest.mark.parametrize(
    ("kind", "given", "header"),
    [
        ("migrating_477", 60, "60"),
        ("migrating_477", None, "30"),
        ("throttled_429", 7, "7"),
        ("throttled_429", None, None),
        ("unavailable_503", 9, "9"),
    ],
)
async def test_retry_after(wire: Wire, kind: str, given: int | None, header: str | None) -> None:
    """§7.3: `Retry-After` where HubSpot sends one, or where the rule says so."""
    await wire.fault(kind, retry_after=given)
    assert header == (await wire.call("GET", CONTACTS)).headers.get("Retry-After")


async def test_storm_on_search_has_its_own_policy(wire: Wire) -> None:
    """§8.3: search is refused by the second, the rest by ten seconds."""
    await wire.fault("throttled_429", times=2)
    assert "SECONDLY" == (await wire.search()).body["policyName"]
    assert "TEN_SECONDLY_ROLLING" == (await wire.call("GET", CONTACTS)).body["policyName"]


async def test_hours_of_503(wire: Wire, clock: ManualClock) -> None:
    """An outage until a moment: every call fails before it, none after."""
    await wire.fault("unavailable_503", until="2026-11-20T14:00:00+00:00")
    for _ in range(3):
        assert 503 == (await wire.call("GET", CONTACTS)).status
    clock.advance(timedelta(hours=2))
    assert 200 == (await wire.call("GET", CONTACTS)).status


async def test_storm_after_some_calls(wire: Wire) -> None:
    """`skip` lets calls through first, `times` counts the hits."""
    await wire.fault("throttled_429", skip=2, times=3)
    statuses = [(await wire.call("GET", CONTACTS)).status for _ in range(6)]
    assert [200, 200, 429, 429, 429, 200] == statuses


async def test_timeout_after_the_write(wire: Wire) -> None:
    """§7.3: 504, and yet the record is there."""
    await wire.fault("timeout_504_after_write")
    assert 504 == (await wire.call("POST", CONTACTS, BODY)).status
    assert 1 == len(wire.sandbox.contacts.all_live())


@pytest.mark.parametrize(("kind", "records"), [("reset_before", 0), ("reset_after", 1)])
async def test_connection_reset(wire: Wire, kind: str, records: int) -> None:
    """§23.16: no answer at all, before or after the write took place; counted as status 0."""
    await wire.fault(kind)
    with pytest.raises(aiohttp.ClientConnectionError):
        await wire.call("POST", CONTACTS, BODY)
    assert records == len(wire.sandbox.contacts.all_live())
    assert [0] == [call.status for call in wire.sandbox.calls.last(1)]


async def test_body_cut_short(wire: Wire) -> None:
    """The length is promised, half is sent."""
    await wire.fault("truncated_body")
    with pytest.raises(aiohttp.ClientPayloadError):
        await wire.call("POST", CONTACTS, BODY)


async def test_json_cut_short(wire: Wire) -> None:
    """A whole HTTP answer whose JSON ends in the middle."""
    await wire.fault("truncated_json")
    with pytest.raises(ValueError, match=r"JSON|string|unexpected|EOF"):
        await wire.call("POST", CONTACTS, BODY)


async def test_slow_body(wire: Wire, clock: ManualClock) -> None:
    """The body trickles on the sandbox's clock."""
    await wire.fault("slow_body", seconds=60)
    task = asyncio.create_task(wire.call("POST", CONTACTS, BODY))
    while not task.done():
        clock.advance(timedelta(seconds=6))
        await asyncio.sleep(0)
    assert 201 == (await task).status
    assert clock.now().minute > 0


async def test_latency(wire: Wire, clock: ManualClock) -> None:
    """A sandbox can be some way off: half of the time passes before a request takes effect."""
    assert 200 == (await wire.call("PUT", "/_sandbox/latency", {"milliseconds": 150})).status
    task = asyncio.create_task(wire.call("POST", CONTACTS, BODY))
    steps = 0
    while not task.done():
        clock.advance(timedelta(milliseconds=75))
        await asyncio.sleep(0.001)
        steps += 1
    assert 201 == (await task).status
    assert steps >= 2
    await wire.call("PUT", "/_sandbox/latency", {"milliseconds": 0})
    assert 400 == (await wire.call("PUT", "/_sandbox/latency", {"milliseconds": -1})).status


async def test_listing_cut(start: Start) -> None:
    """One page that says it is all there is."""
    wire = await start(records=25)
    await wire.fault("listing_cut", match={"path_prefix": CONTACTS})
    answer = await wire.call("GET", f"{CONTACTS}?limit=10")
    assert (10, False) == (len(answer.ids), "paging" in answer.body)


async def test_cursor_that_loops(start: Start) -> None:
    """The next page is the same page for ever."""
    wire = await start(records=25)
    first = (await wire.call("GET", f"{CONTACTS}?limit=10")).body["paging"]["next"]["after"]
    await wire.fault("cursor_loop", times=9)
    for _ in range(3):
        answer = await wire.call("GET", f"{CONTACTS}?limit=10&after={first}")
        assert first == answer.body["paging"]["next"]["after"]


async def test_repeated_rows(start: Start) -> None:
    """A row comes twice."""
    wire = await start(records=25)
    await wire.fault("duplicated_rows")
    answer = await wire.call("GET", f"{CONTACTS}?limit=10")
    assert (11, 10) == (len(answer.ids), len(set(answer.ids)))


async def test_hidden_property(wire: Wire) -> None:
    """A property vanishes from definitions and records."""
    record_id = await wire.create(lastname="L", phone="1")
    await wire.fault("hidden_property", value="phone", times=2)
    names = {row["name"] for row in (await wire.call("GET", PROPERTIES)).body["results"]}
    assert "phone" not in names
    assert "phone" not in (await wire.read(record_id, "properties=phone")).body["properties"]


async def test_another_account(wire: Wire) -> None:
    """The same token suddenly opens another account."""
    await wire.fault("account_swap", value="42")
    path = "/account-info/2026-09/details"
    assert 42 == (await wire.call("GET", path)).body["portalId"]
    assert 1_234_567 == (await wire.call("GET", path)).body["portalId"]


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"kind": "nonsense"},
        {"kind": "reset_after", "until": "soon"},
        {"kind": "reset_after", "until": "2026-11-20T14:00:00"},
        {"kind": "reset_after", "times": "many"},
        {"kind": "reset_after", "path": "/crm"},
        {"kind": "reset_after", "match": "all"},
    ],
)
async def test_rule_that_cannot_be_read(wire: Wire, rule: dict[str, object]) -> None:
    """A wrong rule is refused with a reason and queues nothing."""
    answer = await wire.call("POST", "/_sandbox/faults", rule)
    assert (400, True) == (answer.status, bool(answer.body["error"]))
    assert [] == (await wire.call("GET", "/_sandbox/faults")).body["faults"]


async def test_faults_are_listed_and_cleared(wire: Wire) -> None:
    """What waits can be seen and taken back."""
    await wire.fault("server_error_500", times=2, match={"method": "GET"})
    waiting = (await wire.call("GET", "/_sandbox/faults")).body["faults"]
    assert [("server_error_500", "GET", 2)] == [
        (rule["kind"], rule["method"], rule["times"]) for rule in waiting
    ]
    await wire.call("DELETE", "/_sandbox/faults")
    assert 200 == (await wire.call("GET", CONTACTS)).status


async def test_counter(wire: Wire) -> None:
    """Every vendor call counts once, by endpoint and status; the admin's do not."""
    record_id = await wire.create(lastname="L")
    await wire.read(record_id)
    await wire.call("GET", "/crm/v3/objects/0-1/404")
    wire.token = "wrong"
    await wire.read(record_id)
    counted = (await wire.call("GET", "/_sandbox/calls?last=1")).body
    assert 4 == counted["total"]
    assert {"GET objects/contacts/{id}": 3, "POST objects/contacts": 1} == counted["by_endpoint"]
    assert {"200": 1, "201": 1, "401": 1, "404": 1} == counted["by_status"]
    assert [401] == [call["status"] for call in counted["last"]]
    await wire.call("DELETE", "/_sandbox/calls")
    assert 0 == (await wire.call("GET", "/_sandbox/calls")).body["total"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Host": "evil.example"}, 403),
    ],
)
async def test_other_sites_cannot_press_buttons(
    wire: Wire, headers: dict[str, str], status: int
) -> None:
    """Another origin, or a name that only resolves to loopback, is refused."""
    url = f"{wire.sandbox.base_url}/_sandbox/calls"
    async with wire.session.delete(url, headers=headers) as response:
        assert status == response.status
