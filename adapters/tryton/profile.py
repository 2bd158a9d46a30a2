"""Sizes, lags and limits of a Tryton server, as data. What they rest on: the README."""

from datetime import timedelta

from adapters.circuit import CircuitSettings
from adapters.contract import Capabilities, Verb
from adapters.limits import Limit

CALLS = "calls"

LIMITS = (
    # Tryton counts nothing itself. People work on the same server: a burst leaves room for them.
    Limit(name=CALLS, interval=timedelta(seconds=1), count=50),
)

CIRCUIT = CircuitSettings(
    failures=5, first_pause=timedelta(seconds=5), longest_pause=timedelta(minutes=5)
)

READ_BATCH = 100
WRITE_BATCH = 50
"""One request is one transaction of the server: small ones hold its locks for less long."""
PAGE = 100

STALE_TRIES = 3
"""How often a write is compared anew when somebody changed the record between look and write."""

KEPT = timedelta(hours=4)
"""How long read definitions, countries and currencies are trusted."""

CAPABILITIES = Capabilities(
    read_batch=READ_BATCH,
    write_batch=WRITE_BATCH,
    page_size=PAGE,
    hint_page_size=PAGE,
    is_remote=True,
    has_external_id=True,
    unique_keys=frozenset({"code"}),
    has_field_times=False,
    has_precondition=True,
    # A write answers with nothing; asking what is stored now is the engine's own reading.
    replies_with_values=False,
    removals=frozenset({Verb.ARCHIVE, Verb.DELETE}),
    index_lag=timedelta(minutes=2),
    lookup_lag=timedelta(0),
    time_resolution=timedelta(microseconds=1),
    lanes=1,
    request_time_out=timedelta(seconds=60),
    # What is deleted leaves no trace that a feed could tell of.
    full_listing_every=timedelta(days=1),
)
