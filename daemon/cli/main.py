"""The command ``crmsyncd``: every command's words and options; the work is imported when it runs.

So ``crmsyncd --help`` answers at once. Each command takes ``--config``, ``--state`` and ``--json``.
Exit codes: 0 done, 1 failed records, 2 usage or configuration, 3 approval needed, 4 held, 5 halted.
"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from daemon.cli import (
    connecting_commands,
    inspecting_commands,
    keeping_commands,
    matching_commands,
    rolling_commands,
    unlinked_commands,
)
from daemon.cli.options import CONFIG, STATE, By, ConfigPath, Json, StatePlace

app = typer.Typer(
    name="crmsyncd",
    help="Keeps marketing data and a CRM the same, in both directions, and proves what it did.\n\n"
    "Start with: crmsyncd demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    epilog="Exit codes: 0 done · 1 failed records · 2 usage or configuration · 3 approval needed "
    "· 4 held · 5 halted",
)
approvals_app = typer.Typer(help="Plans and syncs that wait for a person's yes.")
conflicts_app = typer.Typer(help="Values that could not both stay: list, show, decide.")
quarantine_app = typer.Typer(help="Records and fields set apart: list, retry, dismiss.")
config_app = typer.Typer(help="About configuration files.", no_args_is_help=True)
app.add_typer(approvals_app, name="approvals")
app.add_typer(conflicts_app, name="conflicts")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(unlinked_commands.app, name="unlinked")
app.add_typer(config_app, name="config")


@app.callback()
def _root() -> None:
    """Take no option of its own."""


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Sync, edit both sides, sync again, report, exit.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the daemon.")] = 8711,
    crm: Annotated[str, typer.Option(help="Which CRM's sandbox to use.")] = "",
    source: Annotated[
        str, typer.Option("--from", help="The source: csv, or a CRM that has a sandbox.")
    ] = "csv",
    folder: Annotated[
        Path | None, typer.Option(help="Folder to work in; a new one by default.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Other sample data.")] = 1,
    as_json: Json = False,
) -> None:
    """Show it working: a sandbox CRM, a messy sample file, the daemon. Needs no credentials."""
    from daemon.cli.demo import demo as work

    work(once=once, port=port, crm=crm, source=source, folder=folder, seed=seed, as_json=as_json)


@app.command()
def run(
    config: ConfigPath = CONFIG,
    state: StatePlace = STATE,
    listen: Annotated[
        str, typer.Option(help="Address and port of health and metrics, over the configuration's.")
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON line once it listens.")
    ] = False,
) -> None:
    """Run the daemon: keep every configured sync going until it is stopped."""
    from daemon.cli.running import run as work

    work(config=config, state=state, listen=listen, as_json=as_json)


@app.command()
def check(
    probe: Annotated[
        bool,
        typer.Option(
            "--probe", help="Make one test record, ask what the vendor's documents leave open."
        ),
    ] = False,
    only: Annotated[
        str, typer.Option(metavar="CONNECTION", help="With --probe: on this connection only.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="With --probe: do not ask.")] = False,
    config: ConfigPath = CONFIG,
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Check credentials, scopes, objects, fields, headroom and mapping. Writes nothing by itself."""
    from daemon.cli import checking

    if probe:
        checking.probe(only=only, yes=yes, config=config, state=state, as_json=as_json)
    else:
        checking.check(config=config, state=state, as_json=as_json)


@app.command()
def plan(
    sync: Annotated[str, typer.Argument(help="Name of the sync.")],
    operations: Annotated[
        bool, typer.Option("--operations", help="Every operation, not only some of each kind.")
    ] = False,
    config: ConfigPath = CONFIG,
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Preview a sync: what it would create, update and link, and the digest to approve."""
    from daemon.cli.syncing import plan as work

    work(sync=sync, show_all=operations, config=config, state=state, as_json=as_json)


@app.command()
def sync(
    sync: Annotated[str, typer.Argument(help="Name of the sync; left out with --from.")] = "",
    approve: Annotated[
        str, typer.Option(metavar="DIGEST", help="Approve the plan with this digest and run it.")
    ] = "",
    source: Annotated[
        str, typer.Option("--from", metavar="FILE|-", help="One-off: a CSV file, or - for stdin.")
    ] = "",
    target: Annotated[
        str, typer.Option("--to", metavar="TYPE:OBJECT", help="One-off: the CRM to write to.")
    ] = "",
    key: Annotated[str, typer.Option(help="One-off: column that tells rows apart.")] = "",
    base_url: Annotated[str, typer.Option(help="One-off: another address, as a sandbox's.")] = "",
    country: Annotated[
        str, typer.Option(help="One-off: country of phone numbers written without one.")
    ] = "",
    yes: Annotated[
        bool, typer.Option("--yes", help="One-off: do not ask for an approval of the plan.")
    ] = False,
    save: Annotated[
        str, typer.Option(metavar="NAME", help="One-off: add it to --config under this name.")
    ] = "",
    by: By = "",
    config: ConfigPath = CONFIG,
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Run one sync once, now. Or without configuration: --from FILE --to TYPE:OBJECT."""
    from daemon.cli import syncing

    if source or target:
        syncing.one_off(
            source=source,
            target=target,
            key=key,
            base_url=base_url,
            country=country,
            yes=yes,
            save=save,
            approve=approve,
            by=by,
            name=sync,
            config=config,
            state=state,
            as_json=as_json,
        )
    else:
        syncing.sync(sync=sync, approve=approve, by=by, config=config, state=state, as_json=as_json)


@app.command()
def report(
    number: Annotated[int, typer.Argument(metavar="RUN", help="Number of the run.")],
    html: Annotated[
        Path | None, typer.Option(help="Also write the report as an HTML page.")
    ] = None,
    calls: Annotated[bool, typer.Option(help="Also list every API call.")] = False,
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Show what a run did: counts, mapping, conflicts, API calls, verification, next steps."""
    from daemon.cli.looking import report as work

    work(number=number, html=html, calls=calls, state=state, as_json=as_json)


@app.command()
def pause(
    sync: Annotated[str, typer.Argument(help="Name of the sync.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for those who find it.")] = "",
    by: By = "",
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Let a sync rest: the daemon writes nothing more of it from the next batch on."""
    from daemon.cli.pausing import pause as work

    work(sync=sync, reason=reason, by=by, state=state, as_json=as_json)


@app.command()
def resume(
    sync: Annotated[str, typer.Argument(help="Name of the sync.")],
    by: By = "",
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Let a paused sync go on where it was."""
    from daemon.cli.pausing import resume as work

    work(sync=sync, by=by, state=state, as_json=as_json)


@app.command()
def status(state: StatePlace = STATE, as_json: Json = False) -> None:
    """Show how every sync stands, and the newest runs."""
    from daemon.cli.looking import status as work

    work(state=state, as_json=as_json)


@approvals_app.callback(invoke_without_command=True)
def approvals(context: typer.Context, state: StatePlace = STATE, as_json: Json = False) -> None:
    """List plans that wait, held syncs and standing envelopes."""
    if context.invoked_subcommand is None:
        from daemon.cli.attending import approvals as work

        work(state=state, as_json=as_json)


@approvals_app.command("approve")
def approvals_approve(
    digest: Annotated[str, typer.Argument(help="Digest of the plan, 8 digits at least.")],
    by: By = "",
    config: ConfigPath = CONFIG,
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Approve a plan; the daemon's next run carries it out."""
    from daemon.cli.attending import approve as work

    work(digest=digest, by=by, config=config, state=state, as_json=as_json)


@approvals_app.command("release")
def approvals_release(
    sync: Annotated[str, typer.Argument(help="Name of the sync.")],
    reason: Annotated[str, typer.Option(help="Why it may pass; kept with the release.")],
    guard: Annotated[str, typer.Option(help="Only what this guard holds; else everything.")] = "",
    by: By = "",
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Let what a guard holds pass, up to its present measure, for 24 hours."""
    from daemon.cli.attending import release as work

    work(sync=sync, guard=guard, reason=reason, by=by, state=state, as_json=as_json)


@conflicts_app.callback(invoke_without_command=True)
def conflicts(
    context: typer.Context,
    status: Annotated[
        Literal["open", "decided", "verdict", "resolved", "gone", "reversed", "all"],
        typer.Option(help="Which conflicts."),
    ] = "open",
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """List conflicts; open ones wait for a person, decided ones were settled by a rule."""
    if context.invoked_subcommand is None:
        from daemon.cli.attending import conflicts as work

        work(status=status, state=state, as_json=as_json)


@conflicts_app.command("resolve")
def conflicts_resolve(
    number: Annotated[int, typer.Argument(help="Number of the conflict.")],
    winner: Annotated[
        Literal["source", "crm"], typer.Option("--winner", help="Whose value goes to both sides.")
    ],
    by: By = "",
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Decide a conflict; the next run carries the value to the other side."""
    from daemon.cli.attending import resolve as work

    work(number=number, winner=winner, by=by, state=state, as_json=as_json)


@quarantine_app.callback(invoke_without_command=True)
def quarantine(
    context: typer.Context,
    status: Annotated[
        Literal["open", "cleared", "retried", "dismissed", "all"],
        typer.Option(help="Which entries."),
    ] = "open",
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """List records and fields that were set apart, with reason and suggestion."""
    if context.invoked_subcommand is None:
        from daemon.cli.attending import quarantine as work

        work(status=status, state=state, as_json=as_json)


@quarantine_app.command("retry")
def quarantine_retry(
    number: Annotated[int, typer.Argument(help="Number of the entry.")],
    by: By = "",
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Have a record decided anew in the next run."""
    from daemon.cli.attending import end_quarantine as work

    work(number=number, is_retried=True, by=by, state=state, as_json=as_json)


@quarantine_app.command("dismiss")
def quarantine_dismiss(
    number: Annotated[int, typer.Argument(help="Number of the entry.")],
    by: By = "",
    state: StatePlace = STATE,
    as_json: Json = False,
) -> None:
    """Take an entry off the list; the record stays out until it changes."""
    from daemon.cli.attending import end_quarantine as work

    work(number=number, is_retried=False, by=by, state=state, as_json=as_json)


@app.command()
def sandbox(
    kind: Annotated[str, typer.Argument(metavar="TYPE", help="Which CRM to emulate.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    records: Annotated[int, typer.Option(min=0, help="Records to begin with.")] = 200,
    seed: Annotated[int, typer.Option(help="Other records.")] = 1,
    file: Annotated[
        Path | None, typer.Option("--file", help="Keep the records in this file over restarts.")
    ] = None,
) -> None:
    """Serve a sandbox of a CRM on this machine; prints one JSON line with base_url and token."""
    from daemon.cli.running import sandbox as work

    work(kind=kind, port=port, records=records, seed=seed, file=file)


@config_app.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of configuration files, for editors."""
    from daemon.cli.running import config_schema as work

    work()


app.add_typer(connecting_commands.app)
app.add_typer(inspecting_commands.app)
app.add_typer(keeping_commands.app)
app.add_typer(matching_commands.app)
app.add_typer(rolling_commands.app)


def main() -> None:
    """Run the command; turn what went wrong into one clear line and an exit code."""
    from daemon.cli.failing import told_plainly
    from daemon.service.garbage import collect_seldom

    collect_seldom()
    with told_plainly():
        app()


if __name__ == "__main__":
    main()
