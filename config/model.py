"""What a configuration can say: frozen models whose descriptions teach each key.

Every default stands here with its reason; ``docs/configuration.md`` and the JSON Schema are made
from these models. A connection's further keys belong to its type and are checked with the settings
model of that type (``config.load``). A snapshot never changes once validated.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import Self

from pydantic import Field, model_validator

from config.consent import Compliance
from config.guards import Guards
from config.pair import End, Pair, PairRules
from config.retention import Retention
from config.scalars import Country, FrozenMapping, Listen, Name, Word, YesNo
from config.schedule import Schedule, ScheduleWritten
from config.words import (
    ConflictPolicy,
    EditVersusDelete,
    ErrorPolicy,
    FirstRun,
    Frozen,
    LogLevel,
    OneSidedDelete,
)
from daemon.core.field_rules import Direction, Policy
from daemon.core.values import Side

ENVELOPE_LIFETIME = timedelta(days=365)
"""How long an envelope without ``until`` lasts: a person looks again once a year (R17)."""


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
        description="Policy by field, named as the CRM or the source names it: "
        "`{phone: source, notes: manual}`. Takes the words of a field's `policy`.",
    )


class Deletes(Frozen):
    """What happens to the other side when a record vanishes from one."""

    source: OneSidedDelete = Field(
        default=OneSidedDelete.UNLINK,
        description="When the source record is deleted. `unlink` ends the link and remembers it, "
        "so that the record does not come back; `ignore` keeps the link waiting for its return; "
        "`archive` puts the CRM record into the CRM's bin, `delete` takes it away for good. The "
        "last two wait for proof that the record is gone, for a person's approval, and stop at "
        "the guards.",
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


class Ends(Frozen):
    """What a sync joins: one pair of ends, or several pairs."""

    source: End | None = Field(default=None, description="The marketing side.")
    crm: End | None = Field(default=None, description="The CRM side.")
    several: tuple[Pair, ...] | None = Field(
        default=None,
        alias="pairs",
        min_length=1,
        description="In place of `source` and `crm`: several pairs, run in this order, each with "
        "`source`, `crm`, `fields`, `match` and `required` of its own.",
    )


class Sync(PairRules, Ends):
    """A named piece of work: one pair of ends, or several run in order under one plan."""

    direction: Direction = Field(
        default=Direction.BOTH,
        description="`push`: source to CRM. `pull`: CRM to source. `both` by default: edits on "
        "either side are kept.",
    )
    create: Create = Field(default=Create(), description="Where missing records are created.")
    schedule: ScheduleWritten = Field(default=Schedule(), description="When it runs.")
    was: Name | None = Field(
        default=None,
        description="Former name, where the sync was renamed: what is known under that name goes "
        "on under this one. To be deleted at leisure once it was done.",
    )
    conflicts: Conflicts = Field(default_factory=Conflicts, description="Who wins.")
    deletes: Deletes = Field(default=Deletes(), description="What a delete on one side means.")
    edit_vs_delete: EditVersusDelete = Field(
        default=EditVersusDelete.KEEP,
        description="Where `deletes` removes records: what happens to one that was edited since. "
        "`keep`: the edit wins and the deleted record is made again. `delete`: it is removed, and "
        "the edit stays in the conflict list.",
    )
    approval: Approval = Field(default=Approval(), description="What a person confirms.")
    guards: Guards = Field(default_factory=Guards, description="Safety nets.")
    compliance: Compliance | None = Field(
        default=None,
        description="Whether people may be stored and messaged. Off by default, and every report "
        "says so: what is allowed hangs on markets, purpose and proof that only the operator "
        "knows, and a guess would hold everybody or nobody.",
    )
    errors: ErrorPolicy = Field(
        default=ErrorPolicy.QUARANTINE,
        description="When the other system refuses a record. `quarantine`: it is set apart with "
        "the reason, and the run goes on, since one bad record is no reason to hold up the rest. "
        "`skip`: it is only counted, until it changes. `halt`: the run stops, what it wrote is "
        "rolled back, and the sync is paused.",
    )
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
        "numbers are held back, because a guess reaches strangers.",
    )

    @model_validator(mode="after")
    def _is_one_form(self) -> Self:
        if self.several is None:
            missing = [word for word in ("source", "crm") if getattr(self, word) is None]
            if missing:
                raise ValueError(f"`{'` and `'.join(missing)}` missing (or `pairs` in their place)")
            return self
        given = self.model_fields_set & {"source", "crm", "fields", "match", "required", "filters"}
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
                filters=self.filters,
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
    service: Service = Field(default=Service(), description="How the process itself runs.")
    retention: Retention = Field(
        default=Retention(), description="How long what is known of the past is kept."
    )
