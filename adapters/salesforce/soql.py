"""Texts of queries: literals quoted by the language's rules, clauses joined.

Names cannot be quoted, so only names from a describe ever get here. Values always pass through
:func:`text` or :func:`moment`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

_ESCAPES = str.maketrans(
    {
        "\\": "\\\\",
        "'": "\\'",
        '"': '\\"',
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\b": "\\b",
        "\f": "\\f",
    }
)
# A NUL has no escape and no record holds one: nothing can be equal to a text with it.
_IMPOSSIBLE = "\x00"


def text(value: str) -> str:
    """Return a string literal."""
    return "'" + value.replace(_IMPOSSIBLE, "\\\\0").translate(_ESCAPES) + "'"


def moment(at: datetime) -> str:
    """Return a time literal, cut to the whole seconds that stamps have."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def among(name: str, values: Iterable[str]) -> str:
    """Return the condition that a field holds one of some texts."""
    return f"{name} IN ({','.join(text(value) for value in values)})"


def either(*conditions: str) -> str:
    """Return the condition that one of several holds."""
    return "(" + " OR ".join(conditions) + ")"


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """One SELECT."""

    of: str
    select: tuple[str, ...]
    where: tuple[str, ...] = ()
    """All of them must hold."""
    order: tuple[str, ...] = ()
    limit: int | None = None
    with_deleted: bool = False
    """Also what lies in the recycle bin or was merged away: ``queryAll``."""

    @property
    def resource(self) -> str:
        """Return the resource that answers this query."""
        return "queryAll" if self.with_deleted else "query"

    def text(self) -> str:
        """Return the query's text."""
        parts = ["SELECT", ",".join(self.select), "FROM", self.of]
        if self.where:
            parts.append(f"WHERE {' AND '.join(self.where)}")
        if self.order:
            parts.append(f"ORDER BY {','.join(self.order)}")
        if self.limit is not None:
            parts.append(f"LIMIT {self.limit}")
        return " ".join(parts)

    def also(self, *conditions: str) -> "Query":
        """Return the query with more conditions."""
        return replace(self, where=(*self.where, *conditions))


def after(stamp_field: str, stamp: str, last_id: str) -> str:
    """Return the condition of the rows behind one, in the order of stamp and id.

    Thousands of rows share a second; ``>= stamp`` alone would begin with the same ones for ever.
    """
    return either(f"({stamp_field} = {stamp} AND Id > {text(last_id)})", f"{stamp_field} > {stamp}")


def names(fields: Sequence[str]) -> tuple[str, ...]:
    """Return field names without repetitions, in order."""
    return tuple(dict.fromkeys(fields))
