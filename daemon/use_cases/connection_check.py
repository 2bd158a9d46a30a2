"""Check one connection: who answers, what it may do, what it shows, and how much room there is.

Asks and never writes. What is wrong is named by one stable word, with the next step for a person.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from adapters.budget import Spending, share_spent
from adapters.contract import EXTERNAL_ID
from adapters.errors import (
    AdapterError,
    GrantAccess,
    Reauthenticate,
    RetryLater,
    ShareSpent,
    WaitUntil,
    WrongAccount,
)
from daemon.core.schema import Schema, decode_schema
from daemon.flow.budgets import account_key, join_day
from daemon.flow.forecast import Budget, budget_of
from daemon.flow.prepare import Link
from daemon.use_cases.attend import Answer
from daemon.use_cases.connecting import ScopeCheck, compare, scopes_of
from daemon.use_cases.probing import Finding
from daemon.use_cases.workspace import Workspace
from state import observations, probes

CREDENTIALS, ACCESS, QUOTA, PATIENCE, ACCOUNT, REACH, HIDDEN, LEFT_BEHIND, OTHER = (
    "credentials_refused",
    "access_missing",
    "quota_spent",
    "asked_for_patience",
    "wrong_account",
    "out_of_reach",
    "field_hidden",
    "probe_left_behind",
    "unreadable",
)
"""What can be wrong with a connection."""

TROUBLES: Mapping[type[AdapterError], str] = MappingProxyType(
    {
        Reauthenticate: CREDENTIALS,
        GrantAccess: ACCESS,
        ShareSpent: QUOTA,
        WaitUntil: PATIENCE,
        WrongAccount: ACCOUNT,
        RetryLater: REACH,
    }
)
"""The first class an error belongs to names it; anything else is ``unreadable``."""


class Burst(Answer):
    """How fast calls may leave."""

    name: str
    limit: int
    seconds: float
    left: int
    """What may leave at once."""


class ObjectCheck(Answer):
    """What an object that a sync uses looks like with these credentials."""

    object: str
    fields: int
    required: tuple[str, ...] = ()
    """A record without these is refused."""
    required_any: tuple[str, ...] = ()
    """A record needs at least one of these."""
    hidden: tuple[str, ...] = ()
    """Fields of the standard mapping, or that were in use, that are not shown now."""


class ConnectionCheck(Answer):
    """What a connection answered."""

    connection: str
    type: str
    is_well: bool
    account: str = ""
    objects: tuple[str, ...] = ()
    """What there is to sync."""
    external_id: str = ""
    """Whether records can carry our id: ready, will be made, or why not."""
    trouble: str = ""
    """What is wrong, as one stable word; empty where nothing is."""
    problem: str = ""
    next_step: str = ""
    scopes: tuple[ScopeCheck, ...] = ()
    used: tuple[ObjectCheck, ...] = ()
    """The objects that syncs use."""
    budget: Budget | None = None
    """How the account's day stands, where its system counts by the day."""
    bursts: tuple[Burst, ...] = ()
    calls: int = 0
    """API calls this check made."""
    findings: tuple[Finding, ...] = ()
    """What a probe saw on this account."""


Schemas = dict[tuple[str, str], Schema]
"""(connection, object) → its fields as they are now."""


async def check_connection(workspace: Workspace, name: str, schemas: Schemas) -> ConnectionCheck:
    """Ask a connection who it is and what it holds; what it shows is put into *schemas*."""
    link = workspace.links[name]
    before = ConnectionCheck(connection=name, type=link.connection.type, is_well=False)
    used = link.spending.day.used(workspace.clock.now())
    try:
        found = await _asked(workspace, link, before, schemas)
    except AdapterError as error:
        found = troubled(before, error)
    now = workspace.clock.now()
    room = _room(link.spending, workspace)
    calls = max(link.spending.day.used(now) - used, 0)
    found = found.model_copy(update={**room, "calls": calls})
    return await _with_probe(workspace, found)


async def _with_probe(workspace: Workspace, found: ConnectionCheck) -> ConnectionCheck:
    """Add what a probe saw, and that one was interrupted."""
    rows = await workspace.state.read(probes.findings, found.connection)
    findings = tuple(
        Finding(question=row.question, asked=row.asked, answer=row.answer) for row in rows
    )
    found = found.model_copy(update={"findings": findings})
    if found.trouble or await workspace.state.read(probes.still_open, found.connection) is None:
        return found
    return found.model_copy(
        update={
            "trouble": LEFT_BEHIND,
            "problem": f"A test record of an interrupted probe may still be on "
            f"{found.connection!r}.",
            "next_step": "crmsyncd check --probe removes it first.",
        }
    )


def troubled(found: ConnectionCheck, error: AdapterError) -> ConnectionCheck:
    """Return a check with what an error says is wrong."""
    word = next((word for kind, word in TROUBLES.items() if isinstance(error, kind)), OTHER)
    return found.model_copy(
        update={
            "is_well": False,
            "trouble": word,
            "problem": error.message,
            "next_step": error.next_step or NEXT_STEPS.get(word, ""),
        }
    )


NEXT_STEPS: Mapping[str, str] = MappingProxyType(
    {
        PATIENCE: "Wait until then; it goes on by itself.",
        REACH: "See whether the address and the network are right, and whether the system is up.",
        OTHER: "Check the connection's keys, base_url first.",
    }
)
"""Where an error brings no better one."""


async def _asked(
    workspace: Workspace, link: Link, before: ConnectionCheck, schemas: Schemas
) -> ConnectionCheck:
    account = await link.adapter.account()
    name = link.connection.name
    await compare(workspace.state, link, account)
    key = account_key(link.connection.type, account.id)
    await join_day(workspace.state, link.spending, link.days, key)
    found = before.model_copy(
        update={
            "is_well": True,
            "account": account.name or account.id,
            "objects": tuple(await link.adapter.objects()),
        }
    )
    scopes = await scopes_of(link)
    found = found.model_copy(update={"scopes": tuple(scopes)})
    lacking = [one for one in scopes if one.is_needed and one.is_granted is False]
    if lacking:
        return _without(found, lacking)
    for object_name in objects_used(workspace, name):
        schemas[name, object_name] = await link.adapter.schema(object_name)
    used = [schema for end, schema in schemas.items() if end[0] == name]
    objects = tuple([await _object(workspace, link, schema) for schema in used])
    found = found.model_copy(update={"used": objects, "external_id": _external_id(link, used)})
    found = await _with_hidden(workspace, found)
    return _with_share(link.spending, workspace, found)


def _without(found: ConnectionCheck, lacking: Sequence[ScopeCheck]) -> ConnectionCheck:
    names = ", ".join(one.name for one in lacking)
    return found.model_copy(
        update={
            "is_well": False,
            "trouble": ACCESS,
            "problem": f"The credentials of {found.connection!r} lack the permission to "
            f"{'; to '.join(one.why for one in lacking)}.",
            "next_step": f"Grant {names}, then: crmsyncd check",
        }
    )


def objects_used(workspace: Workspace, name: str) -> list[str]:
    """Return the objects of a connection that syncs use, else its main one."""
    default = workspace.links[name].kind.default_object
    used = {
        end.object or default
        for sync in workspace.config.syncs.values()
        for pair in sync.pairs
        for end in (pair.source, pair.crm)
        if end.connection == name
    }
    return sorted(used or {default})


async def _object(workspace: Workspace, link: Link, schema: Schema) -> ObjectCheck:
    required = (
        field.name for field in schema.fields.values() if field.is_required and field.is_writable
    )
    return ObjectCheck(
        object=schema.object,
        fields=len(schema.fields),
        required=tuple(sorted(required)),
        required_any=schema.required_any,
        hidden=await _hidden(workspace, link, schema),
    )


async def _hidden(workspace: Workspace, link: Link, schema: Schema) -> tuple[str, ...]:
    """Return fields that should be there and are not shown: hidden fields are absent (I24)."""
    if not link.adapter.capabilities.is_remote:
        return ()
    row = await workspace.state.read(observations.get, (link.connection.name, schema.object))
    standard = set(link.kind.standard_fields.get(schema.object, {}).values())
    known = set(decode_schema(row.definition).fields) & row.fields if row.definition else set()
    return tuple(sorted((standard | known) - schema.fields.keys()))


async def _with_hidden(workspace: Workspace, found: ConnectionCheck) -> ConnectionCheck:
    """Say that fields a sync works with are not shown any more."""
    for one in found.used:
        row = await workspace.state.read(observations.get, (found.connection, one.object))
        lost = sorted(row.fields.intersection(one.hidden))
        if lost:
            return found.model_copy(
                update={
                    "is_well": False,
                    "trouble": HIDDEN,
                    "problem": f"{one.object} of {found.connection!r} does not show "
                    f"{', '.join(lost)} any more; a sync works with that.",
                    "next_step": "Let the credentials see the field again, or take it out of the "
                    "mapping. Until then nothing is written to it, and nothing is taken for empty.",
                }
            )
    return found


def _with_share(
    spending: Spending, workspace: Workspace, found: ConnectionCheck
) -> ConnectionCheck:
    """Say that today's share is spent; everything else may be well."""
    room = spending.headroom(workspace.clock.now())
    if found.trouble or not (spending.is_by_the_day and room.is_spent):
        return found
    error = share_spent(spending.connection, room)
    return found.model_copy(
        update={"trouble": QUOTA, "problem": error.message, "next_step": error.next_step}
    )


def _external_id(link: Link, schemas: Iterable[Schema]) -> str:
    if not link.adapter.capabilities.is_remote:
        return "the key column"
    if not link.adapter.capabilities.has_external_id:
        return "not supported"
    if all(EXTERNAL_ID in schema for schema in schemas):
        return f"{EXTERNAL_ID} is there"
    return f"{EXTERNAL_ID} is made at the first run, where the credentials allow it"


def _room(spending: Spending, workspace: Workspace) -> dict[str, object]:
    limiter = spending.day.limiter
    if limiter is None:
        return {}
    bursts = tuple(
        Burst(name=name, limit=limit, seconds=interval.total_seconds(), left=left)
        for name, (limit, interval, left) in sorted(limiter.bursts().items())
    )
    if not spending.is_by_the_day:
        return {"bursts": bursts}
    room = spending.headroom(workspace.clock.now())
    return {"bursts": bursts, "budget": budget_of(spending.connection, room)}
