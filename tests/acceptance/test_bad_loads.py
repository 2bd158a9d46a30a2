"""Bad loads are stopped in their scope before their first write; opt-outs in them travel."""

from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.memory_system import MemorySystem
from tests.acceptance.wrong_key import LOADS, a_state, play

ROWS = 3000


@pytest.mark.parametrize("spoil", LOADS, ids=lambda spoil: spoil.__name__)
async def test_a_bad_load_writes_nothing_but_its_opt_out(
    tmp_path: Path, spoil: Callable[[MemorySystem], None]
) -> None:
    """Held by its guard, with not one write in its scope, and the opt-out is there (R15, R18)."""
    state = a_state(tmp_path)

    result = await play(state, ROWS, spoil)

    state.close()
    assert ("held", LOADS[spoil]) == (result.outcome, result.guards)
    assert [("update", "c1")] == result.writes
    assert result.is_opted_out
