"""From what a client sends to what Salesforce keeps (salesforce.md 19).

Takes one field and one JSON value. Gives the kept value, None for null. Promises the vendor's own
refusals: a wrong JSON type fails the call, a wrong value fails its record.
"""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import NoReturn

from adapters.salesforce.sandbox.fields import NUMBERS, Field
from adapters.salesforce.sandbox.ids import full_id, is_id
from adapters.salesforce.sandbox.moments import as_date, as_moment, as_text
from adapters.salesforce.sandbox.problems import bad_json, malformed_id, refused

_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z0-9-]{2,}")
_TRUTH = {"true": True, "false": False}
_MAX_DIGITS = 18


def kept_value(field: Field, given: object) -> object:
    """Return what the field will hold. Raises Refused."""
    if isinstance(given, str):
        given = given.strip() or None
    if given is None:
        _refuse_null(field)
        return None
    return _READERS.get(field.type, _text)(field, given)


def _refuse_null(field: Field) -> None:
    if field.type == "boolean":
        raise refused(
            "INVALID_TYPE_ON_FIELD_IN_RECORD",
            f"{field.name}: value not of required type: null",
            field.name,
        )


def _text(field: Field, given: object) -> object:
    if not isinstance(given, str):
        _unreadable("string", given)
    text = given.replace("\r\n", "\n") if field.type == "textarea" else given
    if 0 < field.length < len(text):
        raise refused(
            "STRING_TOO_LONG",
            f"{field.told['label']}: data value too large: {text} (max length={field.length})",
            field.name,
        )
    return text


def _email(field: Field, given: object) -> object:
    text = _text(field, given)
    if not _ADDRESS.fullmatch(str(text)):
        raise refused(
            "INVALID_EMAIL_ADDRESS", f"{field.name}: invalid email address: {text}", field.name
        )
    return text


def _choice(field: Field, given: object) -> object:
    text = _text(field, given)
    if field.told["restrictedPicklist"] and text not in field.options:
        raise _bad_choice(field, str(text))
    return text


def _choices(field: Field, given: object) -> object:
    """Read several values; they come back in the order of the definition."""
    listed = [part.strip() for part in str(_text(field, given)).split(";")]
    order = field.options
    chosen = dict.fromkeys(part for part in listed if part)
    strange = [part for part in chosen if part not in order]
    if strange and field.told["restrictedPicklist"]:
        raise _bad_choice(field, strange[0])
    return ";".join([*(part for part in order if part in chosen), *strange]) or None


def _bad_choice(field: Field, text: str) -> Exception:
    return refused(
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        f"{field.told['label']}: bad value for restricted picklist field: {text}",
        field.name,
    )


def _boolean(_: Field, given: object) -> object:
    if isinstance(given, bool):
        return given
    if isinstance(given, str) and given.lower() in _TRUTH:
        return _TRUTH[given.lower()]
    return _unreadable("boolean", given)


def _number(field: Field, given: object) -> object:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        _unreadable(field.type, given)
    try:
        number = Decimal(str(given))
    except InvalidOperation:
        _unreadable(field.type, given)
    if not number.is_finite():
        _unreadable(field.type, given)
    if field.type == "int":
        if number != number.to_integral_value():
            _unreadable("int", given)
        return int(_in_range(field, number, int(field.told["digits"]) or _MAX_DIGITS))
    scale = int(field.told["scale"])
    whole_digits = (int(field.told["precision"]) or _MAX_DIGITS) - scale
    return float(
        _in_range(field, number, whole_digits).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    )


def _in_range(field: Field, number: Decimal, digits: int) -> Decimal:
    if abs(number) >= Decimal(10) ** digits:
        raise refused(
            "NUMBER_OUTSIDE_VALID_RANGE",
            f"{field.told['label']}: value outside of valid range on numeric field: {number}",
            field.name,
        )
    return number


def _date(_: Field, given: object) -> object:
    return _read("date", given, lambda text: as_date(text).isoformat())


def _datetime(_: Field, given: object) -> object:
    return _read("datetime", given, lambda text: as_text(as_moment(text)))


def _read(kind: str, given: object, read: Callable[[str], str]) -> str:
    if not isinstance(given, str):
        _unreadable(kind, given)
    try:
        return read(given)
    except (ValueError, OverflowError):
        _unreadable(kind, given)


def _reference(field: Field, given: object) -> object:
    if not isinstance(given, str):
        _unreadable("string", given)
    if not is_id(given):
        raise malformed_id(str(field.told["label"]), given)
    return full_id(given)


def _unreadable(kind: str, given: object) -> NoReturn:
    token = _TOKENS.get(type(given), "START_OBJECT")
    raise bad_json(
        f"Cannot deserialize instance of {kind} from {token} value {given}"
        " or request may be missing a required field at [line:1, column:1]"
    )


_TOKENS: dict[type, str] = {
    str: "VALUE_STRING",
    int: "VALUE_NUMBER_INT",
    float: "VALUE_NUMBER_FLOAT",
    bool: "VALUE_BOOLEAN",
    list: "START_ARRAY",
}
_READERS: dict[str, Callable[[Field, object], object]] = {
    "email": _email,
    "picklist": _choice,
    "multipicklist": _choices,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "reference": _reference,
    "id": _reference,
    **dict.fromkeys(NUMBERS, _number),
}
