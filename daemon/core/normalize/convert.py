"""Conversion: a value of one side's field in the form the other side's field is written with.

Takes a value, the field it was read from and the field it goes to; gives the value to write.
Raises ``ConversionError`` where that cannot be done without guessing or losing something: text is
never cut, an unknown option never invented.
"""

from collections.abc import Callable
from functools import lru_cache
from types import MappingProxyType

from daemon.core.normalize.address import is_email, why_no_email
from daemon.core.normalize.dates import DateOrder, date_order
from daemon.core.normalize.phone import cannot_be_judged, e164
from daemon.core.normalize.reading import day, instant, number, truth
from daemon.core.normalize.text import LIST_MARK, as_text, clean, items, split
from daemon.core.schema import Choice, Field
from daemon.core.values import FieldKind, Value


class ConversionError(ValueError):
    """This value cannot be written to that field: set it apart and show it to a person.

    ``rule`` is a stable word; the message says what the field expects and holds nothing of the
    value.
    """

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


def convert(value: Value, source: Field, target: Field, region: str | None = None) -> Value:
    """Return *value*, read from *source*, as *target* is written; None for empty.

    Text goes to text untouched but for outer blanks; typed values go to text in plain notation,
    ISO 8601, ``true``/``false`` and ``;``-joined lists. A choice is found by its value, then by
    its label. Raises :class:`ConversionError`.
    """
    if value is None or not as_text(value):
        return None
    if isinstance(value, tuple) and target.kind not in _LIST_READERS:
        value = as_text(value)
    written = _WRITERS[target.kind](value, source, target, region)
    limit = target.max_length
    if limit is not None and isinstance(written, str) and len(written) > limit:
        raise ConversionError(
            "too_long",
            f"{target.label} keeps {limit} characters, this text has {len(written)};"
            " shorten it, it is never cut",
        )
    return written


def _text(value: Value, _source: Field, target: Field, _region: str | None) -> Value:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, tuple):
        return _joined(value, target)
    return as_text(value)


def _joined(value: tuple[str, ...], target: Field) -> str:
    chosen = items(value)
    if any(LIST_MARK in item for item in chosen):
        raise ConversionError(
            "ambiguous_list",
            f"{target.label} takes a list as text joined by {LIST_MARK!r}, and one of the items"
            " contains that mark; rename the option",
        )
    return LIST_MARK.join(chosen)


def _email(value: Value, _source: Field, target: Field, _region: str | None) -> Value:
    text = as_text(value)
    if is_email(text):
        return text
    raise ConversionError(
        "invalid_email", f"{target.label} expects an e-mail address; {why_no_email(text)}"
    )


def _phone(value: Value, _source: Field, target: Field, region: str | None) -> Value:
    text = as_text(value)
    dialled = e164(text, region)
    if dialled is not None:
        return dialled
    if cannot_be_judged(text, region):
        return text
    raise ConversionError(
        "invalid_phone",
        f"{target.label} expects a phone number; write it with its country code",
    )


def _number(value: Value, _source: Field, target: Field, _region: str | None) -> Value:
    reading = number(value)
    if reading is None:
        raise ConversionError(
            "not_a_number", f"{target.label} expects a number such as 1234.5, without separators"
        )
    return reading


def _truth(value: Value, _source: Field, target: Field, _region: str | None) -> Value:
    reading = truth(value)
    if reading is None:
        raise ConversionError("not_yes_or_no", f"{target.label} expects yes or no")
    return reading


def _day(value: Value, _source: Field, target: Field, _region: str | None) -> Value:
    reading = day(value)
    if reading is None:
        raise _no_date(value, target, "a date such as 2026-10-29")
    return reading


def _instant(value: Value, _source: Field, target: Field, _region: str | None) -> Value:
    reading = instant(value)
    if reading is None:
        raise _no_date(value, target, "a time such as 2026-10-29T09:12:00Z")
    return reading


def _no_date(value: Value, target: Field, wanted: str) -> ConversionError:
    if date_order(as_text(value)) is DateOrder.EITHER:
        return ConversionError(
            "ambiguous_date",
            f"{target.label} expects {wanted}; in this one day and month cannot be told apart",
        )
    return ConversionError("not_a_date", f"{target.label} expects {wanted}")


def _choice(value: Value, source: Field, target: Field, _region: str | None) -> Value:
    chosen = items(value) if isinstance(value, tuple) else (as_text(value),)
    if len(chosen) == 1:
        return _option(chosen[0], source, target)
    raise ConversionError("not_an_option", f"{target.label} takes one option, these are several")


def _choices(value: Value, source: Field, target: Field, _region: str | None) -> Value:
    chosen = items(value) if isinstance(value, tuple) else split(as_text(value))
    found = dict.fromkeys(_option(item, source, target) for item in chosen)
    return tuple(found) or None


def _option(text: str, source: Field, target: Field) -> str:
    """Return the internal value meant by *text*: itself, its label on either side, its case."""
    if not target.choices:
        return text
    options = _options(target.choices)
    if text in options:
        return options[text]
    label = next((choice.label for choice in source.choices if choice.value == text), text)
    found = options.get(clean(label).casefold()) or options.get(text.casefold())
    if found:
        return found
    raise ConversionError(
        "not_an_option",
        f"{target.label} offers {len(target.choices)} options and this is none of them",
    )


@lru_cache(maxsize=1024)
def _options(choices: tuple[Choice, ...]) -> MappingProxyType[str, str]:
    """Return every spelling that means exactly one of *choices*; values before labels."""
    spellings: dict[str, set[str]] = {}
    for choice in choices:
        for spelling in (clean(choice.label).casefold(), choice.value.casefold()):
            spellings.setdefault(spelling, set()).add(choice.value)
    folded = {text: next(iter(found)) for text, found in spellings.items() if len(found) == 1}
    return MappingProxyType(folded | {choice.value: choice.value for choice in choices})


_LIST_READERS = frozenset(
    {FieldKind.TEXT, FieldKind.URL, FieldKind.REFERENCE, FieldKind.CHOICE, FieldKind.CHOICES}
)
_WRITERS: dict[FieldKind, Callable[[Value, Field, Field, str | None], Value]] = {
    FieldKind.TEXT: _text,
    FieldKind.EMAIL: _email,
    FieldKind.PHONE: _phone,
    FieldKind.URL: _text,
    FieldKind.NUMBER: _number,
    FieldKind.BOOL: _truth,
    FieldKind.DATE: _day,
    FieldKind.DATETIME: _instant,
    FieldKind.CHOICE: _choice,
    FieldKind.CHOICES: _choices,
    FieldKind.REFERENCE: _text,
}
