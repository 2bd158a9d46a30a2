"""Everything a run needs to know before it looks: accounts, live schemas, mapping, registration.

Calls a system only for what is not known yet: the account once per credential, the schema every few
hours, the external-id field once. Raises WrongAccount when the credentials lead elsewhere than
before, and MappingUnusable when the configuration cannot be mapped onto the live schemas.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from adapters.budget import AccountDays, Spending, urgent
from adapters.contract import EXTERNAL_ID, Adapter, AdapterKind, Verb
from adapters.errors import WrongAccount
from config.fingerprint import sync_fingerprint
from config.model import Sync
from config.pair import End as PairEnd
from config.pair import Pair
from config.snapshot import Config, Connection
from daemon.clock import Clock
from daemon.core.drift import Drift, drifted
from daemon.core.facts import Terms
from daemon.core.field_rules import FieldMap, Policy
from daemon.core.guards import Trip
from daemon.core.mapping import build_mapping
from daemon.core.match import keys_for
from daemon.core.schema import Schema, decode_schema, encode_schema
from daemon.core.values import Side, digest
from daemon.flow.budgets import account_key, join_day
from daemon.flow.comply import UnknownColumn, gate_of
from daemon.flow.filtered import FilterUnusable, conditions_of, follow_time
from daemon.flow.gone import REMOVALS
from daemon.flow.parts import EndPart, PairPart, Watch
from state import budgets, guards, mirror, observations, pairs
from state.database import State
from state.mirror import End, Seen
from state.observations import ObservationRow
from state.sealing import trace_of

DEFINITIONS_LAST = timedelta(hours=4)
"""How long a live schema is believed; a refused field has it read at once."""


class MappingUnusable(Exception):
    """The configuration names fields that are not there; the message lists all of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """An open connection: its settings, its kind and its adapter."""

    connection: Connection
    kind: AdapterKind
    adapter: Adapter
    spending: Spending = field(default_factory=Spending)
    """What it may spend of its account's day."""
    days: AccountDays = field(default_factory=dict)
    """The days of all accounts that this process knows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Preparation:
    """What preparing works with."""

    config: Config
    links: Mapping[str, Link]
    state: State
    clock: Clock
    is_preview: bool = False
    """Look only: make no external-id field."""


@urgent
async def prepare(work: Preparation, sync: str) -> tuple[tuple[PairPart, ...], tuple[Watch, ...]]:
    """Return the pairs of *sync*, ready to run, and the ends to observe for them."""
    settings = work.config.syncs[sync]
    parts = [
        await _pair(work, sync, settings, pair, number)
        for number, pair in enumerate(settings.pairs)
    ]
    for part in parts:
        await _register(work, part)
        await follow_time(work.state, part, work.clock.now().date())
    watches = _watches(parts)
    for watch in watches:
        await _reindex(work, watch)
    return tuple(parts), watches


async def _pair(work: Preparation, sync: str, settings: Sync, pair: Pair, number: int) -> PairPart:
    name = pair_name(settings, sync, number)
    ends = {
        side: await _end(work, side, pair.source if side is Side.SOURCE else pair.crm)
        for side in Side
    }
    mapping = map_pair(work, settings, pair, ends)
    keys, lost = keys_for(mapping, pair.match.on)
    if not keys:
        raise MappingUnusable(
            f"{name}: none of the match keys ({', '.join(lost)}) is mapped on both sides. "
            "Map one of them under `fields`, or name other keys under `match: {on: […]}`."
        )
    _require_removals(name, settings, ends)
    schemas = {side: part.schema for side, part in ends.items()}
    now = work.clock.now()
    try:
        filters = conditions_of(pair, schemas, now.date())
        gate = gate_of(settings.compliance, mapping, schemas, now)
    except (FilterUnusable, UnknownColumn) as error:
        raise MappingUnusable(f"{name}: {error}") from None
    return PairPart(
        name=name,
        sync=sync,
        settings=settings,
        pair=pair,
        mapping=mapping,
        keys=keys,
        ends=ends,
        terms=Terms(
            tie=settings.conflicts.tie,
            is_merge=pair.match.found.value == "merge",
            region=settings.country,
        ),
        filters=filters,
        gate=gate,
    )


def _require_removals(name: str, settings: Sync, ends: Mapping[Side, EndPart]) -> None:
    """Refuse a delete policy that the system which would have to obey it cannot (R14)."""
    for gone, policy in ((Side.SOURCE, settings.deletes.source), (Side.CRM, settings.deletes.crm)):
        kind, target = REMOVALS.get(policy), ends[gone.other]
        able = target.adapter.capabilities.removals
        if kind is None or Verb(kind.value) in able:
            continue
        words = " or ".join(f"`{verb.value}`" for verb in sorted(able)) or "nothing of the kind"
        raise MappingUnusable(
            f"{name}: `deletes: {{{gone.value}: {policy.value}}}` would {policy.value} records of "
            f"{target.connection!r}, which can do {words}. Write that, or `unlink`."
        )


def pair_name(settings: Sync, sync: str, number: int) -> str:
    """Return the name that the pair in this place (from 0) of *sync* has in the state."""
    return sync if len(settings.pairs) == 1 else f"{sync}/{number + 1}"


async def _end(work: Preparation, side: Side, end: PairEnd) -> EndPart:
    name = end.connection
    link = work.links[name]
    object_name = end.object or link.kind.default_object
    await check_account(work, link)
    row = await work.state.read(observations.get, (name, object_name))
    schema = await live_schema(work, link, object_name, row)
    carries = row.carries_external_id
    if work.is_preview:
        carries = carries if carries is not None else EXTERNAL_ID in schema
    elif carries is None or not link.adapter.capabilities.is_remote:
        carries = link.adapter.capabilities.has_external_id and await link.adapter.prepare(
            object_name
        )
        await work.state.write(observations.note, (name, object_name), carries_external_id=carries)
    return EndPart(
        side=side,
        connection=name,
        object=object_name,
        adapter=link.adapter,
        schema=schema,
        carries_external_id=carries,
        spending=link.spending,
    )


async def check_account(work: Preparation, link: Link) -> None:
    """See that the credentials lead to the account this state belongs to (the canary).

    Asked once for each credential, not once a run. Raises WrongAccount.
    """
    name = link.connection.name
    credential = _credential(link)
    known = await work.state.read(observations.account, name)
    if known is not None and known[1] == credential and await _joins(work, link, known[0]):
        return
    account = await link.adapter.account()
    if known is not None and known[0] != account.id:
        raise WrongAccount(
            f"Connection {name!r} leads to account {account.id}, but this state belongs to "
            f"account {known[0]}; nothing was read or written.",
            next_step="Put the former credentials back, or use another --state for this account.",
        )
    await work.state.write(
        observations.note_account,
        name=name,
        account_id=account.id,
        credential=credential,
        at=work.clock.now(),
    )
    await join_day(
        work.state, link.spending, link.days, account_key(link.connection.type, account.id)
    )


async def _joins(work: Preparation, link: Link, account_id: str) -> bool:
    """Share the day of a known account; False where its time zone has to be asked for first."""
    key = account_key(link.connection.type, account_id)
    is_new = link.spending.is_by_the_day and key not in link.days
    if is_new and not await work.state.read(budgets.allowances, key):
        return False
    await join_day(work.state, link.spending, link.days, key)
    return True


def _credential(link: Link) -> str:
    """Return what tells these settings from others; of a secret it gives nothing away."""
    text = repr(_plain_settings(link))
    values = link.connection.settings.model_dump().values()
    has_secret = any(hasattr(value, "get_secret_value") for value in values)
    return trace_of(text) if has_secret else digest(text)


def _plain_settings(link: Link) -> list[tuple[str, str]]:
    values = link.connection.settings.model_dump(exclude={"quota"})
    secret = {
        name: value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)
        for name, value in values.items()
    }
    return sorted(secret.items())


async def live_schema(
    work: Preparation, link: Link, object_name: str, row: ObservationRow
) -> Schema:
    """Return the live schema of an object: the stored one while it is fresh, else read anew.

    What drifted in it is kept for the guards, before the new one takes the old one's place.
    """
    now = work.clock.now()
    is_remote = link.adapter.capabilities.is_remote
    if is_remote and row.definition and _is_fresh(row.defined_at, now):
        return decode_schema(row.definition)
    schema = await link.adapter.schema(object_name)
    text = encode_schema(schema)
    if row.definition and text != row.definition:
        before = decode_schema(row.definition)
        drift = drifted(before, schema, row.fields)
        await note_drift(work, (link.connection.name, object_name), drift)
    if text != row.definition or is_remote:
        await work.state.write(
            observations.note,
            (link.connection.name, object_name),
            definition=text,
            defined_at=now,
        )
    return schema


async def note_drift(work: Preparation, end: End, drift: Sequence[Drift]) -> None:
    """Keep what drifted at an end for every sync on it (fault 49)."""
    for name, side in await work.state.read(pairs.at_end, end=end) if drift else ():
        row = await work.state.read(pairs.find, name)
        if row is None or row.sync not in work.config.syncs:
            continue
        if work.config.syncs[row.sync].guards.schema_drift:
            trips = [_drift_trip(name, side, item) for item in drift]
            at = work.clock.now()
            await work.state.write(guards.note, trips, sync=row.sync, run=0, at=at)


def _drift_trip(pair: str, side: Side, drift: Drift) -> Trip:
    subject = f"{side.value}.{drift.field}"
    return Trip(
        pair=pair,
        guard="schema_drift",
        scope=drift.scope,
        subject=subject,
        reason=f"{subject} {drift.why}, by the system's own definition. Look whether its values "
        "still mean the same.",
        measured=1,
        allowed=0,
    )


def _is_fresh(at: datetime | None, now: datetime) -> bool:
    return at is not None and now - at < DEFINITIONS_LAST


def map_pair(
    work: Preparation, settings: Sync, pair: Pair, ends: Mapping[Side, EndPart]
) -> FieldMap:
    """Return the mapping of a pair. Raises MappingUnusable with every problem at once."""
    mapping = build_mapping(
        source=_with_required(ends[Side.SOURCE].schema, pair),
        crm=ends[Side.CRM].schema,
        standard=_standard(work, ends[Side.CRM]),
        source_standard=_standard(work, ends[Side.SOURCE]),
        overrides=pair.overrides,
        direction=settings.direction,
        default_policy=Policy(settings.conflicts.default.value),
        policies={name: Policy(p.value) for name, p in settings.conflicts.fields.items()},
        exclude=_excluded(work, ends),
    )
    unread = sorted(set(pair.required) - {rule.source for rule in mapping.rules})
    if unread:
        raise MappingUnusable(
            f"{pair}: required columns must be mapped, and these are not: {', '.join(unread)}. "
            "Map them under `fields`, or take them off `required`."
        )
    if mapping.problems:
        lines = "\n".join(f"  {problem.message}" for problem in mapping.problems)
        raise MappingUnusable(f"The fields of {pair} cannot be mapped as written:\n{lines}")
    if not mapping.rules:
        raise MappingUnusable(
            f"No field of {pair} could be mapped by itself. Name the columns under `fields`."
        )
    return mapping


def _with_required(schema: Schema, pair: Pair) -> Schema:
    """Return the source schema with the columns an operator says must not be empty."""
    fields = {
        name: replace(item, is_required=item.is_required or name in pair.required)
        for name, item in schema.fields.items()
    }
    return replace(schema, fields=MappingProxyType(fields))


def _standard(work: Preparation, part: EndPart) -> Mapping[str, str]:
    return work.links[part.connection].kind.standard_fields.get(part.object, {})


def _excluded(work: Preparation, ends: Mapping[Side, EndPart]) -> frozenset[str]:
    """Return the fields never mapped by themselves: keys, own stamps, our external id."""
    names = {EXTERNAL_ID}
    for part in ends.values():
        settings = work.links[part.connection].connection.settings
        for word in ("key", "id_column", "updated_at"):
            value = getattr(settings, word, None)
            names |= {value} if isinstance(value, str) else set()
    return frozenset(names)


async def _register(work: Preparation, part: PairPart) -> None:
    await work.state.write(
        pairs.register,
        name=part.name,
        sync=part.sync,
        source=part.ends[Side.SOURCE].end,
        crm=part.ends[Side.CRM].end,
        fingerprint=digest(part.mapping.fingerprint() + sync_fingerprint(work.config, part.sync)),
        key_names=sorted(key.name(side, part.region) for key in part.keys for side in Side),
    )


def _watches(parts: Sequence[PairPart]) -> tuple[Watch, ...]:
    users: dict[End, list[tuple[PairPart, Side]]] = {}
    for part in parts:
        for side, end in part.ends.items():
            users.setdefault(end.end, []).append((part, side))
    return tuple(
        Watch(
            part=found[0][0].ends[found[0][1]],
            fields=tuple(sorted({name for part, side in found for name in part.fields(side)})),
            users=tuple(found),
        )
        for found in users.values()
    )


async def _reindex(work: Preparation, watch: Watch) -> None:
    """Index mirrored records by keys that were not known when they were stored."""
    wanted = sorted(key.name(side, part.region) for part, side in watch.users for key in part.keys)
    fact = "keys:" + "/".join(watch.part.end)
    known = await work.state.write(observations.fact, fact, "")
    if known == digest("\n".join(wanted)):
        return
    after = ""
    while rows := await work.state.read(mirror.page, watch.part.end, after, 500):
        after = rows[-1].id
        seen = [Seen(record=row.as_record(), keys=watch.keys(row.as_record())) for row in rows]
        await work.state.write(mirror.reindex, watch.part.end, seen)
    await work.state.write(observations.set_fact, fact, digest("\n".join(wanted)))
