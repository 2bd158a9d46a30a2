"""Validation errors in an operator's words: expectation, nearest known word, place.

Takes what pydantic found; gives :class:`Problem` values. Given values are never repeated: they may
be secrets, and the place shows them anyway.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from rapidfuzz.distance import OSA

from config.positions import Tree
from config.problems import KeyPath, Problem, spoken
from config.scalars import duration_text

_NEAR = 0.6
"""Least share of letters two words have in common to be taken for a slip of the keyboard."""
_KEY_MARK = "[key]"
"""pydantic's sign that a key, not its value, is wrong."""

_MESSAGES: Mapping[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "unknown key",
    "string_type": "expected text",
    "string_too_short": "must not be empty",
    "string_too_long": "longer than {max_length} characters",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "bool_type": "expected yes or no",
    "bool_parsing": "expected yes or no",
    "model_type": "expected keys with values",
    "dict_type": "expected keys with values",
    "mapping_type": "expected keys with values",
    "list_type": "expected a list",
    "tuple_type": "expected a list",
    "too_short": "needs at least {min_length} entry",
    "too_long": "takes at most {max_length} entries",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "date_type": "expected a date such as 2027-01-31",
    "date_parsing": "expected a date such as 2027-01-31",
    "date_from_datetime_parsing": "expected a date such as 2027-01-31",
    "date_from_datetime_inexact": "expected a date such as 2027-01-31",
    "string_pattern_mismatch": "does not have the form {pattern}",
}


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a question naming the known word nearest to *word*, or ""."""
    scored = [(OSA.normalized_similarity(word.lower(), each.lower()), each) for each in known]
    score, nearest = max(scored, default=(0.0, ""))
    return f'Did you mean "{nearest}"?' if score >= _NEAR else ""


def listed(words: Iterable[str]) -> str:
    """Return words as a sentence lists them: ``a, b or c``."""
    *first, last = list(words) or ["nothing"]
    return f"{', '.join(first)} or {last}" if first else last


def explain(
    error: ValidationError, *, model: type[BaseModel], tree: Tree, prefix: KeyPath = ()
) -> Iterator[Problem]:
    """Give each thing that *error* found wrong at *prefix* of the document, in plain words."""
    for details in error.errors(include_url=False):
        if not _is_echo(details):
            yield _problem(details, model=model, tree=tree, prefix=prefix)


def _is_echo(details: ErrorDetails) -> bool:
    """Tell whether a list is only called too short because its entries are wrong."""
    return details["type"] == "too_short" and len(details["input"]) > 0


def _problem(
    details: ErrorDetails, *, model: type[BaseModel], tree: Tree, prefix: KeyPath
) -> Problem:
    is_key = _KEY_MARK in details["loc"] or details["type"] == "extra_forbidden"
    path = prefix + tuple(_written(details, tree, prefix))
    return Problem(
        spot=tree.key_spot(path) if is_key else tree.spot(path),
        where=spoken(path),
        message=_message(details),
        hint=_hint(details, model),
    )


def _written(details: ErrorDetails, tree: Tree, prefix: KeyPath) -> Iterator[str | int]:
    """Leave the parts that pydantic adds for its own use out of the location."""
    path = prefix
    last = len(details["loc"]) - 1
    for index, part in enumerate(details["loc"]):
        is_absent_key = details["type"] == "missing" and index == last
        if is_absent_key or (*path, part) in tree.values:
            path = (*path, part)
            yield part


def _message(details: ErrorDetails) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind in ("enum", "literal_error"):
        return "expected " + str(context["expected"]).replace("'", "")
    if _KEY_MARK in details["loc"] and kind == "string_pattern_mismatch":
        return "a name takes letters, digits, - and _, at most 63, and begins with none of the two"
    if details["input"] is None and kind != "missing":
        return "has no value"
    if kind in _MESSAGES:
        words = {name: _shown(value) for name, value in context.items()}
        return _MESSAGES[kind].format_map(words)
    return details["msg"].replace("Input should be", "expected")


def _shown(value: object) -> str:
    return duration_text(value) if isinstance(value, timedelta) else str(value)


def _hint(details: ErrorDetails, model: type[BaseModel]) -> str:
    kind, given = details["type"], details["input"]
    if kind == "extra_forbidden":
        key = str(details["loc"][-1])
        known = known_keys(model, details["loc"][:-1])
        if key == "<<":
            return "Merge keys are no part of YAML 1.2: write the keys out."
        return did_you_mean(key, known) or (f"Known here: {', '.join(known)}." if known else "")
    if kind in ("enum", "literal_error") and isinstance(given, str):
        words = str(details.get("ctx", {}).get("expected", "")).replace(" or ", ", ")
        return did_you_mean(given, [word.strip("' ") for word in words.split(",")])
    if kind == "string_type" and isinstance(given, bool | int | float):
        return "Put it in quotes."
    return ""


def known_keys(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """Return the keys that may stand at *path* below *model*."""
    kinds: list[Any] = [model]
    for part in path:
        kinds = [inner for kind in kinds for inner in _inside(kind, part)]
    models = [kind for kind in kinds if _is_model(kind)]
    return [key for kind in models for key in _fields(kind)]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _fields(model: type[BaseModel]) -> Mapping[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _inside(kind: Any, part: str | int) -> list[Any]:
    """Return the types that can stand at key or position *part* of a value of type *kind*."""
    if _is_model(kind):
        fields = _fields(kind)
        return _flat(fields[str(part)]) if part in fields else [kind]
    arguments = [each for each in get_args(kind) if each is not Ellipsis]
    return _flat(arguments[-1]) if arguments else []


def _flat(kind: Any) -> list[Any]:
    """Return *kind* without Annotated and with unions taken apart."""
    if get_origin(kind) is Annotated:
        return _flat(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return [inner for each in get_args(kind) for inner in _flat(each)]
    return [kind]
