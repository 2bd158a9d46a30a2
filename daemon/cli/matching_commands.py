"""The command ``duplicates``."""

from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.options import STATE, Json, StatePlace

app = typer.Typer()

Meanings = Annotated[
    list[str] | None,
    typer.Option(
        "--as",
        metavar="COLUMN=FEATURE",
        help="What a column tells where its name does not say it, such as Ref=identifier; "
        "'nothing' leaves it out. May be given more than once.",
    ),
]


@app.command("duplicates")
def duplicates(
    sync: Annotated[str, typer.Argument(help="Name of the sync; left out with --file.")] = "",
    file: Annotated[
        Path | None, typer.Option("--file", help="A CSV file; it need not be in any sync.")
    ] = None,
    key: Annotated[
        str, typer.Option("--key", help="Column that tells the rows apart; pairs are told by it.")
    ] = "",
    meanings: Meanings = None,
    country: Annotated[
        str, typer.Option(help="Country of phone numbers written without one, such as DE.")
    ] = "",
    least: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Show pairs from this confidence on.")
    ] = 0.5,
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """List records that are probably one person, with how surely and why. Changes nothing.

    Of a sync: inside its source, inside its CRM, and across among those without a partner, as last
    seen. Of a file: crmsyncd duplicates --file people.csv --key id

    A pair is exact where a key proves it (an e-mail address, an identifier, a phone number of just
    these two) and nothing contradicts; only then its action is merge. Fuzzy pairs are alike, ambiguous
    ones share a key that something stands against: both are for a person to review.
    """
    from daemon.cli import matching

    if sync:
        matching.of_sync(
            sync=sync,
            is_plain=file is None and not key and not meanings,
            country=country,
            least=least,
            state=state,
            as_json=as_json,
        )
    else:
        matching.of_file(
            file=file,
            key=key,
            meanings=meanings or [],
            country=country,
            least=least,
            as_json=as_json,
        )
