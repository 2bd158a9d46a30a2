"""What a person does in HubSpot's own pages: the same store, other rights, another source.

Promises that each act appears as a person's would: history from `CRM_UI`, lifecycle stages in any
direction, restore from the bin (which the API cannot), no writing validation of the API.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from adapters.hubspot.sandbox.account import Account
from adapters.hubspot.sandbox.merging import merge_records
from adapters.hubspot.sandbox.owners import Owner
from adapters.hubspot.sandbox.problems import invalid, not_found
from adapters.hubspot.sandbox.records import Record, Source, user_source
from adapters.hubspot.sandbox.schema import Option, PropertyDefinition
from adapters.hubspot.sandbox.store import ObjectStore
from adapters.hubspot.sandbox.writes import (
    Writing,
    checked_create,
    checked_update,
    ensure_unique,
)

DEFAULT_USER_ID = 4321


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """A user at the screen, working on records of one type. All acts raise Refused."""

    account: Account
    store: ObjectStore
    user_id: int = DEFAULT_USER_ID

    def create(self, given: Mapping[str, object]) -> Record:
        """Add a record; an erased person's address is refused, as HubSpot's pages do."""
        if str(given.get("email", "")).strip().lower() in self.account.blocked_emails:
            raise invalid("This address is on the block list of erased contacts")
        values = checked_create(self._writing, given)
        return self.store.create(values, self.account.clock.now(), user_source(self.user_id))

    def edit(self, record_id: str, given: Mapping[str, object]) -> Record:
        """Change some values."""
        record = self.living(record_id)
        values = checked_update(self._writing, record, given)
        self.store.update(record, values, self.account.clock.now(), user_source(self.user_id))
        return record

    def merge(self, primary_id: str, other_id: str) -> Record:
        """Merge two records into one."""
        primary, other = self.living(primary_id), self.living(other_id)
        return merge_records(self.account, self.store, primary, other, self.account.clock.now())

    def archive(self, record_id: str) -> Record:
        """Move a record to the recycle bin."""
        record = self.living(record_id)
        self.store.archive(record, self.account.clock.now())
        return record

    def restore(self, record_id: str) -> Record:
        """Bring a record back from the bin, unless its address is taken by now."""
        now = self.account.clock.now()
        record = self.store.in_bin(record_id, now)
        if record is None:
            raise not_found(ids=[record_id])
        ensure_unique(self.store, record.values, record)
        is_touched = self.account.switches.does_restore_move_modified_date
        self.store.restore(record, now, is_touched=is_touched)
        return record

    def change_options(self, name: str, options: Sequence[Mapping[str, str]]) -> PropertyDefinition:
        """Replace the options of an enumeration; values already stored stay, stale or not."""
        definition = self.store.catalog.get(name)
        if definition is None or definition.type != "enumeration":
            raise not_found(propertyName=[name])
        changed = replace(
            definition,
            options=tuple(
                Option(
                    value=option["value"],
                    label=option.get("label", option["value"]),
                    display_order=position,
                )
                for position, option in enumerate(options)
            ),
            updated_at=self.account.clock.now(),
        )
        self.store.catalog.put(changed)
        return changed

    def archive_owner(self, owner_id: str) -> Owner:
        """Deactivate a colleague; records keep the id."""
        owner = self.account.owners.get(owner_id)
        if owner is None:
            raise not_found(ids=[owner_id])
        return self.account.owners.archive(owner, self.account.clock.now())

    def plant(self, record_id: str, values: Mapping[str, str], source_type: str) -> Record:
        """Put values in unchecked, as workflows, migrations and old imports leave them.

        This is how a number comes to hold `1234;5678`, or an option its list has lost.
        """
        record = self.living(record_id)
        unknown = [name for name in values if self.store.catalog.get(name) is None]
        if unknown:
            raise not_found(propertyName=unknown)
        texts = {name: str(value) for name, value in values.items()}
        self.store.update(record, texts, self.account.clock.now(), Source(type=source_type))
        return record

    def touch(self, record_ids: Iterable[str]) -> int:
        """Move the modified date of many records to this very millisecond; returns how many."""
        now = self.account.clock.now()
        records = [self.living(record_id) for record_id in record_ids]
        for record in records or self.store.all_live():
            self.store.touch(record, now)
        return len(records) or len(self.store.all_live())

    def living(self, record_id: str) -> Record:
        """Return a record that is not archived. Raises Refused."""
        record = self.store.live(self.store.surviving_id(record_id))
        if record is None:
            raise not_found(ids=[record_id])
        return record

    @property
    def _writing(self) -> Writing:
        return Writing(account=self.account, store=self.store, version="ui", is_person=True)
