"""What can be decided about one field: a small closed set, matched exhaustively."""

from dataclasses import dataclass

from daemon.core.operation import Clash
from daemon.core.values import Side, Value


@dataclass(frozen=True, kw_only=True, slots=True)
class Nothing:
    """Leave the field as it is."""

    is_equal: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Agree:
    """Remember what both sides hold now as agreed; nothing is written."""

    clash: Clash | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Take:
    """The winner's value goes to the other side."""

    winner: Side
    clash: Clash | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Set:
    """Both sides get this value where they lack it."""

    value: Value


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """A person decides."""

    clash: Clash


@dataclass(frozen=True, kw_only=True, slots=True)
class NeedTimes:
    """Ask the systems when the field changed, then decide again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Apart:
    """The value cannot be written to the other side."""

    code: str
    message: str


Decision = Nothing | Agree | Take | Set | Ask | NeedTimes
