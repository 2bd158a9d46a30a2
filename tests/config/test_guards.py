"""How thresholds of guards are written."""

import pytest
from pydantic import ValidationError

from config.guards import Guards
from daemon.core.guards import Limits


@pytest.mark.parametrize(
    ("written", "share"),
    [("5%", 0.05), ("12.5 %", 0.125), (0.07, 0.07), (0, 0.0), (1, 1.0), ("off", None), (False, None)],
)  # fmt: skip
def test_a_share_is_written_in_percent_or_as_a_number(written: object, share: float | None) -> None:
    """Or it is off, and its guard with it."""
    assert share == Guards.model_validate({"delete_share": written}).limits.delete_share


@pytest.mark.parametrize("written", ["5", "101 %", 2, -0.1, True, "often", [5]])
def test_another_share_is_refused(written: object) -> None:
    """With words that show how one is written."""
    with pytest.raises(ValidationError, match="expected a share such as 5%"):
        Guards.model_validate({"delete_share": written})


@pytest.mark.parametrize("written", ["5%", 1.5, -1, True, "many"])
def test_a_count_is_a_whole_number_or_off(written: object) -> None:
    """Anything else is refused."""
    with pytest.raises(ValidationError, match="expected a whole number, or off"):
        Guards.model_validate({"delete_count": written})
    assert Guards.model_validate({"delete_count": "off"}).limits.delete_count is None


def test_the_defaults_are_those_of_the_guards() -> None:
    """What the reference tells is what the guards do by themselves (R18)."""
    assert Limits() == Guards().limits


def test_an_empty_side_cannot_be_switched_off() -> None:
    """There is no key for it: an empty file must never pass unseen (R18)."""
    with pytest.raises(ValidationError, match="empty_side"):
        Guards.model_validate({"empty_side": "off"})
