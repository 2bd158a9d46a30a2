"""How a person connects a system: what to click, what to tick, what to copy. Data of each type.

``crmsyncd connect TYPE`` shows it, asks the questions, and compares what was granted with what is
needed. A secret is asked for without echo; it never stands on a command line.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One key of the connection that a person gives."""

    setting: str
    prompt: str
    """What it is, and where it is seen."""
    is_secret: bool = False
    """Asked for without echo, kept sealed, never a command's argument."""
    variable: str = ""
    """Environment variable that scripts give it in."""
    default: str = ""
    """Taken where nothing is given."""
    is_optional: bool = False
    """May be left out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """One permission, in the system's own spelling."""

    name: str
    why: str
    """What needs it; for an optional one, what is lost without."""
    is_needed: bool = True
    """Without it nothing can be synced."""


Granted = Mapping[str, bool]
"""Scope → whether it is granted; one that nobody can tell without writing is left out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Guide:
    """The way to a connection of one type."""

    steps: Sequence[str]
    """What to do in the system, in order, in the words of its pages."""
    questions: Sequence[Question]
    scopes: Sequence[Scope] = ()
    granted: Callable[[Any], Awaitable[Granted]] | None = None
    """Asks an open adapter which scopes it was granted; writes nothing. None where the system
    tells of a missing one only when it is needed."""
    revoke: str = ""
    """Where a person makes a credential useless once it is forgotten here."""
