"""``demo``: see it work without any credentials."""

import asyncio
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import typer

from config.model import Service
from daemon.cli.failing import FAILED_RECORDS
from daemon.cli.opening import a_workspace
from daemon.cli.output import err, out, print_json
from daemon.cli.rendering import render
from daemon.clock import SystemClock, SystemLuck
from daemon.service.app import Started, serve
from daemon.service.logs import configure_logs
from daemon.use_cases import demo as showing
from daemon.use_cases.demo import DemoResult, SandboxProcess
from state.lock import hold_lock
from state.opening import open_state


def demo(
    *, once: bool, port: int, crm: str, source: str, folder: Path | None, seed: int, as_json: bool
) -> None:
    """Show it working."""
    showing.source_kind(source)
    kind = showing.sandbox_kind(crm)
    place = folder or Path(tempfile.mkdtemp(prefix="crmsyncd-demo-"))
    place.mkdir(parents=True, exist_ok=True)
    if (place / "crmsyncd.yaml").exists():
        raise typer.BadParameter(f"{place} holds a configuration already; give an empty --folder.")
    configure_logs("warning" if once else "info")

    async def work() -> DemoResult | None:
        async with showing.sandbox_process(kind, seed) as box:
            if once:
                return await _once(place, box, seed)
            await _on_and_on(place, box, seed, port)
            return None

    result = asyncio.run(work())
    if result is not None:
        _finish(result, as_json=as_json)


async def _once(place: Path, box: SandboxProcess, seed: int) -> DemoResult:
    config = showing.write_configuration(place, box, os.environ)
    err.print(f"Sandbox of {box.kind.title} at {box.page}; working in {place}")
    (place / showing.FILE).write_bytes(b"")
    async with a_workspace(config, str(place)) as workspace:
        await showing.prepare(workspace, box, place, seed)
        return await showing.once(workspace, box, place)


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


async def _on_and_on(place: Path, box: SandboxProcess, seed: int, port: int) -> None:
    config = showing.write_configuration(place, box, os.environ)
    (place / showing.FILE).write_bytes(b"")
    async with a_workspace(config, str(place)) as workspace:
        await showing.prepare(workspace, box, place, seed)
    service = Service.model_validate({"listen": f"127.0.0.1:{port}"})
    with hold_lock(str(place)):
        state = open_state(str(place))
        try:
            await serve(
                replace(config, service=service),
                state,
                SystemClock(),
                SystemLuck(),
                on_started=lambda started: _invite(place, box, started),
            )
        finally:
            state.close()


def _invite(place: Path, box: SandboxProcess, started: Started) -> None:
    out.print(f"""
[bold]crmsyncd is keeping two sides the same.[/]

  the file        {place / showing.FILE}
  the CRM         {box.page}   ({box.kind.title} sandbox: look and edit by hand)
  the daemon      {started.url}/metrics   (/healthz, /readyz)
  configuration   {place / "crmsyncd.yaml"}

[bold]Try:[/]
  1. edit a cell of the file and save: the contact changes within seconds
  2. edit a contact on the CRM's page: the row changes, every other byte stays
  3. edit both to different values: the policy decides, and
     crmsyncd conflicts --status all --state {place}
  4. crmsyncd status --state {place}
     crmsyncd report 1 --state {place}
     crmsyncd quarantine --state {place}

Ctrl-C stops everything; the folder stays.
""")
