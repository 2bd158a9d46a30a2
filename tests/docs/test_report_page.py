"""docs/report.md tells every key of a report, and none that is not there."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from daemon.cli.failing import OUTCOME_CODES
from daemon.flow import audit, forecast, found, report
from daemon.flow.tally import COUNTS
from daemon.use_cases.demo import DemoResult
from daemon.use_cases.overview import CallLine, FullReport

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "report.md").read_text(encoding="utf-8")

MODELS: dict[str, type[BaseModel]] = {
    "The report": report.RunReport,
    "`api`": report.Api,
    "`verified`": report.Verified,
    "`plan`": report.Planned,
    "`plan.samples[]`": report.PlannedWrite,
    "`plan.samples[].changes[]`": report.Change,
    "`guards[]`": report.Tripped,
    "`compliance`": audit.ComplianceAudit,
    "`compliance.findings[]`": audit.ComplianceFinding,
    "`budgets[]`": forecast.Budget,
    "`mapping.PAIR[]`": report.MappingLine,
    "`validation[]`": found.Found,
    "`conflicts[]` and `quarantine[]`": report.Attention,
    "`report RUN --calls --json`": FullReport,
    "`calls[]`": CallLine,
    "`demo --once --json`": DemoResult,
}


def section(title: str) -> str:
    """Return what stands under a heading, up to the next one."""
    found = re.search(rf"^##+ {re.escape(title)}\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def keys(text: str) -> list[str]:
    """Return the first cells of the first table."""
    table = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    return re.findall(r"^\| `(\w+)` ", table[0], re.MULTILINE) if table else []


@pytest.mark.parametrize("title", MODELS)
def test_a_section_tells_the_keys_of_its_model(title: str) -> None:
    """In the order in which they are printed."""
    assert list(MODELS[title].model_fields) == keys(section(title))


def test_every_model_that_is_printed_has_a_section() -> None:
    """A part that is added to the report is told as well."""
    parts = {
        part
        for part in vars(report).values()
        if isinstance(part, type) and issubclass(part, report.Part) and part is not report.Part
    }

    assert parts <= set(MODELS.values())


def test_every_count_is_told() -> None:
    """The figures mean something to a reader."""
    assert list(COUNTS) == keys(section("`counts`"))


def test_every_outcome_is_told_with_its_exit_code() -> None:
    """What a script sees is what the page says."""
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| (\d)?", section("The report"), re.MULTILINE)
    told = {name: int(code) for name, code in rows if code}

    assert told == OUTCOME_CODES
