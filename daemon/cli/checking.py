"""``check``: what stands, what is missing, and what to do next."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import typer

from adapters.probing import DOMAIN, NAME
from config.snapshot import Config
from daemon.cli.failing import APPROVAL_NEEDED, HALTED, USAGE
from daemon.cli.opening import a_workspace, configuration
from daemon.cli.output import err, escaped, out, print_json, table
from daemon.cli.rendering import known, render_budgets
from daemon.use_cases.checking import Check, SyncCheck, nothing_connected
from daemon.use_cases.checking import check as check_all
from daemon.use_cases.connection_check import ConnectionCheck
from daemon.use_cases.probing import Finding, ProbeReport, Probes, probed_objects
from daemon.use_cases.probing import probe as probe_now


def check(*, config: Path, state: str, as_json: bool) -> None:
    """Check a configuration against its systems."""
    if config.exists():
        found = asyncio.run(_check(configuration(config, state), state))
    else:
        found = nothing_connected()
    if as_json:
        print_json(found)
    else:
        _show(found)
    if not found.is_well:
        raise typer.Exit(USAGE)


async def _check(config: Config, place: str) -> Check:
    async with a_workspace(config, place) as workspace:
        return await check_all(workspace)


def _show(found: Check) -> None:
    if not found.connections:
        out.print("Nothing is connected yet.")
    table(
        "Connections",
        ["connection", "type", "", "account", "objects", "external id", "problem"],
        [
            [c.connection, c.type, _standing(c), c.account, ", ".join(c.objects), c.external_id,
             c.problem]
            for c in found.connections
        ],
    )  # fmt: skip
    for connection in found.connections:
        _show_access(connection)
    render_budgets([c.budget for c in found.connections if c.budget is not None])
    for sync in found.syncs:
        _show_sync(sync)
    for step in found.next_steps:
        out.print(f"[bold]next:[/] {escaped(step)}")
    out.print("[green]All well.[/]" if found.is_well else "[red]Not ready.[/]")


def _standing(found: ConnectionCheck) -> str:
    if found.is_well:
        return "ok" if not found.trouble else found.trouble.replace("_", " ")
    return f"FAILED: {found.trouble.replace('_', ' ')}"


def _show_access(found: ConnectionCheck) -> None:
    """Print what a connection may do, shows and lets through."""
    name = escaped(found.connection)
    lacking = [one for one in found.scopes if one.is_granted is False]
    for scope in lacking:
        need = "needed" if scope.is_needed else "optional"
        out.print(f"{name}: not granted: {escaped(scope.name)} ({need}: {escaped(scope.why)})")
    for one in found.used:
        if one.required:
            out.print(f"{name}: {one.object} needs {escaped(', '.join(one.required))}")
        if one.required_any:
            out.print(f"{name}: {one.object} needs one of {escaped(', '.join(one.required_any))}")
        if one.hidden:
            out.print(f"{name}: {one.object} does not show {escaped(', '.join(one.hidden))}")
    _show_findings(found.connection, found.findings)
    for burst in found.bursts:
        out.print(
            f"{name}: at most {known(burst.limit)} calls in {burst.seconds:g} s ({burst.name}), "
            f"{burst.left} of them now"
        )


def probe(*, only: str, yes: bool, config: Path, state: str, as_json: bool) -> None:
    """Settle open questions on live accounts, with one test record on each."""
    loaded = configuration(config, state)
    found = asyncio.run(_probe(loaded, state, only, yes=yes, is_quiet=as_json))
    if found is None:
        raise typer.Exit(APPROVAL_NEEDED)
    if as_json:
        print_json(found)
    else:
        for one in found.probes:
            _show_probe(one)
    if not found.is_well:
        raise typer.Exit(HALTED)


async def _probe(
    config: Config, place: str, only: str, *, yes: bool, is_quiet: bool
) -> Probes | None:
    async with a_workspace(config, place) as workspace:
        objects = probed_objects(workspace, only)
        if not yes and not _is_confirmed(objects, is_quiet=is_quiet):
            return None
        found = [await probe_now(workspace, name) for name in objects]
        is_well = all(one.is_clean and not one.problem for one in found)
        return Probes(is_well=is_well, probes=found)


def _is_confirmed(objects: Mapping[str, str], *, is_quiet: bool) -> bool:
    places = ", ".join(f"{kind} of {name}" for name, kind in objects.items())
    told = (
        f'This makes one record on each live account ({places}), named "{NAME}", with an address '
        f"under {DOMAIN}, asks some twenty questions about it and removes it. Automations of the "
        "account see it, as they see every new record."
    )
    if is_quiet or not sys.stdin.isatty():
        err.print(f"{told}\nNobody can be asked here: crmsyncd check --probe --yes does it.")
        return False
    out.print(told)
    return typer.confirm("Make it?")


def _show_probe(found: ProbeReport) -> None:
    out.print(f"[bold]{escaped(found.connection)}[/]: {escaped(found.object)}")
    if found.former_removed:
        out.print("The test record of an interrupted probe was removed first.")
    _show_findings(found.connection, found.findings)
    purposes = ", ".join(f"{name} {number}" for name, number in found.by_purpose.items())
    out.print(f"API calls: {found.calls}: {escaped(purposes)}")
    if found.problem:
        out.print(f"[red]{escaped(found.problem)}[/]")
    if found.next_step:
        out.print(f"[bold]next:[/] {escaped(found.next_step)}")
    if found.is_clean:
        out.print("[green]Nothing is left behind.[/]")
    else:
        out.print("[red]The test record may still be there.[/]")


def _show_findings(name: str, findings: Sequence[Finding]) -> None:
    table(
        f"What {name} answered",
        ["question", "answer"],
        [[one.asked, one.answer] for one in findings],
    )


def _show_sync(sync: SyncCheck) -> None:
    if sync.problem:
        out.print(f"[red]{escaped(sync.sync)}[/]: {escaped(sync.problem)}")
    table(
        f"Mapping of {sync.sync}",
        ["source", "crm", "kind", "direction", "policy", "found by", "score"],
        [
            [m.source, m.crm, m.kind, m.direction, m.policy, m.how, f"{m.score:.2f}"]
            for m in sync.mapping
        ],
    )
    for words, names in (
        ("columns that go nowhere", sync.unmapped_source),
        ("required by the CRM and not filled", sync.unmapped_required),
        ("match keys that nothing maps", sync.unknown_keys),
    ):
        if names:
            out.print(f"{escaped(sync.sync)}: {words}: {escaped(', '.join(names))}")
