"""What HubSpot accepts as a property's value, and what it keeps of it (hubspot.md 13.3).

Takes a definition, what was sent and what is there. Gives the text to keep; "" means cleared.
Promises one `BadValue` per bad value, with the code HubSpot uses.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from adapters.hubspot.sandbox.moments import NotMidnightError, as_date, as_moment, as_text
from adapters.hubspot.sandbox.schema import PropertyDefinition

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\".]+(\.[^@\s,;<>\".]+)+")
MAX_EMAIL_LENGTH = 254


class BadValue(ValueError):
    """A value HubSpot refuses; `code` is its word for the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True, slots=True)
class ValueRules:
    """What checking needs to know beyond the definition."""

    text_length: int
    is_email_lowercased: bool
    is_text_trimmed: bool
    owner_ids: frozenset[str]


def accepted(definition: PropertyDefinition, given: object, present: str, rules: ValueRules) -> str:
    """Return the text HubSpot would keep. Raises BadValue."""
    text = _as_sent(definition, given)
    if rules.is_text_trimmed or definition.name == "email":
        text = text.strip()
    if not text:
        return ""
    if definition.name == "email":
        return _email(text, rules)
    if definition.referenced_type == "OWNER":
        return _owner(definition, text, rules)
    check = _CHECKS.get(definition.type)
    return _text(text, rules) if check is None else check(definition, text, present)


def _as_sent(definition: PropertyDefinition, given: object) -> str:
    match given:
        case None:
            return ""
        case bool():
            return "true" if given else "false"
        case str():
            return given
        case int() | float():
            return repr(given)
        case _:
            raise BadValue(
                "INVALID_TYPE", f"Property {definition.name!r} takes a text, not a JSON structure"
            )


def _email(text: str, rules: ValueRules) -> str:
    if len(text) > MAX_EMAIL_LENGTH or _EMAIL.fullmatch(text) is None:
        raise BadValue("INVALID_EMAIL", f"Email address {text} is invalid")
    return text.lower() if rules.is_email_lowercased else text


def _owner(definition: PropertyDefinition, text: str, rules: ValueRules) -> str:
    if text not in rules.owner_ids:
        raise BadValue("INVALID_OWNER_ID", f"{text} is no valid owner for {definition.name}")
    return text


def _text(text: str, rules: ValueRules) -> str:
    if len(text) > rules.text_length:
        raise BadValue(
            "VALUE_TOO_LONG", f"The value has {len(text)} characters; {rules.text_length} fit"
        )
    return text


def _number(definition: PropertyDefinition, text: str, _: str) -> str:
    if _NUMBER.fullmatch(text) is None:
        raise BadValue(
            "INVALID_INTEGER", f"{text} was not a valid number for property {definition.name}"
        )
    return text


def _date(definition: PropertyDefinition, text: str, _: str) -> str:
    try:
        return as_date(text).isoformat()
    except NotMidnightError as error:
        raise BadValue("INVALID_DATE", f"{text} is at {error} UTC, not midnight!") from error
    except ValueError as error:
        raise BadValue(
            "INVALID_DATE", f"{text} was not a valid date for property {definition.name}"
        ) from error


def _datetime(definition: PropertyDefinition, text: str, _: str) -> str:
    try:
        return as_text(as_moment(text))
    except (ValueError, OverflowError) as error:
        raise BadValue(
            "INVALID_DATE", f"{text} was not a valid date-time for property {definition.name}"
        ) from error


def _bool(definition: PropertyDefinition, text: str, _: str) -> str:
    if text not in {"true", "false"}:
        raise _not_an_option(definition, text, ["true", "false"])
    return text


def _enumeration(definition: PropertyDefinition, text: str, present: str) -> str:
    allowed = [option.value for option in definition.options]
    if not allowed and definition.is_hubspot_defined:
        return text  # an open list of HubSpot's own, such as secondary addresses
    if not definition.is_multiple:
        if text not in allowed:
            raise _not_an_option(definition, text, allowed)
        return text
    kept = present.split(";") if text.startswith(";") and present else []
    for part in text.removeprefix(";").split(";"):
        if part not in allowed:
            raise _not_an_option(definition, part, allowed)
        if part not in kept:
            kept.append(part)
    return ";".join(kept)


def _not_an_option(definition: PropertyDefinition, text: str, allowed: list[str]) -> BadValue:
    return BadValue(
        "INVALID_OPTION",
        f"{text} was not one of the allowed options for {definition.name}: [{', '.join(allowed)}]",
    )


_CHECKS: Mapping[str, Callable[[PropertyDefinition, str, str], str]] = {
    "number": _number,
    "date": _date,
    "datetime": _datetime,
    "bool": _bool,
    "enumeration": _enumeration,
}
