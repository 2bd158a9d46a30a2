"""Check a configuration against the systems it names: credentials, schema, mapping. Writes nothing."""

from typing import Any

from adapters.contract import EXTERNAL_ID
from adapters.errors import AdapterError
from config.pair import End
from daemon.core.match import keys_for
from daemon.core.schema import Schema
from daemon.core.values import Side
from daemon.flow.parts import EndPart
from daemon.flow.prepare import Link, MappingUnusable, map_pair
from daemon.flow.report import MappingLine
from daemon.use_cases.attend import Answer
from daemon.use_cases.workspace import Workspace


class ConnectionCheck(Answer):
    """What a connection answered."""

    connection: str
    type: str
    is_well: bool
    account: str = ""
    objects: tuple[str, ...] = ()
    external_id: str = ""
    """Whether records can carry our id: ready, will be made, or why not."""
    problem: str = ""
    next_step: str = ""


class SyncCheck(Answer):
    """What the mapping of a sync comes to on the live schemas."""

    sync: str
    is_well: bool
    mapping: tuple[MappingLine, ...] = ()
    unmapped_source: tuple[str, ...] = ()
    unmapped_required: tuple[str, ...] = ()
    unknown_keys: tuple[str, ...] = ()
    problem: str = ""


class Check(Answer):
    """The result of a check."""

    is_well: bool
    connections: list[ConnectionCheck]
    syncs: list[SyncCheck]
    next_steps: list[str]


async def check(workspace: Workspace) -> Check:
    """Ask every connection who it is and what it holds, and map every sync."""
    connections = [await _connection(workspace, name) for name in sorted(workspace.links)]
    ill = {found.connection for found in connections if not found.is_well}
    syncs = [await _sync(workspace, name, ill) for name in sorted(workspace.config.syncs)]
    return Check(
        is_well=not ill and all(found.is_well for found in syncs),
        connections=connections,
        syncs=syncs,
        next_steps=_next_steps(workspace, connections),
    )


def _next_steps(workspace: Workspace, connections: list[ConnectionCheck]) -> list[str]:
    if not workspace.config.syncs:
        return ["Nothing is set up yet. Try: crmsyncd demo, or write a crmsyncd.yaml of ten lines."]
    return [found.next_step for found in connections if found.next_step]


async def _connection(workspace: Workspace, name: str) -> ConnectionCheck:
    link = workspace.links[name]
    word = link.connection.type
    try:
        account = await link.adapter.account()
        objects = tuple(await link.adapter.objects())
        external = await _external_id(workspace, link, name)
    except AdapterError as error:
        return ConnectionCheck(
            connection=name,
            type=word,
            is_well=False,
            problem=error.message,
            next_step=error.next_step,
        )
    return ConnectionCheck(
        connection=name,
        type=word,
        is_well=True,
        account=account.name or account.id,
        objects=objects,
        external_id=external,
    )


async def _external_id(workspace: Workspace, link: Link, name: str) -> str:
    if not link.adapter.capabilities.is_remote:
        return "the key column"
    if not link.adapter.capabilities.has_external_id:
        return "not supported"
    used = {
        end.object
        for sync in workspace.config.syncs.values()
        for pair in sync.pairs
        for end in (pair.source, pair.crm)
        if end.connection == name
    }
    for object_name in sorted(used or {link.kind.default_object}):
        schema = await link.adapter.schema(object_name)
        if EXTERNAL_ID not in schema:
            return f"{EXTERNAL_ID} is made at the first run, where the credentials allow it"
    return f"{EXTERNAL_ID} is there"


async def _sync(workspace: Workspace, name: str, ill: set[str]) -> SyncCheck:
    settings = workspace.config.syncs[name]
    lines: list[MappingLine] = []
    source: list[str] = []
    required: list[str] = []
    unknown: list[str] = []
    try:
        for pair in settings.pairs:
            for end in (pair.source, pair.crm):
                if end.connection in ill:
                    return SyncCheck(
                        sync=name,
                        is_well=False,
                        problem=f"connection {end.connection!r} does not answer",
                    )
            ends = {
                side: await _end(workspace, side, pair.source if side is Side.SOURCE else pair.crm)
                for side in Side
            }
            mapping = map_pair(workspace.preparation(), settings, pair, ends)
            lines += [MappingLine(**_plain(row)) for row in mapping.table()]
            source += mapping.unmapped_source
            required += mapping.unmapped_required
            unknown += keys_for(mapping, pair.match.on)[1]
    except (AdapterError, MappingUnusable) as error:
        return SyncCheck(sync=name, is_well=False, problem=str(error))
    return SyncCheck(
        sync=name,
        is_well=not required,
        mapping=tuple(lines),
        unmapped_source=tuple(source),
        unmapped_required=tuple(required),
        unknown_keys=tuple(unknown),
    )


def _plain(row: object) -> dict[str, Any]:
    return {name: getattr(row, name) for name in MappingLine.model_fields}


async def _end(workspace: Workspace, side: Side, end: End) -> EndPart:
    connection = end.connection
    link = workspace.links[connection]
    object_name = end.object or link.kind.default_object
    schema: Schema = await link.adapter.schema(object_name)
    return EndPart(
        side=side,
        connection=connection,
        object=object_name,
        adapter=link.adapter,
        schema=schema,
        carries_external_id=False,
    )
