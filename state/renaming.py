"""A sync's identity is its name: what a rename moves, and which renames are refused (R16).

Takes syncs as they are configured now; gives what is in the way, or moves everything that is known
under a former name in one transaction. Links keep their base, so nothing is written twice. A pair
whose ends were exchanged for others is another pair: its links would lead to strangers, so they are
laid aside under a name of their own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from sqlalchemy import (
    Column,
    Connection,
    Table,
    and_,
    case,
    delete,
    exists,
    func,
    literal,
    select,
    update,
)
from sqlmodel import SQLModel

import state.safety  # noqa: F401 - its tables carry names of pairs too
from state.columns import table
from state.journal import OPEN_INTENT, Envelope, Intent, PlannedOperation
from state.mirror import End
from state.pairs import PairRow, all_pairs
from state.tables import Link, Meta, Pair

_PAIR = table(Pair)
_LINK = table(Link)
_INTENT = table(Intent)
_ENVELOPE = table(Envelope)
_META = table(Meta)
_WITH_PAYLOAD = (_INTENT, table(PlannedOperation))

_ON_THE_WAY = "~"
"""Begins the name of a row between two names; no configured name holds it."""

SYNC_FACTS = ("schedule:",)
"""Facts about this state whose key ends with the name of a sync."""

Ends = tuple[End, End]
"""Source end and CRM end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A sync as it is configured now."""

    name: str
    was: str
    """Its former name, or empty."""
    pairs: Mapping[str, Ends]
    """Pair name → its ends."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Misfit:
    """A sync that cannot be taken on as it is called."""

    sync: str
    message: str
    hint: str


def misfits(connection: Connection, syncs: Sequence[Wanted]) -> list[Misfit]:
    """Return what is wrong with the names of *syncs*, given what is known here."""
    known = _by_sync(all_pairs(connection))
    alive = _with_history(connection)
    configured = {sync.name for sync in syncs}
    gone = {
        name: rows
        for name, rows in known.items()
        if name not in configured and any(row.name in alive for row in rows)
    }
    found = [_misfit(sync, known.get(sync.name, []), gone, alive) for sync in syncs]
    return [each for each in found if each is not None]


def _misfit(
    sync: Wanted, mine: Sequence[PairRow], gone: Mapping[str, Sequence[PairRow]], alive: set[str]
) -> Misfit | None:
    former = gone.get(sync.was)
    if former is not None:
        return _wrong_heir(sync, mine, former, alive)
    if mine:
        return None
    for name, rows in sorted(gone.items()):
        if sorted(_ends(row) for row in rows) == sorted(sync.pairs.values()):
            return Misfit(
                sync=sync.name,
                message=f'joins what "{name}" joined, which is not configured any more and has '
                "links",
                hint=f'If it was renamed, write `was: {name}` into "{sync.name}"; if not, put '
                f'"{name}" back.',
            )
    return None


def _wrong_heir(
    sync: Wanted, mine: Sequence[PairRow], former: Sequence[PairRow], alive: set[str]
) -> Misfit | None:
    if any(row.name in alive for row in mine):
        return Misfit(
            sync=sync.name,
            message=f'has links of its own and cannot go on for "{sync.was}" too',
            hint="Delete `was`, or put the former name back.",
        )
    wanted = set(sync.pairs.values())
    lost = [row for row in former if row.name in alive and _ends(row) not in wanted]
    if not lost:
        return None
    ends = " and ".join("/".join(end) for end in _ends(lost[0]))
    return Misfit(
        sync=sync.name,
        message=f'joins other ends than "{sync.was}" did ({ends})',
        hint="Rename first, and change the ends when that was taken on.",
    )


def take_names(connection: Connection, sync: Wanted) -> dict[str, str]:
    """Move all that is known of *sync* to its present names; return former → present pair name.

    To be called where :func:`misfits` has nothing against it. Does nothing where nothing moved.
    """
    known = _by_sync(all_pairs(connection))
    mine = known.get(sync.name, [])
    former = known.get(sync.was, []) if sync.was else []
    moves, aside = _moves(sync, former or mine, [*former, *mine])
    if former:
        _rename_sync(connection, sync.was, sync.name)
    if moves or aside:
        _rename_pairs(connection, moves | aside)
        where = _PAIR.c.name.in_(sorted(aside.values()))
        connection.execute(update(_PAIR).where(where).values(status="dormant"))
    return moves


def _moves(
    sync: Wanted, candidates: Sequence[PairRow], rows: Sequence[PairRow]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the moves to present names, and those of rows that are in their way."""
    by_ends = {_ends(row): row.name for row in candidates}
    kept = {by_ends[ends]: name for name, ends in sync.pairs.items() if ends in by_ends}
    present = {row.name for row in rows}
    free = (
        name
        for number in count(len(sync.pairs) + 1)
        if (name := f"{sync.name}/{number}") not in present
    )
    in_the_way = sorted(
        row.name
        for row in rows
        if row.name not in kept and (row.sync != sync.name or row.name in sync.pairs)
    )
    aside = {name: next(free) for name in in_the_way}
    return {old: new for old, new in kept.items() if old != new}, aside


def _rename_sync(connection: Connection, old: str, new: str) -> None:
    _make_room(connection, _ENVELOPE.c.sync, old, new)
    for prefix in SYNC_FACTS:
        key = _META.c.key
        _make_room(connection, key, prefix + old, prefix + new)
        connection.execute(update(_META).where(key == prefix + old).values(key=prefix + new))
    for each in SQLModel.metadata.sorted_tables:
        if "sync" in each.c:
            connection.execute(update(each).where(each.c.sync == old).values(sync=new))


def _make_room(connection: Connection, key: Column[str], old: str, new: str) -> None:
    """Let what is known under the former name take the place of what the present one has."""
    is_known = select(key).where(key == old)
    if connection.execute(is_known).first() is not None:
        connection.execute(delete(key.table).where(key == new))


def _rename_pairs(connection: Connection, names: Mapping[str, str]) -> None:
    """Give pairs other names in every table; names may change places."""
    passing = {old: _ON_THE_WAY + new for old, new in names.items()}
    arriving = {_ON_THE_WAY + new: new for new in names.values()}
    for step in (passing, arriving):
        for each in SQLModel.metadata.sorted_tables:
            for column in _pair_columns(each):
                where = column.in_(sorted(step))
                renamed = {column.name: case(step, value=column)}
                connection.execute(update(each).where(where).values(renamed))
    for old, new in names.items():
        for each in _WITH_PAYLOAD:
            _rename_in_payload(connection, each, old, new)


def _pair_columns(each: Table) -> Iterator[Column[str]]:
    if each is _PAIR:
        yield _PAIR.c.name
    elif "pair" in each.c:
        yield each.c.pair


def _rename_in_payload(connection: Connection, each: Table, old: str, new: str) -> None:
    """Rename in operations: their JSON begins with the pair, which holds nothing to escape."""
    before, after = (f'{{"pair":"{name}",' for name in (old, new))
    payload = each.c.payload
    rest = literal(after) + func.substr(payload, len(before) + 1)
    where = and_(each.c.pair == new, func.substr(payload, 1, len(before)) == before)
    connection.execute(update(each).where(where).values(payload=rest))


def _by_sync(rows: Iterable[PairRow]) -> dict[str, list[PairRow]]:
    found: dict[str, list[PairRow]] = {}
    for row in rows:
        found.setdefault(row.sync, []).append(row)
    return found


def _with_history(connection: Connection) -> set[str]:
    """Return the pairs that have links or open intents."""
    linked = select(_PAIR.c.name).where(exists().where(_LINK.c.pair == _PAIR.c.name))
    promised = select(_INTENT.c.pair).where(OPEN_INTENT)
    return {str(name) for chosen in (linked, promised) for (name,) in connection.execute(chosen)}


def _ends(row: PairRow) -> Ends:
    return (row.source, row.crm)
