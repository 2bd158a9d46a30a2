"""An account's day over real HTTP: shares, restarts, two connections to one account (E2, R16)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from adapters.hubspot.sandbox import AccountSettings, Limits, Sandbox, SandboxSettings, run_sandbox
from adapters.quota import Quota
from daemon.clock import SeededLuck
from daemon.cycle import Order
from daemon.flow.report import RunReport
from daemon.use_cases import attend
from daemon.use_cases.overview import status
from daemon.use_cases.workspace import Workspace, open_workspace, read_configuration, run_sync
from state.database import State
from state.opening import open_state
from tests.http.doubles import LeapingClock

MIDNIGHT = datetime(2026, 11, 20, 23, tzinfo=UTC)
"""In Berlin, where the sandbox's account lives."""

ROWS = 1_000


class Bench:
    """A sandbox, and processes one after the other on one state."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.clock = LeapingClock()
        self.folder = folder
        self.processes = 0
        self.state: State = open_state("sqlite://")

    def configure(self, *, quota: str = "{daily_share: 60%}", approval: str = "none") -> None:
        token, url = self.sandbox.token, self.sandbox.base_url
        crm = f'{{type: hubspot, token: {token}, base_url: "{url}", quota: {quota}}}'
        (self.folder / "crmsyncd.yaml").write_text(
            "connections:\n"
            "  people: {type: csv, path: people.csv, key: id}\n"
            "  more: {type: csv, path: more.csv, key: id}\n"
            f"  first: {crm}\n"
            f"  second: {crm}\n"
            "syncs:\n"
            "  people: {source: {connection: people}, crm: {connection: first}, "
            f"approval: {{first_run: {approval}}}}}\n"
            "  more: {source: {connection: more}, crm: {connection: second}, "
            "approval: {first_run: none}}\n"
        )

    @asynccontextmanager
    async def process(self) -> AsyncIterator[Workspace]:
        config = read_configuration(self.folder / "crmsyncd.yaml", {})
        self.processes += 1
        luck = SeededLuck(f"{self.processes}")
        async with open_workspace(config, self.state, self.clock, luck) as workspace:
            yield workspace

    async def run(self, sync: str = "people") -> RunReport:
        """Run a sync in a process of its own."""
        async with self.process() as workspace:
            return await run_sync(workspace, Order(sync=sync, trigger="test"))

    async def calls(self) -> dict[str, Any]:
        url = f"{self.sandbox.base_url}/_sandbox/calls"
        async with aiohttp.ClientSession() as session, session.get(url) as reply:
            return dict(await reply.json())


@asynccontextmanager
async def bench(folder: Path, *, daily: int) -> AsyncIterator[Bench]:
    """Yield a sandbox whose account takes so many calls a day."""
    lines = [f"{number},person{number}@example.com" for number in range(ROWS)]
    (folder / "people.csv").write_text("\n".join(["id,Email", *lines]) + "\n")
    (folder / "more.csv").write_text("id,Email\n1,ada@example.org\n")
    clock = LeapingClock()
    account = AccountSettings(limits=Limits(daily=daily))
    async with run_sandbox(SandboxSettings(accounts=(account,)), clock=clock) as sandbox:
        made = Bench(sandbox, folder)
        made.clock = clock
        made.configure()
        yield made
        made.state.close()


async def test_a_load_takes_as_many_days_as_it_needs(tmp_path: Path) -> None:
    """Put off at the share, gone on at the account's midnight; the vendor never has to refuse."""
    days: list[RunReport] = []
    async with bench(tmp_path, daily=25) as on:
        while not days or days[-1].outcome == "put_off":
            days.append(await on.run())
            shown = await status(on.state, now=on.clock.now())
            if days[-1].put_off_until is not None:
                on.clock.elapsed += (days[-1].put_off_until - on.clock.now()).total_seconds() + 400
        calls = await on.calls()
        waiting = next(sync for sync in shown.syncs if sync.sync == "people")

    assert MIDNIGHT == days[0].put_off_until
    assert days[-1].outcome in {"done", "nothing"}
    assert 2 < len(days) < 6
    assert ROWS == sum(day.counts["created"] for day in days)
    assert all(day.budgets[0].used <= 15 for day in days)
    assert "429" not in calls["by_status"]
    assert waiting.last is not None
    assert waiting.last.put_off_until is None


async def test_connections_to_one_account_count_together_over_restarts(tmp_path: Path) -> None:
    """What the first used, the second has not got; each process knows what those before spent."""
    async with bench(tmp_path, daily=1_000) as on:
        first = await on.run("people")
        second = await on.run("more")
        third = await on.run("more")
        calls = await on.calls()
        shown = await status(on.state, now=on.clock.now())

    total = first.api.calls + second.api.calls + third.api.calls
    assert calls["total"] == total
    assert (first.api.calls, total - third.api.calls, total) == tuple(
        one.budgets[0].used for one in (first, second, third)
    )
    assert [("first", total), ("second", total)] == [(b.connection, b.used) for b in shown.budgets]
    assert {MIDNIGHT} == {b.resets_at for b in shown.budgets}


async def test_a_quota_counts_in_the_middle_of_a_load(tmp_path: Path) -> None:
    """From the next call on: the load under way stops at the new share (R16)."""
    async with bench(tmp_path, daily=1_000) as on, on.process() as workspace:
        link = workspace.links["first"]
        send = link.adapter.write

        async def write(*given: Any) -> Any:
            link.spending.quota = Quota(daily_share=0.01)
            return await send(*given)

        link.adapter.write = write  # type: ignore[method-assign,assignment]  # a person edits meanwhile
        report = await run_sync(workspace, Order(sync="people", trigger="test"))

    assert "put_off" == report.outcome
    assert 0 < report.counts["created"] < ROWS


async def test_an_approval_is_asked_for_with_what_it_costs(tmp_path: Path) -> None:
    """Of what is left when somebody looks, not when the plan was made."""
    async with bench(tmp_path, daily=1_000) as on:
        on.configure(approval="required")
        report = await on.run()
        await on.run("more")
        waiting = await attend.approvals(on.state, now=on.clock.now())

    (plan,) = waiting.plans
    (budget,) = plan.budgets
    assert report.plan is not None
    assert ("first", report.plan.calls) == (budget.connection, budget.calls)
    assert report.budgets[0].left is not None
    assert budget.left is not None
    assert budget.left < report.budgets[0].left
    assert f"costs {budget.calls} API calls of {budget.left}" in budget.told()
