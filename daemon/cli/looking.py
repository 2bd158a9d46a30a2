"""``status`` and ``report``: what is known."""

import asyncio
from pathlib import Path

from daemon.cli.opening import a_state
from daemon.cli.output import moment, out, print_json, table
from daemon.cli.rendering import render
from daemon.use_cases import overview
from daemon.use_cases.overview import FullReport, Status


def status(*, state: str, as_json: bool) -> None:
    """Show how every sync stands."""
    found = asyncio.run(_status(state))
    if as_json:
        print_json(found)
        return
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
                sync.hold or (f"approve {sync.waiting_plan[:12]}" if sync.waiting_plan else ""),
            ]
            for sync in found.syncs
        ],
    )
    table(
        "Newest runs",
        ["run", "sync", "outcome", "started", "created", "updated", "failed", "error"],
        [
            [r.run, r.sync, r.outcome, moment(r.started_at), r.created, r.updated, r.failed,
             r.error]
            for r in found.runs
        ],
    )  # fmt: skip


async def _status(place: str) -> Status:
    async with a_state(place) as state:
        return await overview.status(state)


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
