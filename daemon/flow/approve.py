"""May this plan flow? By its digest, by an approved plan it continues, or by an envelope (R17).

What needs a person's word and has none is parked, operation by operation. A first run, a changed
configuration and an envelope that is full or over concern the whole plan; deletes are never in an
envelope and wait one by one.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from config.model import ENVELOPE_LIFETIME, Sync
from config.words import FirstRun
from daemon.flow.parts import RunPart
from daemon.flow.plan import PlanMade, told_of
from state import audit, intents, parking, runs
from state.parking import Uncovered
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
    """Nothing in it waits for a person's approval."""
    ground: str
    is_to_plan_again: bool = False
    """What waited is approved by now; the next plan of this run carries it out."""


def risk_of(writes: int) -> Risk:
    """Return the risk of a plan with that many writes."""
    if not writes:
        return Risk.LOW
    return Risk.HIGH if writes >= HIGH_RISK_FROM else Risk.MEDIUM


async def approve(run: RunPart, made: PlanMade, digest: str = "", by: str = "") -> Verdict:
    """Judge a plan and park what is not approved. *digest* was given with this very run, if any."""
    if not made.total:
        return Verdict(may_flow=True, ground="nothing to write")
    if digest and made.digest.startswith(digest):
        await confirm(run, made.id, by)
        return Verdict(may_flow=True, ground=f"approved by {by or 'digest'}")
    if run.settings.approval.first_run is FirstRun.NONE and not digest:
        return Verdict(may_flow=True, ground="approval: {first_run: none}")
    verdict = await _by_what_is_approved(run, made, is_digest_given=bool(digest))
    return await _by_digest(run, made, verdict, digest, by) if digest else verdict


async def _by_what_is_approved(run: RunPart, made: PlanMade, *, is_digest_given: bool) -> Verdict:
    """Park what neither an approved plan nor the envelope covers."""
    where = Uncovered(plan=made.id, sync=run.sync, since=run.clock.now() - APPROVALS_LAST)
    writes = await run.state.read(parking.uncovered, where)
    if made.writes and not writes:
        return Verdict(may_flow=True, ground="continues an approved plan")
    why = await _why_not_by_envelope(run, writes)
    if why or is_digest_given:
        await run.state.write(parking.park_uncovered, where)
        return Verdict(may_flow=False, ground=why)
    removals = await run.state.write(parking.park_uncovered, where, parking.REMOVALS)
    if removals:
        return Verdict(may_flow=False, ground=f"{removals} deletes: each waits for a person's yes")
    return Verdict(may_flow=True, ground="inside the approved envelope")


async def _by_digest(
    run: RunPart, made: PlanMade, verdict: Verdict, digest: str, by: str
) -> Verdict:
    """See whether *digest* names what is left of the plan, beside what flows unasked."""
    left = await run.state.read(parking.digest_of, plan=made.id, told=told_of(run), is_parked=True)
    if not left.startswith(digest):
        return replace(
            verdict,
            may_flow=False,
            ground=f"digest {digest} approves another plan: the data moved since it was shown. "
            f"Look at the new one and approve {left[:12]}",
        )
    await confirm(run, made.id, by)
    ground = f"approved by {by or 'digest'}"
    return Verdict(may_flow=True, ground=ground, is_to_plan_again=True)


async def confirm(run: RunPart, plan: int, by: str) -> None:
    """Write down a person's approval, and the envelope that begins with it."""
    now = run.clock.now()
    envelope = envelope_for(run.settings, run.sync, run.fingerprint, by=by, now=now)
    await run.state.write(put_approval, envelope, plan=plan, at=now)


def put_approval(connection: Connection, envelope: EnvelopeRow, *, plan: int, at: datetime) -> None:
    """Store an approval: of the plan, of what then flows by itself, and who gave it."""
    by = envelope.approved_by
    runs.decide_plan(connection, plan=plan, status=runs.APPROVED, by=by, at=at)
    runs.put_envelope(connection, envelope)
    audit.note(
        connection,
        at=at,
        actor=by,
        action="approve",
        subject=f"plan {runs.digest_of(connection, plan)}",
        detail={"sync": envelope.sync, "until": envelope.until.isoformat()},
    )


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


async def _why_not_by_envelope(run: RunPart, writes: int) -> str:
    """Return why so many writes do not flow unasked; empty where they do."""
    known = await run.state.read(runs.envelope, run.sync)
    now = run.clock.now()
    if known is None:
        return "first run: look at the plan and approve it"
    if known.fingerprint != run.fingerprint:
        return "the configuration changed since the last approval"
    if known.until < now:
        return f"the envelope ended on {known.until:%Y-%m-%d}"
    if writes > known.per_run:
        return f"{writes} writes are more than the {known.per_run} a run may make"
    names = [pair.name for pair in run.pairs]
    day = await run.state.read(intents.count_since, sync_pairs=names, since=now - timedelta(days=1))
    if day + writes > known.per_day:
        return f"{day} writes in the last 24 hours, and {known.per_day} are allowed"
    return ""
