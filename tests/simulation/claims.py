"""What the engine claims of a simulated world: links, intents, conflicts, quarantine.

Read over all states it had; the oracle holds it against what really happened.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from daemon.core.normalize import comparable
from daemon.core.values import FieldKind, Side, Value, Values, decode_value
from state import attention, intents, links
from state.attention import QuarantineRow
from state.columns import table
from state.intents import IntentRow
from state.journal import Conflict, Intent
from state.links import LinkRow
from state.tables import Link
from tests.simulation.history import Spot
from tests.simulation.profiles import KINDS, REGION

if TYPE_CHECKING:
    from tests.simulation.world import World


IDENTITY = ("email", "phone")
"""Fields whose fault sets the whole record apart."""


def same(name: str, one: Value, two: Value) -> bool:
    """Tell whether two values of a field mean the same."""
    kind = KINDS.get(name, FieldKind.TEXT)
    return comparable(kind, one, REGION) == comparable(kind, two, REGION)


def logs(world: "World") -> dict[str, Any]:
    """Return what the state claims: links, intents, conflicts, quarantine."""
    return world.state.read_now(_logs)


def _logs(connection: Connection) -> dict[str, Any]:
    link_rows = connection.execute(select(table(Link)).order_by(table(Link).c.id)).mappings()
    intent_ids = connection.execute(select(table(Intent).c.id)).scalars().all()
    conflict_rows = connection.execute(select(table(Conflict))).mappings().all()
    return {
        "links": [links._typed(row) for row in link_rows],
        "intents": [intents.held(connection, one) for one in sorted(intent_ids)],
        "conflicts": [dict(row) for row in conflict_rows],
        "quarantine": attention.quarantined(connection, status="", limit=100_000),
    }


@dataclass(kw_only=True)
class Claims:
    """What the engine claims, over all states it had."""

    world: "World"
    links: list[LinkRow] = field(default_factory=list)
    former_links: list[LinkRow] = field(default_factory=list)
    intents: list[IntentRow] = field(default_factory=list)
    """Of all states, those of the present one last."""
    present: list[IntentRow] = field(default_factory=list)
    """Those of the present state."""
    logged: dict[Spot, list[Value]] = field(default_factory=dict)
    open_conflicts: set[tuple[str, str]] = field(default_factory=set)
    apart: list[QuarantineRow] = field(default_factory=list)

    def partners(self, side: Side, record: str) -> set[str]:
        """Return every record that was ever linked to one, or was merged into one of those."""
        both = [*self.links, *self.former_links]
        found = {link.record(side.other) for link in both if link.record(side) == record}
        for merge in reversed(self.world.history.merges):
            if merge.side is side.other and merge.survivor in found:
                found.add(merge.loser)
        return found

    def active(self) -> list[LinkRow]:
        """Return the links that hold now."""
        return [link for link in self.links if link.status == links.ACTIVE]

    def is_apart(self, side: Side, record: str, name: str) -> bool:
        """Tell whether a record, or this field of it, waits for a person."""
        keys = ("", name, f"{name}→{name}", *IDENTITY)
        return any(
            item.side is side and item.record == record and item.field in keys
            for item in self.apart
            if item.status == "open"
        )


def claims(world: "World") -> Claims:
    """Gather what the engine claims."""
    found = Claims(world=world)
    now = logs(world)
    for part in (*world.lost, now):
        found.intents += part["intents"]
        found.present = part["intents"]
        if part is not now:
            _count_unsettled(found, part["intents"])
        for row in part["conflicts"]:
            name = row["field"].partition("→")[0]
            for side in Side:
                spot = (side, row[f"{side.value}_id"], name)
                value = decode_value(row[f"{side.value}_value"])
                found.logged.setdefault(spot, []).append(value)
    found.links = now["links"]
    found.former_links = [link for part in world.lost for link in part["links"]]
    found.apart = now["quarantine"]
    found.open_conflicts = {
        (row["link"], row["field"].partition("→")[0])
        for row in now["conflicts"]
        if row["status"] in {"open", "verdict"}
    }
    return found


def _count_unsettled(found: Claims, rows: list[IntentRow]) -> None:
    """Count the losers that stood in open intents when the state was lost: the log goes with it."""
    for row in rows:
        for clash in row.operation.clashes if row.state in intents.OPEN else ():
            name = clash.rule.partition("→")[0]
            for side, value in ((Side.SOURCE, clash.source), (Side.CRM, clash.crm)):
                record = row.operation.source_id if side is Side.SOURCE else row.operation.crm_id
                found.logged.setdefault((side, str(record), name), []).append(value)


def could_be_held(known: Claims, side: Side, values: Values) -> bool:
    """Tell whether a record shows a value of a create that a person must look for (R40)."""
    return any(
        copy.value is not None and same(copy.field, copy.value, values[copy.field])
        for intent in known.intents
        if intent.state == intents.HELD and intent.operation.side is side
        for copy in intent.operation.copies
    )
