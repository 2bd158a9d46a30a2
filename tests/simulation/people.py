"""People at work in both systems: the workload, drawn from its own seed.

Every value a person enters is new in the world, so that the oracle knows it when it meets it again.
"""

from collections.abc import Callable, Mapping, Sequence
from random import Random

from adapters.memory import MemorySystem, Stored
from daemon.core.values import Side, Value
from tests.simulation.faults import Mischief
from tests.simulation.history import History
from tests.simulation.profiles import FIELDS

FREE = ("first_name", "phone", "company", "note")
"""Fields people change without changing who somebody is."""

WEIGHTS: Mapping[str, int] = {
    "edit": 30,
    "create": 12,
    "create_both": 5,
    "clear": 6,
    "rename": 4,
    "archive": 8,
    "restore": 8,
    "erase": 2,
    "edit_both": 12,
    "delete_and_edit": 3,
    "touch": 3,
    "mass": 3,
    "twin": 2,
    "strange": 3,
    "nothing": 8,
}
"""What people do, and how often."""

STRANGE = (
    "Zoe\u0308 Mu\u0308ller",
    "\u0645\u0631\u062d\u0628\u0627 \u200f(\u05e9\u05dc\u05d5\u05dd)",
    "nul\x00inside",
    "\U0001f469\u200d\U0001f4bb \U0001d54f",
    "zero\u200bwidth\u00a0blank",
    "=1+1",
    "two\nlines\tand a tab",
    "over-long " + "x" * 5000,
)
"""Texts that are legal somewhere and break something elsewhere (fault 52)."""


class People:
    """Everybody who edits, on either side."""

    def __init__(
        self,
        systems: Mapping[Side, MemorySystem],
        history: History,
        mischief: Mischief,
    ) -> None:
        """Begin with nobody known."""
        self._luck = Random(0)
        self._systems = systems
        self._history = history
        self._mischief = mischief
        self._numbers = 0
        self.actions: Mapping[str, Callable[[], None]] = {
            "edit": self._edit_some,
            "create": self._create_some,
            "create_both": self._create_on_both,
            "clear": self._clear_some,
            "rename": self._change_address,
            "archive": self._archive_some,
            "restore": self._restore_some,
            "erase": self._erase_some,
            "edit_both": self._edit_both,
            "delete_and_edit": self._delete_and_edit,
            "touch": self._touch_all,
            "mass": self._edit_all,
            "twin": self._create_twin,
            "strange": self._write_strangely,
            "nothing": lambda: None,
            "merge": self._merge_some,
            "merge_chain": self._merge_chain,
        }

    def act(self, name: str, luck: int) -> None:
        """Do something, with luck of its own."""
        self._luck = Random(luck)
        self.actions[name]()

    def invent(self, name: str) -> Value:
        """Return a value nobody has entered yet."""
        self._numbers += 1
        number = self._numbers
        match name:
            case "email":
                return f"{self._luck.choice(('P', 'p'))}{number}@example.com"
            case "phone" if self._luck.random() < 0.04:
                return f"ask at the desk ({number})"
            case "phone":
                return f"030 12{number:05}"
            case "first_name":
                return f"{self._luck.choice(('', ' '))}Name{number}"
            case _:
                return f"{number} {name} of some length"

    def person(self) -> dict[str, Value]:
        """Return a new person's values, some of them empty."""
        values = {name: self.invent(name) for name in FIELDS if self._luck.random() < 0.75}
        if self._luck.random() < 0.9:
            values.setdefault("email", self.invent("email"))
        return values

    def create(self, side: Side, values: Mapping[str, Value]) -> str:
        """Enter a record by hand."""
        stored = self._systems[side].make(values)
        self._history.tell(f"person creates {side.value} {stored.id} {_told(stored.values)}")
        for name in sorted(values):
            self._history.holds((side, stored.id, name), stored.values[name], is_ours=False)
        return stored.id

    def edit(self, side: Side, record: str, values: Mapping[str, Value]) -> None:
        """Change a record by hand."""
        system = self._systems[side]
        before = dict(system.records[record].values)
        system.edit(record, values)
        after = system.records[record].values
        self._history.tell(f"person edits {side.value} {record} {_told(values)}")
        for name in sorted(values):
            if after[name] != before[name]:
                spot = (side, record, name)
                self._history.holds(spot, after[name], is_ours=False, before=before[name])

    def archive(self, side: Side, record: str) -> None:
        """Put a record into the bin by hand."""
        self._history.tell(f"person archives {side.value} {record}")
        self._history.deaths.add((side, record))
        self._systems[side].archive(record)

    def erase(self, side: Side, record: str) -> None:
        """Delete a record for good by hand."""
        self._history.tell(f"person erases {side.value} {record}")
        self._history.deaths.add((side, record))
        self._systems[side].erase(record)

    def restore(self, side: Side, record: str) -> None:
        """Take a record out of the bin by hand."""
        system = self._systems[side]
        address = system.records[record].values.get("email")
        if address is None or system.holder("email", address) is None:
            self._history.tell(f"person restores {side.value} {record}")
            system.restore(record)
            self._history.restored.add((side, record))
            self._mischief.happened(42, side.value)

    def merge(
        self, side: Side, survivor: str, loser: str, values: Mapping[str, Value] | None = None
    ) -> None:
        """Make one record of two by hand; *values* are chosen for the one that survives (fault 41)."""
        system = self._systems[side]
        before, gone = dict(system.records[survivor].values), dict(system.records[loser].values)
        system.merge(survivor, loser, values or {})
        after = system.records[survivor].values
        self._history.tell(f"person merges {side.value} {loser} into {survivor} {_told(after)}")
        self._history.merges_into(side, loser, survivor)
        for name in sorted(after):
            spots = ((side, survivor, name), (side, loser, name))
            self._history.takes_over(spots, (before[name], gone[name], after[name]))
        self._mischief.happened(41, side.value)

    def merge_any(self, luck: Random) -> None:
        """Let somebody merge two records while a run is under way (fault 41)."""
        self._luck = luck
        self._merge_some()

    def _merge_some(self) -> None:
        side = self._side()
        live = [stored.id for stored in self._systems[side].live()]
        if len(live) > 1 and not self._systems[side].capabilities.is_saved_whole:
            survivor, loser = self._luck.sample(live, 2)
            self.merge(side, survivor, loser, self._chosen(side, survivor, loser))

    def _merge_chain(self) -> None:
        """Merge two records, and the one that survives into a third."""
        side = self._side()
        live = [stored.id for stored in self._systems[side].live()]
        if len(live) > 2 and not self._systems[side].capabilities.is_saved_whole:
            last, middle, first = self._luck.sample(live, 3)
            self.merge(side, middle, first, self._chosen(side, middle, first))
            self.merge(side, last, middle, self._chosen(side, last, middle))

    def _chosen(self, side: Side, survivor: str, loser: str) -> dict[str, Value]:
        """Return what a person takes from the record that goes: what the other lacks, and some more."""
        records = self._systems[side].records
        kept, gone = records[survivor].values, records[loser].values
        return {
            name: gone[name]
            for name in FIELDS
            if gone.get(name) is not None
            and (kept.get(name) is None or (name in FREE and self._luck.random() < 0.3))
        }

    def interfere(self, side: Side, writes: Mapping[str, Sequence[str]]) -> None:
        """Edit what we are about to write, or where the values come from (fault 38)."""
        live = [record for record in writes if self._is_live(side, record)]
        if live and self._mischief.luck.random() < 0.8:
            record = self._mischief.luck.choice(live)
            name = self._mischief.luck.choice((*writes[record], *FREE))
            self.edit(side, record, {name: self._late_value(name)})
            return
        others = self._systems[side.other].live()
        if others:
            record = self._mischief.luck.choice(others).id
            self.edit(side.other, record, {"company": self._late_value("company")})

    def answer(self, side: Side, record: str, name: str = "note") -> None:
        """Let a workflow of the system answer our write (fault 45)."""
        self.edit(side, record, {name: self._late_value(name)})

    def _late_value(self, name: str) -> Value:
        self._numbers += 1
        number = self._numbers
        late = {"email": f"late{number}@example.com", "phone": f"+49302{number:06}"}
        return late.get(name, f"{number} late {name}")

    def _is_live(self, side: Side, record: str) -> bool:
        stored = self._systems[side].records.get(record)
        return stored is not None and not stored.is_archived

    def _side(self) -> Side:
        return self._luck.choice(tuple(Side))

    def _some(self) -> tuple[Side, Stored] | None:
        side = self._side()
        live = self._systems[side].live()
        return (side, self._luck.choice(live)) if live else None

    def _edit_some(self) -> None:
        if some := self._some():
            names = self._luck.sample(FREE, self._luck.choice((1, 1, 2)))
            self.edit(some[0], some[1].id, {name: self.invent(name) for name in names})

    def _write_strangely(self) -> None:
        """Enter unusual characters (fault 52)."""
        if some := self._some():
            self._numbers += 1
            text = f"{self._luck.choice(STRANGE)} {self._numbers}"
            self.edit(some[0], some[1].id, {self._luck.choice(("first_name", "note")): text})
            self._mischief.happened(52, some[0].value)

    def _clear_some(self) -> None:
        if some := self._some():
            self.edit(some[0], some[1].id, {self._luck.choice(FREE): None})

    def _change_address(self) -> None:
        if some := self._some():
            self.edit(some[0], some[1].id, {"email": self.invent("email")})

    def _create_some(self) -> None:
        self.create(self._side(), self.person())

    def _create_on_both(self) -> None:
        """Enter one person on both sides, in the same second (fault 39)."""
        values = self.person()
        self.create(Side.SOURCE, values)
        name = self._luck.choice(FREE)
        others = {**values, name: self.invent(name)}
        self.create(Side.CRM, others if self._luck.random() < 0.5 else values)
        self._mischief.happened(39, "created on both sides")

    def _create_twin(self) -> None:
        """Enter somebody a second time where the system does not notice."""
        system = self._systems[Side.SOURCE]
        live = [stored for stored in system.live() if stored.values.get("email")]
        if live and not system.fields["email"].is_unique:
            values = {**self.person(), "email": self._luck.choice(live).values["email"]}
            self.create(Side.SOURCE, values)

    def _archive_some(self) -> None:
        if some := self._some():
            self.archive(some[0], some[1].id)

    def _restore_some(self) -> None:
        """Take somebody out of the bin; where nobody is in it, put somebody in and change your mind."""
        side = self._side()
        gone = [stored.id for stored in self._systems[side].records.values() if stored.is_archived]
        if gone:
            self.restore(side, self._luck.choice(gone))
        elif some := self._some():
            self.archive(some[0], some[1].id)
            self.restore(some[0], some[1].id)

    def _erase_some(self) -> None:
        if some := self._some():
            self.erase(some[0], some[1].id)

    def _partners(self) -> tuple[str, str] | None:
        """Return two live records with one address."""
        crm = self._systems[Side.CRM]
        both = [
            (stored.id, other.id)
            for stored in self._systems[Side.SOURCE].live()
            if stored.values.get("email")
            and (other := crm.holder("email", stored.values["email"])) is not None
        ]
        return self._luck.choice(both) if both else None

    def _edit_both(self) -> None:
        """Edit one person on both sides in the same second (fault 39)."""
        if partners := self._partners():
            name = self._luck.choice(FREE)
            other = name if self._luck.random() < 0.7 else self._luck.choice(FREE)
            self.edit(Side.SOURCE, partners[0], {name: self.invent(name)})
            self.edit(Side.CRM, partners[1], {other: self.invent(other)})
            self._mischief.happened(39, "edited on both sides")

    def _delete_and_edit(self) -> None:
        """Delete one side of a person and edit the other (fault 40)."""
        if partners := self._partners():
            side = self._side()
            ids = dict(zip(Side, partners, strict=True))
            self.archive(side, ids[side])
            self.edit(side.other, ids[side.other], {"note": self.invent("note")})
            self._mischief.happened(40, side.value)

    def _touch_all(self) -> None:
        """Move every record's stamp and no value (faults 32, 47)."""
        side = self._side()
        for stored in self._systems[side].live():
            self.edit(side, stored.id, {})
        self._mischief.happened(47, side.value)
        self._mischief.happened(32, side.value)

    def _edit_all(self) -> None:
        """Change one field of every record at one moment (faults 32, 48)."""
        side = self._side()
        for stored in self._systems[side].live():
            self.edit(side, stored.id, {"company": self.invent("company")})
        self._mischief.happened(48, side.value)
        self._mischief.happened(32, side.value)


def _told(values: Mapping[str, Value]) -> str:
    return " ".join(f"{name}={value!r:.60}" for name, value in sorted(values.items()))
