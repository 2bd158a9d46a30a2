"""The small types of a configuration: durations, yes and no, names, countries, addresses."""

import re
from collections.abc import Hashable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

Key = TypeVar("Key", bound=Hashable)
Content = TypeVar("Content")

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION_WORDS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
}
_DURATION_PATTERN = r"^([1-9][0-9]{0,5}[smhdw]|hourly|daily|weekly)$"
_YES = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}


def duration_value(given: object) -> timedelta:
    """Return a written duration. Raises ValueError where it is none."""
    if isinstance(given, timedelta):
        return given
    text = given.strip() if isinstance(given, str) else ""
    if not re.match(_DURATION_PATTERN, text):
        raise ValueError("expected a duration such as 30s, 5m, 2h, 7d, 1w, hourly, daily or weekly")
    if text in _DURATION_WORDS:
        return _DURATION_WORDS[text]
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


def duration_text(duration: timedelta) -> str:
    """Return *duration* as a configuration writes it: ``5m``."""
    seconds = int(duration.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def yes_or_no(given: object) -> bool:
    """Return a written yes or no. Raises ValueError where it is neither."""
    if isinstance(given, bool):
        return given
    answer = _YES.get(given.lower()) if isinstance(given, str) else None
    if answer is None:
        raise ValueError("expected yes or no")
    return answer


def _country(given: object) -> str:
    from phonenumbers import SUPPORTED_REGIONS

    code = given.upper() if isinstance(given, str) else ""
    if code == "UK":
        raise ValueError("the code of the United Kingdom is GB")
    if code not in SUPPORTED_REGIONS:
        raise ValueError("expected a two-letter country code such as DE, GB or US")
    return code


def _listen(given: object) -> str:
    matched = re.match(r"^(\[[0-9a-fA-F:.]+\]|[^\s:/]+):([0-9]{1,5})$", str(given))
    if matched is None or int(matched[2]) > 65_535:  # noqa: PLR2004 - the last port there is
        raise ValueError("expected an address and a port such as 127.0.0.1:8711")
    return str(given)


def _frozen(entries: Mapping[Key, Content]) -> Mapping[Key, Content]:
    return MappingProxyType(dict(entries))


def _thawed(entries: Mapping[Key, Content]) -> dict[Key, Content]:
    return dict(entries)


Duration = Annotated[
    timedelta,
    BeforeValidator(
        duration_value, json_schema_input_type=Annotated[str, Field(pattern=_DURATION_PATTERN)]
    ),
    PlainSerializer(duration_text, return_type=str),
]
"""``30s``, ``5m``, ``2h``, ``7d``, ``1w``, or hourly, daily, weekly: a distance, not a clock time."""

YesNo = Annotated[
    bool,
    BeforeValidator(yes_or_no, json_schema_input_type=bool | Literal["yes", "no", "on", "off"]),
]
"""``yes``, ``no``, ``true``, ``false``, ``on`` or ``off``; YAML 1.2 reads the short ones as text."""

Country = Annotated[
    str,
    BeforeValidator(
        _country, json_schema_input_type=Annotated[str, Field(pattern="^[A-Za-z]{2}$")]
    ),
]
"""A country by its ISO 3166 two-letter code."""

Listen = Annotated[str, BeforeValidator(_listen, json_schema_input_type=str)]
"""Address and port."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]
"""Names of connections and syncs: they become file names, metric labels and ids in the state."""

Word = Annotated[str, Field(min_length=1, max_length=255)]
"""A field's, a column's or an object's name, spelt as its system spells it."""

FrozenMapping = Annotated[Mapping[Key, Content], AfterValidator(_frozen), PlainSerializer(_thawed)]
"""A mapping nobody can change after validation."""
