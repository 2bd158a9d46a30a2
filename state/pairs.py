"""Which pairs of ends there are, so that an observed change reaches everyone it concerns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import Connection, and_, func, literal, or_, select, update

from daemon.core.values import Side
from state.bulk import add_missing, upsert
from state.columns import table
from state.journal import OPEN_INTENT, Intent
from state.tables import Mirror, Pair, Pending

_PAIR = table(Pair)
_MIRROR = table(Mirror)
_PENDING = table(Pending)
_INTENT = table(Intent)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """Somebody's wish that a sync rests."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PairRow:
    """One registered pair."""

    name: str
    sync: str
    source: tuple[str, str]
    crm: tuple[str, str]
    status: str
    fingerprint: str
    hold: str
    settled_at: datetime | None
    pause: Pause | None = None

    def end(self, side: Side) -> tuple[str, str]:
        """Return (connection, object) of a side."""
        return self.source if side is Side.SOURCE else self.crm


def register(
    connection: Connection,
    *,
    name: str,
    sync: str,
    source: tuple[str, str],
    crm: tuple[str, str],
    fingerprint: str,
    key_names: Sequence[str],
) -> bool:
    """Make a pair known and active. Returns whether its rules changed or it is new.

    All mirrored records of both ends then enter its pending set: what was decided under other
    rules is decided again (R16).
    """
    before = find(connection, name)
    upsert(
        connection,
        _PAIR,
        [
            {
                "name": name,
                "sync": sync,
                "source_connection": source[0],
                "source_object": source[1],
                "crm_connection": crm[0],
                "crm_object": crm[1],
                "status": "active",
                "fingerprint": fingerprint,
                "key_names": orjson.dumps(list(key_names)).decode(),
                "hold": before.hold if before else "",
            }
        ],
    )
    is_new = before is None or before.fingerprint != fingerprint or before.status != "active"
    if is_new:
        enter_all(connection, pair=name)
    return is_new


def enter_all(connection: Connection, *, pair: str) -> None:
    """Enter every mirrored record of both ends into the pending set of *pair*."""
    row = find(connection, pair)
    if row is None:
        return
    for side in Side:
        where = and_(_MIRROR.c.connection == row.end(side)[0], _MIRROR.c.object == row.end(side)[1])
        chosen = select(
            literal(pair).label("pair"),
            literal(side.value).label("side"),
            _MIRROR.c.id,
            _MIRROR.c.revision,
        )
        add_missing(connection, _PENDING, chosen.where(where))


def retire(connection: Connection, *, active: Sequence[str]) -> list[str]:
    """Make every pair that is not in *active* dormant; return those that just became so (R16)."""
    where = and_(_PAIR.c.status == "active", _PAIR.c.name.not_in(list(active)))
    names = [str(name) for (name,) in connection.execute(select(_PAIR.c.name).where(where))]
    connection.execute(update(_PAIR).where(where).values(status="dormant"))
    return sorted(names)


def find(connection: Connection, name: str) -> PairRow | None:
    """Return a pair by its name."""
    row = connection.execute(select(_PAIR).where(_PAIR.c.name == name)).mappings().first()
    return _typed(dict(row)) if row else None


def all_pairs(connection: Connection) -> list[PairRow]:
    """Return every pair ever registered, by name."""
    rows = connection.execute(select(_PAIR).order_by(_PAIR.c.name)).mappings()
    return [_typed(dict(row)) for row in rows]


def at_end(connection: Connection, *, end: tuple[str, str]) -> list[tuple[str, Side]]:
    """Return the active pairs that sync *end*, each with the side it is on."""
    source = and_(_PAIR.c.source_connection == end[0], _PAIR.c.source_object == end[1])
    crm = and_(_PAIR.c.crm_connection == end[0], _PAIR.c.crm_object == end[1])
    rows = connection.execute(
        select(_PAIR).where(or_(source, crm)).where(_PAIR.c.status == "active")
    ).mappings()
    pairs = [_typed(dict(row)) for row in rows]
    return sorted((p.name, side) for p in pairs for side in Side if p.end(side) == end)


def hold(connection: Connection, *, pair: str, why: str) -> None:
    """Keep a pair from running until :func:`release`."""
    connection.execute(update(_PAIR).where(_PAIR.c.name == pair).values(hold=why))


def release(connection: Connection, *, sync: str) -> int:
    """Let every held pair of *sync* run again; return how many were held."""
    where = and_(_PAIR.c.sync == sync, _PAIR.c.hold != "")
    return connection.execute(update(_PAIR).where(where).values(hold="")).rowcount


def pause(connection: Connection, *, sync: str, by: str, reason: str, at: datetime) -> int:
    """Have every pair of *sync* rest; return how many there are. A pause that stands stays."""
    rests = {"paused_at": at, "paused_by": by, "pause_reason": reason}
    where = and_(_PAIR.c.sync == sync, _PAIR.c.paused_at.is_(None))
    connection.execute(update(_PAIR).where(where).values(**rests))
    chosen = select(func.count()).select_from(_PAIR).where(_PAIR.c.sync == sync)
    return int(connection.execute(chosen).scalar_one())


def resume(connection: Connection, *, sync: str) -> int:
    """End the pause of *sync*; return how many of its pairs rested."""
    goes_on = {"paused_at": None, "paused_by": "", "pause_reason": ""}
    where = and_(_PAIR.c.sync == sync, _PAIR.c.paused_at.is_not(None))
    return connection.execute(update(_PAIR).where(where).values(**goes_on)).rowcount


def paused(connection: Connection) -> dict[str, Pause]:
    """Return the syncs that rest, each with whose wish it is."""
    return {row.sync: row.pause for row in all_pairs(connection) if row.pause is not None}


def has_open_intents(connection: Connection, *, sync: str) -> bool:
    """Tell whether a write of *sync* was promised and is not settled."""
    mine = select(_PAIR.c.name).where(_PAIR.c.sync == sync)
    promised = select(_INTENT.c.id).where(OPEN_INTENT, _INTENT.c.pair.in_(mine)).limit(1)
    return connection.execute(promised).first() is not None


def make_dormant(connection: Connection, *, sync: str) -> list[str]:
    """Make the pairs of *sync* dormant: it is not configured any more (R16)."""
    others = select(_PAIR.c.name).where(_PAIR.c.sync != sync)
    return retire(connection, active=[str(name) for (name,) in connection.execute(others)])


def mark_settled(connection: Connection, *, sync: str, at: datetime) -> None:
    """Remember that a plan of *sync* was applied to its end: it is no first run any more."""
    where = and_(_PAIR.c.sync == sync, _PAIR.c.settled_at.is_(None))
    connection.execute(update(_PAIR).where(where).values(settled_at=at))


def _typed(row: dict[str, object]) -> PairRow:
    at = row["settled_at"]
    return PairRow(
        name=str(row["name"]),
        sync=str(row["sync"]),
        source=(str(row["source_connection"]), str(row["source_object"])),
        crm=(str(row["crm_connection"]), str(row["crm_object"])),
        status=str(row["status"]),
        fingerprint=str(row["fingerprint"]),
        hold=str(row["hold"]),
        settled_at=at if isinstance(at, datetime) else None,
        pause=_pause(row),
    )


def _pause(row: dict[str, object]) -> Pause | None:
    at = row["paused_at"]
    if not isinstance(at, datetime):
        return None
    return Pause(at=at, by=str(row["paused_by"]), reason=str(row["pause_reason"]))
