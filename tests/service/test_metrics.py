"""Figures with a meaning: what waits, since when, why; and labels that stay few (F3)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from daemon.core.guards import Scope, Trip
from daemon.core.operation import Clearance
from daemon.core.values import Side
from daemon.service.metrics import Metrics
from daemon.service.upkeep import Kept
from daemon.use_cases.meaning import standing_now
from state import attention, budgets, guards, intents, mirror, observations, pairs, pending, runs
from state.attention import Apart
from state.budgets import AllowanceRow
from state.database import State
from state.opening import open_state
from state.runs import EnvelopeRow
from state.size import measure
from tests.http.doubles import LeapingClock
from tests.state.samples import (
    CRM,
    FILE,
    NOON,
    PAIR,
    after,
    clash,
    intent,
    link,
    operation,
    register,
    seen,
    sighting,
)


@pytest.fixture
def state() -> Iterator[State]:
    opened = open_state("sqlite://")
    opened.write_now(register)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> LeapingClock:
    return LeapingClock(NOON)


async def series(
    metrics: Metrics, state: State, clock: LeapingClock, **circuits: str
) -> dict[str, float]:
    """Series → value, after a scrape."""
    metrics.stand(await standing_now(state, clock), circuits)
    return shown(metrics)


def shown(metrics: Metrics) -> dict[str, float]:
    told = metrics.exposition().decode().splitlines()
    lines = (line for line in told if not line.startswith("#"))
    return {name: float(value) for name, _, value in (one.rpartition(" ") for one in lines)}


async def test_conflicts_are_told_by_reason(state: State, clock: LeapingClock) -> None:
    """Decided ones are no one's work any more."""
    state.write_now(link)
    state.write_now(
        attention.note_clashes, pair=PAIR, link="L1", records=("1", "100"), run=1, at=NOON,
        clashes=[clash("a→a"), clash("b→b"), clash("c→c", winner=Side.CRM)],
    )  # fmt: skip

    found = await series(Metrics("1"), state, clock)

    name = 'crmsync_conflicts_open_by_reason{reason="both_changed",sync="people"}'
    assert {name: 2.0} == {k: v for k, v in found.items() if "by_reason" in k}


async def test_words_nobody_foresaw_share_one_label(state: State, clock: LeapingClock) -> None:
    """A system invents codes without end; they do not become series without end."""
    rules = ("invalid_email", "CONTACT_EXISTS_17", "CONTACT_EXISTS_18")
    apart = [Apart(pair=PAIR, side=Side.CRM, record="1", rule=rule, message="") for rule in rules]
    state.write_now(attention.set_apart, apart, run=1, at=NOON)
    metrics = Metrics("1")

    found = await series(metrics, state, clock)
    assert 1 == found['crmsync_quarantine_open_by_rule{rule="invalid_email",sync="people"}']
    assert 2 == found['crmsync_quarantine_open_by_rule{rule="other",sync="people"}']

    for number in (1, 2, 3):
        state.write_now(attention.end_quarantine, number=number, status="dismissed", at=NOON)
    assert not any("by_rule" in name for name in await series(metrics, state, clock))


async def test_what_a_guard_stops_is_told(state: State, clock: LeapingClock) -> None:
    """By guard, as long as it is open."""
    trip = Trip(pair=PAIR, guard="delete_count", scope=Scope.DELETES, reason="", measured=9,
                allowed=1)  # fmt: skip
    state.write_now(guards.note, [trip], sync=PAIR, run=1, at=NOON)

    found = await series(Metrics("1"), state, clock)

    assert 1 == found['crmsync_guard_open{guard="delete_count",sync="people"}']


async def test_writes_without_outcome_are_told(state: State, clock: LeapingClock) -> None:
    """By connection, until a look settles them."""
    metrics = Metrics("1")
    state.write_now(intents.open_all, [intent("i1"), intent("i2")])
    assert 2 == (await series(metrics, state, clock))['crmsync_writes_unknown{connection="crm"}']

    for name in ("i1", "i2"):
        state.write_now(intents.finish, intent=name, state=intents.SETTLED, at=NOON)
    assert not any("writes_unknown" in name for name in await series(metrics, state, clock))


async def test_an_accounts_day_is_told(state: State, clock: LeapingClock) -> None:
    """What it takes, what we used and what is left; nothing is made up where nobody told it."""
    allowance = AllowanceRow(
        connection="crm", account="hubspot:1", starts_at_midnight=True, time_zone="Europe/Berlin",
        most=1_000, account_left=800, told_at=NOON, daily_share=0.6, reserve=0.1,
    )  # fmt: skip
    unknown = replace(allowance, connection=FILE[0], account="x:2", most=None, account_left=None)
    former = replace(allowance, connection="former")
    state.write_now(budgets.keep, [allowance, unknown, former], {"hubspot:1": {NOON: 150}})

    found = await series(Metrics("1"), state, clock)

    told = {
        name.removeprefix("crmsync_api_budget_"): value
        for name, value in found.items()
        if "api_budget" in name and '"crm"' in name
    }
    assert {
        'limit{connection="crm"}': 1_000,
        'used{connection="crm"}': 150,
        'share{connection="crm"}': 600,
        'left{connection="crm"}': 450,
        'urgent_left{connection="crm"}': 550,
        'account_left{connection="crm"}': 800,
        'resets_timestamp_seconds{connection="crm"}': NOON.replace(hour=23).timestamp(),
    } == told
    assert f'crmsync_api_budget_left{{connection="{FILE[0]}"}}' not in found
    assert not any("former" in name for name in found)


async def test_how_far_each_end_is_seen_is_told(state: State, clock: LeapingClock) -> None:
    """Ends that no active pair has are not: nobody looks there any more."""
    for end in (FILE, CRM, ("former", "people")):
        state.write_now(observations.note, end, covered_until=after(7))

    found = await series(Metrics("1"), state, clock)

    seen = {name: value for name, value in found.items() if "seen_until" in name}
    assert {after(7).timestamp()} == set(seen.values())
    assert [f'{{connection="{name}",object="{kind}"}}' for name, kind in (CRM, FILE)] == sorted(
        name.removeprefix("crmsync_seen_until_timestamp_seconds") for name in seen
    )


async def test_since_when_something_waits_is_told(state: State, clock: LeapingClock) -> None:
    """From the first scrape that shows it until one that does not."""
    metrics, name = Metrics("1"), 'crmsync_pending_since_timestamp_seconds{sync="people"}'
    assert name not in await series(metrics, state, clock)
    state.write_now(mirror.put, [seen()], sighting())
    clock.elapsed = 60
    for _ in range(2):
        assert after(1).timestamp() == (await series(metrics, state, clock))[name]
        clock.elapsed += 60

    cleared = [Clearance(side=Side.SOURCE, id="1", revision=1)]
    state.write_now(pending.clear, pair=PAIR, clearances=cleared)
    assert name not in await series(metrics, state, clock)


async def test_plans_that_wait_and_envelopes_that_end_are_told(
    state: State, clock: LeapingClock
) -> None:
    """A plan without operations waits for nobody."""
    for sync, operations in ((PAIR, [operation()]), ("idle", [])):
        plan = state.write_now(runs.begin_plan, run=1, sync=sync, at=after(3))
        state.write_now(runs.add_operations, plan=plan, first=0, operations=operations)
        state.write_now(runs.seal_plan, plan=plan, digest=f"d-{sync}", summary="{}")
    envelope = EnvelopeRow(
        sync=PAIR, fingerprint="f", per_run=1, per_day=1, until=NOON + timedelta(days=9),
        approved_by="ana", approved_at=NOON,
    )  # fmt: skip
    state.write_now(runs.put_envelope, envelope)

    found = await series(Metrics("1"), state, clock)

    waiting = {name: value for name, value in found.items() if "plan_waiting_since" in name}
    assert {
        'crmsync_plan_waiting_since_timestamp_seconds{sync="people"}': after(3).timestamp()
    } == waiting
    ends = found['crmsync_envelope_expires_timestamp_seconds{sync="people"}']
    assert (NOON + timedelta(days=9)).timestamp() == ends


async def test_connections_left_alone_are_told(state: State, clock: LeapingClock) -> None:
    """Probing is still left alone; a connection that is closed again has no series (R6)."""
    metrics = Metrics("1")
    found = await series(metrics, state, clock, crm="open", ads="closed", shop="probing")
    assert [1, 0, 1] == [
        found[f'crmsync_circuit_open{{connection="{name}"}}'] for name in ("crm", "ads", "shop")
    ]

    found = await series(metrics, state, clock, ads="closed")
    assert ['crmsync_circuit_open{connection="ads"}'] == [n for n in found if "circuit" in n]


async def test_a_state_that_is_lost_leaves_what_was_counted(
    state: State, clock: LeapingClock
) -> None:
    """The scrape goes on, and says so."""
    metrics = Metrics("1")
    assert 1 == (await series(metrics, state, clock))["crmsync_state_up"]

    metrics.state_lost()

    assert 0 == shown(metrics)["crmsync_state_up"]


def test_the_size_of_the_state_is_told(state: State) -> None:
    """By what it is for, and by table; when it was pruned once that happened."""
    metrics = Metrics("1")
    metrics.kept(Kept(size=state.read_now(measure), pruned_at=None))
    found = shown(metrics)
    assert 1 == found['crmsync_state_rows{table="pair"}']
    assert found['crmsync_state_bytes{what="mirror"}'] > 0
    assert 0 == found["crmsync_last_prune_timestamp_seconds"]

    metrics.kept(Kept(size=state.read_now(measure), pruned_at=NOON))
    assert NOON.timestamp() == shown(metrics)["crmsync_last_prune_timestamp_seconds"]


async def test_pairs_that_rest_are_told_by_nothing(state: State, clock: LeapingClock) -> None:
    """An end of a dormant pair is looked at by nobody, so it is not late."""
    state.write_now(observations.note, CRM, covered_until=after(7))
    state.write_now(pairs.retire, active=[])

    assert not any("seen_until" in name for name in await series(Metrics("1"), state, clock))
