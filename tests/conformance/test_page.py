"""The page of the contract is fresh, and the table tells what it is given."""

from tests.conformance.cases import Case, Needs, declaration_of
from tests.conformance.causes import Ability, Cause
from tests.conformance.page import PAGE, page
from tests.conformance.table import Cell, as_json, as_text, table_of

CASES = [
    Case(name="reads are whole", group="Reads", needs=Needs()),
    Case(name="loops end", group="Reads", needs=Needs(causes=(Cause.LOOPING_LISTING,))),
    Case(name="times are told", group="More", needs=Needs(abilities=(Ability.FIELD_TIMES,))),
]
BOTH = {name: declaration_of(name) for name in ("csv_file", "memory")}


def test_the_page_is_fresh() -> None:
    """If this fails: python -m tests.conformance --write."""
    assert page() == PAGE.read_text(encoding="utf-8")


def test_a_case_that_was_not_run_is_a_failure() -> None:
    """Passed, failed, skipped or forgotten: only the first is well."""
    results = {
        ("memory", "reads are whole"): "passed",
        ("memory", "loops end"): "skipped",
        ("csv_file", "reads are whole"): "failed",
    }

    table = table_of(BOTH, CASES, results)

    assert Cell(result="passed") == table.cell("memory", CASES[0])
    assert Cell(result="failed", reason="skipped") == table.cell("memory", CASES[1])
    assert Cell(result="failed", reason="not run") == table.cell("memory", CASES[2])
    assert Cell(result="failed", reason="failed") == table.cell("csv_file", CASES[0])
    assert {"passed": 1, "failed": 3, "not_applicable": 2} == dict(table.counts())


def test_every_letter_has_its_reason() -> None:
    """In the text and in the JSON alike."""
    table = table_of(BOTH, CASES)
    reasons = ["a file is read once from end to end; nothing leads back",
               "it is no adapter that tells when single fields changed"]  # fmt: skip

    assert dict(zip(reasons, "ab", strict=True)) == table.reasons()
    text = as_text(table)
    assert " a  a file is read once" in text
    assert "3 cases on 2 adapters: 4 hold, 0 fail, 2 do not apply." in text
    (told,) = [one for one in as_json(table)["cases"] if one["name"] == "loops end"]
    assert {"result": "not_applicable", "reason": reasons[0]} == told["cells"]["csv"]
    assert {"result": "passed", "reason": ""} == told["cells"]["memory"]
