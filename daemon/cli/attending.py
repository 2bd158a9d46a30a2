"""``approvals``, ``conflicts`` and ``quarantine``: what a person decides."""

import asyncio
from pathlib import Path
from typing import Literal

from daemon.cli.opening import a_state, configuration
from daemon.cli.output import escaped, moment, out, print_json, table
from daemon.clock import SystemClock
from daemon.use_cases import attend, releasing
from daemon.use_cases.attend import (
    Approvals,
    Approved,
    ConflictEntry,
    QuarantineEntry,
)
from daemon.use_cases.releasing import Released


def approvals(*, state: str, as_json: bool) -> None:
    """List what waits."""

    async def work() -> Approvals:
        async with a_state(state) as opened:
            return await attend.approvals(opened, now=SystemClock().now())

    found = asyncio.run(work())
    if as_json:
        print_json(found)
        return
    if not found.plans and not found.held:
        out.print("Nothing waits for an approval.")
    table(
        "Plans that wait",
        ["digest", "sync", "run", "made", "writes"],
        [
            [p.digest[:12], p.sync, p.run, moment(p.created_at), p.summary.get("writes")]
            for p in found.plans
        ],
    )
    for plan in found.plans:
        out.print(f"Look: crmsyncd report {plan.run}   Yes: crmsyncd approvals approve "
                  f"{plan.digest[:12]}")  # fmt: skip
        for budget in plan.budgets:
            out.print(f"  {escaped(budget.told())}")
    table(
        "Held",
        ["sync", "guard", "holds", "why"],
        [[h.sync, h.guard, h.scope, h.why] for h in found.held],
    )
    for sync, guard in sorted({(h.sync, h.guard) for h in found.held}):
        out.print(f'Let it pass: crmsyncd approvals release {sync} --guard {guard} --reason "…"')
    table(
        "Flows without asking",
        ["sync", "per run", "per day", "until", "approved by"],
        [[e.sync, e.per_run, e.per_day, moment(e.until), e.approved_by] for e in found.envelopes],
    )


def approve(*, digest: str, by: str, config: Path, state: str, as_json: bool) -> None:
    """Approve a plan."""
    loaded = configuration(config, state)

    async def work() -> Approved:
        async with a_state(state) as opened:
            return await attend.approve_plan(opened, loaded, SystemClock(), digest=digest, by=by)

    found = asyncio.run(work())
    if as_json:
        print_json(found)
    else:
        out.print(
            f"Approved for {found.sync!r}. Runs inside the envelope flow until "
            f"{moment(found.envelope_until)}; the next run carries the plan out."
        )


def release(*, sync: str, guard: str, reason: str, by: str, state: str, as_json: bool) -> None:
    """Let pass what guards hold of a sync."""

    async def work() -> Released:
        async with a_state(state) as opened:
            return await releasing.release(
                opened, SystemClock(), sync=sync, guard=guard, by=by, reason=reason
            )

    found = asyncio.run(work())
    if as_json:
        print_json(found)
        return
    table(
        f"Let pass for {found.sync!r} until {moment(found.until)}",
        ["guard", "of", "up to", "why it was held"],
        [[t.guard, t.subject or t.pair, f"{t.up_to:g}", t.reason] for t in found.trips],
    )
    out.print(
        "The next run carries it out, as far as it is approved; more than that is held again."
    )


def conflicts(*, status: str, state: str, as_json: bool) -> None:
    """List conflicts."""

    async def work() -> list[ConflictEntry]:
        async with a_state(state) as opened:
            return await attend.conflicts(opened, status=status)

    found = asyncio.run(work())
    if as_json:
        print_json(found)
        return
    if not found:
        out.print(f"No conflicts ({status}).")
    table(
        "Conflicts",
        ["id", "records", "field", "source", "crm", "reason", "status", "winner"],
        [
            [c.id, f"{c.source_id} ↔ {c.crm_id}", c.field, c.source, c.crm, c.reason, c.status,
             c.winner]
            for c in found
        ],
    )  # fmt: skip
    if any(c.status == "open" for c in found):
        out.print("Decide: crmsyncd conflicts resolve ID --winner source|crm")


def resolve(
    *, number: int, winner: Literal["source", "crm"], by: str, state: str, as_json: bool
) -> None:
    """Decide a conflict."""

    async def work() -> ConflictEntry:
        async with a_state(state) as opened:
            return await attend.resolve_conflict(
                opened, SystemClock(), number=number, winner=winner, by=by
            )

    found = asyncio.run(work())
    if as_json:
        print_json(found)
    else:
        out.print(f"Conflict {number}: the {winner} value goes to both sides with the next run.")


def quarantine(*, status: str, state: str, as_json: bool) -> None:
    """List what is set apart."""

    async def work() -> list[QuarantineEntry]:
        async with a_state(state) as opened:
            return await attend.quarantine(opened, status=status)

    found = asyncio.run(work())
    if as_json:
        print_json(found)
        return
    if not found:
        out.print(f"Nothing in quarantine ({status}).")
    table(
        "Quarantine",
        ["id", "side", "record", "field", "rule", "why", "suggestion"],
        [[q.id, q.side, q.record, q.field, q.rule, q.message, q.suggestion] for q in found],
    )
    if found and status == "open":
        out.print("Mend the record, then nothing more is needed; or: crmsyncd quarantine "
                  "retry ID | dismiss ID")  # fmt: skip


def end_quarantine(*, number: int, is_retried: bool, by: str, state: str, as_json: bool) -> None:
    """Retry or dismiss an entry."""

    async def work() -> QuarantineEntry:
        async with a_state(state) as opened:
            return await attend.end_quarantine(
                opened, SystemClock(), number=number, is_retried=is_retried, by=by
            )

    found = asyncio.run(work())
    if as_json:
        print_json(found)
    else:
        out.print(f"Entry {number} is {found.status}.")
