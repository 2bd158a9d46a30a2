"""A sync that an account's day has put off is woken when the day starts afresh (E2)."""

import asyncio
from pathlib import Path

from adapters.hubspot.sandbox import Limits
from daemon.clock import SeededLuck
from daemon.flow.report import RunReport
from daemon.service.live import Live
from daemon.service.roster import NOT_AT_ONCE, Roster
from daemon.service.tasks import Tasks
from daemon.service.workers import Listeners
from daemon.use_cases.workspace import read_configuration
from state.opening import open_state
from tests.http.doubles import LeapingClock
from tests.use_cases.desks import hubspot_desk

ROWS = 400


async def test_the_rest_goes_on_by_itself(tmp_path: Path) -> None:
    """At the account's midnight, though its schedule knows no such moment; nothing is doubled."""
    clock, state, ended = LeapingClock(), open_state("sqlite://"), []
    rows = [f"{number},person{number}@example.com" for number in range(ROWS)]
    (tmp_path / "people.csv").write_text("\n".join(["id,Email", *rows]) + "\n")
    got_through = asyncio.Event()

    def hear(report: RunReport) -> None:
        ended.append(report)
        if report.outcome in {"done", "nothing"}:
            got_through.set()

    async with hubspot_desk(clock, limits=Limits(daily=20)) as desk:
        keys = ", ".join(f'{key}: "{value}"' for key, value in desk.keys.items())
        file = tmp_path / "crmsyncd.yaml"
        file.write_text(
            "connections:\n"
            "  people: {type: csv, path: people.csv, key: id}\n"
            f"  crm: {{{keys}}}\n"
            "syncs:\n"
            "  people: {source: {connection: people}, crm: {connection: crm}, "
            "approval: {first_run: none}, schedule: {on_change: only}}\n"
        )
        config = read_configuration(file, {})
        live = Live(config, state, clock, SeededLuck(1), lambda _: None)
        tasks = Tasks(asyncio.Event())
        listeners = Listeners(began=lambda _: None, ended=hear, broken=lambda _: None)
        roster = Roster(live, tasks, listeners)
        roster.take(None, config)

        await asyncio.wait_for(got_through.wait(), 60)

        await roster.stop(5)
        await tasks.close()
        await live.close()
        people = await desk.people()
    state.close()

    first, second = ended[:2]
    assert ("put_off", "start") == (first.outcome, first.trigger)
    assert "quota" == second.trigger
    assert first.put_off_until is not None
    assert 0 <= (second.started_at - first.put_off_until).total_seconds() < 10 * 60
    assert NOT_AT_ONCE <= second.started_at - first.ended_at
    assert ROWS == sum(report.counts["created"] for report in ended)
    assert len(people) <= ROWS
