"""What a write says in Tryton's terms: own columns, and commands to the rows that belong to it.

Setting a field that lives in a row of its own changes the first row of its kind or makes one;
clearing it puts that row away, from where a person can take it back.
"""

from collections.abc import Mapping

from adapters.errors import RejectRecord
from adapters.exchange import Json
from adapters.tryton import codec
from adapters.tryton.definitions import Definitions
from adapters.tryton.object_types import Part
from adapters.tryton.records import OUR_MARK, first
from daemon.core.values import Value, Values


class UnknownCode(RejectRecord):
    """The database has no country or currency of that code."""


def created(known: Definitions, values: Values, external_id: str | None) -> Json:
    """Return the values of a new record. Raises UnknownCode."""
    of = known.of
    empty: Json = {f"{relation}.": [] for relation in of.relations}
    given = {name: value for name, value in values.items() if value is not None}
    built: Json = changed(known, empty, given)
    if external_id and of.identifiers:
        carried = {"type": None, "code": f"{OUR_MARK}{external_id}"}
        built[of.identifiers] = [["create", [carried]]]
    return built


def changed(known: Definitions, row: Json, values: Values) -> Json:
    """Return what to write to a record that stands as *row*. Raises UnknownCode."""
    of = known.of
    built: Json = {
        name: _own(known, name, value) for name, value in values.items() if name not in of.parts
    }
    placed: dict[str, dict[str, Value]] = {}
    for name, value in values.items():
        part = of.parts.get(name)
        if part is None:
            continue
        if part.type:
            built.setdefault(part.relation, []).extend(_reached(part, row, value))
        else:
            placed.setdefault(part.relation, {})[name] = value
    for relation, fields in placed.items():
        if commands := _placed(known, row, fields):
            built[relation] = commands
    return {name: value for name, value in built.items() if value != []}


def _own(known: Definitions, name: str, value: Value) -> Json:
    if name in known.codes:
        return _id_of(known, name, value)
    return codec.encode(known.types.get(name, "char"), value)


def _reached(part: Part, row: Json, value: Value) -> list[Json]:
    """Return the command to one way to reach somebody."""
    there = first(row, part)
    text = codec.encode("char", value)
    if there is None:
        return [["create", [{"type": part.type, part.column: text}]]] if text else []
    if text is None:
        return [["write", [there["id"]], {"active": False}]]
    return [["write", [there["id"]], {part.column: text}]]


def _placed(known: Definitions, row: Json, fields: Mapping[str, Value]) -> list[Json]:
    """Return the command to the address; an empty one is not made."""
    parts = known.of.parts
    written = {
        parts[name].column: (
            _id_of(known, name, value) if name in known.codes else codec.encode("char", value)
        )
        for name, value in fields.items()
    }
    there = first(row, parts[next(iter(fields))])
    if there is not None:
        return [["write", [there["id"]], written]]
    told = {name: value for name, value in written.items() if value is not None}
    return [["create", [told]]] if told else []


def _id_of(known: Definitions, name: str, value: Value) -> int | None:
    if value is None:
        return None
    found = known.codes[name].ids.get(str(value))
    if found is None:
        raise UnknownCode(
            f"Tryton has no record with this code for {known.schema[name].label!r}.",
            code="unknown_code",
            field=name,
        )
    return found
