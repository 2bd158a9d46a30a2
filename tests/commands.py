"""The command line as it is registered, for the tests that hold documents and rules against it."""

from collections.abc import Callable, Iterator

import typer


def registered() -> dict[str, Callable[..., object]]:
    """Every command by its words (``config schema``), groups included, with its function."""
    from daemon.cli.main import app

    return dict(_walk(app, ()))


def _walk(app: typer.Typer, words: tuple[str, ...]) -> Iterator[tuple[str, Callable[..., object]]]:
    if app.registered_callback is not None and app.registered_callback.callback is not None:
        yield " ".join(words), app.registered_callback.callback
    for command in app.registered_commands:
        if command.callback is not None:
            name = command.name or command.callback.__name__.replace("_", "-")
            yield " ".join((*words, name)), command.callback
    for group in app.registered_groups:
        if group.typer_instance is not None:
            title = group.name or group.typer_instance.info.name
            yield from _walk(group.typer_instance, (*words, title) if title else words)
