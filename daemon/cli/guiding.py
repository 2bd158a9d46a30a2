"""What ``connect`` shows: the guide, the scopes, and how it went."""

from dataclasses import asdict

from rich.console import Console

from adapters.contract import AdapterKind
from adapters.guide import Guide
from daemon.cli.output import err, escaped, out
from daemon.use_cases.connecting import Connected, Look


def say(to: Console, text: str) -> None:
    """Print a sentence; it breaks where the terminal does, so that it can be copied."""
    to.print(text, soft_wrap=True)


def plain(kind: AdapterKind, shown: Guide) -> dict[str, object]:
    """Return a guide as one JSON document."""
    return {
        "type": kind.word,
        "title": kind.title,
        "steps": list(shown.steps),
        "scopes": [asdict(one) for one in shown.scopes],
        "questions": [asdict(one) for one in shown.questions],
        "revoke": shown.revoke,
    }


def show_guide(kind: AdapterKind, shown: Guide, to: Console = err) -> None:
    """Show what to do in the system, what to tick, and how scripts give the rest."""
    say(to, f"[bold]Connect {escaped(kind.title)}[/]")
    for number, step in enumerate(shown.steps, 1):
        say(to, f"  {number}. {escaped(step)}")
    if shown.scopes:
        say(to, "[bold]Scopes and permissions to give it[/]")
    for scope in shown.scopes:
        word = "" if scope.is_needed else " (may be left out)"
        say(to, f"  {escaped(scope.name)}{word}: {escaped(scope.why)}")
    for question in shown.questions:
        if question.variable:
            say(to, f"Scripts give {question.prompt} as {question.variable}.")


_SAID = {True: "granted", False: "[red]MISSING[/]", None: "cannot be told"}


def show_scopes(found: Look) -> None:
    """Show each permission with whether it is granted and what it is for."""
    for one in found.scopes:
        say(err, f"  {escaped(one.name)}: {_SAID[one.is_granted]} ({escaped(one.why)})")


def show_connected(done: Connected) -> None:
    """Show what was set up, and what is left to do."""
    look = done.look
    show_scopes(look)
    say(out, f"[green]{escaped(look.connection)}[/] opens {escaped(look.account)}.")
    say(out, f"External id: {escaped(done.external_id)}.")
    for setting in done.stored:
        sealed = f"sealed with the key {done.key} of {escaped(done.key_place)}"
        say(out, f"{escaped(setting)} is stored, {sealed}.")
    if done.configuration:
        say(out, f"The connection stands in {escaped(done.configuration)}.")
    for step in done.next_steps:
        say(out, f"[bold]next:[/] {escaped(step)}")
