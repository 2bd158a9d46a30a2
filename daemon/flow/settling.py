"""What settling an intent needs besides the intent."""

from dataclasses import dataclass
from datetime import datetime

from daemon.flow.parts import Watch
from state.mirror import Sighting


@dataclass(frozen=True, kw_only=True, slots=True)
class Settling:
    """How, when and in which run intents of one end are settled."""

    watch: Watch
    how: Sighting
    run: int
    at: datetime
    is_found: bool = False
    """The record was found by looking, not by a reply: values that differ are nobody's (R36)."""
    sets_apart: bool = True
    """A refused record goes to quarantine."""
    is_told: bool = False
    """A reply said that the write happened, and no more (R45)."""
