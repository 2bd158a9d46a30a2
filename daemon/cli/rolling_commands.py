"""The commands that look back and go back: ``explain``, ``rollback`` and ``held``."""

from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.options import CONFIG, STATE, By, ConfigPath, Json, StatePlace

app = typer.Typer()
held_app = typer.Typer(help="Fields that stay as a rollback left them: list, release.")
app.add_typer(held_app, name="held")


@app.command()
def explain(
    sync: Annotated[str, typer.Argument(help="Name of the sync.")],
    record: Annotated[
        str, typer.Argument(help="Its id on either side, connection:id, or its e-mail address.")
    ],
    field: Annotated[str, typer.Argument(help="A field of either side; all where left out.")] = "",
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="As it was then (UTC): 2026-11-20T08:00.")
    ] = "",
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Tell who set a value, when, by which rule, over which other, and who approved it."""
    from daemon.cli.explaining import explain as work

    work(sync=sync, record=record, field=field, at=at, state=state, as_json=as_json)


@app.command()
def rollback(
    number: Annotated[int, typer.Argument(metavar="RUN", help="Number of the run to undo.")],
    record: Annotated[
        str, typer.Option(metavar="ID", help="Only this record: an id of either side.")
    ] = "",
    field: Annotated[str, typer.Option(metavar="NAME", help="Only this field.")] = "",
    keep_created: Annotated[
        bool, typer.Option("--keep-created", help="Leave the records that the run created.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done; write nothing.")
    ] = False,
    manifest: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep ids and values there before writing, as JSON."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    by: By = "",
    config: ConfigPath = CONFIG,
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Put back what a run changed; what was edited since is kept. Pauses the sync."""
    from daemon.cli.rolling import rollback as work
    from daemon.use_cases.rollback import RollbackRequest

    request = RollbackRequest(
        run=number,
        record=record,
        field=field,
        keeps_created=keep_created,
        is_preview=dry_run,
        manifest=manifest,
        by=by,
    )
    work(request=request, yes=yes, config=config, state=state, as_json=as_json)


@held_app.callback(invoke_without_command=True)
def held(context: typer.Context, state: StatePlace = STATE, as_json: Json = False) -> None:
    """List the fields that stay as a rollback left them until either side changes."""
    if context.invoked_subcommand is None:
        from daemon.cli.rolling import held as work

        work(state=state, as_json=as_json)


@held_app.command("release")
def held_release(
    record: Annotated[str, typer.Argument(help="An id of either side, or connection:id.")] = "",
    field: Annotated[str, typer.Argument(help="A field of either side; all if left out.")] = "",
    number: Annotated[
        int, typer.Option("--run", metavar="RUN", help="All that this run's rollback holds.")
    ] = 0,
    by: By = "",
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Let held fields go: the next run compares them as on first contact."""
    from daemon.cli.rolling import release as work

    work(record=record, field=field, run=number, by=by, state=state, as_json=as_json)
