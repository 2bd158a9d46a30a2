"""``status`` and ``report``: what is known."""

import asyncio
from pathlib import Path

from daemon.cli.opening import a_state
from daemon.cli.output import moment, out, print_json, table
from daemon.cli.rendering import render, render_budgets
from daemon.clock import SystemClock
from daemon.use_cases import overview
from daemon.use_cases.overview import FullReport, Status, SyncStatus
from daemon.use_cases.standing import Standing


def status(*, state: str, as_json: bool) -> None:
    """Show how every sync stands."""
    found = asyncio.run(_status(state))
    if as_json:
        print_json(found)
        return
    for line in _told(found.configuration):
        out.print(line, markup=False)
    if not found.syncs and not found.runs:
        out.print("Nothing has run on this state yet. Start with: crmsyncd check, crmsyncd run")
        return
    table(
        "Syncs",
        ["sync", "status", "links", "pending", "conflicts", "quarantine", "needs"],
        [
            [
                sync.sync,
                sync.status,
                sync.links,
                sync.pending,
                sync.conflicts,
                sync.quarantined,
                _needs(sync),
            ]
            for sync in found.syncs
        ],
    )
    render_budgets(found.budgets)
    table(
        "Newest runs",
        ["run", "sync", "outcome", "started", "created", "updated", "failed", "error"],
        [
            [r.run, r.sync, r.outcome, moment(r.started_at), r.created, r.updated, r.failed,
             r.error]
            for r in found.runs
        ],
    )  # fmt: skip


def _needs(sync: SyncStatus) -> str:
    """Return what a person would have to do for *sync* to go on."""
    if sync.paused:
        return f"paused {sync.paused}"
    if sync.hold or sync.waiting_plan:
        return sync.hold or f"approve {sync.waiting_plan[:12]}"
    until = sync.last.put_off_until if sync.last else None
    return f"nothing: put off until {moment(until)} UTC" if until else ""


def _told(configuration: Standing) -> list[str]:
    """Return what to say where the daemon does not follow its configuration (R16)."""
    lines = [f"restart needed for: {key}" for key in configuration.restart_needed]
    if configuration.refused_at is not None:
        since = moment(configuration.refused_at)
        lines += [f"The configuration is refused since {since}; the former one is live:"]
        lines += [f"  {problem}" for problem in configuration.problems]
    return lines


async def _status(place: str) -> Status:
    async with a_state(place) as state:
        return await overview.status(state, now=SystemClock().now())


def report(*, number: int, html: Path | None, calls: bool, state: str, as_json: bool) -> None:
    """Show the report of a run."""
    found = asyncio.run(_report(state, number))
    if html is not None:
        from daemon.use_cases.html_report import html_page

        html.write_text(html_page(found), encoding="utf-8")
    if as_json:
        print_json(found if calls else found.report)
        return
    render(found.report)
    if calls:
        table(
            "API calls",
            ["at", "connection", "call", "purpose", "status", "ms", "try"],
            [
                [moment(c.started_at), c.connection, f"{c.method} {c.endpoint}", c.purpose,
                 c.status, c.milliseconds, c.attempt]
                for c in found.calls
            ],
        )  # fmt: skip
    if html is not None:
        out.print(f"Written to {html}.")


async def _report(place: str, number: int) -> FullReport:
    async with a_state(place) as state:
        return await overview.full_report(state, number)
