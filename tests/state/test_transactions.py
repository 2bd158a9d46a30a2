"""A transaction is whole, alone among writers, and seen as one snapshot by readers (R25, R26)."""

import asyncio
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from daemon.core.operation import Clearance
from daemon.core.values import Side
from state import attention, intents, links, mirror, observations, pending, runs
from state.columns import table
from state.database import State, StateUnavailable
from state.opening import open_state
from state.tables import Mirror
from tests.state.samples import (
    CRM,
    FILE,
    PAIR,
    after,
    base,
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


class HalfWayError(Exception):
    """What breaks an operation after it wrote."""


def settle(connection: Connection) -> None:
    """Write all that one outcome writes."""
    intents.finish(connection, intent="i1", state=intents.SETTLED, at=after(1), crm_id="100")
    link(connection)
    links.agree(connection, link="L1", fields={"city": base("Oslo")})
    mirror.put(connection, [seen("100")], sighting(CRM, quiet=PAIR))
    attention.note_clashes(
        connection,
        pair=PAIR,
        link="L1",
        records=("1", "100"),
        clashes=[clash()],
        run=1,
        at=after(1),
    )
    cleared = Clearance(side=Side.SOURCE, id="1", revision=1)
    pending.clear(connection, pair=PAIR, clearances=[cleared])


def settle_half(connection: Connection) -> None:
    settle(connection)
    raise HalfWayError


def promise(connection: Connection) -> None:
    register(connection)
    mirror.put(connection, [seen("1")], sighting())
    intents.open_all(connection, [intent(of=operation(target=None))])


def facts(connection: Connection) -> tuple[object, ...]:
    """What :func:`settle` changes."""
    return (
        len(intents.open_at(connection, [CRM])),
        link_names(connection),
        sorted(mirror.get(connection, CRM, ["100"])),
        len(attention.conflicts(connection)),
        waiting(connection),
    )


async def test_an_operation_that_fails_half_way_leaves_nothing(state: State) -> None:
    """Outcome, link, base, mirror, conflict and pending change together or not at all (R26)."""
    await state.write(promise)

    with pytest.raises(HalfWayError):
        await state.write(settle_half)
    assert (1, [], [], 0, {"1": 1}) == await state.read(facts)

    await state.write(settle)
    assert (0, ["L1"], ["100"], 1, {}) == await state.read(facts)


async def test_a_mirror_page_and_its_cursor_change_together(state: State) -> None:
    """A page that could not be stored moves no cursor (R3, R26)."""

    def observe(connection: Connection) -> None:
        observations.note(connection, FILE, cursor="next")
        mirror.put(connection, [seen("1")], sighting())
        raise HalfWayError

    await state.write(register)
    with pytest.raises(HalfWayError):
        await state.write(observe)

    assert (await state.read(observations.get, FILE)).cursor is None
    assert {} == await state.read(waiting)


async def test_writers_that_read_first_lose_nothing(state: State) -> None:
    """Eight tasks that each read, decide and write in one operation all count (§0.1)."""
    await state.write(count_up, 0)

    async def many() -> None:
        for _ in range(25):
            await state.write(count_up, 1)

    await asyncio.gather(*(many() for _ in range(8)))

    assert 200 == await state.write(count_up, 0)


def test_writers_of_their_own_state_lose_nothing(shared_place: str) -> None:
    """The same holds for eight that each opened the state for themselves."""
    states = [open_state(shared_place, inline=True) for _ in range(8)]

    def many(state: State) -> None:
        for _ in range(25):
            state.write_now(count_up, 1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(many, states))

    assert 200 == states[0].write_now(count_up, 0)
    for state in states:
        state.close()


def test_two_processes_lose_nothing(shared_place: str) -> None:
    """A command beside the daemon reads, decides and writes without losing what the other wrote."""
    children = [
        subprocess.Popen([sys.executable, "-c", COUNT, shared_place], stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    assert [(b"", 0)] * 2 == [(child.communicate()[1], child.returncode) for child in children]

    state = open_state(shared_place, inline=True)
    assert 200 == state.write_now(count_up, 0)
    state.close()


def test_bases_agreed_at_the_same_time_both_stand(shared_place: str) -> None:
    """Two states that agree different fields of one link leave both."""
    states = [open_state(shared_place, inline=True) for _ in range(2)]
    states[0].write_now(link, fields={})

    def agree(number: int) -> None:
        for step in range(20):
            states[number].write_now(
                links.agree, link="L1", fields={f"{number}-{step}": base(str(step))}
            )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(agree, range(2)))

    assert 40 == len(states[0].read_now(linked).base)
    for state in states:
        state.close()


class Pause:
    """An operation that stops inside its transaction until it is let go."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.may_go = threading.Event()

    def write(self, connection: Connection) -> None:
        """Write, wait, write again."""
        observations.note(connection, FILE, cursor="written")
        self.wait()
        observations.note(connection, CRM, cursor="written")

    def read(self, connection: Connection) -> tuple[str | None, str | None]:
        """Read, wait, read again."""
        first = observations.get(connection, FILE).cursor
        self.wait()
        return first, observations.get(connection, CRM).cursor

    def wait(self) -> None:
        self.reached.set()
        if not self.may_go.wait(20):
            raise TimeoutError

    async def until_reached(self) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self.reached.wait, 20)


@pytest.fixture
def shared(shared_place: str) -> Iterator[State]:
    """A state whose readers are beside the writer."""
    opened = open_state(shared_place)
    yield opened
    opened.close()


async def test_a_reader_beside_a_writer(shared: State) -> None:
    """Reading waits for no writer and sees nothing of what is not committed."""
    pause = Pause()
    writing = asyncio.create_task(shared.write(pause.write))
    await pause.until_reached()

    assert (await shared.read(observations.get, FILE)).cursor is None

    pause.may_go.set()
    await writing
    assert "written" == (await shared.read(observations.get, FILE)).cursor


async def test_a_reader_sees_one_moment(shared: State) -> None:
    """What is committed while an operation reads, it does not see: both or neither."""
    pause, instant = Pause(), Pause()
    instant.may_go.set()
    reading = asyncio.create_task(shared.read(pause.read))
    await pause.until_reached()

    await shared.write(instant.write)
    pause.may_go.set()

    assert (None, None) == await reading
    assert ("written", "written") == await shared.read(instant.read)


async def test_cancelling_the_caller_does_not_tear_a_write(shared: State) -> None:
    """What was begun is committed whole; the next write comes after it."""
    pause = Pause()
    writing = asyncio.create_task(shared.write(pause.write))
    await pause.until_reached()

    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    pause.may_go.set()
    await shared.write(count_up, 1)

    cursors = [(await shared.read(observations.get, end)).cursor for end in (FILE, CRM)]
    assert ["written", "written"] == cursors


async def test_closing_waits_for_what_is_under_way(shared_place: str) -> None:
    """A write that nobody waits for any more is still committed before the state is closed."""
    state, pause = open_state(shared_place), Pause()
    writing = asyncio.create_task(state.write(pause.write))
    await pause.until_reached()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing

    threading.Timer(0.05, pause.may_go.set).start()
    state.close()
    state.close()

    again = open_state(shared_place, inline=True)
    assert "written" == again.read_now(observations.get, CRM).cursor
    again.close()


def test_patience_has_an_end(shared_place: str) -> None:
    """A writer that another process keeps waiting gives up, says why, and has written nothing."""
    holder = open_state(shared_place, inline=True)
    waiter = open_state(shared_place, inline=True, patience=timedelta(milliseconds=100))

    with holder.engine.begin() as connection:
        count_up(connection, 1)
        with pytest.raises(StateUnavailable, match="another process keeps it locked; let"):
            waiter.write_now(count_up, 1)

    assert 2 == waiter.write_now(count_up, 1)
    holder.close()
    waiter.close()


def test_people_are_not_in_error_messages(state: State) -> None:
    """An error of the database names the statement, never the values in it."""
    row = {
        "connection": "c",
        "object": "o",
        "id": "1",
        "content": "ada@example.org",
        "version": None,
    }

    with pytest.raises(IntegrityError) as problem:
        state.write_now(lambda connection: connection.execute(insert(table(Mirror)), row).close())

    assert "INSERT INTO mirror" in str(problem.value)
    told = "".join(traceback.format_exception(problem.value))
    assert "ada@example.org" not in told


def count_up(connection: Connection, by: int) -> int:
    """Read a number and write it back larger."""
    number = int(observations.fact(connection, "count", "0")) + by
    observations.set_fact(connection, "count", str(number))
    return number


def test_plans_and_their_operations_change_together(state: State) -> None:
    """A page of a plan whose bookkeeping fails is not in the plan (R26)."""

    def half(connection: Connection) -> None:
        number = runs.begin_plan(connection, run=1, sync="nightly", at=after(0))
        runs.add_operations(connection, plan=number, first=0, operations=[operation()])
        runs.seal_plan(connection, plan=number, digest="d", summary="{}")
        raise HalfWayError

    with pytest.raises(HalfWayError):
        state.write_now(half)

    assert [] == state.read_now(runs.plans, status="")


COUNT = """
import sys
from state import observations
from state.opening import open_state

def count_up(connection):
    number = int(observations.fact(connection, "count", "0")) + 1
    observations.set_fact(connection, "count", str(number))

state = open_state(sys.argv[1], inline=True)
for _ in range(100):
    state.write_now(count_up)
state.close()
"""
