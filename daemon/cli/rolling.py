"""``rollback`` and ``held``: take back what a run did, and what stays so since."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import typer

from daemon.cli.failing import APPROVAL_NEEDED, FAILED_RECORDS, OUTCOME_CODES
from daemon.cli.opening import a_state, a_workspace, configuration
from daemon.cli.output import escaped, moment, out, print_json, progress_bars, table
from daemon.clock import SystemClock
from daemon.flow.rolled import RollbackReport, RolledItem
from daemon.use_cases import rollback as use_case
from daemon.use_cases.oneoff import Unusable
from daemon.use_cases.rollback import HeldField, ReleasedFields, RollbackRequest

ON_A_SCREEN = 40
"""Entries of one list that are shown; ``--json`` prints a thousand."""

OUTCOMES = {
    "done": "[green]done[/]",
    "nothing": "[green]nothing to do, all is as before the run[/]",
    "preview": "[green]preview, nothing written[/]",
    "unfinished": "[yellow]unfinished: some writes had no reply yet[/]",
    "failed": "[red]failed[/]",
}


def rollback(
    *, request: RollbackRequest, yes: bool, config: Path, state: str, as_json: bool
) -> None:
    """Roll a run back, once a person said yes to what that means."""
    report = asyncio.run(_roll(request, config, state, yes=yes, is_quiet=as_json))
    if as_json:
        print_json(report)
    else:
        show(report)
    if report.outcome == "preview" and not request.is_preview:
        raise typer.Exit(APPROVAL_NEEDED)
    code = OUTCOME_CODES[report.outcome]
    raise typer.Exit(code or (FAILED_RECORDS if report.counts["failed"] else code))


async def _roll(
    request: RollbackRequest, config: Path, state: str, *, yes: bool, is_quiet: bool
) -> RollbackReport:
    """Look first and ask, unless that was answered; where nobody can be asked, only look."""
    async with a_workspace(configuration(config, state), state) as workspace:
        with progress_bars(is_quiet=is_quiet) as tell:
            if request.is_preview or yes:
                return await use_case.rollback(workspace, request, tell)
            preview = replace(request, is_preview=True, manifest=None)
            told = await use_case.rollback(workspace, preview, tell)
        if told.error or not _is_confirmed(told, is_quiet=is_quiet):
            step = f"crmsyncd rollback {request.run} --yes: does it"
            return told.model_copy(update={"next_steps": [*told.next_steps, step]})
        with progress_bars(is_quiet=is_quiet) as tell:
            return await use_case.rollback(workspace, request, tell)


def _is_confirmed(told: RollbackReport, *, is_quiet: bool) -> bool:
    if is_quiet or not sys.stdin.isatty():
        return False
    show(told)
    return typer.confirm("Write this?")


def show(report: RollbackReport) -> None:
    """Print a report: the figures, then what was kept or failed, then what comes next."""
    out.print(
        f"Rollback of run {report.reverses} of {escaped(report.sync)}: "
        f"{OUTCOMES.get(report.outcome, report.outcome)}"
    )
    out.print(", ".join(f"{number} {name}" for name, number in report.counts.items()))
    if report.error:
        out.print(f"[red]{escaped(report.error)}[/]")
    _list("Kept, for somebody changed them since", report.kept)
    _list("Could not be put back", report.failed)
    if report.manifest:
        out.print(f"Ids and values from before are in {escaped(report.manifest)}.")
    if report.is_paused and report.run:
        out.print(f"{escaped(report.sync)} is paused.")
    for step in report.next_steps:
        out.print(f"Next: {escaped(step)}")


def _list(title: str, items: Sequence[RolledItem]) -> None:
    table(
        title,
        ["connection", "record", "field", "what", "why", "now"],
        [
            [one.connection, one.record, one.field, one.what, one.why, one.now]
            for one in items[:ON_A_SCREEN]
        ],
    )
    if len(items) > ON_A_SCREEN:
        out.print(f"… and {len(items) - ON_A_SCREEN} more: --json lists them")


def held(*, state: str, as_json: bool) -> None:
    """List the fields that rollbacks hold."""

    async def work() -> list[HeldField]:
        async with a_state(state) as opened:
            return await use_case.held(opened)

    found = asyncio.run(work())
    if as_json:
        print_json(found)
        return
    if not found:
        out.print("No rollback holds anything.")
    table(
        "Held by rollbacks",
        ["sync", "records", "field", "run rolled back", "since"],
        [[h.sync, f"{h.source_id} ↔ {h.crm_id}", h.field, h.run, moment(h.since)] for h in found],
    )
    if found:
        out.print("Let go: crmsyncd held release RECORD [FIELD], or --run RUN")


def release(*, record: str, field: str, run: int, by: str, state: str, as_json: bool) -> None:
    """Let held fields go. Raises Unusable where nothing says which."""
    if not record and not run:
        raise Unusable("Which fields? Name a record, or --run with the run that was rolled back.")

    async def work() -> ReleasedFields:
        async with a_state(state) as opened:
            return await use_case.release_held(
                opened, SystemClock(), record=record, field=field, run=run, by=by
            )

    found = asyncio.run(work())
    if as_json:
        print_json(found)
    else:
        out.print(
            f"{found.fields} fields of {found.records} records are compared anew by the next run."
        )
