"""The use cases over real HTTP, real files and a real state, in a time that leaps.

For what takes hours, or would take a process for each of many small cases. The sandbox and the
product share one clock that moves on when somebody sleeps.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from adapters.hubspot.sandbox import AccountSettings, Sandbox, SandboxSettings, run_sandbox
from adapters.hubspot.sandbox.keeping import dump_record
from adapters.hubspot.sandbox.person import DEFAULT_USER_ID, Person
from adapters.sandbox.faults import parse_rule
from daemon.clock import SeededLuck
from daemon.cycle import Order
from daemon.flow.report import RunReport
from daemon.use_cases import attend, overview
from daemon.use_cases.workspace import Workspace, open_workspace, read_configuration, run_sync
from state.database import State
from state.opening import open_state
from tests.acceptance.people import as_csv, plain_people, rows_for, table
from tests.acceptance.processes import configured
from tests.http.doubles import LeapingClock

SYNC = "people-to-crm"
LATER = 60.0
"""Seconds after which the search has told everything and no window reaches back to it."""


@dataclass(kw_only=True)
class Lab:
    """One sandbox, one file, one state, one open configuration."""

    folder: Path
    clock: LeapingClock
    sandbox: Sandbox
    state: State
    workspace: Workspace
    known: Sequence[Mapping[str, Any]]

    @property
    def file(self) -> Path:
        return self.folder / "people.csv"

    async def sync(self) -> RunReport:
        """Run the sync once."""
        return await run_sync(self.workspace, Order(sync=SYNC, trigger="test"))

    async def settle(self) -> list[RunReport]:
        """Let time pass and sync until a run has nothing to do."""
        told: list[RunReport] = []
        for _ in range(8):
            self.wait(LATER)
            told.append(await self.sync())
            if "nothing" == told[-1].outcome:
                return told
        raise AssertionError([(one.outcome, one.error) for one in told])

    def wait(self, seconds: float) -> None:
        self.clock.elapsed += seconds

    def fault(self, kind: str, **rule: object) -> None:
        self.sandbox.faults.add(parse_rule({"kind": kind, **rule}))

    def heal(self) -> None:
        self.sandbox.faults.clear()

    def records(self) -> list[dict[str, Any]]:
        return [dump_record(record) for record in self.sandbox.contacts.all_live()]

    def values(self) -> dict[str, dict[str, str]]:
        """All contacts: id → properties that people see."""
        return {
            record["id"]: {k: v for k, v in record["values"].items() if not k.startswith("hs_")}
            for record in self.records()
        }

    def contact(self, email: str) -> dict[str, Any]:
        live = self.sandbox.contacts.all_live()
        return dump_record(next(one for one in live if email == one.get("email")))

    def edit(self, email: str, **properties: str) -> None:
        """Edit a contact as a person at the screen does."""
        account = self.sandbox.account
        person = Person(account=account, store=account.contacts, user_id=DEFAULT_USER_ID)
        person.edit(self.contact(email)["id"], properties)

    def rows(self) -> dict[str, dict[str, str]]:
        return table(self.file)

    async def links(self) -> int:
        """How many links are alive."""
        (found,) = (await overview.status(self.state)).syncs
        return found.links

    async def quarantined(self) -> list[tuple[str, str]]:
        """Records in quarantine, each with the rule that put it there."""
        return sorted((one.record, one.rule) for one in await attend.quarantine(self.state))

    @asynccontextmanager
    async def reconfigured(self, **crm: object) -> AsyncIterator["Lab"]:
        """The same lab with other settings of the CRM connection."""
        async with _workspace(self.folder, self.sandbox, self.state, self.clock, crm) as workspace:
            yield replace(self, workspace=workspace)


@asynccontextmanager
async def lab(
    folder: Path, *lines: str, contacts: int = 30, known: int = 10, rows: int = 40
) -> AsyncIterator[Lab]:
    """Give a lab; nothing has been synced in it."""
    clock = LeapingClock()
    chosen = SandboxSettings(accounts=(AccountSettings(records=contacts),))
    more = lines or ("approval: {first_run: none}",)
    async with run_sandbox(chosen, clock=clock) as box:
        records = [dump_record(record) for record in box.contacts.all_live()]
        people = plain_people(records, known)
        (folder / "people.csv").write_bytes(as_csv(rows_for(people, rows)))
        text = configured(box.base_url, *more)
        (folder / "crmsyncd.yaml").write_text(text, encoding="utf-8")
        state = open_state(folder / "state", inline=True)
        try:
            async with _workspace(folder, box, state, clock, {}) as workspace:
                yield Lab(folder=folder, clock=clock, sandbox=box, state=state,
                          workspace=workspace, known=people)  # fmt: skip
        finally:
            state.close()


@asynccontextmanager
async def _workspace(
    folder: Path, box: Sandbox, state: State, clock: LeapingClock, crm: Mapping[str, object]
) -> AsyncIterator[Workspace]:
    config = read_configuration(folder / "crmsyncd.yaml", {"HUBSPOT_TOKEN": box.token})
    connection = config.connections["crm"]
    kind = type(connection.settings)
    given = connection.settings.model_dump() | {"token": box.token} | dict(crm)
    changed = replace(connection, settings=kind.model_validate(given))
    config = replace(config, connections={**config.connections, "crm": changed})
    async with open_workspace(config, state, clock, SeededLuck(7)) as workspace:
        yield workspace
