"""What the database says of its fields, and the codes of countries and currencies.

Takes a connection. Gives the :class:`Schema` of an object, the type each field is written with, and
code ↔ id of what is referred to by code. Promises to ask again after ``profile.KEPT``; a field the
user may not see is absent.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from adapters.errors import GrantAccess
from adapters.exchange import Json
from adapters.tryton import profile
from adapters.tryton.connection import TrytonConnection
from adapters.tryton.object_types import ObjectType, object_type
from daemon.core.schema import Choice, Field, Schema
from daemon.core.values import FieldKind

Asking = Callable[[TrytonConnection, str, str], Awaitable[Json]]

_KINDS: Mapping[str, FieldKind] = MappingProxyType(
    {
        "char": FieldKind.TEXT,
        "text": FieldKind.TEXT,
        "integer": FieldKind.NUMBER,
        "float": FieldKind.NUMBER,
        "numeric": FieldKind.NUMBER,
        "boolean": FieldKind.BOOL,
        "date": FieldKind.DATE,
        "datetime": FieldKind.DATETIME,
        "timestamp": FieldKind.DATETIME,
        "selection": FieldKind.CHOICE,
        "many2one": FieldKind.REFERENCE,
    }
)
"""Types that hold one value of their own; lists, files and the like are not fields to sync."""

_OWN = frozenset(
    {"id", "active", "create_date", "create_uid", "write_date", "write_uid", "last_modified_at",
     "rec_name", "xml_id"}
)  # fmt: skip
"""What every record of Tryton has for itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Codes:
    """The records of one model by code and by id."""

    ids: Mapping[str, int]
    choices: tuple[Choice, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Definitions:
    """One object of one database."""

    of: ObjectType
    schema: Schema
    types: Mapping[str, str]
    """Own field → Tryton's type, which decides how it is written."""
    codes: Mapping[str, Codes]
    """Field told by code → its codes."""


async def definitions(
    connection: TrytonConnection,
    object_name: str,
    purpose: str = "schema",
    *,
    is_fresh: bool = False,
) -> Definitions:
    """Return what is known of an object; read anew where it is old, or *is_fresh* is asked."""
    of = object_type(object_name)
    told = await _kept(connection, of.model, purpose, _fields_of, is_fresh=is_fresh)
    codes = {
        name: _codes(await _kept(connection, model, purpose, _coded, is_fresh=is_fresh))
        for name, model in of.coded.items()
    }
    fields = [
        _own(of, name, one, codes) for name, one in sorted(told.items()) if _is_field(of, name, one)
    ]
    places = {
        relation: await _kept(connection, model, purpose, _fields_of, is_fresh=is_fresh)
        for relation, model in of.relations.items()
    }
    fields += [
        _part(of, name, codes)
        for name, part in of.parts.items()
        if part.column in places[part.relation]
    ]
    return Definitions(
        of=of,
        schema=Schema(
            object=of.name,
            fields=MappingProxyType({field.name: field for field in fields}),
            required_any=of.required_any,
        ),
        types=MappingProxyType({name: str(one["type"]) for name, one in told.items()}),
        codes=MappingProxyType(codes),
    )


async def _kept(
    connection: TrytonConnection, model: str, purpose: str, ask: Asking, *, is_fresh: bool
) -> Json:
    kept = connection.kept.get(model)
    now = connection.clock.now()
    if kept and not is_fresh and now - kept[1] < profile.KEPT:
        return kept[0]
    told = await ask(connection, model, purpose)
    connection.kept[model] = (told, now)
    return told


async def _fields_of(connection: TrytonConnection, model: str, purpose: str) -> Json:
    """Return the definitions of a model's fields, of those only that the user may read."""
    told: Json = await connection.ask(model, "fields_get", purpose, [], is_whole=_has_fields)
    names = [name for name, one in told.items() if one["type"] in _KINDS]
    shown = await _shown(connection, model, purpose, names)
    return {name: told[name] for name in shown}


async def _shown(
    connection: TrytonConnection, model: str, purpose: str, names: Sequence[str]
) -> list[str]:
    """Return the names that may be read. Definitions tell of hidden fields too; reading does not.

    Asked for no record, so that it costs nothing; halved where something is refused.
    """
    try:
        await connection.rows(model, purpose, [["id", "=", 0]], names)
    except GrantAccess:
        if len(names) == 1:
            return []
        middle = len(names) // 2
        first = await _shown(connection, model, purpose, names[:middle])
        return first + await _shown(connection, model, purpose, names[middle:])
    return list(names)


async def _coded(connection: TrytonConnection, model: str, purpose: str) -> Json:
    return await connection.rows(model, purpose, [], ["code", "name"])


def _has_fields(told: Json) -> bool:
    return isinstance(told, dict) and all("type" in one for one in told.values())


def _is_field(of: ObjectType, name: str, told: Json) -> bool:
    is_ours = name in of.parts or name in _OWN or name == of.replaced_by
    return told["type"] in _KINDS and not is_ours


def _own(of: ObjectType, name: str, told: Json, codes: Mapping[str, Codes]) -> Field:
    kind = FieldKind.CHOICE if name in codes else of.kinds.get(name, _KINDS[told["type"]])
    return Field(
        name=name,
        label=str(told.get("string") or name),
        kind=kind,
        is_writable=not told.get("readonly") and name not in of.read_only,
        is_unique=name in of.unique,
        max_length=told["size"] if isinstance(told.get("size"), int) else None,
        choices=codes[name].choices if name in codes else _selection(told),
    )


def _part(of: ObjectType, name: str, codes: Mapping[str, Codes]) -> Field:
    part = of.parts[name]
    return Field(
        name=name,
        label=part.label,
        kind=part.kind,
        choices=codes[name].choices if name in codes else (),
    )


def _selection(told: Json) -> tuple[Choice, ...]:
    """Return the options; a selection that a method makes up per record has none to tell."""
    options = told.get("selection")
    if not isinstance(options, list):
        return ()
    return tuple(
        Choice(value=str(value), label=str(label))
        for value, label in options
        if value not in {None, ""}
    )


def _codes(rows: Json) -> Codes:
    coded = [row for row in rows if row.get("code")]
    return Codes(
        ids=MappingProxyType({row["code"]: row["id"] for row in coded}),
        choices=tuple(
            Choice(value=row["code"], label=str(row.get("name") or row["code"])) for row in coded
        ),
    )
