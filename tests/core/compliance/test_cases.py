"""At least 120 cases over every regulation: the verdict, its rule and its article."""

from pathlib import Path
from typing import Any

import pytest

from config.positions import parse
from config.regulations import regulations
from tests.core.compliance.judging import facts, heaviest, judged

FILE = Path(__file__).parent / "cases.yaml"
TABLE: Any = parse(FILE, FILE.read_bytes()).data
CASES = [(regulation, *case) for regulation, cases in TABLE.items() for case in cases]


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case[:3])))
def test_a_case_is_judged_as_the_regulation_says(case: tuple[object, ...]) -> None:
    """Each line of the table holds, with the article the finding rests on."""
    regulation, country, channel, told, verdict, rule, article = case
    own = facts(str(country), str(channel), told)  # type: ignore[arg-type] # plain YAML

    found = heaviest(
        judged(own, *([str(channel)] if channel else [])), str(channel), str(regulation)
    )

    assert (verdict, rule, article) == (
        (found.severity.word, found.rule, found.article) if found else ("ok", "", "")
    )


def test_every_regulation_has_cases() -> None:
    """None is shipped untried, and there are enough of them."""
    assert {one.id for one in regulations().regulations} == set(TABLE)
    assert len(CASES) >= 120
