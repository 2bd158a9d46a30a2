"""Explain: who set this value, when, by which rule, over which other, approved by whom (F2).

Works on the state alone: no system is asked, and it may be done beside a running daemon.
"""

from datetime import datetime

from sqlalchemy import Connection

from daemon.core.values import Side, Value
from daemon.flow.report import shown
from daemon.use_cases.attend import Answer, NotFound
from daemon.use_cases.life import events, is_about, rules_of
from daemon.use_cases.life_writes import Event
from state import history, lives, pairs
from state.database import State
from state.history import NOWHERE, UNDATED, Past
from state.lives import Life
from state.pairs import PairRow


class SideNow(Answer):
    """One record as it is, or was at the moment asked for."""

    connection: str
    record: str
    presence: str
    """live, archived, missing, suspect; unknown: it was not known yet."""
    values: dict[str, object]
    """Fields as far as they had been read."""
    known_from: datetime | None
    """Nothing is known of it before."""


class Explanation(Answer):
    """The story of a record or of one field of it."""

    sync: str
    pair: str
    field: str
    """What was asked about; empty = the whole record."""
    at: datetime | None
    """The moment asked about; None = now."""
    source: SideNow | None
    crm: SideNow | None
    held_since_run: int | None
    """The rolled-back run since which the field is held (R24)."""
    events: list[Event]
    """Oldest first, up to the moment asked about."""
    notes: list[str]
    """Where knowledge ends."""


async def explain(
    state: State, *, sync: str, record: str, field: str = "", at: datetime | None = None
) -> Explanation:
    """Tell the story of *record* (an id of either side, ``connection:id``, or an address).

    Raises NotFound where the sync, the record or the field is not known.
    """
    return await state.read(_explain, sync=sync, record=record, field=field, at=at)


def _explain(
    connection: Connection, *, sync: str, record: str, field: str, at: datetime | None
) -> Explanation:
    known = [pair for pair in pairs.all_pairs(connection) if pair.sync == sync]
    if not known:
        raise NotFound(f"No sync {sync!r} has run here. See them: crmsyncd status")
    pair, side, found = find_record(connection, known, record)
    life = lives.gather(connection, pair, side, found)
    told = events(life)
    if field:
        told = [event for event in told if not event.field or is_about(event.field, field)]
        _require_field(life, field)
    if at is not None:
        told = [event for event in told if event.at <= at]
    holds = [hold.run for hold in life.holds if not field or is_about(hold.field, field)]
    return Explanation(
        sync=sync,
        pair=pair.name,
        field=field,
        at=at,
        source=_side(life, Side.SOURCE, field, at),
        crm=_side(life, Side.CRM, field, at),
        held_since_run=max(holds, default=None),
        events=told,
        notes=_notes(life, at),
    )


def find_record(
    connection: Connection, known: list[PairRow], text: str
) -> tuple[PairRow, Side, str]:
    """Return where a record is: by its id on either side, ``connection:id``, or an address.

    Raises NotFound where nobody or more than one is meant.
    """
    place, _, rest = text.partition(":")
    ends = {pair.end(side)[0] for pair in known for side in Side}
    wanted = rest if rest and place in ends else text
    found = [
        (pair, side, wanted)
        for pair, side in lives.find(connection, known, wanted)
        if wanted == text or pair.end(side)[0] == place
    ]
    if not found:
        found = [
            (pair, side, record)
            for pair in known
            for side in Side
            for record in lives.holders(connection, pair.end(side), text)
        ]
        found = _one_a_link(connection, found)
    if not found:
        raise NotFound(
            f"No record {text!r} is known to this sync. Give its id on either side, "
            "connection:id, or its e-mail address."
        )
    if len(found) > 1:
        names = ", ".join(f"{pair.end(side)[0]}:{record}" for pair, side, record in found)
        raise NotFound(f"{text!r} can be more than one record: {names}. Name one of these.")
    return found[0]


def _one_a_link(
    connection: Connection, found: list[tuple[PairRow, Side, str]]
) -> list[tuple[PairRow, Side, str]]:
    """Leave out partners of records that are among *found* already."""
    kept: list[tuple[PairRow, Side, str]] = []
    partners: set[tuple[str, Side, str]] = set()
    for pair, side, record in found:
        if (pair.name, side, record) in partners:
            continue
        kept.append((pair, side, record))
        partner = lives.gather(connection, pair, side, record).ids[side.other]
        if partner is not None:
            partners.add((pair.name, side.other, partner))
    return kept


def _require_field(life: Life, field: str) -> None:
    names = rules_of(life)
    own = {name for row in life.rows.values() if row for name in row.values}
    if not any(is_about(name, field) for name in [*names, *own]):
        raise NotFound(
            f"No field {field!r} is known of this record. There are: {', '.join(names) or 'none'}."
        )


def _side(life: Life, side: Side, field: str, at: datetime | None) -> SideNow | None:
    row = life.rows[side]
    if row is None:
        return None
    past = Past(presence=row.presence, values=row.values)
    if at is not None:
        past = history.as_of(
            at,
            past,
            life.changes[side],
            first_seen_at=row.first_seen_at,
            last_seen_at=_last_seen(life, side),
        )
    return SideNow(
        connection=life.pair.end(side)[0],
        record=row.id,
        presence=past.presence,
        values=_shown(life, side, past.values, field),
        known_from=row.first_seen_at,
    )


def _last_seen(life: Life, side: Side) -> datetime | None:
    """Return until when a record that is not there now is known to have been there."""
    row = life.rows[side]
    if row is not None and row.presence in UNDATED:
        return row.seen_at
    removals = [
        promise.settled_at
        for promise in life.promises
        if promise.operation.kind.is_removal and promise.operation.side is side
    ]
    is_gone = row is not None and not row.is_live
    return max(filter(None, removals), default=None) if is_gone else None


def _shown(life: Life, side: Side, values: dict[str, Value], field: str) -> dict[str, object]:
    part = 0 if side is Side.SOURCE else 2
    wanted = {key.partition("→")[part] for key in rules_of(life) if is_about(key, field)}
    return {
        name: shown(value)
        for name, value in sorted(values.items())
        if not field or name in wanted or is_about(name, field)
    }


def _notes(life: Life, at: datetime | None) -> list[str]:
    notes = []
    sights = [row.first_seen_at for row in life.rows.values() if row is not None]
    if sights:
        notes.append(f"Nothing is known from before {min(sights):%Y-%m-%d %H:%M:%S}.")
    if at is not None and any(row and at < row.first_seen_at for row in life.rows.values()):
        notes.append(f"A side that says {NOWHERE!r} had not been seen by then.")
    if life.kept_from is not None:
        notes.append(
            f"Edits from before {life.kept_from:%Y-%m-%d %H:%M:%S} are not kept any more: of then, "
            "only our own writes are told, and a record is shown as it was at that moment."
        )
    return notes
