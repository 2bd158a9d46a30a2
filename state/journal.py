"""What was planned, approved, promised, done and refused: the second half of our tables."""

from datetime import datetime

from sqlalchemy import Column, Index, Text, text
from sqlmodel import Field, SQLModel

from state.columns import NUMBER, Moment, serial

# Literal, in the index and in the query alike: SQLite takes up a partial index only then.
OPEN_INTENT = text("state IN ('sent', 'unknown')")
RUNNING = text("outcome = 'running'")
WAITING_WRITE = text("status = 'open' AND intent <> ''")
UNPRUNED = text("settled_at IS NOT NULL AND pruned_at IS NULL")


class Run(SQLModel, table=True):
    """One execution of a sync. Written by the cycle; read by reports; dies by retention."""

    __tablename__ = "run"
    __table_args__ = (
        Index("ix_run_running", "sync", sqlite_where=RUNNING, postgresql_where=RUNNING),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, sa_column=serial())
    sync: str = Field(index=True)
    trigger: str = ""
    started_at: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    outcome: str = "running"
    """running, done, nothing, waiting (approval), held, failed, halted, interrupted."""
    report: str = Field(default="{}", sa_type=Text)
    """The typed report as JSON, once ended."""
    reverses: int | None = None
    """The run that this one rolls back."""


class Plan(SQLModel, table=True):
    """One plan of one sync. Written by plan; read by approve and apply; superseded by the next."""

    __tablename__ = "plan"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: int | None = Field(default=None, sa_column=serial())
    run: int = Field(index=True)
    sync: str = Field(index=True)
    digest: str = Field(default="", index=True)
    status: str = "open"
    """open, approved, applied, superseded."""
    summary: str = Field(default="{}", sa_type=Text)
    created_at: datetime = Field(sa_type=Moment)
    decided_at: datetime | None = Field(default=None, sa_type=Moment)
    decided_by: str = ""


class PlannedOperation(SQLModel, table=True):
    """One operation of a plan, in order. Written by plan, read by apply; dies with its plan."""

    __tablename__ = "planned_operation"
    __table_args__ = (Index(None, "digest"),)
    plan: int = Field(sa_column=Column(NUMBER, primary_key=True, autoincrement=False))
    position: int = Field(sa_column=Column(NUMBER, primary_key=True, autoincrement=False))
    pair: str
    kind: str
    side: str
    digest: str
    payload: str = Field(sa_type=Text)
    parked: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """What keeps it from being carried out: a guard's name or ``approval``; empty = nothing."""


class Envelope(SQLModel, table=True):
    """A way of working that a person approved (R17).

    Written by approve; read by approve; expires at its end or when the configuration's
    fingerprint changes.
    """

    __tablename__ = "envelope"
    sync: str = Field(primary_key=True)
    fingerprint: str
    per_run: int
    per_day: int
    until: datetime = Field(sa_type=Moment)
    approved_by: str
    approved_at: datetime = Field(sa_type=Moment)


class Intent(SQLModel, table=True):
    """The stored promise of one remote write, and the journal of what came of it.

    Written before the request leaves and again with its outcome; read by recover, report,
    explain; dies by retention, never while open.
    """

    __tablename__ = "intent"
    __table_args__ = (
        Index(None, "run"),
        Index(None, "pair", "sent_at"),
        Index(
            "ix_intent_open",
            "connection",
            "object",
            sqlite_where=OPEN_INTENT,
            postgresql_where=OPEN_INTENT,
        ),
        Index(
            "ix_intent_unpruned",
            "settled_at",
            sqlite_where=UNPRUNED,
            postgresql_where=UNPRUNED,
        ),
    )
    id: str = Field(primary_key=True)
    run: int
    pair: str
    connection: str
    object: str
    side: str
    verb: str
    link: str
    """The entity id; for a create also the token the record carries (R7)."""
    source_id: str | None = None
    crm_id: str | None = None
    payload: str = Field(sa_type=Text)
    """The operation: values, before, evidence, conflicts, JSON."""
    state: str = "sent"
    """sent, unknown; settled, refused, moved, superseded, held."""
    carries_token: bool = False
    """A create that wrote the entity id on the record, so a look can find it."""
    sent_at: datetime = Field(sa_type=Moment)
    settled_at: datetime | None = Field(default=None, sa_type=Moment)
    result: str = Field(default="{}", sa_type=Text)
    """Returned values or the failure, JSON."""
    pruned_at: datetime | None = Field(default=None, sa_type=Moment)
    """When retention took its values away (R27); what is left says which fields, not what."""


class Conflict(SQLModel, table=True):
    """Two values that could not both stay.

    Written by plan (open) and settle (decided); read by people; resolved by a person or by
    the values becoming equal; dies by retention.
    """

    __tablename__ = "conflict"
    __table_args__ = (
        Index(None, "link"),
        Index(
            "uq_conflict_open",
            "link",
            "field",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, sa_column=serial())
    pair: str = Field(index=True)
    link: str
    source_id: str
    crm_id: str
    field: str
    """The rule key, ``source field→crm field``."""
    source_value: str = Field(sa_type=Text)
    crm_value: str = Field(sa_type=Text)
    base: str = Field(default="null", sa_type=Text)
    evidence: str = Field(default="{}", sa_type=Text)
    reason: str = ""
    status: str = "open"
    """open, decided (by a rule), resolved (by a person), gone (became equal), reversed (rolled back)."""
    winner: str = ""
    """source, crm, both, or empty while open."""
    run: int = 0
    found_at: datetime = Field(sa_type=Moment)
    resolved_at: datetime | None = Field(default=None, sa_type=Moment)
    resolved_by: str = ""


class Quarantine(SQLModel, table=True):
    """A record or field set apart, with its reason.

    Written by plan, settle and recover; read by people; ends when the record changes, a
    person retries or dismisses it.
    """

    __tablename__ = "quarantine"
    __table_args__ = (
        Index(None, "pair", "side", "record"),
        Index(
            "ix_quarantine_waiting_write",
            "intent",
            sqlite_where=WAITING_WRITE,
            postgresql_where=WAITING_WRITE,
        ),
        Index(
            "uq_quarantine_open",
            "pair",
            "side",
            "record",
            "field",
            "rule",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, sa_column=serial())
    pair: str
    side: str
    record: str
    field: str = ""
    """Empty = the whole record."""
    rule: str
    message: str = Field(sa_type=Text)
    suggestion: str = Field(default="", sa_type=Text)
    value_class: str = ""
    status: str = "open"
    """open, cleared, retried, dismissed."""
    intent: str = ""
    run: int = 0
    found_at: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    mark: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Hash of the values it was found on, where it holds only as long as they stay (R19)."""


class ApiCall(SQLModel, table=True):
    """One API call that left. Written in groups during a run, read by reports, dies by retention."""

    __tablename__ = "api_call"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: int | None = Field(default=None, sa_column=serial())
    run: int = Field(index=True)
    connection: str
    method: str
    endpoint: str
    purpose: str
    status: int | None = None
    started_at: datetime = Field(sa_type=Moment)
    milliseconds: int = 0
    attempt: int = 1
    correlation_id: str = ""
    note: str = ""
