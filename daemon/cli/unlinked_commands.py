"""The command ``unlinked``."""

from typing import Annotated

import typer

from daemon.cli.options import STATE, By, Json, StatePlace

app = typer.Typer(help="Records whose partner was deleted: list them, give one a new partner.")


@app.callback(invoke_without_command=True)
def unlinked(
    context: typer.Context,
    sync: Annotated[str, typer.Option("--sync", help="Only of this sync.")] = "",
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """List records that stand alone: they are not created again until you, or a new key, say so."""
    if context.invoked_subcommand is None:
        from daemon.cli.unlinked import unlinked as work

        work(sync=sync, state=state, as_json=as_json)


@app.command("renew")
def renew(
    link: Annotated[str, typer.Argument(help="The link, as the list shows it.")],
    by: By = "",
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Let the next run find or make a partner for a record that stands alone."""
    from daemon.cli.unlinked import renew as work

    work(link=link, by=by, state=state, as_json=as_json)
