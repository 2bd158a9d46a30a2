"""What needs a person: conflicts and quarantine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, insert, select, update

from daemon.core.base import encode_base
from daemon.core.evidence import encode_evidence
from daemon.core.operation import Clash
from daemon.core.values import Side, Value, decode_value, encode_value
from state.bulk import chunks
from state.columns import table
from state.journal import Conflict, Quarantine

_CONFLICT = table(Conflict)
_QUARANTINE = table(Quarantine)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConflictRow:
    """Two values that could not both stay."""

    id: int
    pair: str
    link: str
    source_id: str
    crm_id: str
    field: str
    source: Value
    crm: Value
    reason: str
    status: str
    winner: str
    run: int
    found_at: datetime
    resolved_by: str
    base: str
    evidence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Apart:
    """A record or field to be set apart."""

    pair: str
    side: Side
    record: str
    rule: str
    message: str
    field: str = ""
    suggestion: str = ""
    value_class: str = ""
    mark: str = ""
    """Hash of the values it was found on, where it holds only as long as they stay."""
    intent: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class QuarantineRow(Apart):
    """A record or field that is set apart."""

    id: int
    status: str
    run: int
    found_at: datetime


def note_clashes(
    connection: Connection,
    *,
    pair: str,
    link: str,
    records: tuple[str, str],
    clashes: Sequence[Clash],
    run: int,
    at: datetime,
) -> int:
    """Write conflicts to the log: open ones once, decided ones each time. Return how many.

    A verdict on values that have moved since lapses: its conflict is open again.
    """
    written = 0
    for clash in clashes:
        facts = {
            "pair": pair,
            "link": link,
            "source_id": records[0],
            "crm_id": records[1],
            "field": clash.rule,
            "source_value": encode_value(clash.source),
            "crm_value": encode_value(clash.crm),
            "base": encode_base({"": clash.base}) if clash.base else "null",
            "evidence": encode_evidence(clash.evidence),
            "reason": clash.reason,
            "status": "decided" if clash.winner else "open",
            "winner": clash.winner.value if clash.winner else "",
            "run": run,
        }
        where = _unsettled(link, clash.rule)
        if clash.winner is None:
            seen = connection.execute(update(_CONFLICT).where(where).values(**facts)).rowcount
            if seen:
                continue
        else:
            _end_conflicts(connection, where, at, "gone", "")
        connection.execute(insert(_CONFLICT), [{**facts, "found_at": at}])
        written += 1
    return written


def _unsettled(link: str, field: str) -> Any:
    return and_(
        _CONFLICT.c.link == link,
        _CONFLICT.c.field == field,
        _CONFLICT.c.status.in_(["open", "verdict"]),
    )


def _end_conflicts(connection: Connection, where: Any, at: datetime, status: str, by: str) -> None:
    connection.execute(
        update(_CONFLICT).where(where).values(status=status, resolved_at=at, resolved_by=by)
    )


def end_conflicts(
    connection: Connection, *, link: str, fields: Sequence[str], at: datetime
) -> None:
    """Close open conflicts of fields that agree again."""
    if fields:
        where = and_(
            _CONFLICT.c.link == link,
            _CONFLICT.c.field.in_(list(fields)),
            _CONFLICT.c.status == "open",
        )
        _end_conflicts(connection, where, at, "gone", "")


def conflicts(
    connection: Connection, *, pairs: Sequence[str] = (), status: str = "", limit: int = 1000
) -> list[ConflictRow]:
    """Return conflicts, newest first."""
    chosen = select(_CONFLICT).order_by(_CONFLICT.c.id.desc()).limit(limit)
    if pairs:
        chosen = chosen.where(_CONFLICT.c.pair.in_(list(pairs)))
    if status:
        chosen = chosen.where(_CONFLICT.c.status == status)
    return [_conflict(row) for row in connection.execute(chosen).mappings()]


def conflict(connection: Connection, number: int) -> ConflictRow | None:
    """Return a conflict by its number."""
    where = _CONFLICT.c.id == number
    row = connection.execute(select(_CONFLICT).where(where)).mappings().first()
    return _conflict(row) if row else None


def open_fields(connection: Connection, links: Sequence[str]) -> dict[str, set[str]]:
    """Return link → rule keys with an open conflict."""
    found: dict[str, set[str]] = {}
    for some in chunks(list(links)):
        rows = connection.execute(
            select(_CONFLICT.c.link, _CONFLICT.c.field).where(
                _CONFLICT.c.link.in_(some), _CONFLICT.c.status == "open"
            )
        )
        for link, field in rows:
            found.setdefault(link, set()).add(field)
    return found


def resolve(connection: Connection, *, number: int, winner: Side, by: str, at: datetime) -> None:
    """Write a person's verdict; the next cycle carries it out."""
    where = and_(_CONFLICT.c.id == number, _CONFLICT.c.status == "open")
    connection.execute(
        update(_CONFLICT)
        .where(where)
        .values(status="verdict", winner=winner.value, resolved_by=by, resolved_at=at)
    )


def verdicts(connection: Connection, links: Sequence[str]) -> dict[tuple[str, str], ConflictRow]:
    """Return (link, rule key) → the conflict whose verdict is still to be carried out."""
    found: dict[tuple[str, str], ConflictRow] = {}
    for some in chunks(list(links)):
        where = and_(_CONFLICT.c.link.in_(some), _CONFLICT.c.status == "verdict")
        for row in connection.execute(select(_CONFLICT).where(where)).mappings():
            found[row["link"], row["field"]] = _conflict(row)
    return found


def end_verdicts(connection: Connection, *, link: str, fields: Sequence[str]) -> None:
    """Mark verdicts as carried out."""
    if fields:
        connection.execute(
            update(_CONFLICT)
            .where(
                _CONFLICT.c.link == link,
                _CONFLICT.c.field.in_(list(fields)),
                _CONFLICT.c.status == "verdict",
            )
            .values(status="resolved")
        )


def _conflict(row: Mapping[Any, Any]) -> ConflictRow:
    return ConflictRow(
        id=row["id"],
        pair=row["pair"],
        link=row["link"],
        source_id=row["source_id"],
        crm_id=row["crm_id"],
        field=row["field"],
        source=decode_value(row["source_value"]),
        crm=decode_value(row["crm_value"]),
        reason=row["reason"],
        status=row["status"],
        winner=row["winner"],
        run=row["run"],
        found_at=row["found_at"],
        resolved_by=row["resolved_by"],
        base=row["base"],
        evidence=row["evidence"],
    )


def set_apart(connection: Connection, items: Sequence[Apart], *, run: int, at: datetime) -> int:
    """Put records or fields into quarantine; what is there already stays. Return how many are new."""
    new = 0
    for item in items:
        facts = {
            "message": item.message,
            "suggestion": item.suggestion,
            "value_class": item.value_class,
            "mark": item.mark,
            "intent": item.intent,
            "run": run,
        }
        known = connection.execute(update(_QUARANTINE).where(_same(item)).values(**facts)).rowcount
        if known:
            continue
        row = {
            "pair": item.pair,
            "side": item.side.value,
            "record": item.record,
            "field": item.field,
            "rule": item.rule,
            "status": "open",
            "found_at": at,
            **facts,
        }
        connection.execute(insert(_QUARANTINE), [row])
        new += 1
    return new


def _same(item: Apart) -> Any:
    return and_(
        _QUARANTINE.c.pair == item.pair,
        _QUARANTINE.c.side == item.side.value,
        _QUARANTINE.c.record == item.record,
        _QUARANTINE.c.field == item.field,
        _QUARANTINE.c.rule == item.rule,
        _QUARANTINE.c.status == "open",
    )


def readmit(
    connection: Connection,
    *,
    pair: str,
    side: Side,
    records: Sequence[str],
    at: datetime,
    still: Sequence[Apart] = (),
) -> None:
    """Clear the open entries of records that are decided anew, but those that are *still* true."""
    kept = {(item.record, item.field, item.rule) for item in still if item.side is side}
    columns = (_QUARANTINE.c.id, _QUARANTINE.c.record, _QUARANTINE.c.field, _QUARANTINE.c.rule)
    over: list[int] = []
    for some in chunks(list(records)):
        where = and_(
            _QUARANTINE.c.pair == pair,
            _QUARANTINE.c.side == side.value,
            _QUARANTINE.c.record.in_(some),
            _QUARANTINE.c.status == "open",
            _QUARANTINE.c.intent == "",
        )
        rows = connection.execute(select(*columns).where(where))
        over += [number for number, *what in rows if tuple(what) not in kept]
    ended = update(_QUARANTINE).where(_QUARANTINE.c.id == bindparam("which"))
    if over:
        connection.execute(
            ended.values(status="cleared", ended_at=at), [{"which": number} for number in over]
        )


IGNORED = "ignored_write"
"""Reason of a field whose write the other system accepted without changing it (R19)."""

Vain = Mapping[tuple[Side, str, str], Apart]
"""(side, record, rule key) → the entry of a write of that field that came to nothing."""


def vain(connection: Connection, *, pair: str, side: Side, records: Sequence[str]) -> Vain:
    """Return the fields that were refused or ignored, with the values that it was found on (R19)."""
    found: dict[tuple[Side, str, str], Apart] = {}
    for some in chunks(list(records)):
        where = and_(
            _QUARANTINE.c.pair == pair,
            _QUARANTINE.c.side == side.value,
            _QUARANTINE.c.record.in_(some),
            _QUARANTINE.c.mark != "",
            _QUARANTINE.c.status == "open",
        )
        for row in connection.execute(select(_QUARANTINE).where(where)).mappings():
            told = {name: row[name] for name in ("record", "field", "rule", "message", "mark")}
            found[side, row["record"], row["field"]] = Apart(pair=pair, side=side, **told)
    return found


def quarantined(
    connection: Connection, *, pairs: Sequence[str] = (), status: str = "open", limit: int = 1000
) -> list[QuarantineRow]:
    """Return what is set apart, newest first."""
    chosen = select(_QUARANTINE).order_by(_QUARANTINE.c.id.desc()).limit(limit)
    if pairs:
        chosen = chosen.where(_QUARANTINE.c.pair.in_(list(pairs)))
    if status:
        chosen = chosen.where(_QUARANTINE.c.status == status)
    return [_quarantine(row) for row in connection.execute(chosen).mappings()]


def records_apart(
    connection: Connection, *, pair: str, side: Side, rules: Sequence[str]
) -> list[str]:
    """Return the records of a side that are set apart for one of *rules*."""
    where = and_(
        _QUARANTINE.c.pair == pair,
        _QUARANTINE.c.side == side.value,
        _QUARANTINE.c.rule.in_(list(rules)),
        _QUARANTINE.c.status == "open",
    )
    rows = connection.execute(select(_QUARANTINE.c.record).where(where).distinct())
    return sorted(str(record) for (record,) in rows)


def quarantine_item(connection: Connection, number: int) -> QuarantineRow | None:
    """Return an entry by its number."""
    where = _QUARANTINE.c.id == number
    row = connection.execute(select(_QUARANTINE).where(where)).mappings().first()
    return _quarantine(row) if row else None


def end_quarantine(connection: Connection, *, number: int, status: str, at: datetime) -> None:
    """Mark an entry retried or dismissed."""
    connection.execute(
        update(_QUARANTINE)
        .where(_QUARANTINE.c.id == number, _QUARANTINE.c.status == "open")
        .values(status=status, ended_at=at)
    )


def _quarantine(row: Mapping[Any, Any]) -> QuarantineRow:
    return QuarantineRow(
        id=row["id"],
        pair=row["pair"],
        side=Side(row["side"]),
        record=row["record"],
        field=row["field"],
        rule=row["rule"],
        message=row["message"],
        suggestion=row["suggestion"],
        value_class=row["value_class"],
        status=row["status"],
        intent=row["intent"],
        run=row["run"],
        found_at=row["found_at"],
    )


def totals(connection: Connection, *, pairs: Sequence[str]) -> dict[str, int]:
    """Return how many conflicts and quarantine entries of *pairs* are open."""
    conflicts_open = select(func.count()).where(
        _CONFLICT.c.pair.in_(list(pairs)), _CONFLICT.c.status == "open"
    )
    apart = select(func.count()).where(
        _QUARANTINE.c.pair.in_(list(pairs)), _QUARANTINE.c.status == "open"
    )
    return {
        "conflicts": int(connection.execute(conflicts_open).scalar_one()),
        "quarantined": int(connection.execute(apart).scalar_one()),
    }
