"""HubSpot's record bodies: checked for their shape, then turned into :class:`Record` values."""

from collections.abc import Iterable, Sequence

from adapters.contract import EXTERNAL_ID
from adapters.exchange import Json
from adapters.hubspot import codec
from adapters.hubspot.object_types import ObjectType
from daemon.core.record import Record
from daemon.core.schema import Schema
from daemon.core.values import FieldKind, Value


def has_results(body: Json) -> bool:
    """Whether a body is a list of records, each with an id: the shape of every list and batch."""
    next_token(body)
    return (
        isinstance(body["results"], list)
        and all(is_record(one) for one in body["results"])
        and isinstance(body.get("errors") or [], list)
    )


def is_record(body: Json) -> bool:
    """Whether a body is one record."""
    return body["id"] not in {None, ""} and isinstance(body.get("properties", {}), dict)


def next_token(body: Json) -> str | None:
    """Return the token of the next page; None on the last one."""
    after = ((body.get("paging") or {}).get("next") or {}).get("after")
    return None if after is None else str(after)


def record_id(result: Json) -> str:
    """Return a record's id; always text, though some endpoints give numbers."""
    return str(result["id"])


def properties_to_read(of: ObjectType, schema: Schema, fields: Iterable[str]) -> list[str]:
    """Return what to ask for: the wanted fields that exist, and what every record needs."""
    wanted = [name for name in (*fields, EXTERNAL_ID) if name in schema]
    return list(dict.fromkeys([*wanted, *of.always_read]))


class RecordReader:
    """Turns results of one reply into records."""

    def __init__(self, of: ObjectType, schema: Schema, fields: Sequence[str]) -> None:
        """Keep which fields were asked for."""
        self._of = of
        self._schema = schema
        self._fields = [name for name in dict.fromkeys(fields) if name in schema]

    def records(self, results: Sequence[Json]) -> list[Record]:
        """Return the records of one reply.

        HubSpot says null, "" or nothing for an empty property. A property that no record of the
        reply shows at all was not read (I24): an administrator may have archived it meanwhile, and
        taking that for empty would empty the other side.
        """
        shown = {name for result in results for name in _properties(result)}
        read = [name for name in self._fields if name in shown]
        return [self._record(result, read) for result in results]

    def written(self, result: Json, sent: Iterable[str]) -> Record | None:
        """Return the record a write's reply shows, or None where it lacks a written field."""
        fields = list(sent)
        if any(name not in _properties(result) for name in fields):
            return None
        return self._record(result, fields)

    def _record(self, result: Json, fields: Iterable[str]) -> Record:
        properties = _properties(result)
        stamp = str(result.get("updatedAt") or properties.get(self._of.modified) or "")
        return Record(
            id=record_id(result),
            values={name: self._value(name, properties.get(name)) for name in fields},
            version=stamp,
            modified_at=codec.moment(stamp),
            is_archived=result.get("archived") is True,
            external_id=str(properties.get(EXTERNAL_ID) or "") or None,
            merged_ids=_listed(properties.get(self._of.merged_ids)),
            other_emails=_listed(properties.get(self._of.other_emails)),
        )

    def _value(self, name: str, raw: Json) -> Value:
        kind = self._schema[name].kind if name in self._schema else FieldKind.TEXT
        return codec.decode(kind, raw)


def _properties(result: Json) -> dict[str, Json]:
    properties = result.get("properties")
    return properties if isinstance(properties, dict) else {}


def _listed(text: Json) -> tuple[str, ...]:
    parts = (part.strip() for part in str(text or "").split(";"))
    return tuple(dict.fromkeys(part for part in parts if part))
