"""Check a configuration against the systems it names: credentials, schema, mapping. Writes nothing."""

from typing import Any

from adapters.budget import urgent
from adapters.errors import AdapterError
from adapters.quota import RemoteSettings
from adapters.registry import adapter_kinds
from config.pair import End
from daemon.core.match import keys_for
from daemon.core.values import Side
from daemon.flow.filtered import FilterUnusable, conditions_of
from daemon.flow.parts import EndPart
from daemon.flow.prepare import MappingUnusable, map_pair
from daemon.flow.report import MappingLine
from daemon.use_cases.attend import Answer
from daemon.use_cases.connection_check import ConnectionCheck, Schemas, check_connection
from daemon.use_cases.workspace import Workspace


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


@urgent
async def check(workspace: Workspace) -> Check:
    """Ask every connection who it is and what it holds, and map every sync."""
    schemas: Schemas = {}
    connections = [
        await check_connection(workspace, name, schemas) for name in sorted(workspace.links)
    ]
    ill = {found.connection for found in connections if not found.is_well}
    syncs = [await _sync(workspace, name, ill, schemas) for name in sorted(workspace.config.syncs)]
    return Check(
        is_well=not ill and all(found.is_well for found in syncs),
        connections=connections,
        syncs=syncs,
        next_steps=_next_steps(workspace, connections),
    )


def nothing_connected() -> Check:
    """Return what to set up where there is no configuration yet."""
    return Check(is_well=False, connections=[], syncs=[], next_steps=set_up_steps(()))


def set_up_steps(connected: tuple[str, ...]) -> list[str]:
    """Return the way from nothing to a running sync; *connected*: connections there are already."""
    steps = SET_UP[2:] if connected else SET_UP
    kinds = adapter_kinds().items()
    guided = sorted(
        word for word, kind in kinds if kind.guide and issubclass(kind.settings, RemoteSettings)
    )
    guides = " or ".join(f"crmsyncd connect {word}" for word in guided)
    return [step.format(guides=guides) for step in steps]


SET_UP = (
    "See it work first, without any account: crmsyncd demo",
    "Connect a CRM: {guides}. It names the scopes, asks for the credentials and tries them.",
    "Name the file, under `connections`: `people: {{type: csv, path: people.csv, key: id}}`",
    "Join them, under `syncs`: `people: {{source: {{connection: people}}, crm: {{connection: …}}}}`",
    "Look what it would do: crmsyncd check, crmsyncd plan people. Let it run: crmsyncd run",
)
"""From nothing to a running sync, in order."""


def _next_steps(workspace: Workspace, connections: list[ConnectionCheck]) -> list[str]:
    steps = [found.next_step for found in connections if found.next_step]
    if not workspace.config.syncs:
        steps += set_up_steps(tuple(workspace.config.connections))
    return steps


async def _sync(workspace: Workspace, name: str, ill: set[str], schemas: Schemas) -> SyncCheck:
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
                side: _end(
                    workspace, side, pair.source if side is Side.SOURCE else pair.crm, schemas
                )
                for side in Side
            }
            mapping = map_pair(workspace.preparation(), settings, pair, ends)
            schemas_here = {side: part.schema for side, part in ends.items()}
            conditions_of(pair, schemas_here, workspace.clock.now().date())
            lines += [MappingLine(**_plain(row)) for row in mapping.table()]
            source += mapping.unmapped_source
            required += mapping.unmapped_required
            unknown += keys_for(mapping, pair.match.on)[1]
    except (AdapterError, FilterUnusable, MappingUnusable) as error:
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


def _end(workspace: Workspace, side: Side, end: End, schemas: Schemas) -> EndPart:
    connection = end.connection
    link = workspace.links[connection]
    object_name = end.object or link.kind.default_object
    return EndPart(
        side=side,
        connection=connection,
        object=object_name,
        adapter=link.adapter,
        schema=schemas[connection, object_name],
        carries_external_id=False,
    )
