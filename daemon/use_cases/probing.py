"""Settle on a live account what its vendor's documents leave open, with one test record.

The record is noted before it is made and until it is known to be gone: whatever interrupts a probe,
the next one finds it by its external id and its address and removes it first.
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from adapters.budget import urgent
from adapters.contract import EXTERNAL_ID, Accepted, Call, Moved, Refused, Verb, Write
from adapters.errors import (
    AdapterError,
    GrantAccess,
    Reauthenticate,
    RejectBatch,
    RejectRecord,
    RetryLater,
    UnknownOutcome,
    WaitUntil,
)
from adapters.probing import Inquiry, Probing, Specimen, Stage, address_of
from config.model import Sync
from daemon.core.record import Record
from daemon.core.values import Side
from daemon.flow.prepare import Link
from daemon.use_cases.attend import Answer
from daemon.use_cases.oneoff import Unusable
from daemon.use_cases.workspace import CALLS, Workspace
from state import observations, probes
from state.probes import FindingRow, OpenProbe

A_SECOND = timedelta(seconds=1)

NOT_MADE = (RejectRecord, GrantAccess, Reauthenticate, WaitUntil, RetryLater, RejectBatch)
"""Errors of a create that prove that nothing was written."""


class Finding(Answer):
    """One answer of a live account."""

    question: str
    asked: str
    answer: str


class ProbeReport(Answer):
    """What a probe of one connection did and saw."""

    connection: str
    object: str
    calls: int
    """API calls it made, retries included."""
    by_purpose: dict[str, int]
    """What the calls were for → how many."""
    findings: tuple[Finding, ...] = ()
    former_removed: int = 0
    """Test records of interrupted probes that were removed first."""
    is_clean: bool = True
    """No test record is left; where a system has a bin, it is in there."""
    problem: str = ""
    next_step: str = ""


class Probes(Answer):
    """What probes did and saw."""

    is_well: bool
    """Everything was asked, and nothing is left behind."""
    probes: list[ProbeReport]


def probed_objects(workspace: Workspace, wanted: str = "") -> dict[str, str]:
    """Return connection → object a test record may be made of: the *wanted* one, else all.

    Raises Unusable with every reason where there is none.
    """
    found, reasons = {}, []
    for name in [wanted] if wanted else sorted(workspace.links):
        try:
            found[name] = probed_object(workspace, name)
        except Unusable as error:
            reasons.append(str(error))
    if not found:
        raise Unusable(" ".join(reasons) or "Nothing is connected. See: crmsyncd check")
    return found


def probed_object(workspace: Workspace, name: str) -> str:
    """Return the object a test record may be made of. Raises Unusable where none may."""
    if name not in workspace.links:
        known = ", ".join(sorted(workspace.links)) or "none"
        raise Unusable(f"There is no connection {name!r}. There is: {known}.")
    link = workspace.links[name]
    adapter: object = link.adapter
    if not isinstance(adapter, Probing) or not link.adapter.capabilities.removals:
        raise Unusable(f"There is no open question about connections of type {link.kind.word!r}.")
    allowed = _created_objects(workspace, name)
    asked = [one for one in allowed if adapter.inquiries(one)]
    if not allowed:
        raise Unusable(
            f"No sync may create records on {name!r}, so no test record is made there. To allow "
            "it, let a sync create there: `create: {crm: yes}`."
        )
    if not asked:
        raise Unusable(f"There is no open question about {', '.join(allowed)} of {name!r}.")
    return asked[0]


def _created_objects(workspace: Workspace, name: str) -> list[str]:
    """Return the objects of a connection on which syncs create records."""
    default = workspace.links[name].kind.default_object
    found = {
        end.object or default
        for sync in workspace.config.syncs.values()
        for pair in sync.pairs
        for side, end in ((Side.SOURCE, pair.source), (Side.CRM, pair.crm))
        if end.connection == name and _may_create(sync, side)
    }
    return sorted(found)


def _may_create(sync: Sync, side: Side) -> bool:
    may = sync.create.crm if side is Side.CRM else sync.create.source
    return may and sync.direction.writes_to(side)


@urgent
async def probe(workspace: Workspace, name: str) -> ProbeReport:
    """Make a test record, ask, remove it, and keep the answers. Raises Unusable."""
    object_name = probed_object(workspace, name)
    calls: list[Call] = []
    token = CALLS.set(calls)
    try:
        found = await _probed(workspace, workspace.links[name], object_name)
    finally:
        CALLS.reset(token)
    by_purpose = Counter(call.purpose for call in calls)
    return found.model_copy(
        update={"calls": len(calls), "by_purpose": dict(sorted(by_purpose.items()))}
    )


async def _probed(workspace: Workspace, link: Link, object_name: str) -> ProbeReport:
    name = link.connection.name
    work = _Probe(workspace, link, object_name)
    report = ProbeReport(connection=name, object=object_name, calls=0, by_purpose={})
    try:
        removed = await work.remove_former()
        report = report.model_copy(update={"former_removed": removed})
        findings = await work.ask_all()
    except AdapterError as error:
        is_open = await workspace.state.read(probes.still_open, name) is not None
        step = "Then: crmsyncd check --probe, which removes the test record first."
        return report.model_copy(
            update={
                "problem": error.message,
                "next_step": f"{error.next_step} {step if is_open else ''}".strip(),
                "is_clean": not is_open,
            }
        )
    now = workspace.clock.now()
    rows = [
        FindingRow(connection=name, object=object_name, seen_at=now, **one.model_dump())
        for one in findings
    ]
    await workspace.state.write(probes.keep, rows)
    is_open = await workspace.state.read(probes.still_open, name) is not None
    return report.model_copy(update={"findings": tuple(findings), "is_clean": not is_open})


class _Probe:
    """One probe under way."""

    def __init__(self, workspace: Workspace, link: Link, object_name: str) -> None:
        self._state = workspace.state
        self._clock = workspace.clock
        self._luck = workspace.luck
        self._link = link
        self._name = link.connection.name
        self._object = object_name
        self._carries_external_id = False

    async def remove_former(self) -> int:
        """Remove what an interrupted probe left; return how many records that were."""
        schema = await self._link.adapter.schema(self._object)
        self._carries_external_id = EXTERNAL_ID in schema and schema[EXTERNAL_ID].is_unique
        former = await self._state.read(probes.still_open, self._name)
        if former is None:
            return 0
        able = self._link.adapter.capabilities
        landed = datetime.fromisoformat(former.made_at) + able.request_time_out + A_SECOND
        wait = (landed - self._clock.now()).total_seconds()
        is_settled = bool(former.id) or wait <= 0
        removed = await self._remove(former, is_settled=is_settled)
        if removed or is_settled:
            return removed
        await self._clock.sleep(wait)  # its create may still be on the way (R22)
        return await self._remove(former, is_settled=True)

    async def ask_all(self) -> list[Finding]:
        """Make the record, ask, and remove it whatever happens; then ask what is left to ask."""
        instance = await self._state.write(observations.fact, "instance", self._luck.token()[:6])
        mark = f"crmsyncd-probe-{instance}-{self._luck.token()[:12]}"
        made_at = self._clock.now().isoformat()
        left = OpenProbe(object=self._object, mark=mark, made_at=made_at)
        await self._state.write(probes.begin, self._name, left)
        is_settled = False
        try:
            made = await self._make(mark)
            is_settled = True
            left = replace(left, id=made.id)
            await self._state.write(probes.begin, self._name, left)
            told = await self._ask(made, Stage.ALIVE)
        except NOT_MADE:
            is_settled = True
            raise
        finally:
            await self._remove(left, is_settled=is_settled)
        return [*told, *await self._ask(made, Stage.REMOVED)]

    async def _make(self, mark: str) -> Specimen:
        values = self._asking().specimen(self._object, mark)
        external_id = mark if self._carries_external_id else None
        write = Write(token=mark, values=values, external_id=external_id)
        (outcome,) = await self._link.adapter.write(self._object, Verb.CREATE, [write])
        if isinstance(outcome, Accepted):
            return Specimen(object=self._object, id=outcome.id, mark=mark)
        error = RejectRecord if isinstance(outcome, Refused) else UnknownOutcome
        why = "" if isinstance(outcome, Moved) else outcome.failure.message
        raise error(f"No test record was made on {self._name!r}. {why}".strip())

    def _asking(self) -> Probing:
        adapter: object = self._link.adapter
        if not isinstance(adapter, Probing):
            raise Unusable(f"There is no open question about {self._name!r}.")
        return adapter

    async def _ask(self, made: Specimen, stage: Stage) -> list[Finding]:
        return [
            Finding(question=one.word, asked=one.asks, answer=await _answer(one, made))
            for one in self._asking().inquiries(self._object)
            if one.stage is stage
        ]

    async def _remove(self, left: OpenProbe, *, is_settled: bool) -> int:
        """Find the test record, remove it, see that it is gone, and forget it.

        *is_settled*: its create is not on the way any more, so that nothing found is nothing there.
        """
        adapter = self._link.adapter
        ids = await self._ids(left)
        if ids:
            is_kept = Verb.ARCHIVE in adapter.capabilities.removals
            writes = [Write(token=one, values={}, id=one) for one in ids]
            verb = Verb.ARCHIVE if is_kept else Verb.DELETE
            await adapter.write(left.object, verb, writes)
        if not await self._ids(left) if ids else is_settled:
            await self._state.write(probes.end, self._name)
        return len(ids)

    async def _ids(self, left: OpenProbe) -> list[str]:
        """Return the live records that are the test record, by every way it can be known."""
        adapter = self._link.adapter
        values = self._asking().specimen(left.object, left.mark)
        keys = {name: left.mark for name in (EXTERNAL_ID,) if self._carries_external_id}
        keys |= {
            name: address_of(left.mark)
            for name, value in values.items()
            if value == address_of(left.mark)
        }
        found = [await adapter.find(left.object, key, [value], []) for key, value in keys.items()]
        if left.id:
            found.append(await adapter.read(left.object, [left.id], []))
        there = {record.id for reading in found for record in reading.records if _is_live(record)}
        return sorted(there)


def _is_live(record: Record) -> bool:
    return not record.is_archived


async def _answer(inquiry: Inquiry, specimen: Specimen) -> str:
    try:
        return await inquiry.ask(specimen)
    except AdapterError as error:
        return f"could not be asked ({error.code or type(error).__name__})"
