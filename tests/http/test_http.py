"""The one way out: what is sent again, what never is, and what is told of it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapters.circuit import Circuit, CircuitSettings
from adapters.errors import RejectRecord, RetryLater, UnknownOutcome, WaitUntil
from adapters.exchange import Again, Doubt, Pause, Reply, Request, Verdict
from adapters.http import Endpoint, HttpClient, TimeOuts
from adapters.limits import Limit, Limiter, Observation
from tests.http.doubles import (
    NOON,
    RESET,
    SILENCE,
    Answer,
    Around,
    cut_answer,
    json_answer,
    scripted,
    text_answer,
)

READ = Request(
    method="GET",
    path="/people/4711",
    endpoint="/people/{id}",
    purpose="read",
    is_repeatable=True,
    limits=("burst",),
)
WRITE = replace(READ, method="POST", purpose="create", is_repeatable=False, body={"a": "secret"})

FINE = json_answer(200, {"ok": True})
HTML = text_answer(200, b"<html>Please log in</html>", kind="text/html")
CUT = cut_answer(200, b'{"ok": tr', promised=400)
CUT_JSON = cut_answer(200, b'{"ok": true}', promised=400)


class PlainDialect:
    """A vendor whose statuses mean what they say."""

    def judge(self, reply: Reply, request: Request, now: datetime) -> Verdict:
        if reply.status == 429:
            said = reply.headers.get("retry-after")
            until = now + timedelta(seconds=int(said)) if said else None
            return Pause(until=until, code="slow_down", limits=("burst",))
        if reply.status == 423:
            return Again(code="locked", after=timedelta(seconds=2))
        if reply.status >= 500:
            return Doubt(code=f"http_{reply.status}")
        return RejectRecord("Refused.", code="refused", status=reply.status)

    def observations(self, reply: Reply, now: datetime) -> Sequence[Observation]:
        remaining = reply.headers.get("x-remaining")
        return [Observation(name="burst", remaining=int(remaining))] if remaining else []

    def code(self, reply: Reply) -> str:
        return f"http_{reply.status}"

    def correlation_id(self, reply: Reply) -> str:
        return reply.headers.get("x-correlation", "")


@asynccontextmanager
async def client(
    base_url: str, around: Around, *, failures: int = 50, largest_reply: int = 10_000
) -> AsyncIterator[HttpClient]:
    http = HttpClient(
        Endpoint(
            base_url=base_url,
            headers=lambda: {"Authorization": "Bearer secret-token"},
            largest_reply=largest_reply,
        ),
        PlainDialect(),
        around.surroundings(),
        limiter=Limiter(
            [Limit(name="burst", interval=timedelta(seconds=10), count=100)], around.clock
        ),
        circuit=Circuit("crm", CircuitSettings(failures=failures), around.clock),
        time_outs=TimeOuts(total=timedelta(seconds=0.3)),
    )
    await http.open()
    try:
        yield http
    finally:
        await http.close()
        await http.close()


FAULTS = {
    "reset": RESET,
    "silence": SILENCE,
    "html": HTML,
    "cut body": CUT,
    "whole JSON in a cut body": CUT_JSON,
    "no body at all": Answer(raw=b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\n", is_last=True),
    "not http": Answer(raw=b"I am a printer\r\n\r\n", is_last=True),
    "500": json_answer(500, {}),
    "502 in html": text_answer(502, b"<html>", kind="text/html"),
    "504": json_answer(504, {}),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_a_read_is_asked_again_until_it_is_answered(fault: Answer) -> None:
    """A read that got no whole answer is asked again, and every attempt is told (R20)."""
    around = Around()
    async with (
        scripted(fault, fault, fault, FINE) as server,
        client(server.base_url, around) as http,
    ):
        reply = await http.send(READ)

    assert {"ok": True} == reply.body
    assert [1, 2, 3, 4] == [call.attempt for call in around.calls]
    assert 4 == len(server.requests)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_a_read_is_given_up_after_three_retries(fault: Answer) -> None:
    """One attempt and three retries, never an empty answer instead (I6)."""
    around = Around()
    async with scripted(fault) as server, client(server.base_url, around) as http:
        with pytest.raises(RetryLater) as given_up:
            await http.send(READ)

    assert 4 == len(server.requests)
    assert 4 == len(around.calls)
    assert "4711" not in str(given_up.value)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_a_write_without_a_definite_reply_is_never_sent_again(fault: Answer) -> None:
    """Whatever is no definite reply to a write is unknown: it may have happened (I11, R20)."""
    around = Around()
    async with scripted(fault, FINE) as server, client(server.base_url, around) as http:
        with pytest.raises(UnknownOutcome) as unknown:
            await http.send(WRITE)

    assert 1 == len(server.requests)
    assert 1 == len(around.calls)
    assert "secret" not in f"{unknown.value!r} {unknown.value} {unknown.value.__cause__}"


async def test_a_write_is_sent_again_where_nothing_happened() -> None:
    """A lock and a rate limit prove that nothing happened, so the write goes out again."""
    around = Around()
    locked, full = json_answer(423, {}), json_answer(429, {})
    async with scripted(locked, full, FINE) as server, client(server.base_url, around) as http:
        reply = await http.send(WRITE)

    assert 200 == reply.status
    assert 3 == len(server.requests)
    assert around.clock.slept[0] >= 2.0


async def test_the_moment_a_write_leaves_is_told() -> None:
    """After any waiting, each time anew (R22); of a read nobody needs to know."""
    around = Around()
    patience = json_answer(429, {}, "Retry-After: 7\r\n")
    async with scripted(patience, FINE) as server, client(server.base_url, around) as http:
        await http.send(WRITE)
        await http.send(READ)

    assert [0, 7] == [round(moment) for moment in around.left]


async def test_a_refused_connection_is_no_call_and_may_be_repeated() -> None:
    """Without a connection nothing left: a write is tried again and ends in RetryLater."""
    around = Around()
    async with scripted(FINE) as server:
        base_url = server.base_url
    async with client(base_url, around) as http:
        with pytest.raises(RetryLater):
            await http.send(WRITE)

    assert [] == around.calls
    assert 3 == len(around.clock.slept)


async def test_a_definite_refusal_is_raised_at_once_even_when_it_is_cut_short() -> None:
    """A status line is definite: a 400 with half a body is a refusal, not an unknown outcome."""
    around = Around()
    async with (
        scripted(cut_answer(400, b'{"mess', promised=99)) as server,
        client(server.base_url, around) as http,
    ):
        with pytest.raises(RejectRecord):
            await http.send(WRITE)

    assert 1 == len(server.requests)


async def test_waiting_is_no_retry_but_ends_at_the_deadline() -> None:
    """Ten 429 replies are waited out; one that asks for an hour is handed to the engine."""
    around = Around()
    many = [json_answer(429, {}, "Retry-After: 3\r\n")] * 10
    hour = json_answer(429, {}, "Retry-After: 3600\r\n")
    async with scripted(*many, FINE, hour) as server, client(server.base_url, around) as http:
        await http.send(WRITE)
        assert 11 == len(server.requests)

        now = around.clock.now()
        with pytest.raises(WaitUntil) as patience:
            await http.send(WRITE)
        with pytest.raises(WaitUntil):
            await http.send(READ)

    assert now + timedelta(hours=1) == patience.value.until
    assert 12 == len(server.requests), "while the limit is paused nothing leaves"


async def test_patience_without_a_hint_backs_off_and_ends() -> None:
    """A system that answers 429 for ever is given up at the deadline of two minutes."""
    around = Around()
    async with scripted(json_answer(429, {})) as server, client(server.base_url, around) as http:
        with pytest.raises(WaitUntil):
            await http.send(READ)

    assert 90 <= around.clock.elapsed <= 120
    assert 4 < len(server.requests) < 60


async def test_the_circuit_opens_and_closes_again() -> None:
    """After five failures in a row nothing is asked until the probe, and one answer closes it."""
    around = Around()
    script = [json_answer(500, {})] * 5 + [FINE]
    async with (
        scripted(*script) as server,
        client(server.base_url, around, failures=5) as http,
    ):
        with pytest.raises(RetryLater):
            await http.send(READ)
        with pytest.raises(WaitUntil) as paused:
            await http.send(READ)
        with pytest.raises(WaitUntil):
            await http.send(WRITE)
        asked = len(server.requests)
        around.clock.elapsed += (paused.value.until - around.clock.now()).total_seconds()
        reply = await http.send(WRITE)

    assert 5 == asked
    assert 200 == reply.status
    assert "http_500" in str(paused.value)


async def test_html_instead_of_json_opens_the_circuit_too() -> None:
    """A proxy that answers 200 with its log-in page counts as a failing connection."""
    around = Around()
    async with scripted(HTML) as server, client(server.base_url, around, failures=5) as http:
        with pytest.raises(RetryLater):
            await http.send(READ)
        with pytest.raises(WaitUntil):
            await http.send(READ)

    assert 5 == len(server.requests)


async def test_a_shape_that_was_not_promised_counts_as_broken_off() -> None:
    """JSON that is not what was asked for is no answer: neither an empty list nor a success."""
    around = Around()
    asked = replace(READ, is_whole=lambda body: isinstance(body["results"], list))
    async with (
        scripted(
            json_answer(200, []), json_answer(200, {}), json_answer(200, {"results": []})
        ) as server,
        client(server.base_url, around) as http,
    ):
        reply = await http.send(asked)

    assert {"results": []} == reply.body
    assert ["broken_reply", "broken_reply", ""] == [call.note for call in around.calls]


async def test_a_reply_beyond_all_bounds_is_not_kept() -> None:
    """A body larger than the bound is cut off instead of filling the memory."""
    around = Around()
    large = json_answer(200, {"x": "y" * 20_000})
    async with scripted(large) as server, client(server.base_url, around) as http:
        with pytest.raises(UnknownOutcome, match="reply_too_large"):
            await http.send(WRITE)


async def test_redirects_are_not_followed() -> None:
    """The token goes nowhere but to the base URL."""
    around = Around()
    moved = json_answer(307, {}, "Location: /elsewhere\r\n")
    async with scripted(moved, FINE) as server, client(server.base_url, around) as http:
        with pytest.raises(RejectRecord):
            await http.send(WRITE)

    assert 1 == len(server.requests)


async def test_skew_is_measured_from_the_date_header() -> None:
    """The system's clock minus ours, to half a second."""
    around = Around()
    dated = json_answer(200, {}, "Date: Fri, 20 Nov 2026 12:10:00 GMT\r\n")
    async with scripted(FINE, dated) as server, client(server.base_url, around) as http:
        await http.send(READ)
        unknown = http.skew
        await http.send(READ)

    assert unknown is None
    assert timedelta(minutes=10, milliseconds=500) == http.skew
    assert NOON + timedelta(minutes=10, milliseconds=500) == http.server_now()


async def test_remaining_counts_in_headers_slow_us_down() -> None:
    """When others have used up the limit, the next request waits for the window to pass."""
    around = Around()
    full = json_answer(200, {}, "X-Remaining: 0\r\n")
    async with scripted(full, FINE) as server, client(server.base_url, around) as http:
        await http.send(READ)
        await http.send(READ)

    assert 10.0 == pytest.approx(around.clock.elapsed)


async def test_the_call_log_knows_templates_only() -> None:
    """A call is told with its path template, purpose, status and correlation id: no values."""
    around = Around()
    async with (
        scripted(json_answer(200, {}, "X-Correlation: abc\r\n")) as server,
        client(server.base_url, around) as http,
    ):
        await http.send(replace(READ, query={"email": "ada@example.com"}))

    (call,) = around.calls
    assert ("crm", "GET", "/people/{id}", "read", 200, 1, "abc") == (
        call.connection,
        call.method,
        call.endpoint,
        call.purpose,
        call.status,
        call.attempt,
        call.correlation_id,
    )
    assert "ada" not in repr(call)
    assert "email=ada%40example.com" in server.requests[0][0]
