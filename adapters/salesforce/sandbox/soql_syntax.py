"""SOQL read into a tree (salesforce.md 4).

Takes a query. Gives what it selects, from which object, where, in which order. Promises nothing about
names: whether a field exists is not a question of syntax.
"""

from dataclasses import dataclass
from typing import TypeAlias

from adapters.salesforce.sandbox.soql_words import Word, WordKind, malformed, unexpected, words_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Path:
    """A field, of the object itself or of a parent: `Account.Owner.Name`."""

    parts: tuple[str, ...]
    at: int

    @property
    def text(self) -> str:
        """The path as it was written."""
        return ".".join(self.parts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Aggregate:
    """A function over all rows, as `COUNT(Id)` or `MAX(SystemModstamp) latest`."""

    function: str
    path: Path | None
    alias: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AllFields:
    """`FIELDS(ALL)`, `FIELDS(STANDARD)` or `FIELDS(CUSTOM)`."""

    which: str
    at: int


Selected: TypeAlias = Path | Aggregate | AllFields


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """`field operator value`, or a list of values after IN, NOT IN, INCLUDES and EXCLUDES."""

    path: Path
    operator: str
    values: tuple[Word, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Junction:
    """Conditions joined by AND or OR."""

    operator: str
    parts: tuple["Condition", ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Negation:
    """NOT before a condition."""

    of: "Condition"


Condition: TypeAlias = Comparison | Junction | Negation


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """One part of ORDER BY."""

    path: Path
    is_descending: bool
    are_nulls_last: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """A whole query."""

    text: str
    selected: tuple[Selected, ...]
    is_count: bool
    object: str
    object_at: int
    where: Condition | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0


_COMPARING = ("=", "!=", "<>", "<", "<=", ">", ">=")
_FUNCTIONS = ("COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM", "AVG")
_KEYWORDS = ("FROM", "WHERE", "ORDER", "LIMIT", "OFFSET", "AND", "OR", "SELECT")
MAX_OFFSET = 2_000


def parse_query(text: str) -> Query:
    """Read a query. Raises Refused with MALFORMED_QUERY."""
    return _Reader(text).query()


def parse_condition(text: str) -> Condition:
    """Read what could stand behind WHERE. Raises Refused with MALFORMED_QUERY."""
    reader = _Reader(text)
    condition = reader.condition()
    reader.expect_end()
    return condition


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._words = words_of(text)
        self._next = 0

    # -- words -------------------------------------------------------------------------------

    @property
    def _word(self) -> Word:
        return self._words[self._next]

    def _take(self) -> Word:
        word = self._word
        self._next = min(self._next + 1, len(self._words) - 1)
        return word

    def _took_name(self, *names: str) -> bool:
        if self._word.is_name(*names):
            self._take()
            return True
        return False

    def _took_sign(self, sign: str) -> bool:
        if self._word.is_sign(sign):
            self._take()
            return True
        return False

    def _fail(self) -> Exception:
        return unexpected(self._text, self._word.at, self._word.text)

    def _expect_name(self, name: str) -> None:
        if not self._took_name(name):
            raise self._fail()

    def _expect_sign(self, sign: str) -> None:
        if not self._took_sign(sign):
            raise self._fail()

    def expect_end(self) -> None:
        if self._word.kind is not WordKind.END:
            raise self._fail()

    # -- parts -------------------------------------------------------------------------------

    def query(self) -> Query:
        self._expect_name("SELECT")
        selected = self._selection()
        self._expect_name("FROM")
        source = self._word
        if source.kind is not WordKind.NAME or "." in source.text:
            raise self._fail()
        self._take()
        where = self.condition() if self._took_name("WHERE") else None
        order = self._ordering()
        limit = self._number() if self._took_name("LIMIT") else None
        offset_at = self._word.at
        offset = self._number() if self._took_name("OFFSET") else 0
        if offset > MAX_OFFSET:
            raise malformed(self._text, offset_at, "OFFSET should be less than or equal to 2000")
        self.expect_end()
        first = selected[0] if selected else None
        is_count = isinstance(first, Aggregate) and first.function == "COUNT" and first.path is None
        if is_count and len(selected) > 1:
            raise malformed(self._text, 0, "COUNT() must be the only element in the SELECT list")
        return Query(
            text=self._text,
            selected=selected,
            is_count=is_count,
            object=source.text,
            object_at=source.at,
            where=where,
            order=order,
            limit=limit,
            offset=offset,
        )

    def _selection(self) -> tuple[Selected, ...]:
        found = [self._one_selected(0)]
        while self._took_sign(","):
            found.append(self._one_selected(len(found)))
        return tuple(found)

    def _one_selected(self, place: int) -> Selected:
        word = self._word
        if word.kind is not WordKind.NAME or word.is_name(*_KEYWORDS):
            raise self._fail()
        self._take()
        if not self._took_sign("("):
            return Path(parts=tuple(word.text.split(".")), at=word.at)
        if word.is_name("FIELDS"):
            which = self._take().text.upper()
            self._expect_sign(")")
            return AllFields(which=which, at=word.at)
        if not word.is_name(*_FUNCTIONS):
            raise unexpected(self._text, word.at, word.text)
        return self._aggregate(word.text.upper(), place)

    def _aggregate(self, function: str, place: int) -> Aggregate:
        path = None
        if self._word.kind is WordKind.NAME:
            path = self._path()
        elif function != "COUNT":
            raise self._fail()
        self._expect_sign(")")
        alias = f"expr{place}"
        if self._word.kind is WordKind.NAME and not self._word.is_name("FROM"):
            alias = self._take().text
        return Aggregate(function=function, path=path, alias=alias)

    def _path(self) -> Path:
        word = self._word
        if word.kind is not WordKind.NAME:
            raise self._fail()
        self._take()
        return Path(parts=tuple(word.text.split(".")), at=word.at)

    def condition(self) -> Condition:
        """Read conditions joined by one operator; AND and OR mix only with parentheses."""
        parts = [self._negated()]
        operator = ""
        while self._word.is_name("AND", "OR"):
            given = self._word.text.upper()
            if operator and given != operator:
                raise self._fail()
            operator = given
            self._take()
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else Junction(operator=operator, parts=tuple(parts))

    def _negated(self) -> Condition:
        if self._took_name("NOT"):
            return Negation(of=self._negated())
        if self._took_sign("("):
            inside = self.condition()
            self._expect_sign(")")
            return inside
        return self._comparison()

    def _comparison(self) -> Comparison:
        path = self._path()
        if self._word.is_sign(*_COMPARING):
            operator = self._take().text
            return Comparison(
                path=path, operator="!=" if operator == "<>" else operator, values=(self._value(),)
            )
        if self._took_name("LIKE"):
            return Comparison(path=path, operator="LIKE", values=(self._value(),))
        is_negated = self._took_name("NOT")
        if not self._word.is_name("IN") and (
            is_negated or not self._word.is_name("INCLUDES", "EXCLUDES")
        ):
            raise self._fail()
        operator = self._take().text.upper()
        return Comparison(
            path=path,
            operator=f"NOT {operator}" if is_negated else operator,
            values=self._values(),
        )

    def _values(self) -> tuple[Word, ...]:
        self._expect_sign("(")
        found = [self._value()]
        while self._took_sign(","):
            found.append(self._value())
        self._expect_sign(")")
        return tuple(found)

    def _value(self) -> Word:
        word = self._word
        if word.kind in {WordKind.SIGN, WordKind.END}:
            raise self._fail()
        self._take()
        if word.kind is WordKind.NAME and self._took_sign(":"):
            number = self._number()
            return Word(kind=word.kind, text=f"{word.text}:{number}", at=word.at)
        return word

    def _ordering(self) -> tuple[Order, ...]:
        if not self._took_name("ORDER"):
            return ()
        self._expect_name("BY")
        found = [self._one_order()]
        while self._took_sign(","):
            found.append(self._one_order())
        return tuple(found)

    def _one_order(self) -> Order:
        path = self._path()
        is_descending = self._took_name("DESC")
        if not is_descending:
            self._took_name("ASC")
        are_nulls_last = is_descending
        if self._took_name("NULLS"):
            are_nulls_last = self._word.is_name("LAST")
            if not self._word.is_name("FIRST", "LAST"):
                raise self._fail()
            self._take()
        return Order(path=path, is_descending=is_descending, are_nulls_last=are_nulls_last)

    def _number(self) -> int:
        word = self._word
        if word.kind is not WordKind.NUMBER or not word.text.isdigit():
            raise self._fail()
        self._take()
        return int(word.text)
