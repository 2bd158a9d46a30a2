"""The words a configuration chooses between, and the base of its models."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class ConflictPolicy(StrEnum):
    """Who wins when both sides changed the same field."""

    MOST_RECENT = "most_recent"
    SOURCE = "source"
    CRM = "crm"
    MANUAL = "manual"


class Found(StrEnum):
    """What happens to a record whose partner is found on the other side."""

    UPDATE = "update"
    SKIP = "skip"
    MERGE = "merge"


class OneSidedDelete(StrEnum):
    """What a delete on one side does to the other side's record (R14)."""

    IGNORE = "ignore"
    UNLINK = "unlink"
    ARCHIVE = "archive"
    DELETE = "delete"


class EditVersusDelete(StrEnum):
    """Who wins where a record was deleted on one side and edited on the other (I7)."""

    KEEP = "keep"
    DELETE = "delete"


class ErrorPolicy(StrEnum):
    """What becomes of a record that the other system refuses, and of the run."""

    QUARANTINE = "quarantine"
    SKIP = "skip"
    HALT = "halt"


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
