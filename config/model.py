"""What a configuration can say: frozen models whose descriptions teach each key.

Every default stands here with its reason; ``docs/configuration.md`` and the JSON Schema are made
from these models. A connection's further keys belong to its type and are checked with the settings
model of that type (``config.load``). A snapshot never changes once validated.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from config.scalars import Country, Duration, FrozenMapping, Listen, Name, Word, YesNo
from daemon.core.values import FieldKind, Side

ENVELOPE_LIFETIME = timedelta(days=365)
"""How long an envelope without ``until`` lasts: a person looks again once a year (R17)."""


class Direction(StrEnum):
    """Which way values travel."""

    PUSH = "push"
    PULL = "pull"
    BOTH = "both"


class ConflictPolicy(StrEnum):
    """Who wins when both sides changed the same field."""

    MOST_RECENT = "most_recent"
    SOURCE = "source"
    CRM = "crm"
    MANUAL = "manual"


class Policy(StrEnum):
    """How one field is decided: the conflict policies, and those that look at the values."""

    MOST_RECENT = "most_recent"
    SOURCE = "source"
    CRM = "crm"
    MANUAL = "manual"
    FILL_ONLY = "fill_only"
    NEVER_CLEAR = "never_clear"
    UNION = "union"
    MIN = "min"
    MAX = "max"
    LONGEST = "longest"


class Found(StrEnum):
    """What happens to a record whose partner is found on the other side."""

    UPDATE = "update"
    SKIP = "skip"
    MERGE = "merge"


class OneSidedDelete(StrEnum):
    """What a delete on one side does to the other side's record. None of them deletes it."""

    IGNORE = "ignore"
    UNLINK = "unlink"


class FirstRun(StrEnum):
    """Whether a person confirms the first plan."""

    REQUIRED = "required"
    NONE = "none"


class LogLevel(StrEnum):
    """The least important line that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Frozen(BaseModel):
    """A model that never changes and knows all its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class End(Frozen):
    """One end of a pair: an object on a connection."""

    connection: Word = Field(description="Name of a connection under `connections`.")
    object: str = Field(
        default="",
        max_length=255,
        description="Which object of that connection, such as `contacts`. Left out: the "
        "connection's main object, since a file has one only.",
    )

    def __str__(self) -> str:
        return f"{self.connection}:{self.object}" if self.object else self.connection


class Create(Frozen):
    """On which sides missing records are created (R10)."""

    crm: YesNo = Field(
        default=True,
        description="Create a CRM record for a source record without a partner: what a sync is "
        "mostly for.",
    )
    source: YesNo = Field(
        default=False,
        description="Create a source record for a CRM record without a partner. Off by default, "
        "lest a whole CRM is poured into a small file.",
    )


class Schedule(Frozen):
    """When a sync runs."""

    every: Duration = Field(
        default=timedelta(minutes=5),
        description="Distance between runs. Five minutes cost one cheap call an object and side "
        "and stay far below every daily quota.",
        ge=timedelta(seconds=1),
        le=timedelta(days=366),
    )
    on_change: YesNo = Field(
        default=True,
        description="Also run as soon as a file end changes. Costs nothing, so it is on.",
    )
    full: Duration | None = Field(
        default=None,
        description="Distance between full listings, which find what a change feed misses. Left "
        "out: what the connection's type needs.",
        ge=timedelta(minutes=1),
        le=timedelta(days=366),
    )
    once: YesNo = Field(
        default=False,
        description="Run one time and never again by itself; excludes `every`.",
    )

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.once and "every" in self.model_fields_set:
            raise ValueError("`once` and `every` exclude each other; delete one of them")
        if self.full is not None and self.full < self.every:
            raise ValueError("`full` is shorter than `every`; full listings happen within runs")
        return self


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


class FieldRule(Frozen):
    """How one source column and one CRM field are kept the same."""

    to: Word | None = Field(
        default=None,
        description="The CRM field. Left out: the one found by the standard mapping or by a like "
        "name.",
    )
    direction: Direction | None = Field(
        default=None,
        description="Which way this field travels. Left out: the sync's `direction`.",
    )
    policy: Policy | None = Field(
        default=None,
        description="How this field is decided. Left out: what `conflicts` says. `fill_only` "
        "writes into empty fields only; `never_clear` never empties a field; `union` joins "
        "choices; `min`, `max` and `longest` keep that value of the two.",
    )
    kind: FieldKind | None = Field(
        default=None,
        description="What the column holds, where its name and the CRM field do not tell.",
    )


def _rule(given: object) -> object:
    if given is False:
        return None
    if given is True or given in ("no", "off", "yes", "on"):
        raise ValueError("expected a CRM field, keys such as `to`, or `false` to leave it out")
    return {"to": given} if isinstance(given, str) else given


Rule = Annotated[
    FieldRule | None,
    BeforeValidator(_rule, json_schema_input_type=Word | FieldRule | Literal[False] | None),
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


class Pair(PairRules):
    """Two objects that are kept the same."""

    source: End = Field(description="The marketing side.")
    crm: End = Field(description="The CRM side.")

    def __str__(self) -> str:
        return f"{self.source} <-> {self.crm}"


class Conflicts(Frozen):
    """Who wins when both sides changed the same field since they last agreed."""

    default: ConflictPolicy = Field(
        default=ConflictPolicy.MOST_RECENT,
        description="The later edit wins by default: it is what most people expect, and the "
        "loser stays in the conflict list. `manual` asks a person.",
    )
    tie: Side = Field(
        default=Side.CRM,
        description="Who wins where the times decide nothing, as at first contact. The CRM by "
        "default: people work in it, and what they see there does not jump.",
    )
    fields: FrozenMapping[Word, Policy] = Field(
        default_factory=lambda: MappingProxyType({}),
        description="Policy by CRM field: `{phone: source, notes: manual}`.",
    )


class Deletes(Frozen):
    """What happens when a record vanishes from one side. Nothing is deleted on the other."""

    source: OneSidedDelete = Field(
        default=OneSidedDelete.UNLINK,
        description="When the source record is deleted. `unlink` ends the link and remembers it, "
        "so that the record does not come back; `ignore` keeps the link waiting for its return.",
    )
    crm: OneSidedDelete = Field(
        default=OneSidedDelete.UNLINK, description="When the CRM record is deleted; same words."
    )


class Envelope(Frozen):
    """What flows without asking once a first plan was approved (R17)."""

    per_run: int = Field(
        default=500,
        ge=0,
        le=1_000_000,
        description="Records written in one run. More are parked for a person: a busy day's edits "
        "fit, an accident with a whole file does not.",
    )
    per_day: int = Field(
        default=5_000, ge=0, le=10_000_000, description="Records written within 24 hours."
    )
    until: date | None = Field(
        default=None,
        description="Last day. Left out: one year after the approval, so that somebody looks "
        "again.",
    )


class Approval(Frozen):
    """What a person confirms before anything is written."""

    first_run: FirstRun = Field(
        default=FirstRun.REQUIRED,
        description="`required`: the first plan waits for its approval, since a wrong mapping "
        "shows there. `none` is for tests and sandboxes.",
    )
    envelope: Envelope = Field(default=Envelope(), description="What then flows by itself.")


class Guards(Frozen):
    """Safety nets and how fine they are."""

    verify_sample: int = Field(
        default=5,
        ge=0,
        le=100,
        description="Written records read back at random after each run. Five find a systematic "
        "fault almost surely and cost one call.",
    )


class Sync(PairRules):
    """A named piece of work: one pair of ends, or several run in order under one plan."""

    source: End | None = Field(default=None, description="The marketing side.")
    crm: End | None = Field(default=None, description="The CRM side.")
    several: tuple[Pair, ...] | None = Field(
        default=None,
        alias="pairs",
        min_length=1,
        description="In place of `source` and `crm`: several pairs, run in this order, each with "
        "`source`, `crm`, `fields`, `match` and `required` of its own.",
    )
    direction: Direction = Field(
        default=Direction.BOTH,
        description="`push`: source to CRM. `pull`: CRM to source. `both` by default: edits on "
        "either side are kept.",
    )
    create: Create = Field(default=Create(), description="Where missing records are created.")
    schedule: Schedule = Field(default=Schedule(), description="When it runs.")
    conflicts: Conflicts = Field(default_factory=Conflicts, description="Who wins.")
    deletes: Deletes = Field(default=Deletes(), description="What a delete on one side means.")
    approval: Approval = Field(default=Approval(), description="What a person confirms.")
    guards: Guards = Field(default=Guards(), description="Safety nets.")
    batch_size: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="Records in one write call. Left out: the most the CRM takes, which needs the "
        "fewest calls.",
    )
    country: Country | None = Field(
        default=None,
        description="Country of phone numbers written without one, such as `DE`. Left out: such "
        "numbers are invalid, because a guess reaches strangers.",
    )

    @model_validator(mode="after")
    def _is_one_form(self) -> Self:
        if self.several is None:
            missing = [word for word in ("source", "crm") if getattr(self, word) is None]
            if missing:
                raise ValueError(f"`{'` and `'.join(missing)}` missing (or `pairs` in their place)")
            return self
        given = self.model_fields_set & {"source", "crm", "fields", "match", "required"}
        if given:
            words = "`, `".join(sorted(given))
            raise ValueError(f"beside `pairs` no `{words}`: write them inside each pair")
        return self

    @property
    def pairs(self) -> Sequence[Pair]:
        """The pairs in the order they run, whichever form was written."""
        if self.several is not None:
            return self.several
        if self.source is None or self.crm is None:  # refused by validation
            return ()
        return (
            Pair(
                source=self.source,
                crm=self.crm,
                fields=self.fields,
                match=self.match,
                required=self.required,
            ),
        )


class Service(Frozen):
    """The process itself."""

    listen: Listen = Field(
        default="127.0.0.1:8711",
        description="Address and port of health, readiness and metrics. This machine only by "
        "default, because the page has no password. Port 0 takes a free one.",
    )
    log_level: LogLevel = Field(default=LogLevel.INFO, description="Least important line logged.")

    @property
    def host(self) -> str:
        """The address to listen on, without brackets."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port to listen on; 0 = any free one."""
        return int(self.listen.rpartition(":")[2])


class Document(Frozen):
    """A whole configuration as written; connections are checked further by their type."""

    connections: FrozenMapping[Name, Mapping[str, object]] = Field(
        default_factory=lambda: MappingProxyType({}),
        description="Accounts and files, by name. `type` says which system it is and thereby "
        "which keys follow.",
    )
    syncs: FrozenMapping[Name, Sync] = Field(
        default_factory=lambda: MappingProxyType({}),
        description="What is kept the same, by name. The name is the sync's identity.",
    )
    service: Service = Field(default=Service(), description="The process itself.")
