"""What the steps of a run hand to each other: the run, its pairs and their ends."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from adapters.budget import Spending
from adapters.contract import Adapter, Call
from config.model import Sync
from config.pair import Pair
from daemon.clock import Clock, Luck
from daemon.core.facts import Terms
from daemon.core.field_rules import FieldMap, FieldRule
from daemon.core.filters import Condition
from daemon.core.match import Key, index_keys
from daemon.core.record import Record
from daemon.core.schema import Schema
from daemon.core.values import FieldKind, Side
from daemon.flow.comply import Gate
from daemon.flow.tally import Tally
from state.database import State
from state.mirror import End, Seen

NAMES = frozenset({"first_name", "last_name", "full_name"})
"""Canonical fields that tell whether two records are called alike (R8)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EndPart:
    """One end of a pair, ready to be used."""

    side: Side
    connection: str
    object: str
    adapter: Adapter
    schema: Schema
    carries_external_id: bool
    spending: Spending = field(default_factory=Spending)
    """What its connection may spend of its account's day."""

    @property
    def end(self) -> End:
        """(connection, object): the key of its mirror."""
        return (self.connection, self.object)


@dataclass(frozen=True, kw_only=True, slots=True)
class PairPart:
    """One pair, ready to be synced."""

    name: str
    sync: str
    settings: Sync
    pair: Pair
    mapping: FieldMap
    keys: tuple[Key, ...]
    ends: Mapping[Side, EndPart]
    terms: Terms
    filters: Mapping[Side, tuple[Condition, ...]] = field(default_factory=dict)
    """Which records it is about (R4)."""
    gate: Gate | None = None
    """What people are judged by before they are written; None: compliance is off."""

    @property
    def region(self) -> str | None:
        """Country of phone numbers written without one."""
        return self.settings.country

    @property
    def name_rules(self) -> tuple[FieldRule, ...]:
        """Rules of the fields people are called by."""
        return tuple(rule for rule in self.mapping.rules if rule.canonical in NAMES)

    @property
    def email_rules(self) -> tuple[FieldRule, ...]:
        """Rules of e-mail fields."""
        return tuple(rule for rule in self.mapping.rules if rule.kind is FieldKind.EMAIL)

    def fields(self, side: Side) -> tuple[str, ...]:
        """Return the fields to read on a side, sorted: mapped, filtered by, and telling consent."""
        asked = {condition.field.name for condition in self.filters.get(side, ())}
        judged = self.gate.fields(side) if self.gate else frozenset[str]()
        return tuple(sorted({rule.name(side) for rule in self.mapping.rules} | asked | judged))

    def index(self, side: Side, record: Record) -> tuple[tuple[str, str], ...]:
        """Return the comparable keys of a record of *side*."""
        return index_keys(
            self.keys,
            side,
            record.values,
            self.region,
            external_id=record.external_id,
            other_emails=record.other_emails,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """An end as one run observes it: what to read there and how to index it for every pair."""

    part: EndPart
    fields: tuple[str, ...]
    users: tuple[tuple[PairPart, Side], ...]

    def seen(self, records: Sequence[Record]) -> list[Seen]:
        """Return records with the keys of every pair on this end."""
        return [Seen(record=record, keys=self.keys(record)) for record in records]

    def keys(self, record: Record) -> tuple[tuple[str, str], ...]:
        """Return the comparable keys of a record for every pair on this end."""
        found = [key for pair, side in self.users for key in pair.index(side, record)]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a run is with one of its steps."""

    step: str
    """recover, read, decide, write or verify."""
    place: str
    """The end or pair it works on."""
    done: int
    total: int | None = None
    """None while nobody knows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunPart:
    """One run: what every step is given."""

    id: int
    sync: str
    settings: Sync
    trigger: str
    fingerprint: str
    """Of the sync's rules; an envelope holds for one (R17)."""
    state: State
    clock: Clock
    luck: Luck
    instance: str
    """Prefix of the entity ids this installation mints (R7)."""
    pairs: tuple[PairPart, ...]
    watches: tuple[Watch, ...]
    tally: Tally
    calls: list[Call]
    on_progress: Callable[[Progress], None]
    """Told what the run is at, for people who wait."""

    def entity_id(self) -> str:
        """Mint an entity id."""
        return f"{self.instance}-{self.luck.token()}"

    @property
    def spendings(self) -> tuple[Spending, ...]:
        """What the run's connections may spend, in order of their names."""
        found = {watch.part.connection: watch.part.spending for watch in self.watches}
        return tuple(found[name] for name in sorted(found))

    def watch(self, end: End) -> Watch:
        """Return how *end* is observed."""
        return next(watch for watch in self.watches if watch.part.end == end)
