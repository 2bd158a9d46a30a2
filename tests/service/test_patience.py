"""A state that cannot be used for a while is waited for, and told once."""

import io
from contextlib import redirect_stderr

from daemon.service.logs import configure_logs
from daemon.service.patience import when_possible
from state.database import StateUnavailable
from tests.http.doubles import LeapingClock

REFUSALS = 3


async def test_it_is_tried_again_until_it_works() -> None:
    """The caller gets its answer late; the log says one time why."""
    clock, told, tries = LeapingClock(), io.StringIO(), 0

    async def ask(question: str) -> str:
        nonlocal tries
        tries += 1
        if tries <= REFUSALS:
            raise StateUnavailable("The state is locked.")
        return question.upper()

    with redirect_stderr(told):
        configure_logs("info")
        answer = await when_possible(clock, ask, "yes")

    assert "YES" == answer
    assert REFUSALS == len(clock.slept)
    assert 1 == told.getvalue().count("state_unavailable")
