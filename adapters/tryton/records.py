"""Tryton's rows, with the rows that belong to them, as :class:`Record` values."""

from collections.abc import Iterable, Sequence

from adapters.exchange import Json
from adapters.tryton import codec
from adapters.tryton.definitions import Definitions
from adapters.tryton.object_types import ObjectType, Part
from daemon.core.record import Record
from daemon.core.values import Value, digest

OUR_MARK = "crmsyncd:"
"""What an identifier of ours begins with; people see it among a party's identifiers."""
STAMP = "_timestamp"


def columns(of: ObjectType) -> list[str]:
    """Return what a row must have for its version alone."""
    wanted = [STAMP]
    wanted += [f"{one}.{name}" for one in of.relations for name in (STAMP, "active")]
    wanted += ["active"] if of.has_active else []
    wanted += [of.replaced_by] if of.replaced_by else []
    return wanted


def columns_to_read(known: Definitions, fields: Iterable[str]) -> list[str]:
    """Return what to ask for: the wanted fields that exist, and what every record needs."""
    of = known.of
    wanted = columns(of)
    held = of.identifiers
    wanted += [f"{held}.code", f"{held}.active"] if held else []
    for name in fields:
        if name not in known.schema:
            continue
        if name in of.parts:
            part = of.parts[name]
            wanted += [f"{part.relation}.{part.column}{_code(known, name)}"]
            wanted += [f"{part.relation}.type"] if part.type else []
        else:
            wanted.append(f"{name}{_code(known, name)}")
    return list(dict.fromkeys(wanted))


def _code(known: Definitions, name: str) -> str:
    return ".code" if name in known.codes else ""


def first(row: Json, part: Part) -> Json:
    """Return the row that a part's field stands for: the first active one of its type, or None."""
    found = [one for one in _live(row, part.relation) if part.type in {"", one.get("type")}]
    return found[0] if found else None


def _live(row: Json, relation: str) -> list[Json]:
    """Return what belongs to a row and was not put away."""
    return [one for one in row[f"{relation}."] if one["active"]]


def stamps(of: ObjectType, row: Json) -> dict[str, str]:
    """Return each record a row is made of, as Tryton names it, with its moment of change."""
    told = {f"{of.model},{row['id']}": row[STAMP]}
    for relation, model in of.relations.items():
        told |= {f"{model},{one['id']}": one[STAMP] for one in _live(row, relation)}
    return {name: str(at) for name, at in told.items() if at is not None}


def version(of: ObjectType, row: Json) -> str:
    """Return the row's own moment of change, and a digest of those of what belongs to it."""
    own, *others = stamps(of, row).items()
    told = " ".join(sorted(f"{name} {at}" for name, at in others))
    return f"{own[1]}-{digest(told)[:12]}" if of.relations else own[1]


def our_ids(of: ObjectType, row: Json) -> list[str]:
    """Return the ids of ours that a row carries: its own first, then those of whom it replaced."""
    if not of.identifiers:
        return []
    held = sorted(row[f"{of.identifiers}."], key=lambda one: not one["active"])
    codes = [str(one.get("code") or "") for one in held]
    return [code.removeprefix(OUR_MARK) for code in codes if code.startswith(OUR_MARK)]


def is_archived(row: Json) -> bool:
    """Whether a row was put away."""
    return "active" in row and not row["active"]


def record(known: Definitions, row: Json, fields: Sequence[str]) -> Record:
    """Return a row as a record with those of the fields that exist."""
    of = known.of
    moments = [codec.from_epoch(at) for at in stamps(of, row).values()]
    return Record(
        id=str(row["id"]),
        values={
            name: _value(known, row, name) for name in dict.fromkeys(fields) if name in known.schema
        },
        version=version(of, row),
        modified_at=max((at for at in moments if at is not None), default=None),
        is_archived=is_archived(row),
        external_id=next(iter(our_ids(of, row)), None),
    )


def _value(known: Definitions, row: Json, name: str) -> Value:
    kind = known.schema[name].kind
    if name not in known.of.parts:
        return codec.decode(kind, _raw(known, row, name, name))
    part = known.of.parts[name]
    holder = first(row, part)
    return None if holder is None else codec.decode(kind, _raw(known, holder, name, part.column))


def _raw(known: Definitions, row: Json, name: str, column: str) -> Json:
    if name not in known.codes:
        return row[column]
    target = row[f"{column}."]
    # What has no code is told by its id: not nothing, and no code either.
    return (target.get("code") or f"id {target['id']}") if target else None
