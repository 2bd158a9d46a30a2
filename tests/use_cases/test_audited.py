"""Every decision of a person is in the audit chain, with who and what, and nobody's values (R27)."""

from collections.abc import Iterator

import pytest

from config.model import Service, Sync
from config.snapshot import Config, Connection
from daemon.core.operation import Clash
from daemon.core.values import Side
from daemon.use_cases import attend, pausing
from daemon.use_cases.attend import NotFound
from daemon.use_cases.keeping import Decision, trail
from daemon.use_cases.pruning import prune
from state import attention, runs
from state.attention import Apart
from state.database import State
from state.opening import open_state
from tests.flow.world import Settings, World, person
from tests.http.doubles import LeapingClock
from tests.state.samples import NOON, PAIR, link, operation, register

CLOCK = LeapingClock()
ENDS = {"source": {"connection": "a"}, "crm": {"connection": "b"}}
CONFIG = Config(
    connections={
        name: Connection(name=name, type="memory", settings=Settings(), fingerprint=name)
        for name in "ab"
    },
    syncs={PAIR: Sync.model_validate(ENDS)},
    service=Service(),
)


@pytest.fixture
def state() -> Iterator[State]:
    opened = open_state("sqlite://")
    opened.write_now(register)
    yield opened
    opened.close()


async def told(state: State) -> list[Decision]:
    """The whole chain, oldest first, which holds."""
    found = await trail(state, limit=100, is_verified=True)
    assert (len(found.entries), None) == (found.verified, found.broken_at)
    return list(reversed(found.entries))


async def test_an_approval_is_audited(state: State) -> None:
    """With the digest that was approved; one that is refused decides nothing."""
    plan = state.write_now(runs.begin_plan, run=1, sync=PAIR, at=NOON)
    state.write_now(runs.add_operations, plan=plan, first=0, operations=[operation()])
    state.write_now(runs.seal_plan, plan=plan, digest="d1d1d1d1d1d1", summary="{}")
    with pytest.raises(NotFound):
        await attend.approve_plan(state, CONFIG, CLOCK, digest="00000000", by="ana")

    await attend.approve_plan(state, CONFIG, CLOCK, digest="d1d1d1d1", by="ana")

    (entry,) = await told(state)
    assert ("ana", "approve", "plan d1d1d1d1d1d1") == (entry.actor, entry.action, entry.subject)
    assert PAIR == entry.detail["sync"]


async def test_an_approval_given_with_a_run_is_audited() -> None:
    """``crmsyncd sync --approve`` is a decision like any other."""
    world = World(open_state("sqlite://"), approval={"first_run": "required"})
    world.source.make(person(1))
    waiting = await world.run()
    assert waiting.plan is not None

    await world.run(approve=waiting.plan.digest, by="ana")

    (entry,) = await told(world.state)
    assert ("ana", f"plan {waiting.plan.digest}") == (entry.actor, entry.subject)
    world.state.close()


async def test_verdicts_and_ended_entries_are_audited(state: State) -> None:
    """By number: the values that were judged are not in the chain."""
    state.write_now(link)
    clash = Clash(rule="name→name", source="Ada", crm="Grace", base=None, reason="lossy",
                  winner=None)  # fmt: skip
    place = ("1", "100")
    state.write_now(attention.note_clashes, pair=PAIR, link="L1", records=place, clashes=[clash],
                    run=1, at=NOON)  # fmt: skip
    apart = [Apart(pair=PAIR, side=Side.CRM, record=r, rule="r", message="") for r in "12"]
    state.write_now(attention.set_apart, apart, run=1, at=NOON)

    await attend.resolve_conflict(state, CLOCK, number=1, winner="crm", by="ana")
    await attend.end_quarantine(state, CLOCK, number=1, is_retried=True, by="bo")
    await attend.end_quarantine(state, CLOCK, number=2, is_retried=False, by="cy")

    entries = await told(state)
    assert [
        ("ana", "resolve", "conflict 1", {"pair": PAIR, "winner": "crm"}),
        ("bo", "retry", "quarantine 1", {"pair": PAIR}),
        ("cy", "dismiss", "quarantine 2", {"pair": PAIR}),
    ] == [(one.actor, one.action, one.subject, one.detail) for one in entries]
    assert "Grace" not in str(entries)


async def test_pauses_are_audited(state: State) -> None:
    """A resume of what does not rest decides nothing."""
    await pausing.pause(state, CLOCK, sync=PAIR, by="ana", reason="holiday")
    for _ in range(2):
        await pausing.resume(state, CLOCK, sync=PAIR, by="bo")

    assert [("ana", "pause"), ("bo", "resume")] == [
        (entry.actor, entry.action) for entry in await told(state)
    ]


async def test_a_pruning_is_audited_where_a_person_asked_for_it(state: State) -> None:
    """The daily job decides nothing; the configuration does."""
    await prune(state, CONFIG.retention, CLOCK)
    await prune(state, CONFIG.retention, CLOCK, by="ana")

    (entry,) = await told(state)
    assert ("ana", "prune", 0) == (entry.actor, entry.action, entry.detail["journal"])
