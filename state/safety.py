"""What keeps a sync safe and answerable: guards, history, redirects, rollbacks, decisions, budgets.

The third part of our tables, beside ``state.tables`` and ``state.journal``.
"""

from datetime import datetime

from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel

from state.columns import Moment, serial

OPEN_TRIP = text("status = 'open'")


class GuardTrip(SQLModel, table=True):
    """A guard that stopped what lies in its scope (I17, R18).

    Written by guard; read by approve, status and reports; ends when a person releases it or the
    reason is gone; dies by retention.
    """

    __tablename__ = "guard_trip"
    __table_args__ = (
        Index(
            "uq_guard_trip_open",
            "pair",
            "guard",
            "subject",
            unique=True,
            sqlite_where=OPEN_TRIP,
            postgresql_where=OPEN_TRIP,
        ),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, sa_column=serial())
    sync: str = Field(index=True)
    pair: str
    guard: str
    """Its name: delete_share, blank_burst, …"""
    scope: str
    """pair, creates, deletes, field or link."""
    subject: str = ""
    """``side.field`` or the link's id, where the scope is one; else the side, or empty."""
    reason: str = Field(sa_type=Text)
    measured: float
    allowed: float
    run: int
    found_at: datetime = Field(sa_type=Moment)
    status: str = "open"
    """open, released (by a person), over (its reason is gone)."""
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    ended_by: str = ""
    end_reason: str = Field(default="", sa_type=Text)
    released_up_to: float | None = None
    """What a person let pass: a measure up to this does not trip the guard again."""


class History(SQLModel, table=True):
    """What a mirrored record held before it changed: the way back through time (F2).

    Written with the mirror row, for changes of known records only; read by explain; dies by
    retention.
    """

    __tablename__ = "history"
    __table_args__ = (
        Index(None, "connection", "object", "record"),
        Index(None, "at"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, sa_column=serial())
    connection: str
    object: str
    record: str
    since: datetime | None = Field(default=None, sa_type=Moment)
    """Up to then the record was known to be as before."""
    at: datetime = Field(sa_type=Moment)
    """When the change was seen, by our clock."""
    presence: str
    """Presence before."""
    before: str = Field(sa_type=Text)
    """Changed field → value before, canonical JSON; a field that was not read is not there."""
    added: str = Field(default="[]", sa_type=Text)
    """Fields that were read for the first time, JSON."""


class Redirect(SQLModel, table=True):
    """A record that lives on under another id (R41).

    Written by settle (a record made again) and observe (a merge); read wherever an id is met;
    dies with its connection.
    """

    __tablename__ = "redirect"
    connection: str = Field(primary_key=True)
    object: str = Field(primary_key=True)
    old_id: str = Field(primary_key=True)
    new_id: str
    why: str
    """recreated or merged."""
    at: datetime = Field(sa_type=Moment)


class RollbackHold(SQLModel, table=True):
    """A field that a rollback put back: it stays so until either side changes (R24).

    Written by rollback; read by explain and ``held``; dies when the field changes or a person
    releases it.
    """

    __tablename__ = "rollback_hold"
    __table_args__ = (Index(None, "pair"),)
    link: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    """The rule key; empty: the match itself was taken back."""
    pair: str
    run: int
    """The run that was rolled back."""
    at: datetime = Field(sa_type=Moment)


class Audit(SQLModel, table=True):
    """Decisions of people, chained by hashes, without anybody's values (R27).

    Written with each decision; read by ``crmsyncd audit``; never dies.
    """

    __tablename__ = "audit"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: int | None = Field(default=None, sa_column=serial())
    at: datetime = Field(sa_type=Moment)
    actor: str
    action: str
    subject: str
    detail: str = Field(default="{}", sa_type=Text)
    previous: str
    """Hash of the entry before."""
    hash: str


class Allowance(SQLModel, table=True):
    """What the account of a connection takes in a day, as its replies told, and our part of it.

    Written with the API calls of a run; read when a connection is opened, by status and metrics.
    Never dies by itself: one row a connection.
    """

    __tablename__ = "allowance"
    connection: str = Field(primary_key=True)
    account: str = Field(index=True)
    """Type and id of the account; connections that share one count together."""
    starts_at_midnight: bool
    """The account's midnight begins a day, else the last 24 hours count."""
    time_zone: str
    most: int | None = None
    """API calls a day; None while no reply told it."""
    account_left: int | None = None
    """What it still took, other tools counted, when last told."""
    told_at: datetime | None = Field(default=None, sa_type=Moment)
    daily_share: float
    reserve: float


class SpentCalls(SQLModel, table=True):
    """API calls that left for an account in a quarter of an hour: what a restart must not forget.

    Written with the API calls of a run; read when a connection is opened, by status and metrics;
    dies after two days.
    """

    __tablename__ = "spent_calls"
    account: str = Field(primary_key=True)
    slot: datetime = Field(primary_key=True, sa_type=Moment)
    calls: int


class ProbeFinding(SQLModel, table=True):
    """What a live account answered to a question that its vendor's documents leave open.

    Written by ``check --probe``, read by ``check``; dies when the next probe replaces it.
    """

    __tablename__ = "probe_finding"
    connection: str = Field(primary_key=True)
    object: str = Field(primary_key=True)
    question: str = Field(primary_key=True)
    """Stable word of the question."""
    asked: str = Field(sa_type=Text)
    """The question as people read it."""
    answer: str = Field(sa_type=Text)
    seen_at: datetime = Field(sa_type=Moment)
