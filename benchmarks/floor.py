"""The least API calls a piece of work can cost, by vendor; the other side of the ratio measured.

Takes counts of work only: how many contacts there were, how many changed, were created and were
updated. Gives calls. Imports nothing of the product, so that a batch the product forgot to fill, a
page read twice or a look made in vain shows in the ratio instead of moving the floor along.

What belongs to the floor: finding out what changed; one look before each write where the system
cannot compare and write in one step; the writes in full batches; the sample read back as proof.
What does not: retries, waiting, a second look at the same thing, batches that are not full.
"""

from dataclasses import dataclass

HUBSPOT_LISTING_PAGE = 100
"""Contacts on a page of ``GET /crm/objects/…/contacts``: the most HubSpot gives."""

HUBSPOT_SEARCH_PAGE = 200
"""Results on a page of a search: the most HubSpot gives."""

HUBSPOT_BATCH = 100
"""Records in one batch read, create, update or upsert: the most HubSpot takes."""

HUBSPOT_HISTORY_BATCH = 50
"""Records in one batch read with property history: half of the usual batch."""

HUBSPOT_ACQUAINTANCE = 4
"""Calls before an account is first worked with: which account the key leads to, the definitions of
its properties, the property for our own id, and the definitions with it (its spelling is the
account's to say: an archived one of that name comes back as it was)."""


HUBSPOT_BURST = 100
HUBSPOT_BURST_SECONDS = 10.0
"""Calls that the smallest accounts take in any ten seconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What there was to do on the CRM's side in one run."""

    is_first: bool = False
    """The account was never worked with: get to know it, and list everything."""
    contacts: int = 0
    """Contacts there were when everything was listed; 0 where nothing was listed."""
    told: int = 0
    """Contacts the change feed tells of in a run that lists nothing, echoes of own writes too."""
    read: int = 0
    """Of those the ones whose present state nobody has seen yet: changed by others, or written with a
    reply that showed only the properties that were sent (HubSpot's replies to batch writes do)."""
    created: int = 0
    updated: int = 0
    timed: int = 0
    """Contacts of whose fields it had to be asked when they changed: both sides differ."""
    verified: int = 0
    """Contacts read back as proof."""


def hubspot_floor(work: Work) -> int:
    """Return the least calls of *work* on HubSpot contacts."""
    return sum(hubspot_floor_by_purpose(work).values())


def hubspot_floor_seconds(calls: int) -> float:
    """Return the least time in which the smallest account lets so many calls pass.

    The first hundred may leave at once, and each further hundred ten seconds later.
    """
    return (calls - 1) // HUBSPOT_BURST * HUBSPOT_BURST_SECONDS


def hubspot_floor_by_purpose(work: Work) -> dict[str, int]:
    """Return the least calls of *work* by purpose.

    - ``listing``: the first page tells whether there is a second, so an empty account costs one.
    - ``changes``: the same holds for a search; only a first run needs none, having listed.
    - ``read``: a search answers from an index that lags, so what it tells is read from the
      database before anything is concluded from it.
    - ``look``: HubSpot has no precondition on writes. A record that is to be overwritten is read
      first; one that is to be created is looked up by its e-mail address first. Looks and writes
      go batch by batch, for a look is worth the less the longer ago it was.
    - ``times``: the history of fields both sides changed.
    - ``verify``: the sample.
    """
    return {
        "acquaintance": HUBSPOT_ACQUAINTANCE if work.is_first else 0,
        "listing": max(1, _batches(work.contacts, HUBSPOT_LISTING_PAGE)) if work.is_first else 0,
        "changes": 0 if work.is_first else max(1, _batches(work.told, HUBSPOT_SEARCH_PAGE)),
        "read": _batches(work.read, HUBSPOT_BATCH),
        "look": _batches(work.created, HUBSPOT_BATCH) + _batches(work.updated, HUBSPOT_BATCH),
        "create": _batches(work.created, HUBSPOT_BATCH),
        "update": _batches(work.updated, HUBSPOT_BATCH),
        "times": _batches(work.timed, HUBSPOT_HISTORY_BATCH),
        "verify": _batches(work.verified, HUBSPOT_BATCH),
    }


def _batches(items: int, size: int) -> int:
    return -(-items // size)
