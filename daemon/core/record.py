"""Records as a system holds them, and what is known of when their values changed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from daemon.core.values import Values


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One record as read from one system at one moment."""

    id: str
    """The system's own id; for a file, the row's key."""
    values: Values
    """Only fields that were read; an absent field is unread, not empty (I24)."""
    version: str = ""
    """Opaque; two readings with the same version hold the same values as far as the system says."""
    modified_at: datetime | None = None
    """The system's own time of the last change of the record, by its own clock."""
    is_archived: bool = False
    external_id: str | None = None
    """Our ``crmsyncd_id`` on that record, where the system carries it (R7)."""
    merged_ids: tuple[str, ...] = ()
    """Ids that were merged into this record, as far as the system says."""
    other_emails: tuple[str, ...] = ()
    """Secondary addresses the system keeps for this record; used for matching only (R8)."""


class Strength(StrEnum):
    """How good a piece of time evidence is (R12), best first."""

    FIELD = "field"
    """The system's own time of this field's last change."""
    OBSERVED = "observed"
    """We saw the old value at one reading and the new one at a later reading."""
    RECORD = "record"
    """The record's modified time, or a declared updated-at column: weak."""
    NONE = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """When a field came to hold its value: in ``(after, until]`` (R12).

    ``after`` is None at first contact: nothing is known about the past, so it is always a tie.
    """

    after: datetime | None
    until: datetime
    strength: Strength
    origin: str = ""
    """Where the value was first seen, ``connection/object/id``; kept when the value is copied on,
    so that a copied old value cannot beat a newer edit one system further on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldTime:
    """When one system says a field last changed, and whether that change was our own write."""

    at: datetime
    is_ours: bool = False
