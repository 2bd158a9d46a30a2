"""HubSpot's limits, lags and sizes, as data. Sources: the README's section "Where this is from"."""

from datetime import timedelta

from adapters.circuit import CircuitSettings
from adapters.contract import Capabilities, Verb
from adapters.limits import Limit

BURST = "burst"
SEARCH = "search"
DAILY = "daily"

LIMITS = (
    # 100 in ten seconds is the smallest account's limit; replies tell the true one. It is our key's
    # own; a little is left to a person who tries something with it, and to unequal clocks.
    Limit(name=BURST, interval=timedelta(seconds=10), count=80, share=0.95),
    # 5 a second for the whole account, all its apps together, and replies do not tell the rest.
    Limit(name=SEARCH, interval=timedelta(seconds=1), count=4),
    # Shared with every other key of the account: only what replies say of it is known.
    Limit(name=DAILY, interval=timedelta(days=1), starts_at_midnight=True),
)

CIRCUIT = CircuitSettings(
    failures=5, first_pause=timedelta(seconds=5), longest_pause=timedelta(minutes=5)
)

BATCH = 100
HISTORY_BATCH = 50
LISTING_PAGE = 100
SEARCH_PAGE = 200

LONGEST_ADDRESS = 5_000
"""Characters of a URL; 414 comes somewhere above 8,000, 5,116 were seen to work."""

LOCK = timedelta(seconds=2)
"""How long a 423 lock lasts."""

ARCHIVE_KEPT = timedelta(days=90)
"""After that an archived record disappears from the listing of archived ones."""

SCHEMA_KEPT = timedelta(hours=4)
"""How long read definitions are trusted; a refusal that names an unknown field ends it early."""

EARLIEST_YEAR = 2006
"""A date filter at the epoch is answered with 500; no account is older than this."""

CAPABILITIES = Capabilities(
    read_batch=BATCH,
    write_batch=BATCH,
    page_size=LISTING_PAGE,
    hint_page_size=SEARCH_PAGE,
    is_remote=True,
    has_external_id=True,
    unique_keys=frozenset({"email"}),
    has_field_times=True,
    has_precondition=False,
    replies_with_values=True,
    # For good only by the erasure of a person, which no ordinary removal may set off.
    removals=frozenset({Verb.ARCHIVE}),
    index_lag=timedelta(minutes=2),
    lookup_lag=timedelta(0),
    time_resolution=timedelta(milliseconds=1),
    # Enough to use a limit of 19 calls a second at a fifth of a second a call.
    lanes=4,
    request_time_out=timedelta(seconds=30),
    full_listing_every=timedelta(days=7),
)
