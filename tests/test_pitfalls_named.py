"""What went wrong for others has a number, and a test that names it."""

from types import ModuleType

import pytest

from tests.pitfalls import Pitfall, _numbers, covering, lists

LISTS = pytest.mark.parametrize("listed", lists(), ids=lambda listed: listed.SYSTEM)


@LISTS
def test_every_pitfall_is_named_by_a_test(listed: ModuleType) -> None:
    """One without a test says why nothing here could fall into it."""
    covered = covering(listed.SYSTEM)
    pitfalls: tuple[Pitfall, ...] = listed.PITFALLS

    assert [] == [one for one in pitfalls if one.number not in covered and not one.not_here]
    assert [] == [one for one in pitfalls if one.number in covered and one.not_here]


@LISTS
def test_every_number_is_that_of_a_pitfall(listed: ModuleType) -> None:
    """The list runs from 1 without a gap, and no test names a number beyond it."""
    numbers = [one.number for one in listed.PITFALLS]

    assert list(range(1, len(numbers) + 1)) == numbers
    assert set() == covering(listed.SYSTEM).keys() - set(numbers)


@pytest.mark.parametrize(
    ("told", "numbers"),
    [
        ("It holds: HubSpot pitfall 7.", {7}),
        ("HubSpot pitfalls 2, 3 and 14; and 9 others.", {2, 3, 14}),
        ("HubSpot pitfall 1. Later HubSpot pitfall 2.", {1, 2}),
        ("Salesforce pitfall 7", set()),
        ("pitfall 7", set()),
    ],
)
def test_numbers_are_read_from_a_sentence(told: str, numbers: set[int]) -> None:
    """One, several, none; another system's are not ours."""
    assert numbers == _numbers("HubSpot", told)
