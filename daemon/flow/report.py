"""The report of a run (F1): what was done, proved and left, as one typed object."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from adapters.errors import AdapterError, RetryLater, ShareSpent, WaitUntil
from daemon.core.operation import Operation, OperationKind
from daemon.core.values import Side, Value, encode_value
from daemon.flow.approve import Risk, Verdict, risk_of
from daemon.flow.audit import ComplianceAudit
from daemon.flow.calls import keep_calls
from daemon.flow.cost import cost_of
from daemon.flow.forecast import Budget, budgets_of
from daemon.flow.found import Found, findings_of
from daemon.flow.hold import PairHeld, RunHalted
from daemon.flow.parts import PairPart, RunPart
from daemon.flow.plan import SAMPLES, PlanMade
from state import attention, intents, parking, runs

GOES_ON = "the next run goes on from here; if this lasts, see whether the system is up"
"""The next step after an error that passes by itself."""

LISTED = 50
"""Conflicts, quarantine entries and failures listed in a report; all are in the state."""


class Part(BaseModel):
    """A part of a report: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Api(Part):
    """API calls of the run."""

    calls: int
    """Sent, retries included."""
    minimum: int
    """The least this work needs (R28), set-up and recovery included."""
    by_purpose: dict[str, int] = {}


class Verified(Part):
    """Records read back."""

    checked: int
    mismatched: int


class Change(Part):
    """One field of a planned write."""

    field: str
    old: object
    new: object


class Tripped(Part):
    """A guard that stopped what lies in its scope."""

    pair: str
    guard: str
    scope: str
    """pair, creates, deletes, field or link."""
    subject: str = ""
    """Which field, link or side."""
    reason: str
    measured: float
    allowed: float
    parked: int = 0
    """Operations this guard parks, together with its other trips."""


class PlannedWrite(Part):
    """One operation of a plan, as a person judges it."""

    pair: str
    operation: str
    """``side.kind``: crm.create, crm.update, crm.link, source.update, …"""
    source_id: str
    crm_id: str
    changes: list[Change]
    why: str = ""
    """The key a link was matched on; of a delete that is carried over, from where it is gone."""
    is_removal: bool = False
    """The whole record goes; ``changes`` tell what stands there."""


class Planned(Part):
    """The plan that was carried out or waits."""

    digest: str
    writes: int
    risk: Risk
    operations: dict[str, int]
    fields: dict[str, int]
    ground: str
    """Why it flowed, or what it waits for."""
    calls: int = 0
    """API calls that carrying it out costs, looking and verifying included."""
    samples: list[PlannedWrite] = []
    """A few operations of each kind that waits, with old and new values."""
    parked: dict[str, int] = {}
    """What parks operations, a guard or ``approval`` → how many wait for a person."""


class MappingLine(Part):
    """One line of the mapping table."""

    source: str
    crm: str
    kind: str
    direction: str
    policy: str
    how: str
    score: float


class Attention(Part):
    """A conflict or a quarantined record that a person should see."""

    id: int
    side: str = ""
    record: str
    field: str
    reason: str
    message: str = ""
    winner: str = ""


class RunReport(Part):
    """Everything a run has to say."""

    run: int
    sync: str
    trigger: str
    outcome: str
    """nothing, done, preview, waiting, held, put_off, failed, unfinished."""
    started_at: datetime
    ended_at: datetime
    counts: dict[str, int]
    by_side: dict[str, dict[str, int]]
    skipped: dict[str, int] = {}
    """Why records were left alone → how many."""
    api: Api
    verified: Verified
    plan: Planned | None = None
    mapping: dict[str, list[MappingLine]] = {}
    unmapped: dict[str, list[str]] = {}
    """Pair → source fields that go nowhere."""
    guards: list[Tripped] = []
    """What stopped something in this run."""
    validation: list[Found] = []
    """What validation found in the records this run decided, warnings too."""
    compliance: ComplianceAudit = ComplianceAudit(on_violation="off")
    conflicts: list[Attention] = []
    quarantine: list[Attention] = []
    open_intents: int = 0
    late_edits: int = 0
    """Records that moved between the plan and its write; planned anew (R21)."""
    recovered: int = 0
    """Writes without a reply, of which a look told what became of them (R31)."""
    echoes: int = 0
    """Hints of change feeds that told what was known already."""
    notes: list[str] = []
    error: str = ""
    next_steps: list[str] = []
    budgets: list[Budget] = []
    """How the days of the accounts stand; ``calls``: what the plan costs there."""
    put_off_until: datetime | None = None
    """When the run's rest goes on by itself, where an account's day or our share is spent."""


async def report(
    run: RunPart,
    *,
    started_at: datetime,
    made: PlanMade | None,
    verdict: Verdict | None,
    error: Exception | None = None,
    still_open: int = 0,
) -> RunReport:
    """Close the run and return its report."""
    await keep_calls(run)
    pair_names = [pair.name for pair in run.pairs]
    by_purpose = await run.state.read(runs.calls_by_purpose, run.id)
    tally = await run.state.read(intents.tally, run.id)
    outcome = _outcome(run, made, error, still_open)
    result = RunReport(
        run=run.id,
        sync=run.sync,
        trigger=run.trigger,
        outcome=outcome,
        started_at=started_at,
        ended_at=run.clock.now(),
        counts=run.tally.counts(),
        by_side=run.tally.by_side(),
        skipped=dict(sorted(run.tally.skipped.items())),
        api=_api(run, by_purpose),
        verified=Verified(checked=run.tally.checked, mismatched=run.tally.mismatched),
        plan=await _planned(run, made, verdict),
        mapping={pair.name: _mapping(pair) for pair in run.pairs},
        unmapped={pair.name: list(pair.mapping.unmapped_source) for pair in run.pairs},
        guards=_guards(run, made),
        validation=findings_of(run.tally),
        compliance=run.tally.audit.told(run.settings.compliance),
        conflicts=await _conflicts(run, pair_names),
        quarantine=await _quarantine(run, pair_names),
        open_intents=still_open,
        late_edits=run.tally.moved,
        recovered=run.tally.recovered,
        echoes=run.tally.echoes,
        notes=run.tally.notes,
        error=_told(error),
        next_steps=_next_steps(run, made, error, tally),
        budgets=budgets_of(run.spendings, cost_of(run, made) if made else {}, run.clock.now()),
        put_off_until=error.until if isinstance(error, ShareSpent) else None,
    )
    text = result.model_dump_json()
    await run.state.write(runs.end, run=run.id, outcome=outcome, report=text, at=result.ended_at)
    return result


def _mapping(pair: PairPart) -> list[MappingLine]:
    return [MappingLine(**asdict(row)) for row in pair.mapping.table()]


def _outcome(run: RunPart, made: PlanMade | None, error: Exception | None, still_open: int) -> str:
    if error is not None:
        by_kind = {PairHeld: "held", RunHalted: "halted", ShareSpent: runs.PUT_OFF}
        return next((word for kind, word in by_kind.items() if isinstance(error, kind)), "failed")
    if run.trigger == "plan":
        return "preview"
    if run.tally.trips:
        return "held"
    if made is not None and parking.APPROVAL in made.parked:
        return "waiting"
    if still_open:
        return "unfinished"
    return "done" if run.tally.operations else "nothing"


def _guards(run: RunPart, made: PlanMade | None) -> list[Tripped]:
    parked = made.parked if made else {}
    return [
        Tripped(
            pair=trip.pair,
            guard=trip.guard,
            scope=trip.scope.value,
            subject=trip.subject,
            reason=trip.reason,
            measured=trip.measured,
            allowed=trip.allowed,
            parked=parked[trip.guard].total() if trip.guard in parked else 0,
        )
        for trip in run.tally.trips
    ]


def _api(run: RunPart, by_purpose: Mapping[str, int]) -> Api:
    set_up = sum(by_purpose.get(name, 0) for name in ("account", "schema", "prepare"))
    minimum = sum(run.tally.least_calls.values()) + set_up
    return Api(calls=sum(by_purpose.values()), minimum=minimum, by_purpose=dict(by_purpose))


async def _planned(run: RunPart, made: PlanMade | None, verdict: Verdict | None) -> Planned | None:
    if made is None:
        return None
    return Planned(
        digest=made.digest,
        writes=made.writes,
        risk=risk_of(made.writes),
        operations=dict(sorted(made.operations.items())),
        fields=dict(sorted(made.fields.items())),
        ground=verdict.ground if verdict else "preview",
        calls=cost_of(run, made).total(),
        samples=[planned_write(one) for one in await _samples(run, made, verdict)],
        parked={why: counts.total() for why, counts in sorted(made.parked.items())},
    )


async def _samples(run: RunPart, made: PlanMade, verdict: Verdict | None) -> Sequence[Operation]:
    """Return a few operations of each kind that a person should judge."""
    if verdict is None:
        return made.samples
    if not made.parked:
        return ()
    found: list[Operation] = []
    for kind in OperationKind:
        for side in Side:
            rows = await run.state.read(
                runs.operations, plan=made.id, kinds=(kind,), side=side.value, limit=SAMPLES
            )
            found += [operation for _, operation in rows]
    return found


def planned_write(operation: Operation) -> PlannedWrite:
    """Return an operation as a person judges it."""
    return PlannedWrite(
        pair=operation.pair,
        operation=f"{operation.side.value}.{operation.kind.value}",
        source_id=operation.source_id or "",
        crm_id=operation.crm_id or "",
        changes=[
            Change(field=copy.field, old=shown(copy.before), new=shown(copy.value))
            for copy in operation.copies
        ],
        why=operation.how,
        is_removal=operation.kind.is_removal,
    )


def shown(value: Value) -> object:
    """Return a value as JSON shows it to people."""
    return value if value is None or isinstance(value, (str, bool)) else encode_value(value)


async def _conflicts(run: RunPart, pairs: Sequence[str]) -> list[Attention]:
    rows = await run.state.read(attention.conflicts, pairs=pairs, limit=LISTED)
    return [
        Attention(
            id=row.id,
            record=f"{row.source_id} ↔ {row.crm_id}",
            field=row.field,
            reason=row.reason,
            winner=row.winner,
            message=row.status,
        )
        for row in rows
        if row.run == run.id or row.status == "open"
    ]


async def _quarantine(run: RunPart, pairs: Sequence[str]) -> list[Attention]:
    rows = await run.state.read(attention.quarantined, pairs=pairs, limit=LISTED)
    return [
        Attention(
            id=row.id,
            side=row.side.value,
            record=row.record,
            field=row.field,
            reason=row.rule,
            message=row.message,
        )
        for row in rows
    ]


def _told(error: Exception | None) -> str:
    if error is None:
        return ""
    return str(error) if isinstance(error, AdapterError) or str(error) else type(error).__name__


def _approve_with(run: RunPart, digest: str) -> str:
    """Return how a person approves the plan of this run."""
    if run.trigger == "one-off":
        return f"the same command once more with --approve {digest}"
    if run.trigger == "command":
        return f"crmsyncd sync {run.sync} --approve {digest}"
    return f"crmsyncd approvals approve {digest}"


def _next_steps(
    run: RunPart,
    made: PlanMade | None,
    error: Exception | None,
    tally: Mapping[tuple[str, str, str], int],
) -> list[str]:
    steps = []
    if isinstance(error, AdapterError) and error.next_step:
        steps.append(error.next_step)
    elif isinstance(error, (RetryLater, WaitUntil)):
        steps.append(GOES_ON)
    if made is not None and parking.APPROVAL in made.parked:
        steps.append(_approve_with(run, made.digest[:12]))
    steps += [
        f'crmsyncd approvals release {run.sync} --guard {name} --reason "…"'
        for name in sorted({trip.guard for trip in run.tally.trips})
    ]
    if run.tally.total("quarantined") or run.tally.total("failed"):
        steps.append("crmsyncd quarantine")
    if run.tally.sides[Side.CRM]["conflicts"]:
        steps.append("crmsyncd conflicts")
    if any(state == intents.UNKNOWN for _, _, state in tally):
        steps.append("the next run looks again at the writes without a reply")
    return steps
