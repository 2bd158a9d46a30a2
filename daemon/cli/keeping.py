"""``backup``, ``restore``, ``prune`` and ``audit``: what is kept of the past."""

import asyncio
import os
from pathlib import Path

import typer

from config.scalars import duration_text
from daemon.cli.failing import HALTED
from daemon.cli.opening import a_state, configuration
from daemon.cli.output import escaped, moment, out, print_json, table
from daemon.clock import SystemClock
from daemon.use_cases import keeping, pruning
from daemon.use_cases.keeping import Restored, Trail
from daemon.use_cases.pruning import Pruned
from state.backup import BackupUnusable
from state.keyring import key_place
from state.migrate import HEAD


def backup(*, file: Path, by: str, state: str, as_json: bool) -> None:
    """Make a backup. One of an older state is not noted: opening that would update it."""
    clock = SystemClock()
    made = keeping.backup(state, file, clock)

    async def note() -> None:
        async with a_state(state) as opened:
            await keeping.note_backup(opened, clock, made, by=by)

    if made.revision == HEAD:
        asyncio.run(note())
    if as_json:
        print_json(made)
    else:
        out.print(f"Written to {escaped(made.file)}, {made.bytes:,} bytes.")


def restore(*, file: Path | None, is_mark: bool, by: str, state: str, as_json: bool) -> None:
    """Put a backup back, or note that somebody did."""
    if (file is None) != is_mark:
        raise BackupUnusable("Give either the FILE to restore, or --mark where that was done.")
    keys = key_place(os.environ, state)

    async def mark() -> Restored:
        async with a_state(state) as opened:
            return await keeping.mark(opened, SystemClock(), keys, by=by)

    if file is not None:
        done = keeping.restore(state, file, SystemClock(), keys, by=by)
    else:
        done = asyncio.run(mark())
    if as_json:
        print_json(done)
        return
    out.print(f"Restored; the copy was made {escaped(done.backed_up_at or 'nobody knows when')}.")
    if done.kept:
        out.print(f"The state before is kept as {escaped(done.kept)}: delete it once all is well.")
    out.print("The next run of each sync lists everything anew before it decides.")
    for one in done.shut:
        out.print(f"[red]A stored credential does not open:[/] {escaped(one)}", soft_wrap=True)
    if done.shut:
        out.print(
            "[bold]next:[/] Put back the key of that time, or give the credentials anew with "
            "crmsyncd connect; see: crmsyncd connect --list",
            soft_wrap=True,
        )


def prune(*, is_dry_run: bool, by: str, config: Path, state: str, as_json: bool) -> None:
    """Take what is due, or show what is."""
    retention = configuration(config, state).retention

    async def work() -> Pruned:
        async with a_state(state) as opened:
            if is_dry_run:
                return await pruning.what_is_due(opened, retention, SystemClock())
            return await pruning.prune(opened, retention, SystemClock(), by=by)

    found = asyncio.run(work())
    if as_json:
        print_json(found)
        return
    table(
        "Would go" if is_dry_run else "Gone",
        ["what", "kept for", "how many"],
        [
            [kind, duration_text(getattr(retention, kind)), number]
            for kind, number in found.taken.items()
        ],
    )


def audit(*, is_verified: bool, limit: int, state: str, as_json: bool) -> None:
    """Show the chain of decisions; a broken one ends with an error."""

    async def work() -> Trail:
        async with a_state(state) as opened:
            return await keeping.trail(opened, limit=limit, is_verified=is_verified)

    found = asyncio.run(work())
    if as_json:
        print_json(found)
    else:
        _show(found)
    if found.broken_at is not None:
        raise typer.Exit(HALTED)


def _show(found: Trail) -> None:
    if not found.entries:
        out.print("Nobody has decided anything on this state yet.")
    table(
        "Decisions",
        ["id", "at", "who", "what", "of", "more"],
        [
            [one.id, moment(one.at), one.actor, one.action, one.subject,
             ", ".join(f"{name}: {value}" for name, value in one.detail.items())]
            for one in found.entries
        ],
    )  # fmt: skip
    if found.broken_at is not None:
        out.print(
            f"[red]Broken:[/] entry {found.broken_at} was changed, or one before it was cut out."
        )
    elif found.verified is not None:
        out.print(f"All {found.verified} entries follow from one another. Head: {found.head}")
