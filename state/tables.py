"""What is known of both sides: mirror, links and base, and how far each end has been seen.

Each docstring says who writes the table, who reads it, when a row dies. SQLModel declares,
SQLAlchemy Core moves the data. Times are text of one width in UTC, so they sort and compare alike
on SQLite and Postgres; values are canonical JSON text (``daemon.core.values``).
"""

from datetime import datetime

from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel

from state.columns import Moment

# Literal, in the index and in the query alike: SQLite takes up a partial index only then.
HERE = text("presence IN ('live', 'suspect')")
RACY = text("is_racy")
ABSENT = text("absences > 0")
UNPROVEN = text("presence = 'missing' AND absences < 2")
FOLDED_INTO = text("\"into\" <> ''")


class Meta(SQLModel, table=True):
    """Facts about this state: the instance prefix (R7). Written once, at creation; never dies."""

    __tablename__ = "meta"
    key: str = Field(primary_key=True)
    value: str = Field(sa_type=Text)


class Account(SQLModel, table=True):
    """Which account a connection leads to.

    Written when a credential is first seen, read before a run; replaced only after a person
    accepted another account.
    """

    __tablename__ = "account"
    connection: str = Field(primary_key=True)
    account_id: str
    credential: str
    """Hash of the credential that was checked; another credential is checked anew."""
    checked_at: datetime = Field(sa_type=Moment)


class Credential(SQLModel, table=True):
    """A secret of a connection, sealed (``state.sealing``); never its plain text.

    Written by connect and by whatever renews a token, read when a configuration is loaded; dies
    when a person forgets it.
    """

    __tablename__ = "credential"
    connection: str = Field(primary_key=True)
    setting: str = Field(primary_key=True)
    """Key of the connection that takes it."""
    type: str
    account_id: str
    account_name: str
    key: str
    """Id of the key it is sealed with; the key itself is never in the state."""
    sealed: str = Field(sa_type=Text)
    revision: str
    """Another word with every change of the secret, so that of two who renew it one is told."""
    stored_at: datetime = Field(sa_type=Moment)
    """When a person gave it."""
    renewed_at: datetime | None = Field(default=None, sa_type=Moment)
    """When it was last replaced by one that the system gave in exchange."""


class Observation(SQLModel, table=True):
    """How far one end (connection, object) has been seen.

    Written by observe, read by observe and plan; dies with its connection.
    """

    __tablename__ = "observation"
    connection: str = Field(primary_key=True)
    object: str = Field(primary_key=True)
    cursor: str | None = Field(default=None, sa_type=Text)
    covered_until: datetime | None = Field(default=None, sa_type=Moment)
    """Everything that changed before this moment, by our clock, has been seen."""
    fields: str = Field(default="[]", sa_type=Text)
    """Names read by the last complete listing (the field-set version of R2)."""
    listing: int = 0
    """Number of the last listing that was started."""
    listed_at: datetime | None = Field(default=None, sa_type=Moment)
    """Start of the last Complete listing; None until there was one (R5)."""
    listed_count: int = 0
    definition: str | None = Field(default=None, sa_type=Text)
    """The live schema as last read, JSON."""
    defined_at: datetime | None = Field(default=None, sa_type=Moment)
    carries_external_id: bool | None = None
    """Whether ``prepare`` found or made the external-id field; None = not asked yet."""


class Mirror(SQLModel, table=True):
    """The last seen state of each record of an end (R2).

    Written by observe, settle and recover; read by everything that decides. A row dies when
    its record is gone and no link remembers it.
    """

    __tablename__ = "mirror"
    __table_args__ = (
        Index(
            "ix_mirror_here",
            "connection",
            "object",
            "listing",
            sqlite_where=HERE,
            postgresql_where=HERE,
        ),
        Index(
            "ix_mirror_racy",
            "connection",
            "object",
            sqlite_where=RACY,
            postgresql_where=RACY,
        ),
        Index(
            "ix_mirror_absent",
            "connection",
            "object",
            sqlite_where=ABSENT,
            postgresql_where=ABSENT,
        ),
        Index(
            "ix_mirror_unproven",
            "connection",
            "object",
            sqlite_where=UNPROVEN,
            postgresql_where=UNPROVEN,
        ),
        Index(None, "connection", "object", "first_seen_at"),
    )
    connection: str = Field(primary_key=True)
    object: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    content: str = Field(sa_type=Text)
    """Values that were read, canonical JSON."""
    evidence: str = Field(default="{}", sa_type=Text)
    """Field → when its value came to be (R12)."""
    version: str = ""
    modified_at: datetime | None = Field(default=None, sa_type=Moment)
    external_id: str | None = None
    other_emails: str = Field(default="", sa_type=Text)
    """Secondary addresses, one a line: keys for matching (R8)."""
    presence: str = "live"
    """live, archived, missing (a read proved it is not there), suspect (there, but unusable)."""
    absences: int = 0
    """Complete listings in a row that lacked it (I6)."""
    revision: int = 1
    """Grows with every change of content or presence."""
    is_racy: bool = False
    """Read within the step of its own stamp: read once more (R30)."""
    first_seen_at: datetime = Field(sa_type=Moment)
    seen_at: datetime = Field(sa_type=Moment)
    listing: int = 0
    """Last listing that showed it."""


class MirrorKey(SQLModel, table=True):
    """Comparable key values of mirrored records, for matching without a scan.

    Written with the mirror row, read by match; dies with the mirror row.
    """

    __tablename__ = "mirror_key"
    __table_args__ = (Index(None, "connection", "object", "id"),)
    connection: str = Field(primary_key=True)
    object: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    """Which key: kind and fields, e.g. ``email:E-Mail``."""
    value: str = Field(primary_key=True)
    id: str = Field(primary_key=True)


class Pair(SQLModel, table=True):
    """A pair of ends the configuration has, or once had.

    Written when the configuration is registered; read by observe (who must hear of a change)
    and status. Never dies by itself.
    """

    __tablename__ = "pair"
    name: str = Field(primary_key=True)
    sync: str = Field(index=True)
    source_connection: str
    source_object: str
    crm_connection: str
    crm_object: str
    status: str = "active"
    """active, or dormant when the configuration no longer has it (R16)."""
    fingerprint: str = ""
    key_names: str = Field(default="[]", sa_type=Text)
    """Keys indexed for it, JSON."""
    hold: str = ""
    """Why it may not run until a person releases it; empty = it may."""
    settled_at: datetime | None = Field(default=None, sa_type=Moment)
    """First moment a plan of it was applied to the end: from then on it is no first run."""
    paused_at: datetime | None = Field(default=None, sa_type=Moment)
    """Since when a person keeps it from running; None = it may."""
    paused_by: str = Field(default="", sa_column_kwargs={"server_default": ""})
    pause_reason: str = Field(default="", sa_column_kwargs={"server_default": ""})


class Pending(SQLModel, table=True):
    """Records whose mirror moved and was not decided yet (R1).

    Written in the transaction that writes the mirror; dies at settle, conflict or quarantine,
    in their transaction.
    """

    __tablename__ = "pending"
    pair: str = Field(primary_key=True)
    side: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    revision: int = 0
    """Mirror revision that entered it; a decision on an older one does not clear it."""


class Link(SQLModel, table=True):
    """Two records that are one person or thing.

    Written by settle and recover; read by all. A one-sided delete detaches it, it is never
    erased (R34).
    """

    __tablename__ = "link"
    __table_args__ = (
        Index(
            "uq_link_source_active",
            "pair",
            "source_id",
            unique=True,
            sqlite_where=text("status = 'active'"),
            postgresql_where=text("status = 'active'"),
        ),
        Index(
            "uq_link_crm_active",
            "pair",
            "crm_id",
            unique=True,
            sqlite_where=text("status = 'active'"),
            postgresql_where=text("status = 'active'"),
        ),
        Index(None, "pair", "source_id"),
        Index(None, "pair", "crm_id"),
        Index("ix_link_folded", "into", sqlite_where=FOLDED_INTO, postgresql_where=FOLDED_INTO),
    )
    id: str = Field(primary_key=True)
    """The entity id (R7)."""
    pair: str
    source_id: str
    crm_id: str
    status: str = "active"
    """active; detached: one side is gone; removed_source, removed_crm: we removed the record there
    after its partner was deleted; folded: another link took its records over."""
    how: str = ""
    """created, or the key it was matched on."""
    run: int = 0
    linked_at: datetime = Field(sa_type=Moment)
    fields: str = Field(default="{}", sa_type=Text)
    """The base: rule key → what each side held when they last agreed, JSON (R1)."""
    into: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Of a folded link: the one that its records belong to since a merge (R42)."""
