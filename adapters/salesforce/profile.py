"""Salesforce's limits, lags and sizes, as data. Sources: the README's "Where this is from"."""

from datetime import timedelta

from adapters.circuit import CircuitSettings
from adapters.contract import Capabilities, Verb
from adapters.limits import Limit

DAILY = "daily"
SHORT = "short"

LIMITS = (
    # Org-wide over the last 24 hours; every reply tells how much is used, by everybody.
    Limit(name=DAILY, interval=timedelta(days=1)),
    # There is no rate limit; what is refused for "concurrent requests" pauses this one.
    Limit(name=SHORT, interval=timedelta(seconds=1)),
)

CIRCUIT = CircuitSettings(
    failures=5, first_pause=timedelta(seconds=5), longest_pause=timedelta(minutes=5)
)

COLLECTION = 200
"""Records one sObject Collections call takes."""

READ_BATCH = 500
"""Ids one query names; the query travels in a body where the address would grow too long."""

PAGE = 2_000
"""Rows on one page of a query: the most there are."""

COMPOSITE_QUERIES = 5
"""Queries in one composite call."""

BULK_BATCH = 10_000
"""Records Salesforce itself puts into one batch of a bulk job."""

BULK_PAGE = 25_000
"""Rows asked for on one page of a bulk query's results."""

BULK_FIRST_WAIT = timedelta(seconds=2)
BULK_LONGEST_WAIT = timedelta(seconds=60)

LARGEST_REPLY = 128 * 1024 * 1024
"""Bytes of one reply: a page of a bulk query with long texts."""

LONGEST_ADDRESS = 6_000
"""Characters of a URL; 16,384 with all headers is the end, proxies before it may be stricter."""

SCHEMA_KEPT = timedelta(hours=1)
"""How long a describe is trusted; INVALID_FIELD ends it early."""

LOCK_WAIT = timedelta(seconds=1)
LOCK_TRIES = 4
"""A locked parent is asked again this often, with growing, jittered waits."""

LIMIT_PROBE = timedelta(minutes=15)
"""The daily count is a rolling one: there is no midnight to wait for."""

LOGIN_PAUSE = timedelta(hours=1)
"""3,600 log-ins an hour and user; whoever is beyond waits for the next hour."""

DELETED_KEPT = timedelta(days=15)
"""How far back deletions are told."""

LONGEST_CHAIN = 10
"""Merges of merges that are followed; each step is one query for all records together."""

CAPABILITIES = Capabilities(
    read_batch=READ_BATCH,
    # As many as one batch of a bulk job; fewer travel as collections of 200.
    write_batch=BULK_BATCH,
    page_size=PAGE,
    hint_page_size=PAGE,
    is_remote=True,
    has_external_id=True,
    unique_keys=frozenset({"Email"}),
    has_field_times=True,
    # If-Unmodified-Since exists for single records only and by whole seconds: a guard, no proof.
    has_precondition=False,
    # Triggers, trimming and formulas run after the write, and its reply shows an id only.
    replies_with_values=False,
    removals=frozenset({Verb.ARCHIVE}),
    index_lag=timedelta(minutes=10),
    lookup_lag=timedelta(0),
    time_resolution=timedelta(seconds=1),
    # Writers side by side lock each other's parent accounts.
    lanes=1,
    request_time_out=timedelta(minutes=10),
    full_listing_every=timedelta(days=7),
)
