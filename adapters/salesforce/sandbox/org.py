"""One org: its objects, rows, rules and budget, and nothing global."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from adapters.salesforce.sandbox.budget import CallBudget
from adapters.salesforce.sandbox.bulk_jobs import Job
from adapters.salesforce.sandbox.catalog import custom_text, delivered_kinds
from adapters.salesforce.sandbox.fields import Field, Kind
from adapters.salesforce.sandbox.ids import mint
from adapters.salesforce.sandbox.problems import Refused, not_found
from adapters.salesforce.sandbox.rules import Rules
from adapters.salesforce.sandbox.settings import EXTERNAL_ID, OrgSettings, Switches
from adapters.salesforce.sandbox.store import Removal, Row, Store
from adapters.sandbox.clock import Clock
from adapters.sandbox.exchange import JsonObject

EXTERNAL_ID_LENGTH = 64
HOLDERS_OF_EXTERNAL_ID = ("Contact", "Lead", "Account", "Task", "Campaign")
NO_TIME = timedelta(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Who writes, and what they asked for in headers."""

    user_id: str
    is_person: bool = False
    does_assign: bool = True
    may_save_duplicates: bool = False
    commit_delay: timedelta = NO_TIME


@dataclass(slots=True)
class _Before:
    store: Store
    id: str
    row: Row | None
    shown: Row | None
    removal: Removal | None


class Org:
    """What the rules of the vendor work on."""

    def __init__(self, settings: OrgSettings, clock: Clock, random: random.Random) -> None:
        self.settings = settings
        self.switches = settings.switches
        self.limits = settings.limits
        self.clock = clock
        self.random = random
        self.id = mint("00D", settings.number)
        self.integration_user = mint("005", 1)
        self.person = mint("005", 2)
        self.hidden = set(settings.hidden)
        self.rules = Rules()
        self.budget = CallBudget(settings.limits)
        self.notifications: list[JsonObject] = []
        self.cursors: dict[str, Any] = {}
        """Open query results by id."""
        self.jobs: dict[str, Job] = {}
        """Bulk jobs by id."""
        self.bulk_stops_after: int | None = None
        """After so many rows the next ingest job fails, the rest unprocessed."""
        self.schema_changed_at: dict[str, datetime] = {}
        self.purged_until: datetime | None = None
        """Before this moment the delete log knows nothing any more."""
        self.opened_at = clock.now()
        self.stores = {name: Store(kind) for name, kind in delivered_kinds().items()}
        self._numbers: dict[str, int] = {}
        self._journal: list[_Before] | None = None
        if settings.has_external_id:
            for name in HOLDERS_OF_EXTERNAL_ID:
                self.add_field(name, external_id_field())

    def set_switches(self, switches: Switches) -> None:
        """Change behaviour while running."""
        self.switches = switches

    # -- objects -----------------------------------------------------------------------------

    def store(self, name: str) -> Store:
        """Return the rows of an object, by its name in any case. Raises Refused."""
        found = self.find_store(name)
        if found is None:
            raise not_found()
        return found

    def find_store(self, name: str) -> Store | None:
        """Return the rows of an object, None where there is no such object."""
        exact = self.stores.get(name)
        if exact is not None:
            return exact
        wanted = name.lower()
        return next((self.stores[each] for each in self.stores if each.lower() == wanted), None)

    def store_of(self, record_id: str) -> Store | None:
        """Return the object whose prefix an id has."""
        prefix = record_id[:3]
        return next(
            (one for one in self.stores.values() if one.kind.told["keyPrefix"] == prefix), None
        )

    def visible_kind(self, name: str) -> Kind:
        """Return an object as the integration user may see it. Raises Refused."""
        kind = self.store(name).kind
        start = f"{kind.name}."
        return kind.without(
            each.removeprefix(start) for each in self.hidden if each.startswith(start)
        )

    def add_field(self, kind_name: str, field: Field) -> None:
        """Add a field, or a new version of one, to an object."""
        store = self.store(kind_name)
        store.use(store.kind.with_fields([field]))
        self.note_schema_change(kind_name)

    def note_schema_change(self, kind_name: str) -> None:
        """Remember that describe answers differently from now on."""
        self.schema_changed_at[kind_name] = self.clock.now()

    def limit_header(self) -> dict[str, str]:
        """Return the header that tells how much of the budget is used."""
        is_app_told = self.switches.is_app_usage_told
        return self.budget.header(self.clock.now(), is_app_told=is_app_told)

    def number(self, prefix: str) -> str:
        """Return a fresh id for something that is no row: a job, a cursor, a field."""
        self._numbers[prefix] = self._numbers.get(prefix, 62**3) + 1
        return mint(prefix, self._numbers[prefix])

    # -- writing -----------------------------------------------------------------------------

    def put(self, store: Store, row: Row, actor: Actor) -> None:
        """Store a row on somebody's behalf."""
        now = self.clock.now()
        self._remember(store, row.id)
        store.put(row, now, now + actor.commit_delay)

    def remove(self, store: Store, row_id: str, actor: Actor) -> None:
        """Forget a row for good."""
        now = self.clock.now()
        self._remember(store, row_id)
        store.remove(row_id, now, now + actor.commit_delay)

    def note_removal(self, store: Store, row_id: str, at: datetime) -> None:
        """Write a line of the delete log."""
        self._remember(store, row_id)
        store.removals.pop(row_id, None)
        store.removals[row_id] = Removal(id=row_id, at=at)

    def forget_removal(self, store: Store, row_id: str) -> None:
        """Strike a line of the delete log: the row is back."""
        self._remember(store, row_id)
        store.removals.pop(row_id, None)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Undo every write of the block where it ends in a refusal; blocks may be nested."""
        outer, self._journal = self._journal, []
        try:
            yield
        except Refused:
            self._undo(self._journal)
            self._journal = []
            raise
        finally:
            written, self._journal = self._journal, outer
            if outer is not None:
                outer.extend(written)

    def _remember(self, store: Store, row_id: str) -> None:
        if self._journal is not None:
            shown = store.seen(self.clock.now()).get(row_id)
            before = _Before(
                store, row_id, store.rows.get(row_id), shown, store.removals.get(row_id)
            )
            self._journal.append(before)

    @staticmethod
    def _undo(journal: list[_Before]) -> None:
        for before in reversed(journal):
            before.store.restore(before.id, before.row, before.shown, before.removal)


def external_id_field() -> Field:
    """Return the field in which a sync keeps its own key."""
    return custom_text(
        EXTERNAL_ID, "crmsyncd Id", EXTERNAL_ID_LENGTH, is_key=True, is_case_kept=False
    )
