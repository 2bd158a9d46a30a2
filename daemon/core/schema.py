"""What a system says about an object's fields: the live schema an adapter reads."""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import orjson

from daemon.core.values import FieldKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One option of a picklist: the stored value and what people see."""

    value: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One field of an object on one system, as the account has it today."""

    name: str
    label: str
    kind: FieldKind
    is_writable: bool = True
    is_required: bool = False
    """Refused when empty on create."""
    is_unique: bool = False
    """The system itself keeps it unique, so it can serve as a key."""
    max_length: int | None = None
    """Longest text the system keeps, in characters; longer is cut or refused."""
    choices: tuple[Choice, ...] = ()
    """Allowed values of a CHOICE or CHOICES field; empty = any."""
    is_forward_only: bool = False
    """CHOICE whose value the system silently refuses to move back along ``choices``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Schema:
    """The fields of one object on one connection."""

    object: str
    fields: MappingProxyType[str, Field] = field(default_factory=lambda: MappingProxyType({}))
    required_any: tuple[str, ...] = ()
    """A create needs at least one of these (some systems ask for "a name or an address")."""

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def __getitem__(self, name: str) -> Field:
        return self.fields[name]


def encode_schema(schema: Schema) -> str:
    """Return a schema as canonical JSON text."""
    return orjson.dumps(
        {
            "object": schema.object,
            "required_any": schema.required_any,
            "fields": [_plain(item) for item in schema.fields.values()],
        },
        option=orjson.OPT_SORT_KEYS,
    ).decode()


def decode_schema(text: str) -> Schema:
    """Return what :func:`encode_schema` wrote."""
    plain = orjson.loads(text)
    fields = (_typed(item) for item in plain["fields"])
    return Schema(
        object=plain["object"],
        required_any=tuple(plain["required_any"]),
        fields=MappingProxyType({item.name: item for item in fields}),
    )


def _plain(item: Field) -> dict[str, Any]:
    plain = {name: getattr(item, name) for name in Field.__dataclass_fields__}
    return {**plain, "choices": [[choice.value, choice.label] for choice in item.choices]}


def _typed(plain: dict[str, Any]) -> Field:
    choices = tuple(Choice(value=value, label=label) for value, label in plain["choices"])
    return Field(**{**plain, "kind": FieldKind(plain["kind"]), "choices": choices})
