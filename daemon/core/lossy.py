"""Lossy pairs: what a mapped field can hold that its partner cannot.

Takes a rule; gives sentences, by the side that is written to. Judges the fields as the systems
define them, before any value is seen; a value that does not fit is set apart, never cut.
"""

from collections.abc import Callable
from dataclasses import dataclass

from daemon.core.field_rules import FieldRule
from daemon.core.normalize.text import clean
from daemon.core.schema import Field
from daemon.core.values import FieldKind, Side

_FREE = frozenset({FieldKind.TEXT, FieldKind.URL, FieldKind.REFERENCE})
_WANTED = {
    FieldKind.NUMBER: "a number",
    FieldKind.BOOL: "yes or no",
    FieldKind.DATE: "a date",
    FieldKind.DATETIME: "a time",
    FieldKind.EMAIL: "an e-mail address",
    FieldKind.PHONE: "a phone number",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Loss:
    """One way in which a pair cannot carry everything."""

    source: str
    crm: str
    to: Side
    """The side that cannot take it."""
    why: str


def losses(rule: FieldRule) -> tuple[Loss, ...]:
    """Return what may not travel along *rule*, for each direction that it has."""
    return tuple(
        Loss(source=rule.source, crm=rule.crm, to=side, why=why)
        for side in Side
        if rule.direction.writes_to(side)
        for look in _LOOKS
        if (why := look(rule.field(side.other), rule.field(side)))
    )


def _time(origin: Field, target: Field) -> str:
    is_cut = origin.kind is FieldKind.DATETIME and target.kind is FieldKind.DATE
    return "the time of day is not kept, only the date" if is_cut else ""


def _length(origin: Field, target: Field) -> str:
    if target.max_length is None or origin.kind not in _FREE or target.kind not in _FREE:
        return ""
    if origin.max_length is not None and origin.max_length <= target.max_length:
        return ""
    return f"text of more than {target.max_length} characters is set apart"


def _type(origin: Field, target: Field) -> str:
    if origin.kind not in _FREE or target.kind not in _WANTED:
        return ""
    return f"text that is not {_WANTED[target.kind]} is set apart"


def _several(origin: Field, target: Field) -> str:
    is_one = origin.kind is FieldKind.CHOICES and target.kind is FieldKind.CHOICE
    return "one option is kept; records with several are set apart" if is_one else ""


def _options(origin: Field, target: Field) -> str:
    if not target.choices:
        return ""
    if not origin.choices:
        return f"what is none of the {len(target.choices)} options is set apart"
    known = {word for one in target.choices for word in _words(one.value, one.label)}
    lacking = [one for one in origin.choices if not known & set(_words(one.value, one.label))]
    return f"{len(lacking)} of {len(origin.choices)} options have no partner" if lacking else ""


def _words(value: str, label: str) -> tuple[str, str]:
    return value.casefold(), clean(label).casefold()


def _forward(_origin: Field, target: Field) -> str:
    return "only later stages are taken, never an earlier one" if target.is_forward_only else ""


_LOOKS: tuple[Callable[[Field, Field], str], ...] = (
    _time,
    _length,
    _type,
    _several,
    _options,
    _forward,
)
