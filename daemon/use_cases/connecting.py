"""Connect a system: try a credential, see where it leads and what it may do, keep it sealed.

In this order, so that nothing is left half done: the account and the scopes are looked at; a person
confirms the account; the external-id field is made; the secret is stored; the configuration gets
its connection, with a reference in the secret's place.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from adapters.contract import EXTERNAL_ID, Account, AdapterKind
from adapters.errors import AdapterError, WrongAccount
from adapters.guide import Guide, Scope
from adapters.registry import adapter_kinds
from config.inserting import extended
from config.load import load_contents
from config.problems import ConfigProblems
from config.secrets import STORED, Unavailable
from config.snapshot import Config
from config.writing import Addition, append, written_connection
from daemon.clock import Clock, Luck
from daemon.flow.prepare import Link
from daemon.use_cases.attend import Answer
from daemon.use_cases.credentials import StoredSecrets, sealing_ring
from daemon.use_cases.oneoff import Unusable
from daemon.use_cases.workspace import make_link
from state import audit, credentials, observations
from state.database import State
from state.keyring import KeyPlace
from state.sealing import Identity

WITHOUT_FIELD = (
    f"the credential may not create the field {EXTERNAL_ID}: everything runs, but a create whose "
    "reply is lost is held for a person"
)


class ScopeCheck(Answer):
    """One permission that is wanted."""

    name: str
    why: str
    is_needed: bool
    is_granted: bool | None
    """None where nobody can tell without writing."""


class Look(Answer):
    """What a credential turned out to lead to and to allow."""

    connection: str
    type: str
    account_id: str
    account: str
    """Its name as people know it, else its id."""
    scopes: list[ScopeCheck]
    fields: int | None
    """How many fields the main object shows; None where a missing scope hides them."""

    @property
    def lacking(self) -> list[ScopeCheck]:
        """The scopes without which nothing can be synced."""
        return [one for one in self.scopes if one.is_needed and one.is_granted is False]


class Connected(Answer):
    """A connection that is set up."""

    look: Look
    external_id: str
    """Whether records can carry our id: ready, or why not."""
    stored: list[str]
    """Keys of the connection whose secret is sealed in the state."""
    key: str
    """Id of the key it is sealed with; empty where nothing is stored."""
    key_place: str
    key_was_made: bool
    """A key file was made just now: it belongs into a safe place as well."""
    configuration: str
    """The file that has the connection now; empty where it has to be written by hand."""
    next_steps: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A connection that is to be: its keys, and apart from them its secrets."""

    name: str
    kind: AdapterKind
    keys: Mapping[str, object]
    """As they will stand in the configuration; for secrets a reference."""
    secrets: Mapping[str, "Secret"]
    config: Path
    standing: Mapping[str, object] | None
    """The connection's keys, where the configuration has it already."""

    @property
    def file(self) -> Path:
        """The file that relative paths count from."""
        return self.config / "connections.yaml" if self.config.is_dir() else self.config


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret on its way from a person into the state; shows itself to nobody."""

    text: str

    def __repr__(self) -> str:
        return "Secret(…)"


class _Given:
    """Gives the candidate's secrets in the place of stored ones."""

    files: Collection[Path] = ()

    def __init__(self, secrets: Mapping[str, Secret]) -> None:
        self._secrets = secrets

    def secret(self, connection: str, kind: str, setting: str) -> str:
        del kind
        if setting not in self._secrets:
            raise Unavailable(f"no {setting} was given for {connection}", "Give it.")
        return self._secrets[setting].text


def guided_kind(word: str) -> tuple[AdapterKind, Guide]:
    """Return the type *word* with its guide. Raises Unusable where there is none."""
    kinds = adapter_kinds()
    guided = sorted(name for name, kind in kinds.items() if kind.guide)
    kind = kinds.get(word)
    if kind is None or kind.guide is None:
        raise Unusable(f"There is no guide to the type {word!r}. There is: {', '.join(guided)}.")
    return kind, kind.guide


def standing_keys(config: Path, name: str, kind: AdapterKind) -> Mapping[str, object] | None:
    """Return the keys of connection *name* as written; None where it is not there.

    Raises Unusable where it is of another type, ConfigProblems where the file is unreadable.
    """
    found = written_connection(config, name)
    if found is not None and found.get("type") != kind.word:
        raise Unusable(
            f"The connection {name!r} in {config} is of type {found.get('type')!r}. "
            f"Give another name: crmsyncd connect {kind.word} NAME"
        )
    return found


def candidate(
    kind: AdapterKind,
    name: str,
    config: Path,
    keys: Mapping[str, object],
    secrets: Mapping[str, Secret],
) -> Candidate:
    """Return the connection of these keys, over those that stand in the configuration."""
    standing = standing_keys(config, name, kind)
    references = dict.fromkeys(secrets, f"${{{STORED}:{name}}}")
    wanted = {**(standing or {"type": kind.word}), **keys, **references}
    return Candidate(
        name=name, kind=kind, keys=wanted, secrets=secrets, config=config, standing=standing
    )


@asynccontextmanager
async def opened(
    given: Candidate, environment: Mapping[str, str], clock: Clock, luck: Luck
) -> AsyncIterator[Link]:
    """Open the connection with its secrets. Raises Unusable for keys that cannot be right."""
    config = _read(given, environment)
    link = make_link(config.connections[given.name], clock, luck, lambda _: None)
    try:
        await link.adapter.open()
        yield link
    finally:
        await link.adapter.close()


def _read(given: Candidate, environment: Mapping[str, str]) -> Config:
    """Read the connection as if it stood in the configuration, alone."""
    kinds = adapter_kinds()
    text = extended(given.file, b"", {"connections": {given.name: given.keys}})
    try:
        return load_contents(
            {given.file: text},
            {word: kind.settings for word, kind in kinds.items()},
            environment,
            default_objects={word: kind.default_object for word, kind in kinds.items()},
            store=_Given(given.secrets),
        )
    except ConfigProblems as error:
        told = [f"{one.where}: {one.message}. {one.hint}".strip() for one in error.problems]
        raise Unusable("\n".join(told)) from None


async def look(link: Link, state: State) -> Look:
    """Ask who the account is and what is granted. Writes nothing.

    Raises WrongAccount where this state knows another account behind the connection, and what the
    adapter raises.
    """
    account = await link.adapter.account()
    await compare(state, link, account)
    scopes = await scopes_of(link)
    lacks = any(one.is_needed and one.is_granted is False for one in scopes)
    schema = None if lacks else await link.adapter.schema(link.kind.default_object)
    return Look(
        connection=link.connection.name,
        type=link.kind.word,
        account_id=account.id,
        account=account.name or account.id,
        scopes=scopes,
        fields=None if schema is None else len(schema.fields),
    )


async def compare(state: State, link: Link, account: Account) -> None:
    """See that a credential opens the account this state has worked with. Raises WrongAccount."""
    name = link.connection.name
    known = await state.read(observations.account, name)
    if known is not None and known[0] != account.id:
        raise WrongAccount(
            f"This credential opens account {account.id}, but the connection {name!r} has worked "
            f"with account {known[0]} on this state.",
            next_step="Take that account's credential, give the connection another name, or use "
            "another --state.",
        )


async def scopes_of(link: Link) -> list[ScopeCheck]:
    """Return the permissions that are wanted, and which of them are granted. Writes nothing."""
    guide = link.kind.guide
    if guide is None:
        return []
    granted = await guide.granted(link.adapter) if guide.granted else {}
    return [_checked(scope, granted.get(scope.name)) for scope in guide.scopes]


def _checked(scope: Scope, is_granted: bool | None) -> ScopeCheck:  # noqa: FBT001 - what a reply told
    return ScopeCheck(
        name=scope.name, why=scope.why, is_needed=scope.is_needed, is_granted=is_granted
    )


async def external_id(link: Link) -> str:
    """Find or make the external-id field; return how that went (R7)."""
    able = link.adapter.capabilities
    if not able.is_remote:
        return "the key column"
    if not able.has_external_id:
        return "not supported"
    try:
        is_ready = await link.adapter.prepare(link.kind.default_object)
    except AdapterError as error:
        return f"not yet: {error}"
    return f"{EXTERNAL_ID} is there" if is_ready else WITHOUT_FIELD


async def keep(
    given: Candidate,
    found: Look,
    how: str,
    state: State,
    keys: KeyPlace,
    clock: Clock,
    *,
    by: str,
) -> Connected:
    """Store the secrets; return what is done so far. Raises KeyUnusable: nothing is stored then."""
    is_new = not keys.exists()
    key = ""
    if given.secrets:
        key = await state.write(_store, given, found, keys, by=by, at=clock.now())
    return Connected(
        look=found,
        external_id=how,
        stored=sorted(given.secrets),
        key=key,
        key_place=str(keys),
        key_was_made=bool(given.secrets) and is_new,
        configuration="",
        next_steps=[],
    )


def _store(
    connection: Connection,
    given: Candidate,
    found: Look,
    keys: KeyPlace,
    *,
    by: str,
    at: datetime,
) -> str:
    ring = sealing_ring(connection, keys)
    for setting, secret in given.secrets.items():
        identity = Identity(
            connection=given.name, type=given.kind.word, account=found.account_id, setting=setting
        )
        credentials.put(
            connection,
            lambda: ring,
            identity=identity,
            secret=secret.text,
            account_name=found.account,
            at=at,
        )
    detail = {"type": given.kind.word, "account": found.account_id, "key": ring.current.id}
    audit.note(connection, at=at, actor=by, action="connect", subject=given.name, detail={**detail})
    return ring.current.id


def configure(
    given: Candidate, done: Connected, environment: Mapping[str, str], place: str
) -> Connected:
    """Write the connection into the configuration, where it does not stand there yet.

    Raises ConfigProblems where the configuration with it would not be right.
    """
    if given.standing is not None:
        return _with_steps(given, done)
    kinds = adapter_kinds()
    file = append(
        given.config,
        Addition(connections={given.name: given.keys}, syncs={}),
        {word: kind.settings for word, kind in kinds.items()},
        environment,
        default_objects={word: kind.default_object for word, kind in kinds.items()},
        store=StoredSecrets(place, environment),
    )
    return _with_steps(given, done.model_copy(update={"configuration": str(file)}))


def _with_steps(given: Candidate, done: Connected) -> Connected:
    """Return *done* with what is left for a person to do."""
    steps = []
    standing = given.standing
    if standing is not None:
        steps += [
            f"In {given.config}, write under connections.{given.name}: {name}: {_quoted(value)}"
            for name, value in given.keys.items()
            if standing.get(name) != value
        ]
        if not steps:
            done = done.model_copy(update={"configuration": str(given.config)})
    if done.key_was_made:
        steps.append(
            f"Keep a copy of {done.key_place}, apart from the backups of the state: without it the "
            "stored credentials have to be given anew."
        )
    if standing is None:
        steps.append(
            f"Use it in a sync (connection: {given.name}) in {done.configuration}, then: "
            "crmsyncd check"
        )
    return done.model_copy(update={"next_steps": steps})


def _quoted(value: object) -> str:
    return f'"{value}"'
