"""What a configuration says about one pair of objects: its ends, its fields, how partners meet."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from config.filters import Filters
from config.scalars import FrozenMapping, Word
from config.words import Found, Frozen
from daemon.core.field_rules import Direction, Override, Policy
from daemon.core.values import FieldKind


def _object(given: object) -> object:
    """Return ``{lead, contact}``, a mapping of empty values in YAML, as ``lead+contact``."""
    if isinstance(given, Mapping) and not any(value is not None for value in given.values()):
        given = list(given)
    if isinstance(given, list | tuple) and given and all(isinstance(one, str) for one in given):
        return "+".join(given)
    return given


ObjectName = Annotated[
    str,
    BeforeValidator(_object, json_schema_input_type=str | list[Word] | dict[Word, None]),
    Field(max_length=255),
]


class End(Frozen):
    """One end of a pair: an object on a connection."""

    connection: Word = Field(description="Name of a connection under `connections`.")
    object: ObjectName = Field(
        default="",
        description="Which object of that connection, such as `contacts`. Left out: the "
        "connection's main object, since a file has one only. Objects that hold the same people "
        "can stand together, where the system allows it: `{lead, contact}`.",
    )

    def __str__(self) -> str:
        return f"{self.connection}:{self.object}" if self.object else self.connection


def _keys(given: object) -> object:
    if not isinstance(given, list | tuple):
        raise ValueError("expected a list of fields such as [email, phone]")  # noqa: TRY004 - pydantic wants ValueError
    return [[item] if isinstance(item, str) else item for item in given]


MatchKeys = Annotated[
    tuple[Annotated[tuple[Word, ...], Field(min_length=1, max_length=8)], ...],
    BeforeValidator(_keys, json_schema_input_type=list[Word | list[Word]]),
    Field(min_length=1, max_length=16),
]


class Match(Frozen):
    """How a record's partner on the other side is found (R8)."""

    on: MatchKeys = Field(
        default=(("email",), ("phone",)),
        description="Fields compared exactly, strongest first; a list within the list must agree "
        "as a whole: `[email, phone, [last_name, postcode]]`. An e-mail address belongs to one "
        "person more surely than a phone number does, hence the order.",
    )
    found: Found = Field(
        default=Found.UPDATE,
        description="`update`: keep both the same from now on. `skip`: leave a found pair alone. "
        "`merge`: fill empty fields on both sides at first, then keep both the same.",
    )


class FieldOverride(Frozen):
    """How one source column and one CRM field are kept the same."""

    to: Word = Field(description="The CRM field.")
    direction: Direction | None = Field(
        default=None,
        description="Which way this field travels. Left out: the sync's `direction`.",
    )
    policy: Policy | None = Field(
        default=None,
        description="How this field is decided. Left out: what `conflicts` says. `source`, `crm`, "
        "`most_recent` and `manual` as there; `fill_only` writes into empty fields only; "
        "`never_clear` never empties a field; `union` joins choices; `min`, `max` and `longest` "
        "keep that value of the two.",
    )
    kind: FieldKind | None = Field(
        default=None,
        description="What the column holds, where its name and the CRM field do not tell.",
    )

    @property
    def override(self) -> Override:
        """The same for the mapping step."""
        return Override(to=self.to, direction=self.direction, policy=self.policy, kind=self.kind)


def _rule(given: object) -> object:
    if given is False:
        return None
    if given is True or given in ("no", "off", "yes", "on"):
        raise ValueError("expected a CRM field, keys such as `to`, or `false` to leave it out")
    return {"to": given} if isinstance(given, str) else given


Rule = Annotated[
    FieldOverride | None,
    BeforeValidator(_rule, json_schema_input_type=Word | FieldOverride | Literal[False] | None),
]
"""None leaves the column out."""


class PairRules(Frozen):
    """What belongs to one pair of objects."""

    fields: FrozenMapping[Word, Rule] = Field(
        default_factory=lambda: MappingProxyType({}),
        description="Source column to CRM field: `Company Name: company`, or "
        "`{to, direction, policy, kind}`; `false` or nothing leaves the column out. Columns not "
        "named here are mapped by the standard mapping and by like names.",
    )
    match: Match = Field(default=Match(), description="How partners are found.")
    required: tuple[Word, ...] = Field(
        default=(),
        description="Source columns that must not be empty; a record that lacks one is "
        "set aside as invalid. None by default: what the CRM itself needs is known from it.",
    )

    filters: Filters = Field(
        default=Filters(),
        description="Which records are kept the same: `{source: [{field: Status, in: [lead]}], "
        "crm: [{field: createdate, after: -90d}]}`. A record that is left out keeps its link and is "
        "neither written nor deleted; opt-outs pass.",
    )

    @property
    def overrides(self) -> Mapping[str, Override | None]:
        """``fields`` as the mapping step takes them; None keeps a column out."""
        return MappingProxyType(
            {column: rule.override if rule else None for column, rule in self.fields.items()}
        )


class Pair(PairRules):
    """Two objects that are kept the same."""

    source: End = Field(description="The marketing side.")
    crm: End = Field(description="The CRM side.")

    def __str__(self) -> str:
        return f"{self.source} <-> {self.crm}"
