"""``demo``: see it work without any credentials."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import typer

from adapters.contract import AdapterKind
from config.model import Service
from daemon.cli.failing import FAILED_RECORDS
from daemon.cli.opening import a_workspace
from daemon.cli.output import err, out, print_json
from daemon.cli.rendering import render
from daemon.clock import SystemClock, SystemLuck
from daemon.service.app import Started, serve
from daemon.service.logs import configure_logs
from daemon.use_cases import demo as showing
from daemon.use_cases import demo_sides as sides
from daemon.use_cases.demo import DemoResult, Stage
from daemon.use_cases.demo_sides import SandboxProcess, SourceSide
from state.lock import hold_lock
from state.opening import open_state


def demo(
    *, once: bool, port: int, crm: str, source: str, folder: Path | None, seed: int, as_json: bool
) -> None:
    """Show it working."""
    kinds = sides.source_kind(source), sides.sandbox_kind(crm)
    place = folder or Path(tempfile.mkdtemp(prefix="crmsyncd-demo-"))
    place.mkdir(parents=True, exist_ok=True)
    if (place / "crmsyncd.yaml").exists():
        raise typer.BadParameter(f"{place} holds a configuration already; give an empty --folder.")
    configure_logs("warning" if once else "info")

    async def work() -> DemoResult | None:
        async with _staged(place, kinds, seed) as stage:
            if once:
                return await _once(stage)
            await _on_and_on(stage, port)
            return None

    result = asyncio.run(work())
    if result is not None:
        _finish(result, as_json=as_json)


@asynccontextmanager
async def _staged(
    place: Path, kinds: tuple[AdapterKind, AdapterKind], seed: int
) -> AsyncIterator[Stage]:
    """Start the sandboxes that the two sides need."""
    source, crm = kinds
    async with AsyncExitStack() as stack:
        start = stack.enter_async_context
        box = await start(sides.sandbox_process(crm, seed, crm.word))
        one: SourceSide
        if source.word == "csv":
            has_whole_names = "first_name" not in box.fields
            one = sides.FileSide(path=place / sides.FILE, has_whole_names=has_whole_names)
            one.path.write_bytes(b"")
        else:
            name = source.word if source.word != crm.word else f"other-{source.word}"
            other = await start(sides.sandbox_process(source, seed + 1, name))
            err.print(f"Sandbox of {source.title} at {other.page}")
            one = other
        err.print(f"Sandbox of {crm.title} at {box.page}; working in {place}")
        yield Stage(folder=place, source=one, crm=box, seed=seed)


async def _once(stage: Stage) -> DemoResult:
    config = showing.write_configuration(stage, os.environ)
    async with a_workspace(config, str(stage.folder)) as workspace:
        await showing.prepare(workspace, stage)
        return await showing.once(workspace, stage)


def _finish(result: DemoResult, *, as_json: bool) -> None:
    if as_json:
        print_json(result)
    else:
        for report in result.runs:
            if report.outcome != "nothing":
                render(report)
        out.print(
            f"[bold]Converged:[/] {result.converged}   "
            f"[bold]Duplicates made:[/] {result.duplicates}   "
            f"[bold]Operations of one more run:[/] {result.second_run_operations}"
        )
        out.print(f"Everything is left in {result.folder}: try")
        out.print(f"  crmsyncd report {result.runs[0].run} --state {result.folder}")
        out.print(f"  crmsyncd conflicts --status all --state {result.folder}")
        out.print(f"  crmsyncd quarantine --state {result.folder}")
    is_good = result.converged and not result.duplicates and not result.second_run_operations
    raise typer.Exit(0 if is_good else FAILED_RECORDS)


async def _on_and_on(stage: Stage, port: int) -> None:
    place = stage.folder
    config = showing.write_configuration(stage, os.environ)
    async with a_workspace(config, str(place)) as workspace:
        await showing.prepare(workspace, stage)
    service = Service.model_validate({"listen": f"127.0.0.1:{port}"})
    with hold_lock(str(place)):
        state = open_state(str(place))
        try:
            await serve(
                replace(config, service=service),
                state,
                SystemClock(),
                SystemLuck(),
                on_started=lambda started: _invite(stage, started),
            )
        finally:
            state.close()


def _invite(stage: Stage, started: Started) -> None:
    place, source, crm = stage.folder, stage.source, stage.crm
    there = f"{crm.page}   ({crm.kind.title} sandbox: look and edit by hand)"
    if isinstance(source, SandboxProcess):
        here = f"the source        {source.page}   ({source.kind.title} sandbox, likewise)"
        one = "1. edit a record on either page: the other changes within seconds"
    else:
        here = f"the file          {place / sides.FILE}"
        one = """1. edit a cell of the file and save, or a record on the page: the other side changes within
     seconds, and every other byte of the file stays"""
    out.print(f"""
[bold]crmsyncd is keeping two sides the same.[/]

  {here}
  the CRM           {there}
  the daemon        {started.url}/metrics   (/healthz, /readyz)
  configuration     {place / "crmsyncd.yaml"}

[bold]Try:[/]
  {one}
  2. edit both to different values: the policy decides, and
     crmsyncd conflicts --status all --state {place}
  3. crmsyncd status --state {place}
     crmsyncd report 1 --state {place}
     crmsyncd quarantine --state {place}

Ctrl-C stops everything; the folder stays.
""")
