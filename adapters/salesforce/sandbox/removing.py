"""Deleting, for the bin or for good, and bringing back (salesforce.md 10)."""

from adapters.salesforce.sandbox.checking import check_unique
from adapters.salesforce.sandbox.moments import as_moment, as_text, cut
from adapters.salesforce.sandbox.org import Actor, Org
from adapters.salesforce.sandbox.problems import not_found, refused
from adapters.salesforce.sandbox.store import Row, Store
from adapters.salesforce.sandbox.tracking import forget


def expire_bin(org: Org) -> None:
    """Forget what has lain in the bin for its whole time, and its line of the delete log."""
    oldest = org.clock.now() - org.limits.bin
    actor = Actor(user_id=org.person, is_person=True)
    for store in org.stores.values():
        for removal in list(store.removals.values()):
            if removal.at > oldest:
                break  # lines stand in the order of their times
            row = store.rows.get(removal.id)
            if row is not None and row.is_deleted:
                org.remove(store, row.id, actor)
            del store.removals[removal.id]


class Remover:
    """Somebody who deletes and restores."""

    def __init__(self, org: Org, actor: Actor) -> None:
        self._org = org
        self._actor = actor

    def delete(self, name: str, record_id: str, *, is_hard: bool = False) -> None:
        """Delete a row and what belongs to it. Raises Refused."""
        store = self._org.store(name)
        if not store.kind.may("deletable"):
            raise refused("INSUFFICIENT_ACCESS_OR_READONLY", "entity type cannot be deleted")
        row = store.rows.get(record_id)
        if row is None or (row.is_deleted and not is_hard):
            raise refused("ENTITY_IS_DELETED", "entity is deleted", status=404)
        for child in store.kind.children:
            if child["cascadeDelete"]:
                self._delete_children(str(child["childSObject"]), str(child["field"]), record_id)
        if is_hard or not store.kind.may("undeletable"):
            self._purge(store, row)
        else:
            self.to_bin(store, row)

    def to_bin(self, store: Store, row: Row, master_id: str | None = None) -> None:
        """Mark a row as deleted; its stamp moves. *master_id* is the winner of a merge."""
        now = self._org.clock.now()
        gone = {"IsDeleted": True, "MasterRecordId": master_id, **self._stamps()}
        known = {name: value for name, value in gone.items() if name in store.kind.fields}
        self._org.put(store, Row(row.id, {**row.values, **known}), self._actor)
        self._org.note_removal(store, row.id, cut(now))

    def restore(self, name: str, record_id: str) -> Row:
        """Bring a row back from the bin under its old id. Raises Refused."""
        store, now = self._org.store(name), self._org.clock.now()
        row = store.rows.get(record_id)
        if row is None or not row.is_deleted:
            raise not_found()
        if row.get("MasterRecordId"):
            raise refused("UNDELETE_FAILED", "a merged record cannot be restored")
        if now - as_moment(row.get("SystemModstamp")) > self._org.limits.bin:
            raise not_found()
        back = Row(row.id, {**row.values, **self._stamps(), "IsDeleted": False})
        check_unique(store, back)
        self._org.put(store, back, self._actor)
        self._org.forget_removal(store, record_id)
        return back

    def empty_bin(self, name: str) -> int:
        """Purge every row of an object that lies in the bin; returns how many."""
        store = self._org.store(name)
        gone = [row for row in store.rows.values() if row.is_deleted]
        for row in gone:
            self._purge(store, row)
        return len(gone)

    def _purge(self, store: Store, row: Row) -> None:
        self._org.remove(store, row.id, self._actor)
        if row.id not in store.removals:
            self._org.note_removal(store, row.id, cut(self._org.clock.now()))
        forget(self._org, store.kind, row.id, self._actor)

    def _delete_children(self, name: str, field: str, parent_id: str) -> None:
        store = self._org.find_store(name)
        if store is None or not store.kind.may("deletable"):
            return
        for row in [each for each in store.all_live() if each.get(field) == parent_id]:
            self.delete(name, row.id)

    def _stamps(self) -> dict[str, str]:
        now = as_text(self._org.clock.now())
        return {
            "LastModifiedDate": now,
            "LastModifiedById": self._actor.user_id,
            "SystemModstamp": now,
        }
