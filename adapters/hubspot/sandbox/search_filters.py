"""One search filter: its operator applied to one record's value (hubspot.md 9).

Takes a filter as sent and the property's definition. Gives a predicate on the record's value ("" for
none). Promises HubSpot's case rules: texts compare without case, but the values of IN must already
be lower case; enumeration values compare exactly.
"""

import fnmatch
import operator as operators
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from adapters.hubspot.sandbox.moments import EPOCH, as_moment, as_text
from adapters.hubspot.sandbox.problems import Problem, Refused, invalid
from adapters.hubspot.sandbox.schema import PropertyDefinition

Test: TypeAlias = Callable[[str], bool]
_CANONICAL_LENGTH = len("2026-10-29T09:12:44.107Z")
_TOKEN = re.compile(r"[^\s,;]+")
_WORD = re.compile(r"\w+")


def predicate(given: Mapping[str, Any], definition: PropertyDefinition) -> Test:
    """Return the test of one filter. Raises Refused for a filter that makes no sense."""
    operator = str(given.get("operator", ""))
    match operator:
        case "HAS_PROPERTY":
            return bool
        case "NOT_HAS_PROPERTY":
            return lambda value: not value
        case "IN" | "NOT_IN":
            return _membership(given, definition, is_in=operator == "IN")
        case "BETWEEN":
            return _between(given, definition)
        case "CONTAINS_TOKEN" | "NOT_CONTAINS_TOKEN":
            return _tokens(given, is_in=operator == "CONTAINS_TOKEN")
        case "EQ" | "NEQ" | "LT" | "LTE" | "GT" | "GTE":
            return _comparison(operator, given, definition)
        case _:
            raise invalid(f"Invalid operator {operator!r} for property {definition.name}")


def sort_key(definition: PropertyDefinition, value: str) -> tuple[int, float | int, str]:
    """Return a key by which values of this property sort; records without value come first."""
    if not value:
        return (0, 0, "")
    if definition.type == "number":
        number = _number(value)
        return (1, 0, value) if number is None else (1, number, "")
    return (1, 0, value.lower())


def _comparison(operator: str, given: Mapping[str, Any], definition: PropertyDefinition) -> Test:
    wanted = _operand(given, "value", definition)
    order, read = _ORDERS[operator], _reader(definition)

    def test(value: str) -> bool:
        present = read(value) if value else None
        return present is not None and bool(order(present, wanted))

    return test


def _between(given: Mapping[str, Any], definition: PropertyDefinition) -> Test:
    low = _operand(given, "value", definition)
    high = _operand(given, "highValue", definition)
    read = _reader(definition)

    def test(value: str) -> bool:
        present = read(value) if value else None
        return present is not None and bool(low <= present <= high)

    return test


def _membership(given: Mapping[str, Any], definition: PropertyDefinition, *, is_in: bool) -> Test:
    values = given.get("values")
    if not isinstance(values, list) or not values:
        raise invalid(f"`values` is needed for IN and NOT_IN on property {definition.name}")
    if definition.type == "string":
        wanted = {str(value) for value in values}
        return lambda value: bool(value) and (value.lower() in wanted) == is_in
    read = _reader(definition)
    operands = {read(str(value)) for value in values}
    if definition.is_multiple:
        return lambda value: bool(value) and bool(operands & set(value.split(";"))) == is_in
    return lambda value: bool(value) and (read(value) in operands) == is_in


def _tokens(given: Mapping[str, Any], *, is_in: bool) -> Test:
    wanted = str(given.get("value", "")).lower()
    if not wanted:
        raise invalid("`value` is needed for CONTAINS_TOKEN")

    def test(value: str) -> bool:
        text = value.lower()
        tokens = {text, *_TOKEN.findall(text), *_WORD.findall(text)}
        hit = any(fnmatch.fnmatchcase(token, wanted) for token in tokens if token)
        return bool(value) and hit == is_in

    return test


def _operand(given: Mapping[str, Any], name: str, definition: PropertyDefinition) -> Any:
    value = given.get(name)
    if value is None or isinstance(value, list | dict):
        raise invalid(f"`{name}` is needed in the filter on property {definition.name}")
    comparable = _reader(definition)(str(value)) if value != "" else None
    if comparable is None:
        raise invalid(f"{value!r} cannot be compared with property {definition.name}")
    if definition.type in {"date", "datetime"} and comparable <= as_text(EPOCH):
        raise Refused(Problem(status=500, category="INTERNAL_ERROR", message="internal error"))
    return comparable


def _reader(definition: PropertyDefinition) -> Callable[[str], Any]:
    """Return what turns a value into a form that compares as the property's type does."""
    match definition.type:
        case "number":
            return _number
        case "datetime" | "date":
            return _moment_text
        case "enumeration" | "bool":
            return str
        case _:
            return str.lower


def _number(value: str) -> float | int | None:
    try:
        return int(value)
    except ValueError:
        pass
    try:
        return float(value)
    except ValueError:
        return None


def _moment_text(value: str) -> str | None:
    if len(value) == _CANONICAL_LENGTH and value[-1] == "Z":
        return value
    try:
        return as_text(as_moment(value))
    except (ValueError, OverflowError):
        return None


_ORDERS: Mapping[str, Callable[[Any, Any], Any]] = {
    "EQ": operators.eq,
    "NEQ": operators.ne,
    "LT": operators.lt,
    "LTE": operators.le,
    "GT": operators.gt,
    "GTE": operators.ge,
}
