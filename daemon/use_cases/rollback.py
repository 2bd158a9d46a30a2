"""Roll a run back, and the fields that are held since (R24, E13)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from adapters.contract import Call
from daemon.clock import Clock
from daemon.core.values import Side
from daemon.flow.parts import Progress
from daemon.flow.rollback import OnOperations, RollbackOrder, roll_back
from daemon.flow.rolled import RollbackReport
from daemon.use_cases.attend import Answer, NotFound
from daemon.use_cases.life import is_about
from daemon.use_cases.manifest import ManifestFile
from daemon.use_cases.workspace import CALLS, Workspace
from state import audit, pairs, rollbacks, runs
from state.database import State
from state.rollbacks import HoldRow

OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class RollbackRequest:
    """What a person asks for."""

    run: int
    record: str = ""
    """Only this one: an id of either side, or ``connection:id``."""
    field: str = ""
    """Only this field, by its name on either side."""
    keeps_created: bool = False
    is_preview: bool = False
    manifest: Path | None = None
    """Keep ids and values there before anything is written."""
    by: str = ""


async def rollback(
    workspace: Workspace, request: RollbackRequest, on_progress: OnProgress = lambda _: None
) -> RollbackReport:
    """Roll a run back, or tell what would be done.

    Raises NotFound for a run that is not known, is under way, or whose sync is not configured.
    """
    order = await _order(workspace, request)
    if request.manifest is None:
        return await _roll(workspace, order, on_progress)
    head = {"run": order.run, "sync": order.sync, "made_at": workspace.clock.now().isoformat()}
    known = await workspace.state.read(pairs.all_pairs)
    with ManifestFile(request.manifest, known, head) as manifest:
        preview = replace(order, is_preview=True)
        told = await _roll(workspace, preview, on_progress, manifest.add)
        if told.error:
            raise NotFound(f"No manifest was written, and nothing else: {told.error}")
    if not order.is_preview:
        told = await _roll(workspace, order, on_progress)
    return told.model_copy(update={"manifest": str(request.manifest)})


async def _order(workspace: Workspace, request: RollbackRequest) -> RollbackOrder:
    row = await workspace.state.read(runs.get, request.run)
    if row is None:
        raise NotFound(f"There is no run {request.run} here. See the runs: crmsyncd status")
    if row.sync not in workspace.config.syncs:
        raise NotFound(
            f"Run {row.id} belongs to sync {row.sync!r}, which is not configured any more; "
            "configure it again to roll it back."
        )
    return RollbackOrder(
        run=row.id,
        sync=row.sync,
        record=request.record,
        field=request.field,
        keeps_created=request.keeps_created,
        by=request.by,
        is_preview=request.is_preview,
    )


async def _roll(
    workspace: Workspace,
    order: RollbackOrder,
    on_progress: OnProgress,
    on_operations: OnOperations = lambda _: None,
) -> RollbackReport:
    calls: list[Call] = []
    token = CALLS.set(calls)
    try:
        return await roll_back(
            workspace.preparation(is_preview=order.is_preview),
            workspace.luck,
            order,
            calls,
            on_progress=on_progress,
            on_operations=on_operations,
        )
    finally:
        CALLS.reset(token)


class HeldField(Answer):
    """A field that stays as a rollback left it, until either side changes."""

    sync: str
    pair: str
    source_id: str
    crm_id: str
    field: str
    """The rule key, ``source field→crm field``."""
    run: int
    """The run that was rolled back."""
    since: datetime


async def held(state: State) -> list[HeldField]:
    """Return every field that a rollback holds, oldest first."""
    return await state.read(_held)


def _held(connection: Connection) -> list[HeldField]:
    syncs = {pair.name: pair.sync for pair in pairs.all_pairs(connection)}
    return [
        HeldField(
            sync=syncs.get(row.pair, row.pair),
            pair=row.pair,
            source_id=row.source_id,
            crm_id=row.crm_id,
            field=row.field,
            run=row.run,
            since=row.at,
        )
        for row in rollbacks.holds(connection)
    ]


class ReleasedFields(Answer):
    """Fields that the next run compares as on first contact."""

    fields: int
    records: int


async def release_held(
    state: State, clock: Clock, *, record: str = "", field: str = "", run: int = 0, by: str = ""
) -> ReleasedFields:
    """Let held fields go: of a record, of a rolled-back run, or one field. Raises NotFound."""
    return await state.write(_release, record=record, field=field, run=run, by=by, at=clock.now())


def _release(
    connection: Connection, *, record: str, field: str, run: int, by: str, at: datetime
) -> ReleasedFields:
    chosen = [
        row
        for row in rollbacks.holds(connection)
        if (not run or row.run == run)
        and (not field or is_about(row.field, field))
        and (not record or record in _names(connection, row))
    ]
    if not chosen:
        raise NotFound("No such field is held. See what is: crmsyncd held")
    rollbacks.release(connection, chosen)
    found = ReleasedFields(fields=len(chosen), records=len({row.link for row in chosen}))
    audit.note(
        connection,
        at=at,
        actor=by,
        action="release_held",
        subject=record or f"run {run}",
        detail={"fields": found.fields, "records": found.records},
    )
    return found


def _names(connection: Connection, row: HoldRow) -> set[str]:
    """Return what a person may call a held record."""
    names = {row.source_id, row.crm_id}
    pair = pairs.find(connection, row.pair)
    if pair is not None:
        names.add(f"{pair.end(Side.SOURCE)[0]}:{row.source_id}")
        names.add(f"{pair.end(Side.CRM)[0]}:{row.crm_id}")
    return names
