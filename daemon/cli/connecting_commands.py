"""The command that sets up connections: ``connect``."""

from typing import Annotated

import typer

from daemon.cli.options import CONFIG, STATE, By, ConfigPath, Json, StatePlace

app = typer.Typer()

Kind = Annotated[
    str, typer.Argument(metavar="TYPE", help="Which system; they are listed where it is left out.")
]
Name = Annotated[str, typer.Argument(help="The connection's name; TYPE by default.")]
GuideOnly = Annotated[
    bool, typer.Option("--guide", help="Only show what to click, which scopes, and why.")
]
Given = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A key of the connection; no secret."),
]
BaseUrl = Annotated[str, typer.Option(help="Another address, as a sandbox's.")]
FromStdin = Annotated[
    bool, typer.Option("--token-stdin", help="Read the secret from standard input.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Store it whichever account it opens, unasked.")]
Show = Annotated[bool, typer.Option("--list", help="List stored credentials; never a secret.")]
Forget = Annotated[
    str, typer.Option(metavar="NAME", help="Delete what is stored for a connection.")
]
RotateKey = Annotated[bool, typer.Option("--rotate-key", help="Seal everything with a new key.")]


@app.command()
def connect(
    kind: Kind = "",
    name: Name = "",
    guide: GuideOnly = False,
    given: Given = None,
    base_url: BaseUrl = "",
    token_stdin: FromStdin = False,
    yes: Yes = False,
    show: Show = False,
    forget: Forget = "",
    rotate_key: RotateKey = False,
    by: By = "",
    config: ConfigPath = CONFIG,
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Connect a system: shows what to click, asks for the secret, tries it, keeps it encrypted.

    It names the account for you to confirm and each scope that is missing, makes the field for
    crmsyncd's own id, and writes the connection into the configuration with ${stored:NAME} in the
    secret's place. A secret is typed without echo, or read from standard input or the environment
    variable that --guide names; it is never an argument. Run it again to replace a secret: a running
    daemon takes the new one up.
    """
    from daemon.cli import connecting

    if show:
        connecting.show(state=state, as_json=as_json)
    elif forget:
        connecting.forget(name=forget, by=by, state=state, as_json=as_json)
    elif rotate_key:
        connecting.rotate(by=by, state=state, as_json=as_json)
    elif guide or not kind:
        connecting.guide(kind=kind, as_json=as_json)
    else:
        order = connecting.Order(
            given=given or [], base_url=base_url, token_stdin=token_stdin, yes=yes, by=by
        )
        connecting.connect(kind, name or kind, order, config, state, as_json=as_json)
