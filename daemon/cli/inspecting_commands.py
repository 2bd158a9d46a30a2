"""The commands ``mapping`` and ``validate``."""

from typing import Annotated

import typer

from daemon.cli.options import CONFIG, STATE, ConfigPath, Json, StatePlace

app = typer.Typer()

Sync = Annotated[str, typer.Argument(help="Name of the sync.")]


@app.command()
def mapping(
    sync: Sync,
    config: ConfigPath = CONFIG,
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Show how fields belong together, with values of real rows. Writes nothing outside."""
    from daemon.cli.inspecting import mapping as work

    work(sync=sync, config=config, state=state, as_json=as_json)


@app.command()
def validate(
    sync: Sync,
    limit: Annotated[int, typer.Option(min=0, help="Findings shown; all are counted.")] = 100,
    config: ConfigPath = CONFIG,
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """List what is wrong with the records as read last, with corrections to take or leave."""
    from daemon.cli.inspecting import validate as work

    work(sync=sync, limit=limit, config=config, state=state, as_json=as_json)
