"""The rows of one object: what was written last, and what readers see by now.

Takes finished rows. Promises that a row never changes in place, that keys lead to live rows only,
and that a write with a commit delay shows, when it shows, the older stamp it was made with
(salesforce.md 9.2).
"""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from adapters.salesforce.sandbox.fields import Kind
from adapters.salesforce.sandbox.ids import mint

FIRST_NUMBER = 62**3


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its id and every value that is not null."""

    id: str
    values: Mapping[str, Any]

    def get(self, name: str) -> Any:
        """Return a value, None for null."""
        return self.values.get(name)

    @property
    def is_deleted(self) -> bool:
        """Whether it lies in the recycle bin."""
        return bool(self.values.get("IsDeleted", False))


@dataclass(frozen=True, kw_only=True, slots=True)
class Removal:
    """An entry of the delete log."""

    id: str
    at: datetime


@dataclass(order=True, slots=True)
class _Uncommitted:
    visible_at: datetime
    turn: int
    started_at: datetime = field(compare=False)
    id: str = field(compare=False)
    row: Row | None = field(compare=False)


class Store:
    """The rows of one object."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.rows: dict[str, Row] = {}
        self.removals: dict[str, Removal] = {}
        self.last_number = FIRST_NUMBER
        self._shown: dict[str, Row] = {}
        self._holders: dict[tuple[str, str], set[str]] = {}
        self._uncommitted: list[_Uncommitted] = []
        self._turn = 0
        self._key_fields = _keys_of(kind)

    # -- reading -----------------------------------------------------------------------------

    def seen(self, now: datetime) -> Mapping[str, Row]:
        """Return every committed row by id, those in the bin included."""
        while self._uncommitted and self._uncommitted[0].visible_at <= now:
            due = heapq.heappop(self._uncommitted)
            self._show(due.id, due.row)
        return self._shown

    def all_live(self) -> Iterator[Row]:
        """Yield the rows outside the bin, uncommitted ones included."""
        return (row for row in self.rows.values() if not row.is_deleted)

    def holders(self, name: str, value: object) -> tuple[str, ...]:
        """Return the ids of the live rows that have this value in a key field."""
        return tuple(sorted(self._holders.get((name, self._folded(name, value)), ())))

    def oldest_open(self, now: datetime) -> datetime | None:
        """Return when the oldest transaction began that has not committed yet."""
        self.seen(now)
        return min((each.started_at for each in self._uncommitted), default=None)

    # -- writing -----------------------------------------------------------------------------

    def next_id(self) -> str:
        """Return a fresh id."""
        self.last_number += 1
        return mint(self.kind.prefix, self.last_number)

    def put(self, row: Row, at: datetime, visible_at: datetime) -> None:
        """Take a row in, or the new version of one."""
        self._release(row.id)
        self.rows[row.id] = row
        self._claim(row)
        self._publish(row.id, row, at, visible_at)

    def remove(self, row_id: str, at: datetime, visible_at: datetime) -> None:
        """Forget a row for good."""
        self._release(row_id)
        self.rows.pop(row_id, None)
        self._publish(row_id, None, at, visible_at)

    def restore(
        self, row_id: str, row: Row | None, shown: Row | None, removal: Removal | None
    ) -> None:
        """Put back what was there before a write that is undone."""
        self._uncommitted = [
            each for each in self._uncommitted if each.row is not self.rows.get(row_id)
        ]
        heapq.heapify(self._uncommitted)
        self._release(row_id)
        if row is None:
            self.rows.pop(row_id, None)
        else:
            self.rows[row_id] = row
            self._claim(row)
        self._show(row_id, shown)
        self.removals.pop(row_id, None)
        if removal is not None:
            self.removals[row_id] = removal

    def use(self, kind: Kind) -> None:
        """Go on with another description of the object, and build the table of keys again."""
        self.kind = kind
        self._key_fields = _keys_of(kind)
        self._holders.clear()
        for row in self.all_live():
            self._claim(row)

    def _publish(self, row_id: str, row: Row | None, at: datetime, visible_at: datetime) -> None:
        if visible_at <= at:
            self._show(row_id, row)
            return
        self._turn += 1
        heapq.heappush(
            self._uncommitted,
            _Uncommitted(visible_at=visible_at, turn=self._turn, started_at=at, id=row_id, row=row),
        )

    def _show(self, row_id: str, row: Row | None) -> None:
        if row is None:
            self._shown.pop(row_id, None)
        else:
            self._shown[row_id] = row

    def _claim(self, row: Row) -> None:
        if not row.is_deleted:
            for key in self._keys(row):
                self._holders.setdefault(key, set()).add(row.id)

    def _release(self, row_id: str) -> None:
        row = self.rows.get(row_id)
        if row is not None:
            for key in self._keys(row):
                self._holders.get(key, set()).discard(row_id)

    def _keys(self, row: Row) -> list[tuple[str, str]]:
        return [
            (name, self._folded(name, row.get(name)))
            for name in self._key_fields
            if row.get(name) is not None
        ]

    def _folded(self, name: str, value: object) -> str:
        known = self.kind.fields.get(name)
        is_case_kept = known is not None and bool(known.told["caseSensitive"])
        return str(value) if is_case_kept else str(value).lower()


def _keys_of(kind: Kind) -> tuple[str, ...]:
    fields = (each for each in kind.fields.values() if each.is_key or each.is_unique)
    return tuple(each.name for each in fields if each.name != "Id")
