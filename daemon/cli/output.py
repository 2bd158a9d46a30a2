"""How commands speak: results to standard output, progress to standard error, JSON when asked."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import orjson
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Bars
from rich.table import Table

from daemon.flow.parts import Progress

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def print_json(result: BaseModel | Sequence[BaseModel] | Mapping[str, object]) -> None:
    """Print a typed result as one JSON document."""
    if isinstance(result, BaseModel):
        plain: object = result.model_dump(mode="json")
    elif isinstance(result, Mapping):
        plain = result
    else:
        plain = [item.model_dump(mode="json") for item in result]
    sys.stdout.write(orjson.dumps(plain, option=orjson.OPT_INDENT_2, default=str).decode() + "\n")
    sys.stdout.flush()


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; nothing where there are no rows."""
    if not rows:
        return
    shown = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*(escaped(cell) for cell in row))
    out.print(shown)


def escaped(cell: object) -> str:
    """Return a cell as text that cannot act as markup or move the cursor."""
    text = "" if cell is None else str(cell)
    safe = "".join(char if char.isprintable() or char == "\n" else "�" for char in text)
    return safe.replace("[", "\\[")


def moment(at: datetime | None) -> str:
    """Return a time as people read it."""
    return at.strftime("%Y-%m-%d %H:%M:%S") if at else ""


@contextmanager
def progress_bars(*, is_quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """Show a bar for each step of a run, where somebody watches."""
    if is_quiet or not err.is_terminal:
        yield lambda _: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
    )
    with Bars(*columns, console=err, transient=True) as bars:
        tasks: dict[str, object] = {}

        def show(step: Progress) -> None:
            name = f"{step.step} {step.place}"
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=step.total)
            bars.update(tasks[name], completed=step.done, total=step.total)  # type: ignore[arg-type]  # a TaskID

        yield show
