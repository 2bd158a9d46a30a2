"""When a value came to be, and whether that decides between two of them (R12, I21).

Clocks matter only where three-way comparison found a real conflict. A moment is an interval
``(after, until]``; only intervals that lie apart by more than the margin decide, everything else is
a tie and says so.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import orjson

from daemon.core.record import Evidence, FieldTime, Record, Strength
from daemon.core.values import Side, Values

SKEW_MARGIN = timedelta(seconds=2)
"""Two systems' clocks are never trusted closer than this; measured skew comes on top."""


def encode_evidence(evidence: Mapping[str, Evidence]) -> str:
    """Return evidence by field as canonical JSON text."""
    plain = {name: _plain(item) for name, item in evidence.items()}
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS).decode()


def decode_evidence(text: str) -> dict[str, Evidence]:
    """Return what :func:`encode_evidence` wrote."""
    return {name: _typed(*item) for name, item in orjson.loads(text).items()}


# The fields of a record mostly came to be at one moment: each is spelled and read once.
@lru_cache(maxsize=4096)
def _plain(item: Evidence) -> tuple[str | None, ...]:
    after = item.after.astimezone(UTC).isoformat() if item.after else None
    return (after, item.until.astimezone(UTC).isoformat(), item.strength.value, item.origin)


@lru_cache(maxsize=4096)
def _typed(after: str | None, until: str, strength: str, origin: str) -> Evidence:
    return Evidence(
        after=datetime.fromisoformat(after) if after else None,
        until=datetime.fromisoformat(until),
        strength=Strength(strength),
        origin=origin,
    )


def witness(
    *,
    before: Values | None,
    known: Mapping[str, Evidence],
    record: Record,
    unchanged_until: datetime | None,
    seen_at: datetime,
    origin: str,
) -> dict[str, Evidence]:
    """Return the evidence of a record as just read.

    Fields whose value moved get the interval between the last sight of the old value
    (*unchanged_until*) and this one; fields that did not move keep what was *known*; a record seen
    for the first time has no lower bound.
    """
    fresh = Evidence(
        after=unchanged_until if before is not None else None,
        until=seen_at,
        strength=Strength.OBSERVED,
        origin=origin,
    )
    first = Evidence(after=None, until=seen_at, strength=Strength.OBSERVED, origin=origin)
    result: dict[str, Evidence] = {}
    for name, value in record.values.items():
        if before is None or name not in before:
            result[name] = first
        elif before[name] != value:
            result[name] = fresh
        elif name in known:
            result[name] = known[name]
    return result


def vouched(observed: Evidence | None, told: FieldTime | None) -> Evidence | None:
    """Return the best evidence for a field: what the system tells of it, else what we saw.

    A time the system gives to our own write is the time of copying, not of the value: the evidence
    that was copied along stands (R12).
    """
    if told is None or (told.is_ours and observed is not None):
        return observed
    origin = observed.origin if observed else ""
    return Evidence(after=told.at, until=told.at, strength=Strength.FIELD, origin=origin)


def by_record_time(observed: Evidence | None, modified_at: datetime | None) -> Evidence | None:
    """Narrow what we saw by the record's own modified time, which is weak evidence.

    It only ever narrows: a declared time outside of the observed interval is not believed.
    """
    if observed is None or observed.after is None or modified_at is None:
        return observed
    if observed.strength is not Strength.OBSERVED:
        return observed
    if not observed.after <= modified_at <= observed.until:
        return observed
    return Evidence(
        after=observed.after, until=modified_at, strength=Strength.RECORD, origin=observed.origin
    )


def later(source: Evidence | None, crm: Evidence | None, margin: timedelta) -> Side | None:
    """Return the side whose value is provably newer, or None for a tie (R12).

    A side whose past is unknown (``after`` None) proves nothing for itself; the other side cannot
    be shown newer than it either unless its whole interval lies behind.
    """
    if source is None or crm is None or source.after is None or crm.after is None:
        return None
    if source.origin and source.origin == crm.origin:
        margin = timedelta(0)  # two values of one field of one record, by one clock
    if source.after >= crm.until + margin:
        return Side.SOURCE
    if crm.after >= source.until + margin:
        return Side.CRM
    return None
