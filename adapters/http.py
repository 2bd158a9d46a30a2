"""The one way requests leave: limits, circuit, retries, call log.

Takes a :class:`Request` and a vendor's :class:`Dialect`. Gives its reply, or an error named by the
next move. Promises (R20):

* One attempt and at most three retries, and those only where repeating is safe: reads on anything
  that is no answer, writes only after a reply that proves that nothing happened or a connection
  that never came about.
* A write without a definite reply raises UnknownOutcome and is never sent again here.
* Waiting where the system asks for patience is no retry, and ends at the call's deadline.
* Every attempt that left is told to the call log; no error and no log line carries a token, a
  query, a body or an address.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiohttp
import orjson
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt
from yarl import URL

from adapters.circuit import Circuit
from adapters.contract import Call, Surroundings
from adapters.errors import AdapterError, RetryLater, UnknownOutcome, WaitUntil
from adapters.exchange import Again, Dialect, Doubt, Json, Pause, Reply, Request
from adapters.limits import Limiter, TooLong
from adapters.replies import Broken, NeverLeft, received, sent_at

ATTEMPTS = 4
"""One and at most three retries (R20)."""

FIRST_BACKOFF = 1.0
LONGEST_BACKOFF = 30.0
"""Seconds; the real wait is a random part of it (full jitter), so that many clients spread out."""

_HALF_A_SECOND = timedelta(milliseconds=500)


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeOuts:
    """How long to wait for what."""

    connect: timedelta = timedelta(seconds=10)
    total: timedelta = timedelta(seconds=30)
    """From sending to the last byte of the reply."""
    patience: timedelta = timedelta(seconds=120)
    """All waiting of one call for limits and Retry-After; longer raises WaitUntil."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """Where requests go and what each of them carries."""

    base_url: str
    headers: Callable[[], Mapping[str, str]]
    """Asked before each attempt, so that a renewed credential is used at once."""
    largest_reply: int = 32 * 1024 * 1024
    """Bytes, decompressed."""
    moved_to: Callable[[], str] = str
    """Asked before each attempt: the base URL a log-in told us to use instead, "" for none."""


class HttpClient:
    """One connection's way out. Open it inside the event loop that uses it."""

    def __init__(
        self,
        endpoint: Endpoint,
        dialect: Dialect,
        surroundings: Surroundings,
        *,
        limiter: Limiter,
        circuit: Circuit,
        time_outs: TimeOuts,
    ) -> None:
        """Keep the parts; no session is opened yet."""
        self._endpoint = endpoint
        self._dialect = dialect
        self._around = surroundings
        self._limiter = limiter
        self._circuit = circuit
        self._time_outs = time_outs
        surroundings.spending.carry(limiter)
        self._session: aiohttp.ClientSession | None = None
        self.skew: timedelta | None = None
        """The system's clock minus ours, good to about a second; None before the first reply."""

    async def open(self) -> None:
        """Open the connection pool."""
        if self._session is None:
            total, connect = self._time_outs.total, self._time_outs.connect
            self._session = aiohttp.ClientSession(
                auto_decompress=True,
                timeout=aiohttp.ClientTimeout(
                    total=total.total_seconds(), sock_connect=connect.total_seconds()
                ),
            )
            # aiohttp would repeat a GET, PUT or DELETE by itself, untold to the call log.
            self._session._retry_connection = False  # noqa: SLF001 - there is no public switch

    async def close(self) -> None:
        """Close the pool; safe to call twice."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def server_now(self) -> datetime:
        """Return the present by the system's clock, as far as known."""
        return self._around.clock.now() + (self.skew or timedelta(0))

    async def send(self, request: Request) -> Reply:
        """Return the reply to *request*: a success, or a status it named as an answer.

        Raises WaitUntil, RetryLater (nothing was written), UnknownOutcome (a write may have
        happened), or the definite error the dialect made of the reply.
        """
        sending = _Sending(
            request=request,
            deadline=self._around.clock.monotonic() + self._time_outs.patience.total_seconds(),
        )
        retrying = AsyncRetrying(
            sleep=self._around.clock.sleep,
            stop=stop_after_attempt(ATTEMPTS),
            wait=self._retry_wait,
            retry=retry_if_exception_type(_TryAgain),
            reraise=True,
        )
        try:
            return await retrying(self._patiently, sending)
        except _TryAgain as given_up:
            raise given_up.error from None

    def _retry_wait(self, state: RetryCallState) -> float:
        failure = state.outcome.exception() if state.outcome else None
        after = failure.after if isinstance(failure, _TryAgain) else timedelta(0)
        return after.total_seconds() + self._backoff(state.attempt_number)

    def _backoff(self, number: int) -> float:
        """Return seconds: exponential with full jitter."""
        longest = min(FIRST_BACKOFF * 2.0 ** min(number - 1, 10), LONGEST_BACKOFF)
        return longest * self._around.luck.uniform()

    async def _patiently(self, sending: "_Sending") -> Reply:
        """Make one attempt, waiting as often as the system asks for it."""
        while True:
            reply = await self._attempt(sending)
            if reply.is_success or reply.status in sending.request.answers:
                return reply
            pause = self._judged(reply, sending.request)
            await self._wait(pause, sending)

    def _judged(self, reply: Reply, request: Request) -> Pause:
        """Return the patience a reply asks for; raise everything else it may mean."""
        verdict = self._dialect.judge(reply, request, self.server_now())
        match verdict:
            case Pause():
                return verdict
            case AdapterError():
                raise verdict
            case Again(code=code, after=after):
                raise _TryAgain(self._later(request, code, reply), after)
            case Doubt(code=code):
                raise self._doubtful(request, code, reply)
            case None:
                raise self._doubtful(request, "unexpected_status", reply)

    async def _wait(self, pause: Pause, sending: "_Sending") -> None:
        now = self._around.clock.now()
        sending.waits += 1
        if self._limiter.daily.intersection(pause.limits):
            raise self._around.spending.exhausted(self.server_now())
        if pause.until is None:
            # At least a second: the shortest window any of these systems counts in.
            until = now + timedelta(seconds=FIRST_BACKOFF + self._backoff(sending.waits + 1))
        else:
            until = pause.until - (self.skew or timedelta(0))
        if pause.limits:
            for name in pause.limits:
                self._limiter.pause(name, until)
        else:
            self._limiter.pause_all(until)
        ends_at = self._around.clock.monotonic() + (until - now).total_seconds()
        if ends_at > sending.deadline:
            raise self._wait_until(until, pause.code)

    async def _attempt(self, sending: "_Sending") -> Reply:
        request = sending.request
        try:
            async with self._limiter.slot(request.limits, sending.deadline):
                self._admit(request)
                if not request.is_repeatable:
                    await self._around.leaving()
                sending.exchanges += 1
                return await self._told(sending)
        except TooLong as full:
            raise self._wait_until(full.until, full.name) from None

    def _admit(self, request: Request) -> None:
        """Let a request leave, and count it. Raises ShareSpent, or WaitUntil of the circuit."""
        is_counted = bool(self._limiter.daily.intersection(request.limits))
        if is_counted:
            self._around.spending.admit(self.server_now())
        self._circuit.admit()
        if is_counted:
            self._around.spending.day.spend(self.server_now())

    async def _told(self, sending: "_Sending") -> Reply:
        """Make one exchange and tell the circuit, the limits and the call log of it."""
        request, clock = sending.request, self._around.clock
        started_at, started = clock.now(), clock.monotonic()
        reply: Reply | None = None
        note = "cancelled"
        try:
            reply = await self._exchange(request)
            note = "" if reply.is_success else self._dialect.code(reply)
            self._learn(reply, started_at)
            self._weigh(reply, request)
        except NeverLeft as refused:
            note = ""
            self._circuit.failed(refused.code)
            raise _TryAgain(self._later(request, refused.code, None), timedelta(0)) from None
        except Broken as broken:
            note = broken.code
            self._circuit.failed(broken.code)
            raise self._doubtful(request, broken.code, reply) from None
        finally:
            if note == "cancelled":
                self._circuit.abandoned()
            if note or reply is not None:
                elapsed = timedelta(seconds=clock.monotonic() - started)
                self._log(sending, reply, started_at, elapsed, note)
        return reply

    def _learn(self, reply: Reply, started_at: datetime) -> None:
        """Take from a reply what it says of the system's clock and limits."""
        now = self._around.clock.now()
        if stamp := sent_at(reply):
            # The header is cut to whole seconds; the reply was made somewhere in between.
            self.skew = stamp + _HALF_A_SECOND - (started_at + (now - started_at) / 2)
        for seen in self._dialect.observations(reply, self.server_now()):
            if seen.name in self._limiter.daily:
                self._around.spending.day.learn(seen, self.server_now())
            else:
                self._limiter.observe(seen)

    def _weigh(self, reply: Reply, request: Request) -> None:
        """Tell the circuit of a reply. Raises Broken for a success that lacks what it promised."""
        if reply.is_success and not _is_whole(reply, request):
            raise Broken("broken_reply")
        if reply.status >= 500 and reply.status not in request.answers:  # noqa: PLR2004 - 5xx
            self._circuit.failed(f"http_{reply.status}")
        else:
            self._circuit.succeeded()

    async def _exchange(self, request: Request) -> Reply:
        """Send and receive once. Raises NeverLeft or Broken for everything without a status."""
        if self._session is None:
            raise RuntimeError("The connection is not open; call open() first.")
        body, extra = request.payload()
        headers = {"Accept": "application/json", **self._endpoint.headers(), **extra}
        base_url = self._endpoint.moved_to() or self._endpoint.base_url
        url = URL(request.address(base_url), encoded=True)
        try:
            async with self._session.request(
                request.method, url, data=body, headers=headers, allow_redirects=False
            ) as response:
                return await received(
                    response, self._endpoint.largest_reply, is_text=request.is_text
                )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise NeverLeft("not_connected") from None
        except TimeoutError:
            raise Broken("time_out") from None
        except (aiohttp.ClientError, OSError):
            raise Broken("broken_off") from None

    def _log(
        self,
        sending: "_Sending",
        reply: Reply | None,
        started_at: datetime,
        duration: timedelta,
        note: str,
    ) -> None:
        self._around.on_call(
            Call(
                connection=self._around.connection,
                method=sending.request.method,
                endpoint=sending.request.endpoint,
                purpose=sending.request.purpose,
                status=None if reply is None else reply.status,
                started_at=started_at,
                duration=duration,
                attempt=sending.exchanges,
                correlation_id="" if reply is None else self._dialect.correlation_id(reply),
                note=note,
            )
        )

    def _doubtful(self, request: Request, code: str, reply: Reply | None) -> Exception:
        """Return what no definite reply means: another try for a read, the unknown for a write."""
        if request.is_repeatable:
            return _TryAgain(self._later(request, code, reply), timedelta(0))
        return UnknownOutcome(
            f"Connection {self._around.connection!r} gave no definite reply to "
            f"{request.method} {request.endpoint} ({code}): it may have happened.",
            code=code,
            **self._about(reply),
        )

    def _later(self, request: Request, code: str, reply: Reply | None) -> AdapterError:
        return RetryLater(
            f"Connection {self._around.connection!r} did not answer {request.method} "
            f"{request.endpoint} ({code}).",
            code=code,
            next_step="Nothing is lost: it is tried again by itself. If it lasts, see whether "
            "the address and the network are right.",
            **self._about(reply),
        )

    def _about(self, reply: Reply | None) -> Json:
        if reply is None:
            return {}
        return {"status": reply.status, "correlation_id": self._dialect.correlation_id(reply)}

    def _wait_until(self, until: datetime, code: str) -> WaitUntil:
        return WaitUntil(
            f"Connection {self._around.connection!r} was asked for patience ({code}) until "
            f"{until.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC.",
            until=until,
            code=code,
        )


@dataclass(kw_only=True, slots=True)
class _Sending:
    """One call under way."""

    request: Request
    deadline: float
    exchanges: int = 0
    waits: int = 0


class _TryAgain(Exception):
    """Another attempt is safe; ``error`` is what to raise when there is none left."""

    def __init__(self, error: AdapterError, after: timedelta) -> None:
        super().__init__(error.code)
        self.error = error
        self.after = after


def _is_whole(reply: Reply, request: Request) -> bool:
    try:
        return request.is_whole(reply.body)
    except (AttributeError, KeyError, TypeError, ValueError):  # the shape it was asked to check
        return False


PATIENCE_HERE = 300.0
"""Seconds for a server on this machine: a dump of 100,000 records takes it a while."""


async def ask_this_machine(method: str, url: str, body: Json = None) -> Json:
    """Ask a server on this machine that is no vendor: a sandbox's admin endpoints.

    No limits, no retries, no log. Raises ValueError for any other host, RetryLater for a failure.
    """
    if URL(url).host not in {"127.0.0.1", "::1", "localhost"}:
        raise ValueError("only addresses of this machine are asked this way")
    payload = None if body is None else orjson.dumps(body)
    headers = {"Content-Type": "application/json"}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_HERE)) as session,
            session.request(method, url, data=payload, headers=headers) as reply,
        ):
            text = await reply.read()
            if reply.status >= 300:  # noqa: PLR2004 - what HTTP calls success ends there
                raise RetryLater(f"{method} {URL(url).path} was answered {reply.status}.")
            answer: Json = orjson.loads(text) if text else None
            return answer
    except aiohttp.ClientError as error:
        raise RetryLater(f"{method} {URL(url).path}: {type(error).__name__}.") from error
