"""The validation section of a report: what was found, how often, and in which records (C1).

Takes the figures of a run; gives one line for each pair, side, field and rule. Never a value.
"""

from pydantic import BaseModel, ConfigDict

from daemon.flow.tally import Tally


class Found(BaseModel):
    """One thing that validation found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pair: str
    side: str
    field: str
    rule: str
    """Stable word: invalid_email, role_email, mojibake, …"""
    severity: str
    """record (it waits as a whole), field (that field waits) or warning (nothing waits)."""
    message: str
    number: int
    """In how many records."""
    records: list[str]
    """The first few of them."""


def findings_of(tally: Tally) -> list[Found]:
    """Return what was found, most frequent first."""
    lines = [
        Found(
            pair=pair,
            side=side.value,
            field=name,
            rule=rule,
            severity=count.severity.value,
            message=count.message,
            number=count.number,
            records=count.records,
        )
        for (pair, side, name, rule), count in tally.findings.items()
    ]
    return sorted(
        lines, key=lambda line: (-line.number, line.pair, line.side, line.field, line.rule)
    )
