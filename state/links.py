"""Links and their base: which two records are one, and what they last agreed on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, insert, select, update

from daemon.core.base import Base, BaseField, decode_base, encode_base
from daemon.core.values import Side
from state.bulk import chunks, unforeseen
from state.columns import table
from state.tables import FOLDED_INTO, Link

_LINK = table(Link)

ACTIVE, DETACHED, FOLDED = "active", "detached", "folded"

REMOVED = {Side.SOURCE: "removed_source", Side.CRM: "removed_crm"}
"""By the side on which we removed the record, because its partner was deleted (R14)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkRow:
    """One link."""

    id: str
    pair: str
    source_id: str
    crm_id: str
    status: str
    how: str
    base: dict[str, BaseField]
    into: str = ""
    """Of a folded link: the one that its records belong to now (R42)."""

    def record(self, side: Side) -> str:
        """Return the id of the linked record on *side*."""
        return self.source_id if side is Side.SOURCE else self.crm_id


def add(
    connection: Connection,
    *,
    link: str,
    pair: str,
    source_id: str,
    crm_id: str,
    how: str,
    run: int,
    at: datetime,
    base: Base,
) -> None:
    """Link two records. Raises IntegrityError where one of them is linked already (I19)."""
    row = LinkRow(
        id=link,
        pair=pair,
        source_id=source_id,
        crm_id=crm_id,
        status=ACTIVE,
        how=how,
        base=dict(base),
    )
    add_all(connection, [row], run=run, at=at)


def add_all(connection: Connection, rows: Sequence[LinkRow], *, run: int, at: datetime) -> None:
    """Store links. Raises IntegrityError where a record of an active one is linked already (I19)."""
    if not rows:
        return
    plain = [
        {
            "id": row.id,
            "pair": row.pair,
            "source_id": row.source_id,
            "crm_id": row.crm_id,
            "status": row.status,
            "how": row.how,
            "run": run,
            "linked_at": at,
            "fields": encode_base(row.base),
            "into": row.into,
        }
        for row in rows
    ]
    connection.execute(insert(_LINK), plain)


def get(connection: Connection, ids: Sequence[str]) -> dict[str, LinkRow]:
    """Return links by id."""
    found: dict[str, LinkRow] = {}
    for some in chunks(list(dict.fromkeys(ids))):
        rows = connection.execute(select(_LINK).where(_LINK.c.id.in_(some))).mappings()
        found.update({row["id"]: _typed(row) for row in rows})
    return found


def folded_among(connection: Connection, ids: Sequence[str]) -> list[LinkRow]:
    """Return those of these links that were folded into others."""
    found: list[LinkRow] = []
    for some in chunks(list(dict.fromkeys(ids))):
        where = and_(_LINK.c.id.in_(some), _LINK.c.status == FOLDED)
        found += [_typed(row) for row in connection.execute(select(_LINK).where(where)).mappings()]
    return found


def of_records(
    connection: Connection,
    *,
    pair: str,
    side: Side,
    ids: Sequence[str],
    known: Collection[LinkRow] = (),
) -> dict[str, LinkRow]:
    """Return record id → its link: the active one, else the one that was detached last.

    Links in *known*, read in this transaction, are not decoded again.
    """
    read = {row.id: row for row in known}
    column = _LINK.c.source_id if side is Side.SOURCE else _LINK.c.crm_id
    found: dict[str, LinkRow] = {}
    for some in chunks(list(dict.fromkeys(ids))):
        rows = connection.execute(
            select(_LINK)
            .where(_LINK.c.pair == unforeseen(pair), column.in_(some), _LINK.c.status != FOLDED)
            .order_by(_LINK.c.linked_at, _LINK.c.id)
        ).mappings()
        for plain in rows:
            row = read.get(plain["id"]) or _typed(plain)
            earlier = found.get(row.record(side))
            if earlier is None or earlier.status != ACTIVE:
                found[row.record(side)] = row
    return found


def agree(connection: Connection, *, link: str, fields: Mapping[str, BaseField]) -> None:
    """Set base fields of a link; the other fields stay. Raises KeyError for an unknown link."""
    agree_all(connection, [(link, fields)])


def agree_all(connection: Connection, agreed: Sequence[tuple[str, Base]]) -> None:
    """Set base fields of many links; the other fields of each stay.

    Raises KeyError for an unknown link.
    """
    news: dict[str, dict[str, BaseField]] = {}
    for link, fields in agreed:
        if fields:
            news.setdefault(link, {}).update(fields)
    known = get(connection, list(news))
    if not news:
        return
    statement = update(_LINK).where(_LINK.c.id == bindparam("which"))
    connection.execute(
        statement.values(fields=bindparam("agreed")),
        [
            {"which": link, "agreed": encode_base({**known[link].base, **fields})}
            for link, fields in news.items()
        ],
    )


def set_status(connection: Connection, *, link: str, status: str) -> None:
    """Detach, fold or revive a link."""
    connection.execute(update(_LINK).where(_LINK.c.id == link).values(status=status))


def move(connection: Connection, *, link: str, side: Side, to: str) -> None:
    """Let a link follow a record to its new id (an edited key, a merge)."""
    column = "source_id" if side is Side.SOURCE else "crm_id"
    connection.execute(update(_LINK).where(_LINK.c.id == link).values({column: to}))


def follow(connection: Connection, *, pair: str, side: Side, old: str, new: str) -> int:
    """Let every link of a pair to a record follow it to its new id; return how many (R41)."""
    column = _LINK.c.source_id if side is Side.SOURCE else _LINK.c.crm_id
    where = and_(_LINK.c.pair == pair, column == old, _LINK.c.status != FOLDED)
    return connection.execute(update(_LINK).where(where).values({column.name: new})).rowcount


def keepers(
    connection: Connection, *, pair: str, side: Side, ids: Sequence[str]
) -> dict[str, tuple[LinkRow, LinkRow]]:
    """Return record of a folded link → (that link, the one that took it over) (R42)."""
    column = _LINK.c.source_id if side is Side.SOURCE else _LINK.c.crm_id
    folded: dict[str, LinkRow] = {}
    for some in chunks(list(dict.fromkeys(ids))):
        where = and_(_LINK.c.pair == unforeseen(pair), column.in_(some), _LINK.c.status == FOLDED)
        chosen = select(_LINK).where(where, FOLDED_INTO).order_by(_LINK.c.linked_at, _LINK.c.id)
        rows = [_typed(row) for row in connection.execute(chosen).mappings()]
        folded.update({row.record(side): row for row in rows})
    kept = get(connection, [row.into for row in folded.values()])
    return {one: (row, kept[row.into]) for one, row in folded.items() if row.into in kept}


def folded_into(connection: Connection, ids: Sequence[str]) -> dict[str, list[LinkRow]]:
    """Return link → the folded links whose records belong to it, oldest first (R42)."""
    found: dict[str, list[LinkRow]] = {}
    for some in chunks(list(dict.fromkeys(ids))):
        where = and_(_LINK.c.into.in_(some), FOLDED_INTO)
        chosen = select(_LINK).where(where).order_by(_LINK.c.linked_at, _LINK.c.id)
        for row in connection.execute(chosen).mappings():
            found.setdefault(row["into"], []).append(_typed(row))
    return found


def change(connection: Connection, link: str, **facts: Any) -> None:
    """Set columns of a link; ``base`` is the whole base."""
    if "base" in facts:
        facts["fields"] = encode_base(facts.pop("base"))
    connection.execute(update(_LINK).where(_LINK.c.id == link).values(**facts))


def count(connection: Connection, *, pair: str, status: str = ACTIVE) -> int:
    """Return how many links of a pair have *status*."""
    where = and_(_LINK.c.pair == pair, _LINK.c.status == status)
    return int(
        connection.execute(select(func.count()).select_from(_LINK).where(where)).scalar_one()
    )


def page(connection: Connection, *, pair: str, after: str, limit: int) -> list[LinkRow]:
    """Return active links of a pair, in id order from *after* on."""
    where = and_(_LINK.c.pair == pair, _LINK.c.status == ACTIVE, _LINK.c.id > after)
    rows = connection.execute(select(_LINK).where(where).order_by(_LINK.c.id).limit(limit))
    return [_typed(row) for row in rows.mappings()]


def _typed(row: Mapping[Any, Any]) -> LinkRow:
    return LinkRow(
        id=row["id"],
        pair=row["pair"],
        source_id=row["source_id"],
        crm_id=row["crm_id"],
        status=row["status"],
        how=row["how"],
        base=decode_base(row["fields"]),
        into=row["into"],
    )
