"""A run's report for the terminal."""

from collections.abc import Sequence

from daemon.cli.output import escaped, moment, out, table
from daemon.core.validate import Severity
from daemon.flow.audit import OFF
from daemon.flow.forecast import Budget
from daemon.flow.report import Change, PlannedWrite, RunReport

OUTCOMES = {
    "done": "[green]done[/]",
    "nothing": "[green]nothing to do[/]",
    "preview": "[green]preview, nothing written[/]",
    "waiting": "[yellow]waits for approval[/]",
    "held": "[red]held[/]",
    "put_off": "[yellow]put off: the day's share of API calls is spent[/]",
    "failed": "[red]failed[/]",
    "halted": "[red]halted and rolled back[/]",
    "unfinished": "[yellow]unfinished: some writes had no reply yet[/]",
}


def render(report: RunReport) -> None:
    """Print a report: the summary first, then what asks for attention, then how it was done."""
    length = (report.ended_at - report.started_at).total_seconds()
    outcome = OUTCOMES.get(report.outcome, report.outcome)
    out.print(
        f"[bold]Run {report.run}[/] of [bold]{escaped(report.sync)}[/]: {outcome}  "
        f"({moment(report.started_at)}, {length:.1f} s, {escaped(report.trigger)})"
    )
    if report.error:
        out.print(f"[red]{escaped(report.error)}[/]")
    _counts(report)
    _plan(report)
    _guards(report)
    _compliance(report)
    _attention(report)
    _proof(report)
    for note in report.notes:
        out.print(f"note: {escaped(note)}")
    for step in report.next_steps:
        out.print(f"[bold]next:[/] {escaped(step)}")


def _counts(report: RunReport) -> None:
    sides = list(report.by_side)
    rows = [
        [what, *(report.by_side[side].get(what, 0) for side in sides), total]
        for what, total in report.counts.items()
        if total
    ]
    table("Records", ["", *sides, "total"], rows)
    skipped = [[why.replace("_", " "), number] for why, number in report.skipped.items()]
    table("Left alone", ["why", "records"], skipped)


def render_writes(title: str, writes: Sequence[PlannedWrite]) -> None:
    """Print planned operations, each field with its old and new value."""
    table(
        title,
        ["what", "source", "crm", "changes"],
        [
            [
                write.operation,
                write.source_id,
                write.crm_id,
                "\n".join(_change(c, is_removal=write.is_removal) for c in write.changes)
                or f"same {write.why}",
            ]
            for write in writes
        ],
    )


def _change(change: Change, *, is_removal: bool) -> str:
    """Return a field as it was and will be; of a record that goes only as it was."""
    was = f"{change.field}: {_value(change.old)}"
    return was if is_removal else f"{was} → {_value(change.new)}"


def _value(value: object) -> str:
    return "(empty)" if value is None else str(value)


def _plan(report: RunReport) -> None:
    if report.plan is None:
        return
    plan = report.plan
    out.print(
        f"Plan [bold]{plan.digest[:12]}[/]: {plan.writes} writes, {plan.risk.value} risk; "
        f"{escaped(plan.ground)}"
    )
    if plan.samples:
        out.print(f"Carrying it out costs {plan.calls} API calls.")
        for budget in report.budgets:
            if budget.calls:
                out.print(escaped(budget.told()))
    table("Operations", ["what", "number"], list(plan.operations.items()))
    render_writes("Some of them", plan.samples)
    table("Fields written", ["field", "records"], list(plan.fields.items()))
    for pair, lines in report.mapping.items():
        table(
            f"Mapping of {pair}",
            ["source", "crm", "kind", "direction", "policy", "found by"],
            [[m.source, m.crm, m.kind, m.direction, m.policy, m.how] for m in lines],
        )
    for pair, names in report.unmapped.items():
        if names:
            out.print(f"{escaped(pair)}: not mapped: {escaped(', '.join(names))}")


def render_budgets(budgets: Sequence[Budget]) -> None:
    """Print how the days of accounts stand."""
    table(
        "API calls today",
        ["connection", "used", "our share", "left", "left if urgent", "account", "starts afresh"],
        [
            [b.connection, b.used, b.share, b.left, b.urgent_left,
             f"{known(b.account_left)} of {known(b.most)}", moment(b.resets_at)]
            for b in budgets
        ],
    )  # fmt: skip


def known(figure: int | None) -> str:
    """Return a figure, or a mark where nobody told it yet."""
    return "?" if figure is None else str(figure)


def _guards(report: RunReport) -> None:
    table(
        "Held by guards",
        ["guard", "holds", "of", "parked", "why"],
        [
            [trip.guard, trip.scope, trip.subject or trip.pair, trip.parked, trip.reason]
            for trip in report.guards[:ON_A_SCREEN]
        ],
    )
    waiting = report.plan.parked.get("approval", 0) if report.plan else 0
    if waiting:
        out.print(f"Waiting for approval: {waiting} operations.")


ON_A_SCREEN = 12
"""Rows of a long list that are shown; the list's own command shows all."""


def _compliance(report: RunReport) -> None:
    found = report.compliance
    if found.on_violation == OFF:
        if report.plan:
            out.print("Compliance is off: nobody judged whether people may be stored or messaged.")
        return
    out.print(
        f"Compliance ({found.on_violation}, {found.purpose}): {found.judged} judged, "
        f"{found.held} held, {found.muted} without what would allow a message"
    )
    table(
        "Compliance by rule",
        ["rule", "records", "confirm first"],
        [
            [rule, number, "yes" if rule in found.to_verify else ""]
            for rule, number in sorted(found.by_rule.items(), key=lambda one: -one[1])[:ON_A_SCREEN]
        ],
    )


def _attention(report: RunReport) -> None:
    table(
        "To look at: nothing waits for these",
        ["side", "field", "rule", "records", "why"],
        [
            [one.side, one.field, one.rule, one.number, one.message]
            for one in report.validation
            if one.severity == Severity.WARNING
        ],
    )
    conflicts = report.conflicts[:ON_A_SCREEN]
    table(
        "Conflicts",
        ["id", "records", "field", "reason", "winner", "status"],
        [[c.id, c.record, c.field, c.reason, c.winner, c.message] for c in conflicts],
    )
    if report.counts.get("conflicts", 0) > len(conflicts):
        out.print("… all of them: crmsyncd conflicts --status all")
    table(
        "Quarantine",
        ["id", "side", "record", "field", "rule", "why"],
        [
            [q.id, q.side, q.record, q.field, q.reason, q.message]
            for q in report.quarantine[:ON_A_SCREEN]
        ],
    )
    if len(report.quarantine) > ON_A_SCREEN:
        out.print("… all of them: crmsyncd quarantine")


def _proof(report: RunReport) -> None:
    calls = ", ".join(f"{name} {number}" for name, number in report.api.by_purpose.items())
    out.print(
        f"API calls: {report.api.calls} (at least {report.api.minimum} needed)"
        + (f": {escaped(calls)}" if calls else "")
    )
    for budget in report.budgets:
        if budget.left is not None:
            out.print(
                f"{escaped(budget.connection)}: {budget.left} API calls left of our share today "
                f"({budget.used} of {budget.share} used); it starts afresh "
                f"{moment(budget.resets_at)} UTC"
            )
    if report.verified.checked:
        out.print(
            f"Read back: {report.verified.checked} records, "
            f"{report.verified.mismatched} differ from what was written"
        )
