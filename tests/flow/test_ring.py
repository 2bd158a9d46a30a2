"""Chains and rings of systems settle: one person, three systems, no loops (A13, R7, R8, R12)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import permutations
from random import Random

import pytest
from sqlmodel import SQLModel

from adapters.errors import RetryLater
from adapters.memory import lost_reply
from state.database import State, open_engine, state_url
from tests.flow.ring import Systems
from tests.flow.world import once, person, raising

RING = {"ab": ("a", "b"), "bc": ("b", "c"), "ac": ("a", "c")}
CHAIN = {"ab": ("a", "b"), "bc": ("b", "c")}
FOUR = {"ab": ("a", "b"), "bc": ("b", "c"), "cd": ("c", "d"), "ad": ("a", "d")}

KEYLESS = {"first_name": "Ada", "company": "Acme"}
"""Somebody whom no key leads to: only links tell who it is."""


@pytest.fixture
def new_systems() -> Iterator[Callable[..., Systems]]:
    """Build systems over an empty state; settings of the syncs may be given."""
    states: list[State] = []

    def build(ends: dict[str, tuple[str, str]], **settings: object) -> Systems:
        engine = open_engine(state_url("sqlite://"))
        SQLModel.metadata.create_all(engine)
        states.append(State(engine))
        return Systems(states[-1], ends, **settings)

    yield build
    for state in states:
        state.close()


async def settles(systems: Systems) -> None:
    """See that a second round does nothing at all (I4)."""
    before = systems.writes
    reports = await systems.round()
    assert ["nothing"] * len(reports) == [report.outcome for report in reports]
    assert [0] * len(reports) == [
        sum(report.plan.operations.values()) if report.plan else 0 for report in reports
    ]
    assert before == systems.writes


@pytest.mark.parametrize("ends", [CHAIN, RING, FOUR], ids=["chain", "ring", "ring of four"])
async def test_one_person_is_in_every_system_once(
    new_systems: Callable[..., Systems], ends: dict[str, tuple[str, str]]
) -> None:
    """R7, I11: whoever is entered anywhere is everywhere, and the second round has no operation."""
    systems = new_systems(ends)
    for number, system in enumerate(systems.systems.values()):
        system.make(person(number))

    await systems.round()
    await systems.round()
    await systems.round()

    counts = {name: len(system.live()) for name, system in systems.systems.items()}
    assert {len(counts)} == set(counts.values())
    (everybody,) = {repr(some) for some in systems.everybody().values()}
    assert "person0@example.com" in everybody
    await settles(systems)


@pytest.mark.parametrize("order", list(permutations(RING)), ids="-".join)
async def test_links_lead_through_other_syncs_where_no_key_does(
    new_systems: Callable[..., Systems], order: tuple[str, ...]
) -> None:
    """R7, R8: a record that one sync made is linked by another, in whatever order they run."""
    systems = new_systems(RING)
    systems.systems["a"].make(KEYLESS)

    for _ in range(3):
        await systems.round(*order)

    assert [1, 1, 1] == [len(system.live()) for system in systems.systems.values()]
    await settles(systems)


@pytest.mark.parametrize("where", ["a", "b", "c"])
async def test_an_edit_goes_round_once(new_systems: Callable[..., Systems], where: str) -> None:
    """I2, I4: entered in any system it is in all, and comes back to nobody."""
    systems = new_systems(RING)
    systems.systems["a"].make(person(1))
    await systems.round()
    await systems.round()
    (stored,) = systems.systems[where].live()
    before = systems.writes

    systems.systems[where].edit(stored.id, {"company": "Renamed"})
    await systems.round()
    await systems.round()

    held = [system.live()[0].values["company"] for system in systems.systems.values()]
    assert ["Renamed"] * 3 == held
    assert before + 2 == systems.writes
    await settles(systems)


async def test_a_create_without_a_reply_is_waited_for_by_the_others(
    new_systems: Callable[..., Systems],
) -> None:
    """R40: while nobody knows whether c has the record, no other sync makes it there."""
    systems = new_systems(RING)
    systems.systems["c"].carries_external_id = False
    systems.systems["a"].make(KEYLESS)
    await systems.round("ab")
    systems.systems["c"].faults.after = once("create", raising(lost_reply()))

    await systems.round("ac", "bc")
    systems.systems["c"].faults.after = lambda _purpose: None
    for _ in range(3):
        await systems.round("bc", "ac")

    assert 1 == len(systems.systems["c"].live())


async def test_a_copied_old_value_does_not_beat_a_newer_edit_one_system_on(
    new_systems: Callable[..., Systems],
) -> None:
    """R12: a's value of 10:01 reaches b at 10:05; a person's edit in c at 10:03 wins over it."""
    systems = new_systems(CHAIN, conflicts={"default": "most_recent", "tie": "source"})
    a, b, c = (systems.systems[name] for name in "abc")
    a.make(person(1))
    await systems.round()
    await systems.round()

    a.edit("a1", {"company": "Old"})
    b.faults.before = once("update", raising(RetryLater("The connection broke.")))
    await systems.run("ab")
    systems.clock.moment += timedelta(minutes=2)
    c.edit("c1", {"company": "New"})
    systems.clock.moment += timedelta(minutes=2)
    b.faults.before = lambda _purpose: None
    await systems.run("ab")
    assert "Old" == b.records["b1"].values["company"]
    await systems.round("bc")
    await systems.round()
    await systems.round()

    held = [system.live()[0].values["company"] for system in (a, b, c)]
    assert ["New"] * 3 == held
    await settles(systems)


async def test_the_time_of_copying_counts_for_nothing_even_where_a_system_tells_it(
    new_systems: Callable[..., Systems],
) -> None:
    """R12: b does not know our writes from a person's; the value is still as old as in a."""
    systems = new_systems(CHAIN, conflicts={"default": "most_recent", "tie": "source"})
    a, b, c = (systems.systems[name] for name in "abc")
    a.make(person(1))
    await systems.round()
    await systems.round()

    a.edit("a1", {"company": "Old"})
    b.faults.before = once("update", raising(RetryLater("The connection broke.")))
    await systems.run("ab")
    systems.clock.moment += timedelta(minutes=2)
    c.edit("c1", {"company": "New"})
    systems.clock.moment += timedelta(minutes=2)
    b.faults.before = lambda _purpose: None
    await systems.run("ab")
    told = b.records["b1"].times["company"]
    b.records["b1"].times["company"] = type(told)(at=told.at, is_ours=False)
    await systems.round("bc")

    assert "New" == b.records["b1"].values["company"]


async def test_a_merge_in_the_middle_is_followed_by_every_sync(
    new_systems: Callable[..., Systems],
) -> None:
    """R41, R42, I20: both neighbours of b hear of it; nobody is made again anywhere."""
    systems = new_systems(RING)
    for number in (1, 2):
        systems.systems["a"].make(person(number))
    await systems.round()
    await systems.round()
    before = {name: len(system.live()) for name, system in systems.systems.items()}

    systems.systems["b"].merge("b1", "b2", {})
    for _ in range(3):
        await systems.round()

    after = {name: len(system.live()) for name, system in systems.systems.items()}
    assert {**before, "b": 1} == after
    await settles(systems)


async def test_a_delete_goes_round_and_comes_back_to_nobody(
    new_systems: Callable[..., Systems],
) -> None:
    """R14: archived in one, archived in all; none of them is made again from another."""
    systems = new_systems(RING, deletes={"source": "archive", "crm": "archive"})
    systems.systems["a"].make(person(1))
    systems.systems["a"].make(person(2))
    await systems.round()
    await systems.round()

    systems.systems["b"].archive("b1")
    for _ in range(4):
        await systems.round()

    assert [1, 1, 1] == [len(system.live()) for system in systems.systems.values()]
    await settles(systems)


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_people_do_a_ring_comes_to_rest(
    new_systems: Callable[..., Systems], seed: int
) -> None:
    """I4, I5, I11: edits, newcomers and deletes anywhere; then every system is the same."""
    luck = Random(seed)
    settings = {
        "deletes": {"source": "archive", "crm": "archive"},
        "guards": {"update_burst": "off"},
    }
    systems = new_systems(RING, **settings)
    for number in range(4):
        systems.systems[luck.choice("abc")].make(person(number))

    for turn in range(5):
        system = systems.systems[luck.choice("abc")]
        live = [stored.id for stored in system.live()]
        match luck.choice(("edit", "edit", "make", "archive")) if live else "make":
            case "edit":
                system.edit(luck.choice(live), {"company": f"Turn {turn}"})
            case "make":
                system.make(person(10 + turn))
            case "archive":
                system.archive(luck.choice(live))
        await systems.round(*luck.sample(list(RING), luck.choice((1, 2, 3))))
    for _ in range(5):
        await systems.round()

    assert 1 == len({repr(some) for some in systems.everybody().values()})
    await settles(systems)
