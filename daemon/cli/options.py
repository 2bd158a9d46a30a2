"""Options that many commands take."""

from pathlib import Path
from typing import Annotated

import typer

ConfigPath = Annotated[
    Path,
    typer.Option(
        "--config", envvar="CRMSYNCD_CONFIG", help="Configuration file, or a folder of *.yaml."
    ),
]
StatePlace = Annotated[
    str,
    typer.Option(
        "--state", envvar="CRMSYNCD_STATE", help="State folder, or a postgresql:// address."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the typed result as one JSON document.")]
By = Annotated[str, typer.Option("--by", envvar="USER", help="Who decides, for the audit trail.")]
CONFIG = Path("crmsyncd.yaml")
STATE = ".crmsyncd"
