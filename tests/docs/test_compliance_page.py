"""docs/compliance.md tells every fact and every remedy, as the program has them."""

from pathlib import Path

from daemon.core.compliance.finding import REMEDIES
from daemon.core.compliance.reading import FACTS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "compliance.md").read_text(encoding="utf-8")


def test_every_fact_and_every_remedy_is_told() -> None:
    """In the words of the program."""
    missing = [
        name for name, text in {**FACTS, **REMEDIES}.items() if f"| `{name}` | {text} |" not in PAGE
    ]

    assert [] == missing


def test_no_rule_or_fact_is_told_that_does_not_exist() -> None:
    """What was taken away goes from the page."""
    told = {
        line.split("`")[1]
        for line in PAGE.splitlines()
        if line.startswith("| `") and not line.startswith("| | `")
    }

    assert told <= FACTS.keys() | REMEDIES.keys()
