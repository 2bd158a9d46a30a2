"""All records of one type in one account, with their unique values and their search index.

Takes checked values. Gives records. Promises that unique values (secondary e-mail addresses
included) lead to one live record each, that every write leaves its trace in the history, and that
archiving does not move the modified date (hubspot.md 10.2, 11, 12).
"""

import bisect
import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from adapters.hubspot.sandbox.moments import as_text
from adapters.hubspot.sandbox.object_types import ObjectType
from adapters.hubspot.sandbox.records import Record, Source, Version
from adapters.hubspot.sandbox.schema import Catalog
from adapters.hubspot.sandbox.search_index import SearchIndex, Snapshot

FIRST_ID = 840_926_056_000
LARGEST_ID_STEP = 40
BIN_TIME = timedelta(days=90)
_BY_HUBSPOT = Source(type="CALCULATED")


class ObjectStore:
    """The records of one type."""

    def __init__(
        self, kind: ObjectType, catalog: Catalog, index: SearchIndex, random: random.Random
    ) -> None:
        self.kind = kind
        self.catalog = catalog
        self.index = index
        self.records: dict[str, Record] = {}
        self.aliases: dict[str, str] = {}
        self._order: list[int] = []
        self._holders: dict[tuple[str, str], str] = {}
        self._random = random
        self.last_id = FIRST_ID

    # -- finding -----------------------------------------------------------------------------

    def live(self, record_id: str) -> Record | None:
        """Return the record of that very id, unless archived."""
        record = self.records.get(record_id)
        return record if record is not None and record.archived_at is None else None

    def in_bin(self, record_id: str, now: datetime) -> Record | None:
        """Return the archived record of that id, as long as it can be restored."""
        record = self.records.get(record_id)
        if record is None or record.archived_at is None:
            return None
        return record if now - record.archived_at < BIN_TIME else None

    def surviving_id(self, record_id: str) -> str:
        """Follow merges from an old id to the id that carries the record now."""
        while record_id in self.aliases:
            record_id = self.aliases[record_id]
        return record_id

    def holder(self, name: str, value: str) -> Record | None:
        """Return the live record that has this unique value; any address counts for e-mail."""
        key = value.strip().lower() if name == "email" else value
        record_id = self._holders.get((name, key))
        return None if record_id is None else self.records[record_id]

    def is_unique(self, name: str) -> bool:
        """Say whether a property leads to one record."""
        if name == "email":
            return self.kind.has_unique_email
        definition = self.catalog.get(name)
        return definition is not None and definition.is_unique

    def page(
        self, after: int, limit: int, now: datetime, *, is_archived: bool
    ) -> tuple[list[Record], bool]:
        """Return up to `limit` records with ids above `after`, and whether more follow."""
        found: list[Record] = []
        for record in self._above(after):
            fits = self.in_bin(record.id, now) if is_archived else self.live(record.id)
            if fits is None:
                continue
            if len(found) == limit:
                return found, True
            found.append(record)
        return found, False

    def all_live(self) -> list[Record]:
        """Return every record that is not archived, by id."""
        return [record for record in self._above(0) if record.archived_at is None]

    def _above(self, after: int) -> Iterator[Record]:
        for position in range(bisect.bisect_right(self._order, after), len(self._order)):
            yield self.records[str(self._order[position])]

    # -- changing ----------------------------------------------------------------------------

    def create(
        self,
        values: Mapping[str, str],
        at: datetime,
        source: Source,
        *,
        is_indexed_at_once: bool = False,
    ) -> Record:
        """Add a record under a fresh id."""
        self.last_id += self._random.randint(1, LARGEST_ID_STEP)
        record = Record(id=str(self.last_id), created_at=at, updated_at=at)
        for name, value in {
            "hs_object_id": record.id,
            "createdate": as_text(at),
            "hs_createdate": as_text(at),
            "hs_object_source": source.type,
            "hs_object_source_id": source.id or "",
            "hs_object_source_label": source.type,
        }.items():
            if self.catalog.get(name) is not None:
                record.put(name, Version(value=value, at=at, source=source))
        self._write(record, values, at, source)
        self.add(record, at, is_indexed_at_once=is_indexed_at_once)
        return record

    def add(self, record: Record, at: datetime, *, is_indexed_at_once: bool = False) -> None:
        """Take in a finished record."""
        self.records[record.id] = record
        bisect.insort(self._order, record.number)
        self.last_id = max(self.last_id, record.number)
        self._claim(record)
        self._publish(record, at, is_immediate=is_indexed_at_once)

    def update(
        self, record: Record, values: Mapping[str, str], at: datetime, source: Source
    ) -> None:
        """Write values into a live record and move its modified date."""
        self._release(record)
        self._write(record, values, at, source)
        self._claim(record)
        self._publish(record, at)

    def touch(self, record: Record, at: datetime, *, is_indexed_at_once: bool = False) -> None:
        """Move the modified date alone, as HubSpot's own mass updates do."""
        record.updated_at = at
        record.values[self.kind.modified_property] = as_text(at)
        self._publish(record, at, is_immediate=is_indexed_at_once)

    def archive(self, record: Record, at: datetime) -> None:
        """Move a record to the recycle bin; its unique values are free again."""
        self._release(record)
        record.archived_at = at
        self._publish(record, at)

    def restore(self, record: Record, at: datetime, *, is_touched: bool) -> None:
        """Bring a record back from the bin."""
        record.archived_at = None
        self._claim(record)
        if is_touched:
            self.touch(record, at)
        else:
            self._publish(record, at)

    def remove(self, record: Record, at: datetime) -> None:
        """Forget a record for good."""
        if record.archived_at is None:
            self._release(record)
        del self.records[record.id]
        self._order.pop(bisect.bisect_left(self._order, record.number))
        self.index.note(Snapshot(id=record.id, values=None), at)

    def reclaim(self) -> None:
        """Build the table of unique values anew, after a definition has changed."""
        self._holders.clear()
        for record in self.all_live():
            self._claim(record)

    def _write(
        self, record: Record, values: Mapping[str, str], at: datetime, source: Source
    ) -> None:
        for name, value in values.items():
            record.put(name, Version(value=value, at=at, source=source))
        for name, value in _derived(record).items():
            if self.catalog.get(name) is not None and record.get(name) != value:
                record.put(name, Version(value=value, at=at, source=_BY_HUBSPOT))
        record.updated_at = at
        record.put(
            self.kind.modified_property, Version(value=as_text(at), at=at, source=_BY_HUBSPOT)
        )

    def _claim(self, record: Record) -> None:
        if record.archived_at is None:
            self._holders.update(dict.fromkeys(self._keys(record), record.id))

    def _release(self, record: Record) -> None:
        for key in self._keys(record):
            if self._holders.get(key) == record.id:
                del self._holders[key]

    def _keys(self, record: Record) -> list[tuple[str, str]]:
        emails = record.emails() if self.kind.has_unique_email else []
        keys = [("email", address.lower()) for address in emails]
        keys += [
            (name, record.values[name])
            for name in self.catalog.unique_names
            if name in record.values
        ]
        return keys

    def _publish(self, record: Record, at: datetime, *, is_immediate: bool = False) -> None:
        values = dict(record.values) if record.archived_at is None else None
        self.index.note(Snapshot(id=record.id, values=values), at, is_immediate=is_immediate)


def _derived(record: Record) -> dict[str, str]:
    """Return the values HubSpot computes from the others."""
    email = record.get("email")
    full_name = f"{record.get('firstname')} {record.get('lastname')}".strip()
    return {
        "hs_email_domain": email.partition("@")[2],
        "hs_full_name_or_email": full_name or email,
    }
