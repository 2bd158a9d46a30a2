"""Typed values: what a field can hold, how it is stored, and how records are hashed.

Adapters turn a vendor's spelling into these types and back (their codec). The state keeps them as
JSON text in which each type has exactly one spelling, so equal values have equal bytes.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

import orjson

Value = str | bool | Decimal | date | datetime | tuple[str, ...] | None
"""What one field of one record holds. ``None`` is empty; a field that could not be read is not in
the mapping at all (I24: unread is not empty). ``tuple[str, ...]`` is a set of choices."""

Values = Mapping[str, Value]
"""Field name to value. Absent = unread."""


class FieldKind(StrEnum):
    """What a field means, whatever a vendor calls its type."""

    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    NUMBER = "number"
    BOOL = "bool"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    CHOICES = "choices"
    REFERENCE = "reference"


class Side(StrEnum):
    """The two ends of a pair."""

    SOURCE = "source"
    CRM = "crm"

    @property
    def other(self) -> "Side":
        """The opposite end."""
        return Side.CRM if self is Side.SOURCE else Side.SOURCE


def _plain(value: Value) -> object:
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Decimal):
        return {"n": str(value)}
    if isinstance(value, datetime):
        return {"t": value.astimezone(UTC).isoformat()}
    return {"d": value.isoformat()}


def _typed(plain: object) -> Value:
    if plain is None or isinstance(plain, (bool, str)):
        return plain
    if isinstance(plain, list):
        return tuple(str(item) for item in plain)
    if isinstance(plain, dict):
        ((mark, text),) = plain.items()
        if mark == "n":
            return Decimal(text)
        if mark == "t":
            return datetime.fromisoformat(text)
        if mark == "d":
            return date.fromisoformat(text)
    raise ValueError("stored value has a type this release does not know; was the state newer?")


def encode_values(values: Values) -> str:
    """Return *values* as canonical JSON text: sorted keys, one spelling a type."""
    plain = {name: _plain(value) for name, value in values.items()}
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS).decode()


def decode_values(text: str) -> dict[str, Value]:
    """Return the values that :func:`encode_values` wrote."""
    return {name: _typed(plain) for name, plain in orjson.loads(text).items()}


def encode_value(value: Value) -> str:
    """Return one value as canonical JSON text."""
    return orjson.dumps(_plain(value)).decode()


def decode_value(text: str) -> Value:
    """Return the value that :func:`encode_value` wrote."""
    return _typed(orjson.loads(text))


def digest(text: str) -> str:
    """Return a 128-bit BLAKE2b hash of *text* in hexadecimal.

    Long enough that no two records meet; the ``person`` string keeps these hashes apart from any
    other use and carries the scheme's version.
    """
    return hashlib.blake2b(text.encode(), digest_size=16, person=b"crmsyncd-v1").hexdigest()
