"""Records that are gone are forgotten once nothing remembers them (R27, R34)."""

from daemon.core.operation import Clearance
from daemon.core.values import Side
from state import attention, intents, links, mirror, pending
from state.attention import Apart
from state.database import State
from state.retention import Kept
from state.tables import Mirror
from tests.state.pruning import count, rows, take_all
from tests.state.samples import (
    CRM,
    FILE,
    NOON,
    PAIR,
    intent,
    link,
    operation,
    register,
    seen,
    sighting,
)


def gone(state: State, record: str, end: tuple[str, str] = FILE) -> None:
    state.write_now(mirror.put, [seen(record, keys=(("email", f"{record}@x.example"),))],
                    sighting(end))  # fmt: skip
    state.write_now(mirror.note_absence, end, [record], needed=1)


def test_records_that_are_gone_go_where_nothing_remembers_them(state: State) -> None:
    """A link of any status is a tombstone and keeps its record (R14, R34); so does what waits."""
    state.write_now(register)
    for record in ("linked", "detached", "waits", "apart", "in flight", "nobody's"):
        gone(state, record)
    state.write_now(mirror.put, [seen("live")], sighting())
    state.write_now(link, "L1", "linked", "100")
    state.write_now(link, "L2", "detached", "101")
    state.write_now(links.set_status, link="L2", status=links.DETACHED)
    clears = [clear for clear in cleared(state) if clear.id != "waits"]
    state.write_now(pending.clear, pair=PAIR, clearances=clears)
    apart = Apart(pair=PAIR, side=Side.SOURCE, record="apart", rule="r", message="")
    state.write_now(attention.set_apart, [apart], run=1, at=NOON)
    state.write_now(intents.open_all, [intent("i1", of=operation("in flight"))])

    assert 1 == count(state, Kept.GONE) == take_all(state, Kept.GONE)

    assert "nobody's" not in {row["id"] for row in rows(state, Mirror)}
    assert 6 == len(rows(state, Mirror))
    assert ["L1", "L2"] == sorted(state.read_now(links.get, ["L1", "L2"]))


def cleared(state: State, side: Side = Side.SOURCE) -> list[Clearance]:
    """Everything that waits on a side."""
    waiting = state.read_now(pending.page, pair=PAIR, side=side, after="", limit=100)
    return [Clearance(side=side, id=record, revision=n) for record, n in waiting.items()]


def test_a_crm_record_is_remembered_by_its_own_side(state: State) -> None:
    """The same id on the other side of a pair keeps nobody."""
    state.write_now(register)
    gone(state, "7", CRM)
    gone(state, "8", CRM)
    state.write_now(link, "L1", "7", "8")
    state.write_now(pending.clear, pair=PAIR, clearances=cleared(state, Side.CRM))

    assert 1 == take_all(state, Kept.GONE)

    assert ["8"] == [row["id"] for row in rows(state, Mirror)]
