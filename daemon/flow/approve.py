"""May this plan flow? By its digest, by an approved plan it continues, or by an envelope (R17)."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from config.model import ENVELOPE_LIFETIME, Sync
from config.words import FirstRun
from daemon.flow.parts import RunPart
from daemon.flow.plan import PlanMade
from state import intents, runs
from state.runs import EnvelopeRow

APPROVALS_LAST = timedelta(days=7)
"""How long the approval of a digest covers a plan that a crash cut short."""

HIGH_RISK_FROM = 100
"""Writes from which a plan counts as high risk (R17)."""


class Risk(StrEnum):
    """How much a plan can do wrong, by size."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Whether a plan may flow, and on what ground."""

    may_flow: bool
    ground: str


def risk_of(writes: int) -> Risk:
    """Return the risk of a plan with that many writes."""
    if not writes:
        return Risk.LOW
    return Risk.HIGH if writes >= HIGH_RISK_FROM else Risk.MEDIUM


async def approve(run: RunPart, made: PlanMade, digest: str = "", by: str = "") -> Verdict:
    """Judge a plan. *digest* is the approval given with this very run, if any."""
    if not made.total:
        return Verdict(may_flow=True, ground="nothing to write")
    if digest:
        return await _by_digest(run, made, digest, by)
    since = run.clock.now() - APPROVALS_LAST
    is_covered = await run.state.read(runs.is_covered, plan=made.id, sync=run.sync, since=since)
    if is_covered and made.writes:
        return Verdict(may_flow=True, ground="continues an approved plan")
    if run.settings.approval.first_run is FirstRun.NONE:
        return Verdict(may_flow=True, ground="approval: {first_run: none}")
    return await _by_envelope(run, made)


async def _by_digest(run: RunPart, made: PlanMade, digest: str, by: str) -> Verdict:
    if not made.digest.startswith(digest):
        return Verdict(
            may_flow=False,
            ground=f"digest {digest} approves another plan: the data moved since it was shown. "
            f"Look at the new one and approve {made.digest[:12]}",
        )
    await confirm(run, made.id, by)
    return Verdict(may_flow=True, ground=f"approved by {by or 'digest'}")


async def confirm(run: RunPart, plan: int, by: str) -> None:
    """Write down a person's approval, and the envelope that begins with it."""
    now = run.clock.now()
    await run.state.write(runs.decide_plan, plan=plan, status=runs.APPROVED, by=by, at=now)
    envelope = envelope_for(run.settings, run.sync, run.fingerprint, by=by, now=now)
    await run.state.write(runs.put_envelope, envelope)


def envelope_for(
    settings: Sync, sync: str, fingerprint: str, *, by: str, now: datetime
) -> EnvelopeRow:
    """Return the envelope that an approval of this configuration begins."""
    limits = settings.approval.envelope
    until = (
        datetime.combine(limits.until, time.max, tzinfo=UTC)
        if limits.until
        else now + ENVELOPE_LIFETIME
    )
    return EnvelopeRow(
        sync=sync,
        fingerprint=fingerprint,
        per_run=limits.per_run,
        per_day=limits.per_day,
        until=until,
        approved_by=by,
        approved_at=now,
    )


async def _by_envelope(run: RunPart, made: PlanMade) -> Verdict:
    known = await run.state.read(runs.envelope, run.sync)
    now = run.clock.now()
    why = ""
    if known is None:
        why = "first run: look at the plan and approve it"
    elif known.fingerprint != run.fingerprint:
        why = "the configuration changed since the last approval"
    elif known.until < now:
        why = f"the envelope ended on {known.until:%Y-%m-%d}"
    elif made.writes > known.per_run:
        why = f"{made.writes} writes are more than the {known.per_run} a run may make"
    else:
        names = [pair.name for pair in run.pairs]
        day = await run.state.read(
            intents.count_since, sync_pairs=names, since=now - timedelta(days=1)
        )
        if day + made.writes > known.per_day:
            why = f"{day} writes in the last 24 hours, and {known.per_day} are allowed"
    if why:
        return Verdict(may_flow=False, ground=why)
    return Verdict(may_flow=True, ground="inside the approved envelope")
