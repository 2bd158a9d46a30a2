"""A failing script becomes small and still fails; written down and read again it is the same."""

from collections.abc import Sequence
from pathlib import Path

from tests.simulation.script import Script, draw, read_script, write_script
from tests.simulation.shrink import fewest, shrink


def test_only_what_is_needed_is_left() -> None:
    """Two items far apart are found among many."""

    def fails(some: Sequence[int]) -> bool:
        return {3, 17} <= set(some)

    assert [3, 17] == fewest(range(20), fails)


def test_a_script_is_cut_down_to_the_act_that_matters() -> None:
    """Other turns, acts, faults, settings and manners of the systems go."""
    script = draw("7")
    names = [act.name for turn in script.turns for act in turn.acts]
    wanted = names[len(names) // 2]

    def fails(some: Script) -> bool:
        return any(act.name == wanted for turn in some.turns for act in turn.acts)

    small = shrink(script, fails)

    assert [wanted] == [act.name for turn in small.turns for act in turn.acts]
    assert [] == [fault for turn in small.turns for fault in turn.faults]
    assert {} == small.settings


def test_a_script_that_was_kept_is_the_same(tmp_path: Path) -> None:
    """Every seed can become a scenario file."""
    for seed in range(20):
        script = draw(str(seed))
        write_script(script, tmp_path / "script.json")

        assert script == read_script(tmp_path / "script.json")
