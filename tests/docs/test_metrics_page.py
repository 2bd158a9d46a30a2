"""docs/metrics.md tells every metric, and none that is not there."""

import re
from pathlib import Path

from daemon.service.metrics import RESULTS, Metrics

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
PROMETHEUS = Path(__file__).resolve().parents[2] / "deploy" / "prometheus"
RULES = (PROMETHEUS / "rules.yml").read_text(encoding="utf-8")
RULES_TESTS = (PROMETHEUS / "rules.test.yml").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(crmsync_\w+)` \| (\w+) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)


def told() -> list[tuple[str, str, list[str]]]:
    """Return (name, kind, labels) of each row."""
    return [
        (name, kind, re.findall(r"`(\w+)`", labels)) for name, kind, labels, _ in ROW.findall(PAGE)
    ]


def test_every_metric_is_told_with_its_labels() -> None:
    """In the order in which they are exposed."""
    registry = Metrics("1").registry
    exposed = []
    for collector in registry._collector_to_names:
        (family,) = collector.collect()
        name = f"{family.name}_total" if family.type == "counter" else family.name
        exposed.append((name, family.type, list(getattr(collector, "_labelnames", ()))))

    assert exposed == told()


def test_every_result_is_told() -> None:
    """The values of `result` are a closed set."""
    (row,) = (
        meaning for name, _, _, meaning in ROW.findall(PAGE) if name == "crmsync_records_total"
    )

    assert list(RESULTS) == re.findall(r"`(\w+)`", row)


def test_expressions_name_metrics_that_exist() -> None:
    """An alert on a misspelt name never fires."""
    names = {name for name, _, _ in told()}

    assert set(re.findall(r"crmsync_\w+", PAGE)) <= names
    assert set(re.findall(r"crmsync_\w+", RULES)) <= names


def test_every_alert_is_tested() -> None:
    """One that nobody has seen fire is no alert; ``make alerts`` runs them."""
    alerts = re.findall(r"- alert: (\w+)", RULES)

    assert alerts
    assert set(alerts) == set(re.findall(r"alertname: (\w+)\n\s+exp_alerts:", RULES_TESTS))
