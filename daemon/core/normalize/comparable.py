"""The one comparable form of a value, by the kind of its field.

Takes a kind, a value and the default region; gives something hashable, None for empty. Total and
stable: equal values have equal forms, and what cannot be read as its kind is compared as text,
so that nothing is equal by accident and nothing stops a sync.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from daemon.core.normalize.address import email_form, url_form, without_scheme
from daemon.core.normalize.convert import ConversionError, convert
from daemon.core.normalize.phone import phone_form
from daemon.core.normalize.reading import day, epoch, instant, number, truth
from daemon.core.normalize.text import as_text, clean, items, split
from daemon.core.schema import Field
from daemon.core.values import FieldKind, Value

Comparable = str | bool | Decimal | date | datetime | frozenset[str] | None
"""What two values of one kind are compared by. Forms of different kinds mean nothing to each
other."""

_PLAIN_KINDS = frozenset({FieldKind.TEXT, FieldKind.CHOICE, FieldKind.REFERENCE})
_KEPT_STEPS = (timedelta(milliseconds=1), timedelta(seconds=1))
"""Systems that keep milliseconds or seconds cut what is finer."""


def comparable(kind: FieldKind, value: Value, region: str | None = None) -> Comparable:
    """Return what *value* is compared by as a *kind*; None when it is empty. Never raises.

    *region* (ISO 3166 alpha-2) reads phone numbers written without their country code.
    """
    if value is None:
        return None
    try:
        return _comparable(kind, value, region)
    except TypeError:  # a signalling NaN has no hash
        return _comparable.__wrapped__(kind, value, region)


# A record's values are compared again and again on its way: by matching, validation and decision.
@lru_cache(maxsize=16_384, typed=True)
def _comparable(kind: FieldKind, value: Value, region: str | None) -> Comparable:
    if isinstance(value, tuple) and kind is not FieldKind.CHOICES:
        value = as_text(value)
    if isinstance(value, str):
        if kind in _PLAIN_KINDS:
            return clean(value) or None
        if not value or value.isspace():
            return None
    return _FORMS[kind](value, region)


def agrees(left: Value, left_field: Field, right: Value, right_field: Field, kind: FieldKind,
           region: str | None = None) -> bool:  # fmt: skip
    """Tell whether two sides mean the same: directly, or once one is written as the other.

    The second question is what makes a label in a file equal to the internal value of a choice.
    """
    wanted, held = comparable(kind, right, region), comparable(kind, left, region)
    if held == wanted:
        return True
    if held is None or wanted is None:
        return False  # nothing is no other way to write something
    return _writes_as(left, left_field, right_field, kind, region, wanted) or _writes_as(
        right, right_field, left_field, kind, region, held
    )


def registered_normalisation(
    kind: FieldKind, sent: Value, returned: Value, region: str | None = None
) -> bool:
    """Tell whether *returned* is a known harmless rewriting of *sent* (R19).

    Known: outer blanks, line ends, case of e-mail addresses and hosts, phone formatting, number
    formatting, order of choices (all of which compare equal), and further: days and instants
    answered as epoch milliseconds, instants cut to milliseconds or seconds, a web address given
    or relieved of its scheme.
    """
    if comparable(kind, sent, region) == comparable(kind, returned, region):
        return True
    if sent is None or returned is None:
        return False
    rewriting = _REWRITINGS.get(kind)
    return rewriting is not None and rewriting(sent, returned)


def _writes_as(
    value: Value,
    source: Field,
    target: Field,
    kind: FieldKind,
    region: str | None,
    form: Comparable,
) -> bool:
    try:
        written = convert(value, source, target, region)
    except ConversionError:
        return False
    return comparable(kind, written, region) == form


def _text(value: Value, _region: str | None) -> Comparable:
    return as_text(value) or None


def _email(value: Value, _region: str | None) -> Comparable:
    return email_form(as_text(value)) or None


def _phone(value: Value, region: str | None) -> Comparable:
    return phone_form(as_text(value), region) or None


def _url(value: Value, _region: str | None) -> Comparable:
    return url_form(as_text(value)) or None


def _number(value: Value, region: str | None) -> Comparable:
    reading = number(value)
    return _text(value, region) if reading is None else reading


def _truth(value: Value, region: str | None) -> Comparable:
    reading = truth(value)
    return _text(value, region) if reading is None else reading


def _day(value: Value, region: str | None) -> Comparable:
    return day(value) or _text(value, region)


def _instant(value: Value, region: str | None) -> Comparable:
    return instant(value) or _text(value, region)


def _choices(value: Value, _region: str | None) -> Comparable:
    chosen = items(value) if isinstance(value, tuple) else split(as_text(value))
    return frozenset(chosen) or None


_FORMS: dict[FieldKind, Callable[[Value, str | None], Comparable]] = {
    FieldKind.TEXT: _text,
    FieldKind.EMAIL: _email,
    FieldKind.PHONE: _phone,
    FieldKind.URL: _url,
    FieldKind.NUMBER: _number,
    FieldKind.BOOL: _truth,
    FieldKind.DATE: _day,
    FieldKind.DATETIME: _instant,
    FieldKind.CHOICE: _text,
    FieldKind.CHOICES: _choices,
    FieldKind.REFERENCE: _text,
}


def _is_same_day(sent: Value, returned: Value) -> bool:
    answered = epoch(returned)
    return answered is not None and answered.date() == day(sent)


def _is_same_instant(sent: Value, returned: Value) -> bool:
    meant, answered = instant(sent), instant(returned) or epoch(returned)
    if meant is None or answered is None:
        return False
    return any(
        answered
        == meant - timedelta(microseconds=meant.microsecond % (step // timedelta(microseconds=1)))
        for step in _KEPT_STEPS
    )


def _is_same_address(sent: Value, returned: Value) -> bool:
    return without_scheme(url_form(as_text(sent))) == without_scheme(url_form(as_text(returned)))


_REWRITINGS: dict[FieldKind, Callable[[Value, Value], bool]] = {
    FieldKind.DATE: _is_same_day,
    FieldKind.DATETIME: _is_same_instant,
    FieldKind.URL: _is_same_address,
}
