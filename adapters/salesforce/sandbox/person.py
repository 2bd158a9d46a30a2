"""What a person does at Salesforce's own screen: the same org, other rights (salesforce.md 10, 20.10).

Promises that each act is made under that person's user id, sees every field, passes no duplicate
rule's block, and commits as late as the org's settings say.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from adapters.salesforce.sandbox.deriving import derived
from adapters.salesforce.sandbox.ids import full_id
from adapters.salesforce.sandbox.merging import convert, merge
from adapters.salesforce.sandbox.moments import as_text
from adapters.salesforce.sandbox.org import Actor, Org
from adapters.salesforce.sandbox.problems import not_found
from adapters.salesforce.sandbox.removing import Remover
from adapters.salesforce.sandbox.saving import Writer
from adapters.salesforce.sandbox.store import Row


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """A user at the screen. All acts raise Refused."""

    org: Org
    user_id: str = ""
    commit_delay: timedelta | None = None

    @property
    def actor(self) -> Actor:
        """How the org sees this person."""
        delay = self.org.settings.commit_delay if self.commit_delay is None else self.commit_delay
        return Actor(
            user_id=self.user_id or self.org.person,
            is_person=True,
            does_assign=False,
            commit_delay=delay,
        )

    def create(self, name: str, given: Mapping[str, Any]) -> Row:
        """Add a record."""
        with self.org.transaction():
            return Writer(self.org, self.actor).create(name, given)

    def edit(self, name: str, record_id: str, given: Mapping[str, Any]) -> Row:
        """Change some values."""
        with self.org.transaction():
            return Writer(self.org, self.actor).update(name, record_id, given)

    def delete(self, name: str, record_id: str, *, is_hard: bool = False) -> Row:
        """Delete a record, or destroy it without the bin."""
        row = self._any(name, record_id)
        with self.org.transaction():
            Remover(self.org, self.actor).delete(name, row.id, is_hard=is_hard)
        return self.org.store(name).rows.get(row.id, row)

    def restore(self, name: str, record_id: str) -> Row:
        """Bring a record back from the bin."""
        with self.org.transaction():
            return Remover(self.org, self.actor).restore(name, full_id(record_id))

    def empty_bin(self, name: str) -> int:
        """Destroy what lies in the bin; returns how many."""
        return Remover(self.org, self.actor).empty_bin(name)

    def merge(self, name: str, winner_id: str, loser_ids: Sequence[str]) -> Row:
        """Merge losers into a winner."""
        with self.org.transaction():
            return merge(self.org, self.actor, name, winner_id, loser_ids)

    def convert(self, lead_id: str, *, contact_id: str = "", account_id: str = "") -> Row:
        """Convert a lead into a new contact, or into a given one."""
        with self.org.transaction():
            return convert(
                self.org, self.actor, lead_id, contact_id=contact_id, account_id=account_id
            )

    def plant(self, name: str, record_id: str, values: Mapping[str, Any]) -> Row:
        """Put values in unchecked, as old imports leave them; the stamp moves, history does not."""
        store = self.org.store(name)
        unknown = [each for each in values if each not in store.kind.fields]
        if unknown:
            raise not_found(f"{name} has no field {unknown[0]}")
        return self._stamped(name, self._any(name, record_id), values)

    def touch(self, name: str, record_ids: Iterable[str]) -> int:
        """Move the stamp of many records to this very second; returns how many."""
        store = self.org.store(name)
        rows = [self._any(name, each) for each in record_ids] or list(store.all_live())
        for row in rows:
            self._stamped(name, row, {})
        return len(rows)

    def _stamped(self, name: str, row: Row, values: Mapping[str, Any]) -> Row:
        store, now = self.org.store(name), as_text(self.org.clock.now())
        changed = Row(row.id, {**row.values, **values, "SystemModstamp": now})
        changed = Row(row.id, {**changed.values, **derived(self.org, store.kind, changed)})
        self.org.put(store, changed, self.actor)
        return changed

    def _any(self, name: str, record_id: str) -> Row:
        row = self.org.store(name).rows.get(full_id(record_id))
        if row is None:
            raise not_found()
        return row
