"""Counting what a run does: the figures of its report."""

from collections import Counter
from dataclasses import dataclass, field

from daemon.core.guards import Trip
from daemon.core.validate import Finding, Severity
from daemon.core.values import Side
from daemon.flow.audit import Audit

COUNTS = (
    "read",
    "valid",
    "invalid",
    "created",
    "updated",
    "removed",
    "skipped",
    "merged",
    "failed",
    "conflicts",
    "quarantined",
)


SAMPLES = 5
"""Records kept by name for each kind of finding."""

Kind = tuple[str, Side, str, str]
"""Pair, side, field and rule of a finding."""


@dataclass(kw_only=True, slots=True)
class FindingCount:
    """How often one thing was found, and where first."""

    number: int = 0
    severity: Severity = Severity.WARNING
    message: str = ""
    records: list[str] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Take one more in."""
        self.number += 1
        self.severity, self.message = finding.severity, finding.message
        if len(self.records) < SAMPLES and finding.record_id not in self.records:
            self.records.append(finding.record_id)


@dataclass(kw_only=True, slots=True)
class Tally:
    """Counters of one run; the one thing in a run that changes."""

    sides: dict[Side, Counter[str]] = field(
        default_factory=lambda: {side: Counter() for side in Side}
    )
    skipped: Counter[str] = field(default_factory=Counter)
    """Why records were left alone → how many."""
    least_calls: Counter[str] = field(default_factory=Counter)
    """Purpose → calls that this work needs at least (R28)."""
    checked: int = 0
    mismatched: int = 0
    operations: int = 0
    moved: int = 0
    """Writes put off because the record had moved."""
    unknown: int = 0
    echoes: int = 0
    """Hints of a change feed that told what was known already, as of our own writes."""
    recovered: int = 0
    """Writes of former requests without a reply, of which a look told what became of them."""
    changed_records: int = 0
    merges: int = 0
    """Records that people merged into others, as far as this run learned of it (I20)."""
    findings: dict[Kind, FindingCount] = field(default_factory=dict)
    """What validation found in the records decided."""
    notes: list[str] = field(default_factory=list)
    doubted: set[tuple[str, str]] = field(default_factory=set)
    """Ends (connection, object) that must be listed before a lost write can be told (R32)."""
    found: dict[tuple[str, str, str], Trip] = field(default_factory=dict)
    """What guards saw before there was a plan."""
    trips: list[Trip] = field(default_factory=list)
    """What stops something in this run."""

    audit: Audit = field(default_factory=Audit)
    """What compliance found."""

    def suspect(self, trip: Trip) -> None:
        """Keep a trip for the plan to be judged with."""
        self.found[trip.key] = trip

    def add(self, side: Side, what: str, number: int = 1) -> None:
        """Count *number* more of *what* on *side*."""
        if number:
            self.sides[side][what] += number

    def skip(self, side: Side, why: str, number: int = 1) -> None:
        """Count records that were left alone, and why."""
        self.add(side, "skipped", number)
        self.skipped[why] += number

    def note_finding(self, pair: str, side: Side, finding: Finding) -> None:
        """Count a finding; a few records are kept by name."""
        kind = (pair, side, finding.field, finding.rule)
        self.findings.setdefault(kind, FindingCount()).add(finding)

    def need(self, purpose: str, records: int, batch: int, *, is_remote: bool) -> None:
        """Count the calls that *records* need at least in batches of *batch*."""
        if is_remote and records:
            self.least_calls[purpose] += -(-records // batch)

    @property
    def has_written(self) -> bool:
        """Whether a record was written or linked."""
        return any(self.total(what) for what in ("created", "updated", "removed", "merged"))

    def total(self, what: str) -> int:
        """Return the sum over both sides."""
        return sum(counter[what] for counter in self.sides.values())

    def counts(self) -> dict[str, int]:
        """Return the totals of every counter a report names."""
        return {what: self.total(what) for what in COUNTS}

    def by_side(self) -> dict[str, dict[str, int]]:
        """Return the counters by side."""
        return {side.value: {what: self.sides[side][what] for what in COUNTS} for side in Side}
