"""Tripped guards: what they stop, until the reason is gone or a person lets it pass (R18)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, update

from daemon.core.guards import Scope, Trip
from state.bulk import chunks
from state.columns import table
from state.journal import Intent, Run
from state.mirror import LIVE
from state.safety import GuardTrip
from state.tables import HERE, Mirror

_TRIP = table(GuardTrip)
_INTENT = table(Intent)
_RUN = table(Run)
_MIRROR = table(Mirror)

OPEN, RELEASED, OVER = "open", "released", "over"

RELEASE_LASTS = timedelta(hours=24)
"""How long a release lets a measure up to the accepted one pass."""

_REMOVALS = ("archive", "delete")


@dataclass(frozen=True, kw_only=True, slots=True)
class TripRow:
    """A guard that tripped."""

    id: int
    sync: str
    trip: Trip
    run: int
    found_at: datetime
    status: str
    ended_by: str
    end_reason: str


def keep(
    connection: Connection,
    found: Sequence[Trip],
    *,
    sync: str,
    run: int,
    at: datetime,
    lasting: Collection[str],
) -> list[TripRow]:
    """Store what tripped in this run and return every trip that stops something now.

    A trip a person released up to its measure stops nothing. An open one that did not trip again is
    over, unless its guard is one of *lasting*: what it saw does not show a second time.
    """
    accepted = _released(connection, sync, at - RELEASE_LASTS)
    stopping = {trip.key: trip for trip in found if trip.measured > accepted.get(trip.key, -1)}
    known = {row.trip.key: row for row in open_trips(connection, sync=sync)}
    gone = [
        row.id for key, row in known.items()
        if key not in stopping and row.trip.guard not in lasting
    ]  # fmt: skip
    _end(connection, gone, {"status": OVER, "ended_at": at})
    for key, trip in stopping.items():
        facts = {"reason": trip.reason, "measured": trip.measured, "allowed": trip.allowed}
        if key in known:
            where = _TRIP.c.id == known[key].id
            connection.execute(update(_TRIP).where(where).values(**facts, run=run))
        else:
            connection.execute(insert(_TRIP).values(**_new(trip, sync, run, at)))
    return open_trips(connection, sync=sync)


def note(
    connection: Connection, found: Sequence[Trip], *, sync: str, run: int, at: datetime
) -> None:
    """Store trips found after a plan was carried out, or before it is made; others stay."""
    known = {row.trip.key for row in open_trips(connection, sync=sync)}
    for key, trip in {trip.key: trip for trip in found}.items():
        if key not in known:
            connection.execute(insert(_TRIP).values(**_new(trip, sync, run, at)))


def _new(trip: Trip, sync: str, run: int, at: datetime) -> dict[str, Any]:
    return {
        "sync": sync,
        "pair": trip.pair,
        "guard": trip.guard,
        "scope": trip.scope.value,
        "subject": trip.subject,
        "reason": trip.reason,
        "measured": trip.measured,
        "allowed": trip.allowed,
        "run": run,
        "found_at": at,
        "status": OPEN,
    }


def _released(
    connection: Connection, sync: str, since: datetime
) -> dict[tuple[str, str, str], float]:
    """Return trip → the measure a person lets pass."""
    where = and_(_TRIP.c.sync == sync, _TRIP.c.status == RELEASED, _TRIP.c.ended_at >= since)
    chosen = select(
        _TRIP.c.pair, _TRIP.c.guard, _TRIP.c.subject, func.max(_TRIP.c.released_up_to)
    ).where(where)
    rows = connection.execute(chosen.group_by(_TRIP.c.pair, _TRIP.c.guard, _TRIP.c.subject))
    return {(pair, guard, subject): float(most) for pair, guard, subject, most in rows}


def is_accepted(connection: Connection, trip: Trip, *, sync: str, at: datetime) -> bool:
    """Return whether a person let a measure as large as the trip's pass."""
    accepted = _released(connection, sync, at - RELEASE_LASTS)
    return trip.measured <= accepted.get(trip.key, -1)


def open_trips(connection: Connection, *, sync: str = "", guard: str = "") -> list[TripRow]:
    """Return the trips that stop something, oldest first."""
    chosen = select(_TRIP).where(_TRIP.c.status == OPEN).order_by(_TRIP.c.id)
    if sync:
        chosen = chosen.where(_TRIP.c.sync == sync)
    if guard:
        chosen = chosen.where(_TRIP.c.guard == guard)
    return [_typed(row) for row in connection.execute(chosen).mappings()]


def release(
    connection: Connection, *, sync: str, guard: str = "", by: str, reason: str, at: datetime
) -> list[TripRow]:
    """Let what tripped pass, up to the measure it has now; return what that was."""
    rows = open_trips(connection, sync=sync, guard=guard)
    facts = {"status": RELEASED, "ended_at": at, "ended_by": by, "end_reason": reason}
    _end(connection, [row.id for row in rows], {**facts, "released_up_to": _TRIP.c.measured})
    return rows


def _end(connection: Connection, ids: Sequence[int], facts: Mapping[str, Any]) -> None:
    for some in chunks(list(ids)):
        connection.execute(update(_TRIP).where(_TRIP.c.id.in_(some)).values(**facts))


def removed(connection: Connection, *, pair: str, since: datetime, run: int = 0) -> int:
    """Return how many records were removed, or may have been, since a moment; by *run* alone if given.

    What a rollback takes away, a person asked for.
    """
    where = and_(_INTENT.c.pair == pair, _INTENT.c.sent_at >= since, _INTENT.c.verb.in_(_REMOVALS),
                 _INTENT.c.state.in_(("sent", "unknown", "settled")))  # fmt: skip
    if run:
        where = and_(where, _INTENT.c.run == run)
    of_runs = _INTENT.outerjoin(_RUN, _RUN.c.id == _INTENT.c.run)
    chosen = select(func.count()).select_from(of_runs).where(where, _RUN.c.reverses.is_(None))
    return int(connection.execute(chosen).scalar_one())


def lacking(connection: Connection, end: tuple[str, str], listing: int) -> int:
    """Return how many live records *listing* did not show."""
    return _count_live(connection, end, _MIRROR.c.listing < listing)


def seen_again(connection: Connection, end: tuple[str, str], listing: int) -> int:
    """Return how many live records *listing* showed that were known before it began."""
    shown = and_(_MIRROR.c.listing == listing, _MIRROR.c.first_seen_at < _MIRROR.c.seen_at)
    return _count_live(connection, end, shown)


def _count_live(connection: Connection, end: tuple[str, str], which: ColumnElement[bool]) -> int:
    here = and_(_MIRROR.c.connection == end[0], _MIRROR.c.object == end[1], HERE, which)
    chosen = select(func.count()).select_from(_MIRROR).where(here, _MIRROR.c.presence == LIVE)
    return int(connection.execute(chosen).scalar_one())


def outcomes(connection: Connection, *, run: int) -> dict[str, tuple[int, int]]:
    """Return pair → (writes of a run with a definite outcome, those refused)."""
    chosen = select(_INTENT.c.pair, _INTENT.c.state, func.count()).where(_INTENT.c.run == run)
    found: dict[str, tuple[int, int]] = {}
    for pair, state, number in connection.execute(chosen.group_by(_INTENT.c.pair, _INTENT.c.state)):
        told, refused = found.get(str(pair), (0, 0))
        is_told = state in {"settled", "refused"}
        found[str(pair)] = (told + number * is_told, refused + number * (state == "refused"))
    return found


def busy_links(connection: Connection, *, pair: str, since: datetime, least: int) -> list[str]:
    """Return the links whose records were written at least so often since a moment."""
    where = and_(_INTENT.c.pair == pair, _INTENT.c.sent_at >= since, _INTENT.c.verb == "update",
                 _INTENT.c.state == "settled")  # fmt: skip
    chosen = select(_INTENT.c.link).where(where).group_by(_INTENT.c.link)
    rows = connection.execute(chosen.having(func.count() >= least).order_by(_INTENT.c.link))
    return [str(link) for (link,) in rows]


def writes_of(
    connection: Connection, links: Sequence[str], *, pair: str, since: datetime
) -> list[tuple[str, str]]:
    """Return (link, operation as stored) of the updates of *links* since a moment, oldest first."""
    found: list[tuple[str, str]] = []
    for some in chunks(list(links)):
        where = and_(_INTENT.c.pair == pair, _INTENT.c.sent_at >= since, _INTENT.c.link.in_(some),
                     _INTENT.c.verb == "update", _INTENT.c.state == "settled")  # fmt: skip
        chosen = select(_INTENT.c.link, _INTENT.c.payload).where(where)
        rows = connection.execute(chosen.order_by(_INTENT.c.sent_at, _INTENT.c.id))
        found += [(str(link), str(payload)) for link, payload in rows]
    return found


def _typed(row: Mapping[Any, Any]) -> TripRow:
    trip = Trip(
        pair=row["pair"],
        guard=row["guard"],
        scope=Scope(row["scope"]),
        subject=row["subject"],
        reason=row["reason"],
        measured=row["measured"],
        allowed=row["allowed"],
    )
    return TripRow(
        trip=trip, **{name: row[name] for name in TripRow.__dataclass_fields__ if name != "trip"}
    )
