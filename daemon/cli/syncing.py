"""``plan`` and ``sync``: preview and run one sync."""

import asyncio
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import typer

from config.snapshot import Config
from daemon.cli.failing import FAILED_RECORDS, OUTCOME_CODES
from daemon.cli.opening import a_state, a_workspace, configuration
from daemon.cli.output import out, print_json, progress_bars
from daemon.cli.rendering import render, render_writes
from daemon.cycle import Order
from daemon.flow.report import PlannedWrite, RunReport
from daemon.use_cases.attend import Answer
from daemon.use_cases.oneoff import OneOff, Unusable, configure, key_column, write
from daemon.use_cases.overview import planned_writes
from daemon.use_cases.workspace import run_sync

STDIN_NAME = "stdin.csv"


class FullPlan(Answer):
    """A preview with every operation."""

    report: RunReport
    operations: list[PlannedWrite]


def plan(*, sync: str, show_all: bool, config: Path, state: str, as_json: bool) -> None:
    """Preview a sync."""
    loaded = _with_sync(configuration(config, state), sync, config)
    order = Order(sync=sync, trigger="plan", is_preview=True)
    report = asyncio.run(_run(loaded, state, order, is_quiet=as_json))
    if show_all and report.plan is not None:
        full = asyncio.run(_full_plan(report, state))
        if as_json:
            print_json(full)
            return
        render_writes("Every operation", full.operations)
    _show(report, as_json=as_json)
    if report.plan is not None and report.plan.operations and not as_json:
        out.print(f"Run it: crmsyncd sync {sync} --approve {report.plan.digest[:12]}")


async def _full_plan(report: RunReport, place: str) -> FullPlan:
    digest = report.plan.digest if report.plan else ""
    async with a_state(place) as state:
        return FullPlan(report=report, operations=await planned_writes(state, digest))


def sync(*, sync: str, approve: str, by: str, config: Path, state: str, as_json: bool) -> None:
    """Run a configured sync once."""
    loaded = configuration(config, state)
    if not sync:
        names = sorted(loaded.syncs)
        if len(names) != 1:
            raise Unusable(f"Which sync? Name one of: {', '.join(names) or 'none configured'}.")
        sync = names[0]
    loaded = _with_sync(loaded, sync, config)
    order = Order(sync=sync, trigger="command", approve=approve, by=by)
    _finish(asyncio.run(_run(loaded, state, order, is_quiet=as_json)), as_json=as_json)


def one_off(
    *,
    source: str,
    target: str,
    key: str,
    base_url: str,
    country: str,
    yes: bool,
    save: str,
    approve: str,
    by: str,
    name: str,
    config: Path,
    state: str,
    as_json: bool,
) -> None:
    """Run a sync that no configuration names."""
    if name:
        raise Unusable(f"Give either a configured sync ({name!r}) or --from and --to.")
    if not source or not target:
        raise Unusable("A one-off sync needs both --from FILE and --to TYPE:OBJECT.")
    folder = Path(state) if "://" not in state else Path(".crmsyncd")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = _file(source, folder)
    order = OneOff(
        file=file.resolve(),
        key=key_column(_headers(file), key),
        target=target,
        base_url=base_url,
        country=country,
        name=f"{_word(source)}-to-{target.partition(':')[0]}",
        needs_approval=not yes,
    )
    loaded = configure(order, folder, os.environ)
    if save:
        if source == "-":
            raise Unusable("--save needs a file that stays: standard input is gone afterwards.")
        saved = write(config, replace(order, name=save, file=Path(source)), os.environ)
        if not as_json:
            out.print(f"Saved as {save!r} in {saved}.")
    run = Order(sync=order.name, trigger="one-off", approve=approve, by=by)
    report = asyncio.run(_run(loaded, state, run, is_quiet=as_json))
    _finish(report, as_json=as_json)


def _word(source: str) -> str:
    stem = "stdin" if source == "-" else Path(source).stem
    word = "".join(c if c.isalnum() and c.isascii() else "-" for c in stem.lower()).strip("-")
    return word[:40] or "file"


def _file(source: str, folder: Path) -> Path:
    """Return the file to read; standard input is kept in the state folder, whole."""
    if source != "-":
        path = Path(source)
        if not path.is_file():
            raise Unusable(f"--from {source!r}: there is no such file.")
        return path
    path = folder / STDIN_NAME
    with path.open("wb") as kept:
        path.chmod(0o600)
        shutil.copyfileobj(sys.stdin.buffer, kept)
    return path


def _headers(file: Path) -> list[str]:
    from adapters.contract import Surroundings
    from adapters.registry import adapter_kinds
    from daemon.clock import SystemClock, SystemLuck

    kind = adapter_kinds()["csv"]
    around = Surroundings(
        connection=file.name, clock=SystemClock(), luck=SystemLuck(), on_call=lambda _: None
    )
    adapter = kind.create(
        kind.settings.model_validate({"path": file, "may_add_id_column": True}), around
    )

    async def read() -> list[str]:
        await adapter.open()
        try:
            return list((await adapter.schema(kind.default_object)).fields)
        finally:
            await adapter.close()

    return asyncio.run(read())


def _with_sync(config: Config, sync: str, path: Path) -> Config:
    if sync not in config.syncs:
        known = ", ".join(sorted(config.syncs)) or "none"
        raise Unusable(f"{path} has no sync {sync!r}. It has: {known}.")
    return config


async def _run(config: Config, state: str, order: Order, *, is_quiet: bool) -> RunReport:
    async with a_workspace(config, state) as workspace:
        with progress_bars(is_quiet=is_quiet) as show:
            return await run_sync(workspace, order, show)


def _show(report: RunReport, *, as_json: bool) -> None:
    if as_json:
        print_json(report)
    else:
        render(report)


def _finish(report: RunReport, *, as_json: bool) -> None:
    _show(report, as_json=as_json)
    code = OUTCOME_CODES[report.outcome]
    if not code and report.counts.get("failed"):
        code = FAILED_RECORDS
    raise typer.Exit(code)
