"""A literal of a query against a field of a type (salesforce.md 4.1).

Takes one comparison. Gives a test of one kept value. Promises that a literal of the wrong type is
refused, quotes and all, as Salesforce does.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from adapters.salesforce.sandbox.fields import COMPOUND, NUMBERS, Field
from adapters.salesforce.sandbox.ids import full_id, is_id
from adapters.salesforce.sandbox.moments import as_moment, as_text
from adapters.salesforce.sandbox.problems import Refused, refused
from adapters.salesforce.sandbox.soql_syntax import Comparison
from adapters.salesforce.sandbox.soql_words import Word, WordKind

Test: TypeAlias = Callable[[Any], bool]
_IDS = frozenset({"id", "reference"})
_UNFOLDED = _IDS | {"date", "datetime"}
_WHOLE_DAYS = {"TODAY": 0, "YESTERDAY": -1, "TOMORROW": 1}
_ONE_DAY = timedelta(days=1)


def test_of(comparison: Comparison, field: Field, now: datetime) -> Test:
    """Return the test of a comparison. Raises Refused."""
    if not field.may("filterable"):
        raise refused("INVALID_FIELD", f"field '{field.name}' can not be filtered in a query call")
    if comparison.operator == "LIKE":
        return _like(field, comparison.values[0])
    if comparison.operator in {"INCLUDES", "EXCLUDES"}:
        return _includes(field, comparison)
    if field.type in {"date", "datetime"} and _is_relative(comparison.values[0]):
        return _within(comparison.operator, _span(comparison.values[0], field, now))
    values = [_literal(field, word) for word in comparison.values]
    if comparison.operator in {"IN", "NOT IN"}:
        return _member(frozenset(values), is_negated=comparison.operator == "NOT IN", field=field)
    return _compared(comparison.operator, values[0], field)


def folded(field: Field, value: Any) -> Any:
    """Return what two values of a field are compared by: texts without capitals, ids with."""
    return value.lower() if isinstance(value, str) and field.type not in _UNFOLDED else value


def _compared(operator: str, wanted: Any, field: Field) -> Test:
    if operator == "=":
        return _folding(field, lambda value: value == wanted)
    if operator == "!=":
        return _folding(field, lambda value: value != wanted)
    if wanted is None:
        raise refused(
            "MALFORMED_QUERY", f"invalid operator on null for field '{field.name}': {operator}"
        )
    tests: dict[str, Test] = {
        "<": lambda value: value is not None and value < wanted,
        "<=": lambda value: value is not None and value <= wanted,
        ">": lambda value: value is not None and value > wanted,
        ">=": lambda value: value is not None and value >= wanted,
    }
    return _folding(field, tests[operator])


def _folding(field: Field, test: Test) -> Test:
    """Let a test see folded values; moments and ids need no folding, which is most of polling."""
    if field.type in _UNFOLDED:
        return test
    return lambda value: test(folded(field, value))


def _member(values: frozenset[Any], *, is_negated: bool, field: Field) -> Test:
    return lambda value: (folded(field, value) in values) != is_negated


def _literal(field: Field, word: Word) -> Any:
    if word.is_name("NULL"):
        return False if field.type == "boolean" else None
    if field.type == "boolean":
        return _truth(field, word)
    if field.type in NUMBERS:
        return _number(field, word)
    if field.type == "datetime":
        if word.kind is not WordKind.DATETIME:
            raise _wrong(field, "dateTime", is_quoted=False)
        return as_text(as_moment(word.text))
    if field.type == "date":
        if word.kind is not WordKind.DATE:
            raise _wrong(field, "date", is_quoted=False)
        return date.fromisoformat(word.text).isoformat()
    return _text(field, word)


def _text(field: Field, word: Word) -> str:
    if field.type in COMPOUND or word.kind is not WordKind.STRING:
        raise _wrong(field, "string", is_quoted=True)
    if field.type not in _IDS:
        return _plain(word.text).lower()
    if word.text and not is_id(word.text):
        raise refused("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {word.text}")
    return full_id(word.text)


def _truth(field: Field, word: Word) -> bool:
    if not word.is_name("TRUE", "FALSE"):
        raise _wrong(field, "boolean", is_quoted=False)
    return word.is_name("TRUE")


def _number(field: Field, word: Word) -> float:
    if word.kind is not WordKind.NUMBER:
        raise _wrong(field, field.type, is_quoted=False)
    return float(word.text)


def _like(field: Field, word: Word) -> Test:
    if field.type in {*NUMBERS, "boolean", "date", "datetime", *_IDS, *COMPOUND}:
        raise refused("INVALID_FIELD", f"invalid operator on {field.type} field: {field.name}")
    if word.kind is not WordKind.STRING:
        raise _wrong(field, "string", is_quoted=True)
    pattern = re.compile(_pattern(word.text), re.IGNORECASE | re.DOTALL)
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _pattern(text: str) -> str:
    signs = {"%": ".*", "_": ".", "\\%": "%", "\\_": "_"}
    parts = re.findall(r"\\[%_]|.", text, re.DOTALL)
    return "".join(signs[part] if part in signs else re.escape(part) for part in parts)


def _plain(text: str) -> str:
    return text.replace("\\_", "_").replace("\\%", "%")


def _includes(field: Field, comparison: Comparison) -> Test:
    if field.type != "multipicklist":
        raise refused(
            "INVALID_QUERY_FILTER_OPERATOR",
            f"{field.name}: {comparison.operator} needs a multipicklist",
        )
    wanted = [{part.lower() for part in word.text.split(";")} for word in comparison.values]
    is_excluding = comparison.operator == "EXCLUDES"

    def test(value: Any) -> bool:
        held = set(str(value or "").lower().split(";"))
        return any(each <= held for each in wanted) != is_excluding

    return test


def _is_relative(word: Word) -> bool:
    return word.kind is WordKind.NAME and not word.is_name("NULL", "TRUE", "FALSE")


def _span(word: Word, field: Field, now: datetime) -> tuple[str, str]:
    """Return the first text inside a relative date and the first one behind it."""
    name, _, count = word.text.upper().partition(":")
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if name in _WHOLE_DAYS and not count:
        begin = today + _ONE_DAY * _WHOLE_DAYS[name]
        end = begin + _ONE_DAY
    elif name == "LAST_N_DAYS" and count:
        begin, end = today - _ONE_DAY * int(count), today + _ONE_DAY
    elif name == "NEXT_N_DAYS" and count:
        begin, end = today + _ONE_DAY, today + _ONE_DAY * (int(count) + 1)
    else:
        raise _wrong(field, "date" if field.type == "date" else "dateTime", is_quoted=False)
    if field.type == "date":
        return begin.date().isoformat(), end.date().isoformat()
    return as_text(begin), as_text(end)


def _within(operator: str, span: tuple[str, str]) -> Test:
    begin, end = span
    tests: dict[str, Test] = {
        "=": lambda value: value is not None and begin <= value < end,
        "!=": lambda value: value is None or not begin <= value < end,
        "<": lambda value: value is not None and value < begin,
        "<=": lambda value: value is not None and value < end,
        ">": lambda value: value is not None and value >= end,
        ">=": lambda value: value is not None and value >= begin,
    }
    if operator not in tests:
        raise refused("MALFORMED_QUERY", f"a date literal cannot stand after {operator}")
    return tests[operator]


def _wrong(field: Field, kind: str, *, is_quoted: bool) -> Refused:
    how = "should be" if is_quoted else "should not be"
    return refused(
        "INVALID_FIELD",
        f"value of filter criterion for field '{field.name}' must be of type {kind}"
        f" and {how} enclosed in quotes",
    )
