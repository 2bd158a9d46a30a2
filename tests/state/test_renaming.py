"""A rename moves all that is known to the present name, or is refused (R16)."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select
from sqlmodel import SQLModel

from daemon.core.operation import Clash, Clearance
from daemon.core.values import Side
from state import attention, intents, links, mirror, observations, pairs, pending, runs
from state.attention import Apart
from state.columns import table
from state.database import State
from state.renaming import Ends, Wanted, misfits, take_names
from state.runs import EnvelopeRow
from state.tables import Pair
from tests.state.samples import (
    CRM,
    FILE,
    NOON,
    after,
    clash,
    intent,
    link,
    link_names,
    linked,
    operation,
    register,
    seen,
    sighting,
    waiting,
)

OLD, NEW = "former", "present"
OTHER_FILE = ("file", "firms")
OTHER_CRM = ("crm", "company")


@pytest.fixture
def connection(state: State) -> Iterator[Connection]:
    """One transaction over an empty state."""
    with state.engine.begin() as opened:
        yield opened


def wanted(name: str = NEW, was: str = "", pairs: Mapping[str, Ends] | None = None) -> Wanted:
    return Wanted(name=name, was=was, pairs=pairs or {name: (FILE, CRM)})


def lived(connection: Connection) -> None:
    """Let the old sync have all that a sync can have."""
    register(connection, OLD)
    mirror.put(connection, [seen("1")], sighting())
    link(connection, pair=OLD)
    run = runs.begin(connection, sync=OLD, trigger="test", at=NOON)
    plan = runs.begin_plan(connection, run=run, sync=OLD, at=NOON)
    runs.add_operations(connection, plan=plan, first=0, operations=[operation(pair=OLD)])
    intents.open_all(connection, [intent(run=run, of=operation(pair=OLD))])
    attention.note_clashes(
        connection, pair=OLD, link="L1", records=("1", "100"), clashes=[open_clash()], run=run,
        at=NOON,
    )  # fmt: skip
    apart = Apart(pair=OLD, side=Side.SOURCE, record="2", rule="required", message="no name")
    attention.set_apart(connection, [apart], run=run, at=NOON)
    runs.put_envelope(connection, envelope(OLD))
    observations.set_fact(connection, f"schedule:{OLD}", "done")


def open_clash() -> Clash:
    return clash()


def envelope(sync: str) -> EnvelopeRow:
    return EnvelopeRow(
        sync=sync,
        fingerprint="rules-1",
        per_run=1,
        per_day=2,
        until=NOON + timedelta(days=1),
        approved_by="ana",
        approved_at=NOON,
    )


def test_everything_goes_on_under_the_new_name(connection: Connection) -> None:
    """Every row that names the old sync or pair names the new one, and nothing else differs."""
    lived(connection)
    before = contents(connection)

    assert {OLD: NEW} == take_names(connection, wanted(was=OLD))

    assert [renamed(row) for row in before] == contents(connection)
    (promised,) = intents.open_at(connection, [CRM])
    assert NEW == promised.operation.pair
    assert {"1": 1} == waiting(connection, NEW)


def test_links_keep_their_base(connection: Connection) -> None:
    """The renamed pair decides nothing anew: the same rules find nothing to do."""
    lived(connection)
    before = linked(connection)
    for revision in (1, 2):
        cleared = Clearance(side=Side.SOURCE, id="1", revision=revision)
        pending.clear(connection, pair=OLD, clearances=[cleared])

    take_names(connection, wanted(was=OLD))

    assert before.base == linked(connection).base
    assert not register(connection, NEW)
    assert {} == waiting(connection, NEW)


def test_a_rename_that_was_done_is_done(connection: Connection) -> None:
    """The second time, and for a former name nobody knows, nothing happens."""
    lived(connection)
    take_names(connection, wanted(was=OLD))
    before = contents(connection)

    assert [] == misfits(connection, [wanted(was=OLD)])
    assert {} == take_names(connection, wanted(was=OLD))
    assert {} == take_names(connection, wanted(was="never-was"))
    assert before == contents(connection)


def test_a_silent_rename_is_refused(connection: Connection) -> None:
    """A new name for the ends of one that is gone and has links: both are named, and the way out."""
    lived(connection)
    pairs.retire(connection, active=[])

    (found,) = misfits(connection, [wanted()])

    assert NEW == found.sync
    assert f'"{OLD}"' in found.message
    assert f"was: {OLD}" in found.hint
    assert [] == misfits(connection, [wanted(was=OLD)])
    assert [] == misfits(connection, [wanted(), wanted(OLD)])


def test_an_open_intent_is_history_too(connection: Connection) -> None:
    """A sync that only promised a write cannot be given up in silence either."""
    register(connection, OLD)
    assert [] == misfits(connection, [wanted()])

    intents.open_all(connection, [intent(of=operation(pair=OLD))])

    assert [NEW] == [each.sync for each in misfits(connection, [wanted()])]


def test_other_ends_are_no_rename(connection: Connection) -> None:
    """A new sync between other ends is just new; with ``was:`` it is refused."""
    lived(connection)
    elsewhere: dict[str, Ends] = {NEW: (OTHER_FILE, CRM)}

    assert [] == misfits(connection, [wanted(pairs=elsewhere)])
    (found,) = misfits(connection, [wanted(was=OLD, pairs=elsewhere)])
    assert "other ends" in found.message


def test_two_histories_are_not_mixed(connection: Connection) -> None:
    """A sync that has links of its own cannot go on for another one."""
    lived(connection)
    register(connection, NEW)
    link(connection, "L2", "7", "700", pair=NEW)

    (found,) = misfits(connection, [wanted(was=OLD)])

    assert "links of its own" in found.message


def test_an_empty_namesake_makes_room(connection: Connection) -> None:
    """What the new name has without links gives way to what the old one has."""
    lived(connection)
    register(connection, NEW)
    runs.put_envelope(connection, envelope(NEW))
    observations.set_fact(connection, f"schedule:{NEW}", "never")

    assert [] == misfits(connection, [wanted(was=OLD)])
    assert {OLD: NEW} == take_names(connection, wanted(was=OLD))

    assert {NEW: "active", f"{NEW}/2": "dormant"} == statuses(connection)
    assert NEW == links.get(connection, ["L1"])["L1"].pair
    assert "done" == observations.fact(connection, f"schedule:{NEW}", "")


def test_pairs_that_change_places_keep_their_links(connection: Connection) -> None:
    """A pair is known by its ends: its number, and whether it has one, may change."""
    register(connection, "two/1", sync="two")
    register(connection, "two/2", sync="two", source=OTHER_FILE, crm=OTHER_CRM)
    link(connection, "L1", pair="two/1")
    link(connection, "L2", pair="two/2")

    swapped: dict[str, Ends] = {"two/1": (OTHER_FILE, OTHER_CRM), "two/2": (FILE, CRM)}
    assert {"two/1": "two/2", "two/2": "two/1"} == take_names(
        connection, wanted("two", pairs=swapped)
    )
    assert ("two/2", "two/1") == (pair_of(connection, "L1"), pair_of(connection, "L2"))

    take_names(connection, wanted("two", pairs={"two": (FILE, CRM)}))
    assert ("two", "two/1") == (pair_of(connection, "L1"), pair_of(connection, "L2"))


def test_exchanged_ends_are_another_pair(connection: Connection) -> None:
    """Links lead to records of the former ends: under new ones they would lead to strangers."""
    lived(connection)

    assert {} == take_names(connection, wanted(OLD, pairs={OLD: (FILE, OTHER_CRM)}))

    assert {f"{OLD}/2": "dormant"} == statuses(connection)
    assert f"{OLD}/2" == pair_of(connection, "L1")
    assert ["L1"] == link_names(connection)

    register(connection, OLD, crm=OTHER_CRM)
    assert {f"{OLD}/2": OLD} == take_names(connection, wanted(OLD))
    assert OLD == pair_of(connection, "L1")


def test_a_sync_that_left_is_made_dormant_alone(connection: Connection) -> None:
    """Its pairs rest, others go on."""
    register(connection, "two/1", sync="two")
    register(connection, "two/2", sync="two", source=OTHER_FILE)
    register(connection, OLD)

    assert ["two/1", "two/2"] == pairs.make_dormant(connection, sync="two")
    assert [] == pairs.make_dormant(connection, sync="two")
    assert "active" == statuses(connection)[OLD]


def test_a_pause_stands_until_it_is_ended(connection: Connection) -> None:
    """It has an author and a reason, outlives registration, and the first one stands."""
    register(connection, "two/1", sync="two")
    register(connection, "two/2", sync="two", source=OTHER_FILE)

    assert 2 == pairs.pause(connection, sync="two", by="ana", reason="move", at=after(1))
    assert 2 == pairs.pause(connection, sync="two", by="bo", reason="other", at=after(2))
    register(connection, "two/1", sync="two", fingerprint="rules-2")

    assert {"two": pairs.Pause(at=after(1), by="ana", reason="move")} == pairs.paused(connection)
    assert 0 == pairs.pause(connection, sync="unknown", by="", reason="", at=after(1))
    assert 2 == pairs.resume(connection, sync="two")
    assert 0 == pairs.resume(connection, sync="two")
    assert {} == pairs.paused(connection)


def contents(connection: Connection) -> list[str]:
    """Everything the state holds, a row a text."""
    tables = SQLModel.metadata.sorted_tables
    return [
        f"{each.name}: {tuple(row)!r}"
        for each in tables
        for row in sorted(connection.execute(select(each)), key=repr)
    ]


def renamed(row: str) -> str:
    """A row of the old sync as the new one's: names stand in quotes, or end a fact's key."""
    for old, new in (
        (f"'{OLD}'", f"'{NEW}'"),
        (f'"{OLD}"', f'"{NEW}"'),
        (f":{OLD}'", f":{NEW}'"),
    ):
        row = row.replace(old, new)
    return row


def pair_of(connection: Connection, name: str) -> str:
    return linked(connection, name).pair


def statuses(connection: Connection) -> dict[str, str]:
    rows = connection.execute(select(table(Pair).c.name, table(Pair).c.status))
    return {str(name): str(status) for name, status in rows}
