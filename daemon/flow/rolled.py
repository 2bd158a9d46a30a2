"""What a rollback has to say: reversed, kept, failed, as one typed object (R24, E13)."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

LISTED = 1000
"""Entries of each kind that a report lists; its counts are whole."""

What = Literal["value", "created", "removed", "link"]


class Part(BaseModel):
    """A part of a report: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RolledItem(Part):
    """One thing the run had done, and what became of it."""

    pair: str
    side: str
    connection: str
    record: str
    field: str = ""
    """The side's own field; empty = the whole record."""
    what: What
    """value: a field it wrote; created: a record it made; removed: one it took away; link: a match."""
    why: str = ""
    """Why it was kept, or could not be put back."""
    now: object = None
    """Of what was kept: the value that stands there."""


class RollbackReport(Part):
    """Everything a rollback has to say."""

    run: int
    """Its own number; 0 where nothing had to be written: a dry run, or all was as before."""
    reverses: int
    sync: str
    record: str = ""
    """Only this record; empty = all of them."""
    field: str = ""
    """Only this field; empty = all of them."""
    outcome: str
    """preview, nothing, done, unfinished (some writes had no reply yet), failed."""
    started_at: datetime
    ended_at: datetime
    counts: dict[str, int]
    """reversed, kept, failed, unchanged (was as before the run already)."""
    reversed: list[RolledItem]
    kept: list[RolledItem]
    failed: list[RolledItem]
    is_paused: bool
    """The sync rests until ``crmsyncd resume``."""
    manifest: str = ""
    """File with the ids and values, where one was asked for."""
    api_calls: int
    error: str = ""
    next_steps: list[str]
