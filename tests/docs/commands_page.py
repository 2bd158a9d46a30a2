"""docs/commands.md, written from the command line as it is registered.

``python -m tests.docs.commands_page`` after a change of a command's words, options or help.
"""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Literal, get_args, get_origin, get_type_hints

from typer.models import ArgumentInfo, OptionInfo

from daemon.cli.main import app
from tests import commands

PAGE = Path(__file__).resolve().parents[2] / "docs" / "commands.md"

HEAD = """# Commands

Every command with its arguments and options. Written from the program by
`tests/docs/commands_page.py`; do not edit. `crmsyncd COMMAND --help` shows the same.

- Results go to standard output, progress, warnings and logs to standard error.
- `--json` prints one JSON document; a run's is told in [report.md](report.md).
- `--config` and `--state` can stand in the environment instead, as `CRMSYNCD_CONFIG` and `CRMSYNCD_STATE`.
"""

TYPES = {str: "text", int: "number", float: "number", Path: "path"}


def page() -> str:
    """Return the page."""
    sections = [_command(words, work) for words, work in commands.registered().items() if words]
    codes = f"- {app.info.epilog}.\n"
    return "\n".join([HEAD + codes, *sections])


def _command(words: str, work: Callable[..., object]) -> str:
    parameters = list(_parameters(work))
    arguments = " ".join(name for name, is_argument, *_ in parameters if is_argument)
    usage = f"crmsyncd {words} {arguments}".strip()
    lines = [f"## `{usage}`", "", inspect.cleandoc(work.__doc__ or ""), ""]
    if parameters:
        lines += ["| name | value | default | meaning |", "|---|---|---|---|"]
        lines += [
            f"| `{name}` | {kind} | {default} | {meaning} |"
            for name, _, kind, default, meaning in parameters
        ]
        lines.append("")
    return "\n".join(lines)


def _parameters(work: Callable[..., object]) -> Iterator[tuple[str, bool, str, str, str]]:
    hints = get_type_hints(work, include_extras=True)
    for parameter in inspect.signature(work).parameters.values():
        kind, *extras = get_args(hints[parameter.name]) or (hints[parameter.name],)
        for info in extras:
            if isinstance(info, ArgumentInfo | OptionInfo):
                yield _row(parameter, kind, info)


def _row(
    parameter: inspect.Parameter, kind: object, info: ArgumentInfo | OptionInfo
) -> tuple[str, bool, str, str, str]:
    is_argument = isinstance(info, ArgumentInfo)
    name = parameter.name.replace("_", "-")
    shown = (info.metavar or name.upper()) if is_argument else _option(info, name)
    value = _value(kind) if is_argument or not info.metavar else f"`{info.metavar}`"
    default = _default(parameter.default)
    meaning = info.help or ""
    if info.envvar:
        meaning += f" From `{info.envvar}` where not given."
    return shown, is_argument, value.replace("|", r"\|"), default, meaning


def _option(info: ArgumentInfo | OptionInfo, name: str) -> str:
    """Return an option's name; inside ``Annotated`` the first one given stands as the default."""
    first = info.default if isinstance(info.default, str) else ""
    return next(iter([first, *(info.param_decls or ())]), "") or f"--{name}"


def _value(kind: object) -> str:
    if get_origin(kind) is UnionType:
        (kind,) = (one for one in get_args(kind) if one is not NoneType)
    if get_origin(kind) is Literal:
        return ", ".join(f"`{word}`" for word in get_args(kind))
    if kind is bool:
        return "flag"
    if get_origin(kind) is list:
        return f"{TYPES[get_args(kind)[0]]}, several"
    return TYPES[kind] if isinstance(kind, type) else str(kind)


def _default(value: object) -> str:
    if value is inspect.Parameter.empty:
        return "**required**"
    return f"`{value}`" if value not in ("", None, False) else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
