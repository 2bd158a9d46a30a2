"""The commands that keep a state: ``backup``, ``restore``, ``prune`` and ``audit``."""

from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.options import CONFIG, STATE, By, ConfigPath, Json, StatePlace

app = typer.Typer()


@app.command()
def backup(
    file: Annotated[
        Path, typer.Argument(help="Where to write the copy; an older one is replaced.")
    ],
    by: By = "",
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Copy the state into one file, beside a running daemon. SQLite only; Postgres has pg_dump."""
    from daemon.cli.keeping import backup as work

    work(file=file, by=by, state=state, as_json=as_json)


@app.command()
def restore(
    file: Annotated[Path | None, typer.Argument(help="A file that `crmsyncd backup` made.")] = None,
    mark: Annotated[
        bool,
        typer.Option(
            "--mark", help="Only note that the state was put back by other means, as pg_restore."
        ),
    ] = False,
    by: By = "",
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Put a backup back. What it replaces is kept beside it; the next runs list everything anew."""
    from daemon.cli.keeping import restore as work

    work(file=file, is_mark=mark, by=by, state=state, as_json=as_json)


@app.command()
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    by: By = "",
    config: ConfigPath = CONFIG,
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Take away what is older than `retention` says, now; a running daemon does it once a day."""
    from daemon.cli.keeping import prune as work

    work(is_dry_run=dry_run, by=by, config=config, state=state, as_json=as_json)


@app.command()
def audit(
    verify: Annotated[
        bool, typer.Option("--verify", help="Also check that no entry was changed or cut out.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="Entries to show, newest first.")] = 50,
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Show who decided what: approvals, releases, verdicts, restores, prunings."""
    from daemon.cli.keeping import audit as work

    work(is_verified=verify, limit=limit, state=state, as_json=as_json)
