"""A query's names found in an org: paths, conditions, order (salesforce.md 4).

Takes a syntax tree. Gives functions over rows. Promises that a field the user may not see does not
exist, neither to be selected nor to be asked about.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from adapters.salesforce.sandbox.fields import Field, Kind
from adapters.salesforce.sandbox.ids import full_id
from adapters.salesforce.sandbox.org import Org
from adapters.salesforce.sandbox.problems import Refused, refused
from adapters.salesforce.sandbox.soql_syntax import (
    Comparison,
    Condition,
    Junction,
    Negation,
    Order,
    Path,
)
from adapters.salesforce.sandbox.soql_values import folded, test_of
from adapters.salesforce.sandbox.soql_words import pointer
from adapters.salesforce.sandbox.store import Row
from adapters.sandbox.exchange import JsonObject

MAX_PARENTS = 5
RowTest: TypeAlias = Callable[[Row], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Located:
    """A path that was found: the references to follow, then the field."""

    parents: tuple[Field, ...]
    field: Field

    @property
    def names(self) -> tuple[str, ...]:
        """The path in the spelling of describe."""
        return (*(str(each.relation) for each in self.parents), self.field.name)


class Meaning:
    """The names of one query on one object, as the integration user sees them."""

    def __init__(self, org: Org, kind: Kind, text: str, *, sees_all: bool = False) -> None:
        self._org = org
        self._text = text
        self._sees_all = sees_all
        self.kind = kind
        self.now = org.clock.now()

    def locate(self, path: Path) -> Located:
        """Find a path. Raises Refused with INVALID_FIELD."""
        parts, kind = path.parts, self.kind
        if len(parts) > 1 and parts[0].lower() == kind.name.lower() and not kind.relation(parts[0]):
            parts = parts[1:]
        if len(parts) - 1 > MAX_PARENTS:
            raise refused("INVALID_QUERY", "SOQL relationship queries can go at most 5 levels up")
        parents: list[Field] = []
        for name in parts[:-1]:
            reference = kind.relation(name)
            if reference is None:
                raise self._no_relation(path, name, kind)
            parents.append(reference)
            kind = self._kind(reference.targets[0])
        field = kind.find(parts[-1])
        if field is None:
            raise self._no_column(path, parts[-1], kind)
        return Located(parents=tuple(parents), field=field)

    def value(self, row: Row, located: Located) -> Any:
        """Return what a path holds for a row; None where a parent is missing."""
        owner = self._owner(row, located.parents)
        return None if owner is None else owner.get(located.field.name)

    def test(self, condition: Condition) -> RowTest:
        """Return the test of a condition. Raises Refused."""
        if isinstance(condition, Comparison):
            return self._comparison(condition)
        if isinstance(condition, Negation):
            inside = self.test(condition.of)
            return lambda row: not inside(row)
        parts = [self.test(part) for part in condition.parts]
        if len(parts) == 2:
            return _pair(condition.operator, *parts)
        if condition.operator == "AND":
            return lambda row: all(part(row) for part in parts)
        return lambda row: any(part(row) for part in parts)

    def ids(self, condition: Condition | None) -> frozenset[str] | None:
        """Return the ids a condition narrows rows to, None where it names none."""
        if isinstance(condition, Comparison):
            is_id = condition.path.text.lower() == "id" and condition.operator in {"=", "IN"}
            return frozenset(full_id(word.text) for word in condition.values) if is_id else None
        if isinstance(condition, Junction) and condition.operator == "AND":
            found = (self.ids(part) for part in condition.parts)
            return next((each for each in found if each is not None), None)
        return None

    def ordered(self, rows: Iterable[Row], order: tuple[Order, ...]) -> list[Row]:
        """Return rows in order; ids in the order they were made where nothing is said."""
        found = list(rows)
        for part in reversed(order):
            located = self.locate(part.path)
            if not located.field.may("sortable"):
                told = f"field '{located.field.name}' can not be sorted in a query call"
                raise refused("MALFORMED_QUERY", f"{pointer(self._text, part.path.at)}\n{told}")
            found = self._sorted(found, located, part)
        return found

    def _sorted(self, rows: list[Row], located: Located, part: Order) -> list[Row]:
        keyed = [(folded(located.field, self.value(row, located)), row) for row in rows]
        nulls = [row for key, row in keyed if key is None]
        rest = [pair for pair in keyed if pair[0] is not None]
        rest.sort(key=lambda pair: pair[0], reverse=part.is_descending)
        listed = [row for _, row in rest]
        return [*listed, *nulls] if part.are_nulls_last else [*nulls, *listed]

    def rendered(self, row: Row, listed: Iterable[Located], version: str) -> JsonObject:
        """Return a row as a query answers it."""
        found: JsonObject = {"attributes": attributes(self.kind.name, row.id, version)}
        for located in listed:
            self._place(found, row, located, version)
        return found

    def _place(self, found: JsonObject, row: Row, located: Located, version: str) -> None:
        owner: Row | None = row
        for parent in located.parents:
            target = None if owner is None else self._parent(owner, parent)
            name = str(parent.relation)
            if target is None or owner is None:
                found[name] = None
                return
            if found.get(name) is None:
                found[name] = {"attributes": attributes(target[0], target[1].id, version)}
            found, owner = found[name], target[1]
        if owner is not None:
            found[located.field.name] = shown(located.field, owner)

    def _owner(self, row: Row, parents: tuple[Field, ...]) -> Row | None:
        owner: Row | None = row
        for parent in parents:
            target = None if owner is None else self._parent(owner, parent)
            owner = None if target is None else target[1]
        return owner

    def _parent(self, row: Row, reference: Field) -> tuple[str, Row] | None:
        key = row.get(reference.name)
        if key is None:
            return None
        for name in reference.targets:
            store = self._org.find_store(name)
            found = None if store is None else store.seen(self.now).get(key)
            if found is not None:
                return name, found
        return None

    def _comparison(self, comparison: Comparison) -> RowTest:
        located = self.locate(comparison.path)
        test = test_of(comparison, located.field, self.now)
        name = located.field.name
        if not located.parents:
            return lambda row: test(row.get(name))
        return lambda row: test(self.value(row, located))

    def _kind(self, name: str) -> Kind:
        if self._org.find_store(name) is None:
            raise refused("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return self._org.store(name).kind if self._sees_all else self._org.visible_kind(name)

    def _no_column(self, path: Path, name: str, kind: Kind) -> Refused:
        return refused(
            "INVALID_FIELD",
            f"{pointer(self._text, path.at)}\nNo such column '{name}' on entity '{kind.name}'. If you"
            " are attempting to use a custom field, be sure to append the '__c' after the custom"
            " field name. Please reference your WSDL or the describe call for the appropriate names.",
        )

    def _no_relation(self, path: Path, name: str, kind: Kind) -> Refused:
        return refused(
            "INVALID_FIELD",
            f"{pointer(self._text, path.at)}\nDidn't understand relationship '{name}' in field path."
            f" No such relationship on entity '{kind.name}'.",
        )


def _pair(operator: str, first: RowTest, second: RowTest) -> RowTest:
    """Join two tests; a window of time is two, and is asked of every row."""
    if operator == "AND":
        return lambda row: first(row) and second(row)
    return lambda row: first(row) or second(row)


def attributes(kind: str, record_id: str, version: str) -> JsonObject:
    """Return what tells type and address of a record."""
    return {"type": kind, "url": f"/services/data/{version}/sobjects/{kind}/{record_id}"}


def shown(field: Field, row: Row) -> Any:
    """Return a value as JSON answers show it."""
    value = row.get(field.name)
    if value is None and field.type == "boolean":
        return False
    return dict(value) if isinstance(value, Mapping) else value
