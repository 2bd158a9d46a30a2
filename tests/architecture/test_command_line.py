"""The command line starts fast and registers nothing that would silently do nothing."""

import inspect
import json
import subprocess
import sys

import pytest
import typer

from tests import commands

# What `--help` must not wait for: half a second and more each.
HEAVY = ("sqlmodel", "sqlalchemy", "aiohttp", "alembic", "apscheduler", "phonenumbers", "rapidfuzz")

ASK_FOR_HELP = """
import contextlib, io, json, sys
from daemon.cli.main import main
sys.argv = ["crmsyncd", "--help"]
shown = io.StringIO()
with contextlib.redirect_stdout(shown), contextlib.suppress(SystemExit):
    main()
print(json.dumps({"shown": shown.getvalue(), "modules": sorted(sys.modules)}))
"""


def test_no_command_is_a_coroutine_function() -> None:
    """Typer would print a warning, run nothing of it, and exit with 0."""
    found = commands.registered()

    assert found
    assert [] == [words for words, function in found.items() if _is_coroutine_function(function)]


def test_a_coroutine_command_would_be_seen() -> None:
    """The check above finds one in a group too, and behind a decorator."""
    app, group = typer.Typer(), typer.Typer()
    app.add_typer(group, name="group")

    @group.command()
    async def asleep() -> None: ...

    found = dict(commands._walk(app, ()))

    assert ["group asleep"] == [
        words for words, call in found.items() if _is_coroutine_function(call)
    ]


def test_help_loads_nothing_heavy() -> None:
    """`crmsyncd --help` answers at once: what only a run needs is imported by the run."""
    answer = subprocess.run(
        [sys.executable, "-c", ASK_FOR_HELP], capture_output=True, text=True, check=False
    )
    if answer.returncode:
        pytest.fail(answer.stderr, pytrace=False)
    told = json.loads(answer.stdout)

    assert "Usage" in told["shown"]
    assert [] == [name for name in HEAVY if name in told["modules"]]


def _is_coroutine_function(function: object) -> bool:
    return inspect.iscoroutinefunction(inspect.unwrap(function))  # type: ignore[arg-type]  # any callable
