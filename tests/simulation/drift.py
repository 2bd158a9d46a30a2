"""How a system's schema drifts away from what it was (fault 49), and what then is refused."""

from dataclasses import dataclass, replace
from types import MappingProxyType

from adapters.contract import Verb
from daemon.core.schema import Choice, Schema
from daemon.core.values import FieldKind, Values


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """How the system's schema differs from what it was (fault 49)."""

    kind: str
    """gone (renamed), required, or retyped (a list of options without those in use)."""
    field: str


OPTIONS = (Choice(value="one", label="One"), Choice(value="two", label="Two"))


def drifted(schema: Schema, drift: Drift | None) -> Schema:
    """Return a schema as it is now."""
    if drift is None:
        return schema
    fields = dict(schema.fields)
    known = fields.pop(drift.field)
    match drift.kind:
        case "gone":
            name = f"{drift.field}_2"
            fields[name] = replace(known, name=name, label=name)
        case "required":
            fields[drift.field] = replace(known, is_required=True)
        case _:
            fields[drift.field] = replace(known, kind=FieldKind.CHOICE, choices=OPTIONS)
    return replace(schema, fields=MappingProxyType(fields))


def against(drift: Drift | None, verb: Verb, values: Values) -> str:
    """Return why a write does not fit the schema as it is now; empty where it does."""
    if drift is None or verb.is_removal:
        return ""
    match drift.kind:
        case "gone":
            return "unknown_field" if drift.field in values else ""
        case "required":
            is_lacking = verb is Verb.CREATE or drift.field in values
            return "required" if is_lacking and values.get(drift.field) is None else ""
        case _:
            fitting = {None, *(option.value for option in OPTIONS)}
            return "" if values.get(drift.field) in fitting else "invalid_option"
