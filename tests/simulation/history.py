"""Everything that happened in a simulated world, as the oracle needs it and as text.

Each change of a field of a record is an event, made by a person or by us; so are births, deaths and
returns of records. The text of all of them, in order, is the trace: equal seeds give equal bytes.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from daemon.core.values import Side, Value
from tests.simulation.steps import VirtualClock

Spot = tuple[Side, str, str]
"""(side, record, field)."""


NOBODYS = -1
"""A merge took over what we had written, or left a field empty: no person entered it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """A field came to hold a value."""

    number: int
    value: Value
    is_ours: bool
    before: Value = None
    entered: int = 0
    """Of a value that a merge took over: when it came to be where it was, or ``NOBODYS``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """A write of ours that took effect."""

    token: str
    verb: str
    side: Side
    record: str
    epoch: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Removal:
    """A record that we archived or deleted."""

    number: int
    token: str
    side: Side
    record: str
    last: Mapping[str, Event]
    """Field → what it came to hold last."""
    is_proven: Mapping[tuple[Side, str], bool]
    """Every record we were shown → whether we had proof then that it is gone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Merge:
    """A record that people merged into another."""

    number: int
    side: Side
    loser: str
    survivor: str
    effects: int
    """How many writes of ours had taken effect before."""
    epoch: int


@dataclass(kw_only=True, slots=True)
class Traces:
    """What we were shown of a record since we last saw it alive."""

    is_in_bin: bool = False
    absences: int = 0
    """Complete listings that lacked it."""
    misses: int = 0
    """Direct reads that said it is not there."""

    @property
    def is_proof(self) -> bool:
        """Whether that proves that it is gone (I6)."""
        return self.is_in_bin or (self.absences >= LISTINGS_NEEDED and self.misses > 0)


LISTINGS_NEEDED = 2


@dataclass(kw_only=True, slots=True)
class History:
    """What happened so far."""

    clock: VirtualClock
    number: int = 0
    epoch: int = 0
    """How often the state was lost or set back."""
    lines: list[str] = field(default_factory=list)
    events: dict[Spot, list[Event]] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    deaths: set[tuple[Side, str]] = field(default_factory=set)
    """Records that were archived or erased at some time."""
    merges: list[Merge] = field(default_factory=list)
    removals: list[Removal] = field(default_factory=list)
    traces: dict[tuple[Side, str], Traces] = field(default_factory=dict)
    looks: dict[tuple[Side, str], list[int]] = field(default_factory=dict)
    """Record → numbers at which we read it."""
    sent: dict[str, int] = field(default_factory=dict)
    """Token of a write → number at which its request left."""
    in_window: set[int] = field(default_factory=set)
    """Events of people between our look and our write, where no precondition closes the gap."""
    losses: list[int] = field(default_factory=list)
    """Numbers at which what we knew was lost: the state, or what a changed rule had agreed."""
    restored: set[tuple[Side, str]] = field(default_factory=set)
    """Records that people took back from the bin."""
    hidden: set[str] = field(default_factory=set)
    """Fields that a system's schema lacked for a while (fault 49)."""
    rests: list[int] = field(default_factory=list)
    """Numbers at which an undisturbed run ended well, with nothing left open."""
    violations: list[str] = field(default_factory=list)

    def next(self) -> int:
        """Return the number of the next happening."""
        self.number += 1
        return self.number

    def tell(self, text: str) -> None:
        """Add a line to the trace."""
        self.lines.append(f"{self.clock.now():%d %H:%M:%S.%f} {text}")

    def holds(
        self, spot: Spot, value: Value, *, is_ours: bool, before: Value = None, entered: int = 0
    ) -> None:
        """Note that a field came to hold a value."""
        event = Event(
            number=self.next(), value=value, is_ours=is_ours, before=before, entered=entered
        )
        self.events.setdefault(spot, []).append(event)

    def takes_over(self, spots: tuple[Spot, Spot], values: tuple[Value, Value, Value]) -> None:
        """Note what a merge made of a field: of what the survivor and the other held, and chose.

        A chosen value was entered when it came to be where it was. That the survivor lacks one
        empties nothing elsewhere.
        """
        (spot, other), (held, gone, chosen) = spots, values
        known = [self.events[one][-1] for one in (spot, other) if self.events.get(one)]
        if gone is not None and gone not in (held, chosen):
            self.holds(spot, gone, is_ours=True, before=held)
            held = gone
        if chosen == held:
            return
        entered = next((event for event in known if event.value == chosen), None)
        is_nobodys = chosen is None or (entered is not None and entered.is_ours)
        self.holds(
            spot,
            chosen,
            is_ours=False,
            before=held,
            entered=NOBODYS
            if is_nobodys
            else (entered.entered or entered.number)
            if entered
            else 0,
        )

    def merges_into(self, side: Side, loser: str, survivor: str) -> None:
        """Note that people merged a record into another."""
        self.deaths.add((side, loser))
        merge = Merge(
            number=self.next(),
            side=side,
            loser=loser,
            survivor=survivor,
            effects=len(self.effects),
            epoch=self.epoch,
        )
        self.merges.append(merge)

    def look(self, side: Side, record: str, *, is_in_bin: bool = False) -> None:
        """Note that we read a record."""
        self.looks.setdefault((side, record), []).append(self.next())
        self.traces[side, record] = Traces(is_in_bin=is_in_bin)

    def miss(self, side: Side, record: str) -> None:
        """Note that a direct read said that a record is not there."""
        self.traces.setdefault((side, record), Traces()).misses += 1

    def listed(self, side: Side, shown: AbstractSet[str]) -> None:
        """Note that a listing said that it showed everything."""
        for place, traces in self.traces.items():
            if place[0] is side and place[1] not in shown:
                traces.absences += 1

    def removes(self, token: str, side: Side, record: str) -> None:
        """Note that we removed a record."""
        last = {
            spot[2]: events[-1]
            for spot, events in self.events.items()
            if spot[:2] == (side, record)
        }
        proven = {place: traces.is_proof for place, traces in self.traces.items()}
        removal = Removal(
            number=self.next(), token=token, side=side, record=record, last=last, is_proven=proven
        )
        self.removals.append(removal)
        self.deaths.add((side, record))

    def violate(self, rule: str, text: str) -> None:
        """Note that a promise was broken."""
        self.violations.append(f"{rule}: {text}")
        self.tell(f"VIOLATION {rule}: {text}")

    def forget_since(self, effects: int) -> None:
        """Note that the state does not know the effects after the first *effects* any more."""
        self.epoch += 1
        later = self.effects[effects:]
        self.effects[effects:] = [replace(effect, epoch=-self.epoch) for effect in later]
        self.losses.append(self.next())

    def since_look(self, spot: Spot, token: str) -> list[Event]:
        """Return the events of people at a field since we read its record before a request.

        What was read after the request had left cannot call it back.
        """
        looks = [number for number in self.looks.get(spot[:2], ()) if number <= self.sent[token]]
        seen = looks[-1] if looks else 0
        return [e for e in self.events.get(spot, []) if not e.is_ours and e.number > seen]
