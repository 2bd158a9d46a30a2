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
