"""``connect``: lead a person from a vendor's settings to a connection that works."""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import typer

from adapters.contract import AdapterKind
from adapters.errors import Reauthenticate
from adapters.registry import adapter_kinds
from config.problems import ConfigProblems
from daemon.cli.asking import Asking
from daemon.cli.failing import APPROVAL_NEEDED, USAGE
from daemon.cli.guiding import plain, say, show_connected, show_guide, show_scopes
from daemon.cli.opening import a_state
from daemon.cli.output import err, escaped, moment, out, print_json, table
from daemon.clock import SystemClock, SystemLuck
from daemon.flow.prepare import Link
from daemon.use_cases import connecting, credentials
from daemon.use_cases.connecting import Candidate, Connected, Look
from daemon.use_cases.oneoff import Unusable
from state.database import State
from state.keyring import key_place


class _Another(Exception):
    """The person wants to try again: with another secret, or with more scopes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What the command line says."""

    given: list[str]
    """``KEY=VALUE`` each."""
    base_url: str
    token_stdin: bool
    yes: bool
    by: str


def connect(kind: str, name: str, order: Order, config: Path, state: str, *, as_json: bool) -> None:
    """Set up a connection, or replace its secret."""
    found, guide = connecting.guided_kind(kind)
    standing = connecting.standing_keys(config, name, found)
    if standing is not None and not any(one.is_secret for one in guide.questions):
        raise Unusable(f"{name!r} stands in {config} already, and has no secret to replace.")
    asking = Asking(
        given=_given(found, order.given, order.base_url),
        standing=standing or {},
        reads_stdin=order.token_stdin,
        is_interactive=sys.stdin.isatty() and not order.token_stdin,
    )
    if asking.is_interactive:
        show_guide(found, guide)
    keys = _from_here(found, asking.keys(guide), config)
    while True:
        secrets = asking.secrets(guide)
        made = connecting.candidate(found, name, config, keys, secrets)
        try:
            done = asyncio.run(_connect(made, state, asking, order, as_json=as_json))
        except _Another:
            continue
        break
    if as_json:
        print_json(done)
    else:
        show_connected(done)


async def _connect(
    given: Candidate, place: str, asking: Asking, order: Order, *, as_json: bool
) -> Connected:
    clock = SystemClock()
    async with a_state(place) as state:
        async with connecting.opened(given, os.environ, clock, SystemLuck()) as link:
            look = await _look(link, state, asking, as_json=as_json)
            _confirm(look, asking, yes=order.yes, as_json=as_json)
            how = await connecting.external_id(link)
        keys = key_place(os.environ, place)
        done = await connecting.keep(given, look, how, state, keys, clock, by=order.by)
    try:
        return connecting.configure(given, done, os.environ, place)
    except ConfigProblems:
        if done.stored:
            say(err, "The credential is stored. The connection could not be written down:")
        raise


async def _look(link: Link, state: State, asking: Asking, *, as_json: bool) -> Look:
    """Look until nothing is lacking that is needed; who is not there to tick it is told so."""
    while True:
        try:
            found = await connecting.look(link, state)
        except Reauthenticate as error:
            if not asking.is_interactive:
                raise
            say(err, escaped(error))
            raise _Another from None
        if not found.lacking:
            return found
        if not asking.is_interactive:
            _tell_lacking(found, as_json=as_json)
            raise typer.Exit(USAGE)
        show_scopes(found)
        typer.prompt("Tick what is missing, then press Enter", default="", err=True)


def _tell_lacking(found: Look, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        show_scopes(found)
    names = ", ".join(one.name for one in found.lacking)
    say(err, f"Nothing was stored: the credential lacks {names}. Tick them and repeat.")


def _confirm(found: Look, asking: Asking, *, yes: bool, as_json: bool) -> None:
    """Have a person say that it is the right account. Stops the command where nobody does."""
    if yes:
        return
    account = "".join(
        letter if letter.isprintable() else "�"
        for letter in f"{found.account} ({found.account_id})"
    )
    if asking.is_interactive:
        if typer.confirm(f"This opens the account {account}. Is it the right one?", err=True):
            return
        say(err, "Nothing was stored.")
    else:
        if as_json:
            print_json(found)
        say(err, f"Nothing was stored: it opens the account {escaped(account)}; say --yes to it.")
    raise typer.Exit(APPROVAL_NEEDED)


def _given(kind: AdapterKind, words: list[str], base_url: str) -> dict[str, str]:
    """Return what the command line says of the connection's keys. Raises Unusable."""
    found = {"base_url": base_url} if base_url else {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not value:
            raise Unusable("--set takes KEY=VALUE, as: --set base_url=https://crm.example.com")
        found[name] = value
    unknown = sorted(found.keys() - kind.settings.model_fields.keys())
    if unknown:
        known = ", ".join(kind.settings.model_fields)
        raise Unusable(f"{kind.title} has no key {unknown[0]!r}. It has: {known}.")
    return found


def _from_here(kind: AdapterKind, keys: dict[str, object], config: Path) -> dict[str, object]:
    """Return *keys* with relative paths as they read from the configuration's folder."""
    folder = config if config.is_dir() else config.parent
    return {
        name: _path_from(folder, str(value)) if _is_path(kind, name) else value
        for name, value in keys.items()
    }


def _is_path(kind: AdapterKind, name: str) -> bool:
    return kind.settings.model_fields[name].annotation is Path


def _path_from(folder: Path, value: str) -> str:
    return value if Path(value).is_absolute() else os.path.relpath(value, folder)


def guide(*, kind: str, as_json: bool) -> None:
    """Show how a type is connected, or which types there are."""
    if not kind:
        kinds = {word: one.title for word, one in adapter_kinds().items() if one.guide}
        if as_json:
            print_json({"types": kinds})
        else:
            table("Connect one of", ["type", "system"], list(kinds.items()))
            say(out, "Then: crmsyncd connect TYPE, or first: crmsyncd connect TYPE --guide")
        return
    found, shown = connecting.guided_kind(kind)
    if as_json:
        print_json(plain(found, shown))
    else:
        show_guide(found, shown, out)


def show(*, state: str, as_json: bool) -> None:
    """List what is stored."""

    async def work() -> credentials.Credentials:
        async with a_state(state) as opened:
            return await credentials.listed(opened, key_place(os.environ, state))

    found = asyncio.run(work())
    if as_json:
        print_json(found)
        return
    table(
        "Stored credentials",
        ["connection", "key", "type", "account", "stored", "renewed", "sealed with", "problem"],
        [
            [one.connection, one.setting, one.type, one.account, moment(one.stored_at),
             moment(one.renewed_at), one.key, one.problem]
            for one in found.credentials
        ],
    )  # fmt: skip
    if found.problem:
        say(out, f"[red]{escaped(found.problem)}[/]")
    if not found.credentials:
        say(out, "Nothing is stored. Begin with: crmsyncd connect TYPE")


def forget(*, name: str, by: str, state: str, as_json: bool) -> None:
    """Delete what is stored for a connection."""

    async def work() -> credentials.Forgotten:
        async with a_state(state) as opened:
            return await credentials.forget(opened, SystemClock(), connection=name, by=by)

    done = asyncio.run(work())
    if as_json:
        print_json(done)
        return
    say(out, f"What was stored for {escaped(name)} is gone from this state.")
    say(out, "[bold]next:[/] Make it useless where it came from too, since backups hold it still.")
    if done.revoke:
        say(out, f"  {escaped(done.revoke)}")


def rotate(*, by: str, state: str, as_json: bool) -> None:
    """Seal everything with a new key."""

    async def work() -> credentials.Rotated:
        async with a_state(state) as opened:
            place = key_place(os.environ, state)
            return await credentials.rotate(opened, SystemClock(), place, by=by)

    done = asyncio.run(work())
    if as_json:
        print_json(done)
        return
    say(out, f"Sealed anew: {done.sealed_anew}, with the key {done.key} of {done.key_place}.")
    if done.former_keys:
        say(
            out,
            f"[bold]next:[/] Copy the new key as you did the old one. Backups made before open with "
            f"{escaped(done.former_keys)}: delete it with the last of them.",
        )
