"""Filters: which records of a side a sync is about (R4).

Takes conditions and a record's values; tells whether the record is in. Pure and total. Filters
judge what the mirror holds, never what is listed, so that a record which leaves one is not taken
for a record that is gone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from daemon.core.normalize import comparable
from daemon.core.normalize.reading import instant, number
from daemon.core.normalize.text import as_text, clean
from daemon.core.schema import Field
from daemon.core.values import FieldKind, Value, Values


class Test(StrEnum):
    """What is asked of a value."""

    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    FILLED = "filled"
    ABOVE = "above"
    BELOW = "below"
    AFTER = "after"
    BEFORE = "before"


class Scope(StrEnum):
    """Whether a sync is about a record; the words are reasons in a report."""

    IN = "in"
    OUT = "filtered"
    UNCLEAR = "filter_unreadable"
    """A value was not read, or is no date or number where one is compared: it stays as it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One question about one field; relative days are resolved already."""

    field: Field
    test: Test
    wanted: tuple[Value, ...]
    """Texts for IN, NOT_IN and CONTAINS; one number, instant or yes/no for the others."""


def scope_of(conditions: Sequence[Condition], values: Values, region: str | None = None) -> Scope:
    """Return whether a record holding *values* is in: every condition must hold."""
    found = {_judged(one, values, region) for one in conditions}
    if Scope.OUT in found:
        return Scope.OUT
    return Scope.UNCLEAR if Scope.UNCLEAR in found else Scope.IN


def _judged(condition: Condition, values: Values, region: str | None) -> Scope:
    name = condition.field.name
    if name not in values:
        return Scope.UNCLEAR
    holds = _TESTS[condition.test](condition, values[name], region)
    if holds is None:
        return Scope.UNCLEAR
    return Scope.IN if holds else Scope.OUT


def _forms(definition: Field, values: Sequence[Value], region: str | None) -> frozenset[str]:
    """Return what values are compared by here: as their kind, case and labels aside."""
    kind = definition.kind
    by_label = {clean(one.label).casefold(): one.value.casefold() for one in definition.choices}
    found: set[str] = set()
    for value in values:
        form = comparable(kind, value, region)
        parts = form if isinstance(form, frozenset) else {form}
        texts = {as_text(_plain(part)).casefold() for part in parts if part is not None}
        found |= {by_label.get(text, text) for text in texts}
    return frozenset(found)


def _plain(form: object) -> Value:
    return form if isinstance(form, (str, bool, Decimal, datetime)) else str(form)


def _is_in(condition: Condition, value: Value, region: str | None) -> bool:
    held = _forms(condition.field, [value], region)
    return bool(held & _forms(condition.field, condition.wanted, region))


def _is_not_in(condition: Condition, value: Value, region: str | None) -> bool:
    return not _is_in(condition, value, region)


def _contains(condition: Condition, value: Value, region: str | None) -> bool:
    if condition.field.kind is FieldKind.CHOICES:
        return _is_in(condition, value, region)
    text = as_text(value).casefold()
    return any(as_text(one).casefold() in text for one in condition.wanted)


def _is_filled(condition: Condition, value: Value, _region: str | None) -> bool:
    return bool(as_text(value)) is condition.wanted[0]


def _by_number(compare: Callable[[Decimal, Decimal], bool]) -> "_Asked":
    def holds(condition: Condition, value: Value, _region: str | None) -> bool | None:
        held, bound = number(value), condition.wanted[0]
        if not as_text(value):
            return False
        return compare(held, bound) if held is not None and isinstance(bound, Decimal) else None

    return holds


def _by_time(compare: Callable[[datetime, datetime], bool]) -> "_Asked":
    def holds(condition: Condition, value: Value, _region: str | None) -> bool | None:
        held, bound = instant(value), condition.wanted[0]
        if not as_text(value):
            return False
        return compare(held, bound) if held is not None and isinstance(bound, datetime) else None

    return holds


_Asked = Callable[[Condition, Value, str | None], bool | None]
_TESTS: dict[Test, _Asked] = {
    Test.IN: _is_in,
    Test.NOT_IN: _is_not_in,
    Test.CONTAINS: _contains,
    Test.FILLED: _is_filled,
    Test.ABOVE: _by_number(lambda held, bound: held > bound),
    Test.BELOW: _by_number(lambda held, bound: held < bound),
    Test.AFTER: _by_time(lambda held, bound: held >= bound),
    Test.BEFORE: _by_time(lambda held, bound: held < bound),
}
