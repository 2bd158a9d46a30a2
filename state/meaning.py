"""Figures that say what a sync means to people: what waits, since when, for what reason (F3)."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, exists, func, select

from state.columns import table
from state.guards import OPEN as OPEN_TRIPS
from state.journal import (
    OPEN_INTENT,
    Conflict,
    Envelope,
    Intent,
    Plan,
    PlannedOperation,
    Quarantine,
)
from state.runs import OPEN
from state.safety import GuardTrip
from state.tables import Observation, Pair

_CONFLICT, _QUARANTINE, _TRIP = table(Conflict), table(Quarantine), table(GuardTrip)
_INTENT, _PLAN, _ENVELOPE = table(Intent), table(Plan), table(Envelope)
_OBSERVATION, _PAIR = table(Observation), table(Pair)
_OPERATION = table(PlannedOperation)


@dataclass(frozen=True, kw_only=True, slots=True)
class Meaning:
    """How everything stands, in figures."""

    conflicts: Counter[tuple[str, str]]
    """(sync, reason) → open conflicts."""
    quarantine: Counter[tuple[str, str]]
    """(sync, rule) → open entries."""
    trips: Counter[tuple[str, str]]
    """(sync, guard) → what it stops now."""
    unknown: Counter[str]
    """Connection → writes whose outcome is not known."""
    seen_until: dict[tuple[str, str], datetime]
    """(connection, object) → moment up to which every change there has been seen."""
    waiting_since: dict[str, datetime]
    """Sync → when its oldest plan that is still open was made."""
    envelopes: dict[str, datetime]
    """Sync → when its envelope ends."""


def meaning(connection: Connection) -> Meaning:
    """Return the figures as they are now."""
    return Meaning(
        conflicts=_by_sync(connection, _CONFLICT, _CONFLICT.c.reason),
        quarantine=_by_sync(connection, _QUARANTINE, _QUARANTINE.c.rule),
        trips=_trips(connection),
        unknown=_unknown(connection),
        seen_until=_seen_until(connection),
        waiting_since=_waiting_since(connection),
        envelopes={
            str(sync): until
            for sync, until in connection.execute(select(_ENVELOPE.c.sync, _ENVELOPE.c.until))
        },
    )


def _by_sync(
    connection: Connection, what: Table, word: ColumnElement[str]
) -> Counter[tuple[str, str]]:
    chosen = (
        select(_PAIR.c.sync, word, func.count())
        .join(what, what.c.pair == _PAIR.c.name)
        .where(what.c.status == "open")
        .group_by(_PAIR.c.sync, word)
    )
    return Counter({(str(s), str(w)): int(n) for s, w, n in connection.execute(chosen)})


def _trips(connection: Connection) -> Counter[tuple[str, str]]:
    columns = (_TRIP.c.sync, _TRIP.c.guard)
    chosen = select(*columns, func.count()).where(_TRIP.c.status == OPEN_TRIPS).group_by(*columns)
    return Counter({(str(s), str(g)): int(n) for s, g, n in connection.execute(chosen)})


def _unknown(connection: Connection) -> Counter[str]:
    chosen = select(_INTENT.c.connection, func.count()).where(OPEN_INTENT)
    rows = connection.execute(chosen.group_by(_INTENT.c.connection))
    return Counter({str(name): int(number) for name, number in rows})


def _seen_until(connection: Connection) -> dict[tuple[str, str], datetime]:
    """Return how far the ends of active pairs are seen."""
    rows = connection.execute(
        select(_OBSERVATION.c.connection, _OBSERVATION.c.object, _OBSERVATION.c.covered_until)
    )
    found = {(str(name), str(kind)): until for name, kind, until in rows if until is not None}
    active = _active_ends(connection)
    return {end: until for end, until in found.items() if end in active}


def _active_ends(connection: Connection) -> set[tuple[str, str]]:
    sides = (
        (_PAIR.c.source_connection, _PAIR.c.source_object),
        (_PAIR.c.crm_connection, _PAIR.c.crm_object),
    )
    return {
        (str(name), str(kind))
        for columns in sides
        for name, kind in connection.execute(select(*columns).where(_PAIR.c.status == "active"))
    }


def _waiting_since(connection: Connection) -> dict[str, datetime]:
    """Return when open plans were made; an empty one waits for nobody."""
    chosen = (
        select(_PLAN.c.sync, func.min(_PLAN.c.created_at))
        .where(
            _PLAN.c.status == OPEN,
            _PLAN.c.digest != "",
            exists().where(_OPERATION.c.plan == _PLAN.c.id),
        )
        .group_by(_PLAN.c.sync)
    )
    return {str(sync): since for sync, since in connection.execute(chosen)}
