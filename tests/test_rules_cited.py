"""Rules (R1, R2, …) and promises (I1, I2, …) have numbers, and tests that name them."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PRODUCT = ("daemon", "adapters", "state", "config")
RULES = 45

NOT_YET = {
    29: "several processes on one state",
}
"""Rules of later releases. One that gets its first test leaves this list and stays out of it."""


def cited(*folders: str) -> set[str]:
    """Return the rules and promises that the Python files of some folders name."""
    texts = (
        path.read_text("utf-8")
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if path != Path(__file__)
    )
    return {found for text in texts for found in re.findall(r"\b[RI]\d{1,2}\b", text)}


def test_every_rule_of_this_release_has_a_test() -> None:
    """A rule that loses its last test is noticed, and so is one that gets its first."""
    numbers = {number for number in range(1, RULES + 1) if f"R{number}" in cited("tests")}

    assert set(range(1, RULES + 1)) - NOT_YET.keys() == numbers


def test_what_the_code_appeals_to_is_tested() -> None:
    """No comment of the product leans on a rule or a promise that no test names."""
    assert set() == cited(*PRODUCT) - cited("tests")
