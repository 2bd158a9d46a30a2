"""What a mapping is made of: one rule for each pair of fields, and the whole table.

Values only. A rule is what a person confirms ("this column is that field, in these directions,
and in a conflict this wins"); its fingerprint tells when that has changed (R16).
"""

from dataclasses import dataclass, field
from enum import StrEnum

from daemon.core.schema import Field
from daemon.core.values import FieldKind, Side, digest


class Direction(StrEnum):
    """Which way values may travel."""

    PUSH = "push"
    """From the source to the CRM."""
    PULL = "pull"
    """From the CRM to the source."""
    BOTH = "both"

    def covers(self, other: "Direction") -> bool:
        """Tell whether everything *other* allows is allowed here too."""
        return self in {Direction.BOTH, other}

    def writes_to(self, side: Side) -> bool:
        """Tell whether values travel to *side*."""
        return self in {Direction.BOTH, Direction.PUSH if side is Side.CRM else Direction.PULL}


class Policy(StrEnum):
    """What decides when both sides changed a field to different values."""

    SOURCE = "source"
    CRM = "crm"
    MOST_RECENT = "most_recent"
    MANUAL = "manual"
    FILL_ONLY = "fill_only"
    """Only an empty field is written."""
    NEVER_CLEAR = "never_clear"
    """Most recent, but a filled field is never emptied."""
    UNION = "union"
    """Choices of both sides."""
    MIN = "min"
    MAX = "max"
    LONGEST = "longest"


class How(StrEnum):
    """Why two fields were paired, surest first."""

    OVERRIDE = "override"
    """The configuration says so."""
    STANDARD = "standard"
    """Both names stand for the same canonical field."""
    SAME_NAME = "same_name"
    ALIKE = "alike"


@dataclass(frozen=True, kw_only=True, slots=True)
class Override:
    """What an operator wrote about one source column; None = decide as for any other field."""

    to: str
    """Name of the CRM field."""
    direction: Direction | None = None
    policy: Policy | None = None
    kind: FieldKind | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldRule:
    """One source field and one CRM field that are kept the same."""

    source: str
    crm: str
    canonical: str = ""
    """What both mean (``first_name``), where that is known; "" otherwise."""
    kind: FieldKind
    """What values are compared as: the stronger type of the two fields."""
    direction: Direction
    policy: Policy
    source_field: Field
    crm_field: Field
    how: How
    score: float
    """How sure the pairing is, 0 to 1."""
    _fingerprint: str = field(init=False, repr=False, compare=False)
    """Made once: it is asked for with every field of every record."""

    def __post_init__(self) -> None:
        """Make the fingerprint."""
        decided = (self.source, self.crm, self.kind, self.direction, self.policy)
        object.__setattr__(self, "_fingerprint", digest("\x1f".join(decided)))

    def name(self, side: Side) -> str:
        """Return the field's name on *side*."""
        return self.source if side is Side.SOURCE else self.crm

    def field(self, side: Side) -> Field:
        """Return the field's definition on *side*."""
        return self.source_field if side is Side.SOURCE else self.crm_field

    def fingerprint(self) -> str:
        """Return a hash of what the rule decides; how it was found does not count."""
        return self._fingerprint


@dataclass(frozen=True, kw_only=True, slots=True)
class MappingProblem:
    """Something in the configuration that cannot be mapped as written."""

    code: str
    """Stable word: unknown_source, unknown_crm, read_only_crm, taken, …"""
    name: str
    """The source column, CRM field or policy name it is about."""
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MappingRow:
    """One line of the table people see and confirm."""

    source: str
    crm: str
    kind: str
    direction: str
    policy: str
    how: str
    score: float


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldMap:
    """All rules of a pair, one-to-one, sorted by source name; and what found no partner."""

    rules: tuple[FieldRule, ...]
    unmapped_source: tuple[str, ...]
    """Source fields that go nowhere, though nobody said so."""
    unmapped_required: tuple[str, ...]
    """CRM fields without which a create is refused, and which nothing fills; alternatives that
    would each do are one entry, ``"a or b"``."""
    problems: tuple[MappingProblem, ...]

    def table(self) -> tuple[MappingRow, ...]:
        """Return the rules as rows for showing, and for the plan's digest."""
        return tuple(
            MappingRow(
                source=rule.source,
                crm=rule.crm,
                kind=rule.kind.value,
                direction=rule.direction.value,
                policy=rule.policy.value,
                how=rule.how.value,
                score=rule.score,
            )
            for rule in self.rules
        )

    def fingerprint(self) -> str:
        """Return a hash of all that the rules decide."""
        return digest("\n".join(rule.fingerprint() for rule in self.rules))
