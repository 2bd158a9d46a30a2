"""Several pairs in one sync: what is entered anywhere is everywhere, once (R2, R7, I11)."""

from collections.abc import Callable

import pytest

from daemon.core.values import Side
from tests.simulation.hub import THIRD, Hub
from tests.simulation.simulate import database
from tests.simulation.steps import Killed
from tests.simulation.test_crash_everywhere import lasting

RUNS = 4
"""From one source through the CRM to the other, with a killed run between."""

REMOVING = {"deletes": {"source": "archive", "crm": "archive"}}


def run(hub: Hub, times: int = 1) -> str:
    """Run some times, five minutes apart; return how the last one ended."""
    for _ in range(times):
        hub.pass_by(300)
        report = hub.run()
    return report.outcome if report else "killed"


def people(hub: Hub) -> None:
    """Enter somebody on each side, and one person twice."""
    left, right, third = (hub.systems_by_name()[name] for name in ("left", "right", THIRD))
    left.make({"email": "anna@example.com", "first_name": "Anna"})
    left.make({"email": "both@example.com", "company": "Acme"})
    right.make({"email": "carl@example.com", "note": "called"})
    third.make({"email": "both@example.com", "note": "met"})
    third.make({"email": "dora@example.com", "phone": "030 1234567"})


def linked(hub: Hub) -> None:
    """Let the people of all three be known to each other."""
    people(hub)
    run(hub, RUNS)


def edits(hub: Hub) -> None:
    """Edit one person in one place, others elsewhere."""
    linked(hub)
    for name, company in (("left", "Left"), (THIRD, "Third")):
        system = hub.systems_by_name()[name]
        email = "anna@example.com" if name == "left" else "dora@example.com"
        stored = system.holder("email", email)
        assert stored is not None
        system.edit(stored.id, {"company": company})


def addresses(hub: Hub) -> dict[str, list[str]]:
    return {name: sorted(str(p["email"]) for p in some) for name, some in hub.everybody().items()}


def test_what_is_entered_in_one_system_reaches_all_three_once() -> None:
    """Nobody is doubled, and everybody's values come together."""
    hub = Hub(database(), {})

    people(hub)
    run(hub, RUNS)

    everybody = ["anna@example.com", "both@example.com", "carl@example.com", "dora@example.com"]
    assert {"left": everybody, "right": everybody, THIRD: everybody} == addresses(hub)
    (both,) = [p for p in hub.everybody()["right"] if p["email"] == "both@example.com"]
    assert ("Acme", "met") == (both["company"], both["note"])
    assert "nothing" == run(hub)


def test_an_edit_passes_through_the_crm() -> None:
    """From either source to the other, in two runs at most."""
    hub = Hub(database(), {})

    edits(hub)
    run(hub, 2)

    for name in ("left", "right", THIRD):
        held = {p["email"]: p["company"] for p in hub.everybody()[name]}
        assert ("Left", "Third") == (held["anna@example.com"], held["dora@example.com"])
    assert "nothing" == run(hub)


def test_a_delete_passes_through_the_crm() -> None:
    """R14: what is archived in one source is archived in the CRM and then in the other source."""
    hub = Hub(database(), REMOVING)
    linked(hub)
    anna = hub.systems[Side.SOURCE].holder("email", "anna@example.com")
    assert anna is not None

    hub.systems[Side.SOURCE].archive(anna.id)
    run(hub, RUNS)

    left = ["both@example.com", "carl@example.com", "dora@example.com"]
    assert {"left": left, "right": left, THIRD: left} == addresses(hub)
    assert "nothing" == run(hub)


def keyless(hub: Hub) -> None:
    """Enter somebody whom no key leads to."""
    hub.systems_by_name()["left"].make({"first_name": "Ada", "company": "Acme"})


@pytest.mark.parametrize("act", [people, edits, keyless], ids=["create", "update", "keyless"])
def test_a_ring_of_pairs_settles(act: Callable[[Hub], None]) -> None:
    """R7, R8, A13: the third pair finds by links whom the other two made, and has nothing to do."""
    hub = Hub(database(), {}, is_ring=True)

    act(hub)
    run(hub, RUNS)

    assert 1 == len({repr(some) for some in addresses(hub).values()})
    assert "nothing" == run(hub)


@pytest.mark.slow
@pytest.mark.parametrize("act", [people, keyless], ids=["create", "keyless"])
def test_a_kill_in_a_ring_makes_nobody_twice(act: Callable[[Hub], None]) -> None:
    """R40, I11: while a create is unknown to one pair, the others do not make it again."""
    hub = Hub(database(), {}, is_ring=True)
    act(hub)
    hub.steps.names.clear()
    run(hub)
    steps = list(hub.steps.names)
    run(hub, RUNS)
    wanted = hub.everybody()
    first = steps.index("state.after.open_all") + 1
    some = [step for step in lasting(steps) if step >= first]

    ends = {step: killed_at(act, step, is_ring=True) for step in some}

    assert {} == {(step, steps[step - 1]): end for step, end in ends.items() if end != wanted}


@pytest.mark.slow
@pytest.mark.parametrize("act", [people, edits], ids=["create", "update"])
def test_a_kill_from_the_first_intent_on_changes_nothing_in_the_end(
    act: Callable[[Hub], None],
) -> None:
    """I9, I11: what one pair wrote and the other has not seen yet is neither lost nor doubled."""
    hub = Hub(database(), {})
    act(hub)
    hub.steps.names.clear()
    run(hub)
    steps = list(hub.steps.names)
    run(hub, RUNS)
    wanted = hub.everybody()
    first = steps.index("state.after.open_all") + 1
    some = [step for step in lasting(steps) if step >= first]

    ends = {step: killed_at(act, step) for step in some}

    assert {} == {(step, steps[step - 1]): end for step, end in ends.items() if end != wanted}


def killed_at(act: Callable[[Hub], None], step: int, *, is_ring: bool = False) -> object:
    """Kill the run at one step; return what everything comes to."""
    hub = Hub(database(), {}, is_ring=is_ring)
    act(hub)
    hub.steps.count = 0

    def strike(_name: str) -> None:
        if hub.steps.count == step:
            raise Killed

    hub.steps.strike = strike
    run(hub, 1 + RUNS)
    return hub.everybody()
