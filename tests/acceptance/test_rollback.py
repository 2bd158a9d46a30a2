"""Rollback of the demonstration's first run after hand edits: what people did stays, the rest is as before.

The demonstration's own sample, configuration and sandbox over real HTTP, in a time that leaps; and
the command itself as a process.
"""

import csv
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.hubspot.sandbox import AccountSettings, Sandbox, SandboxSettings, run_sandbox
from adapters.hubspot.sandbox.keeping import dump_record
from adapters.hubspot.sandbox.person import DEFAULT_USER_ID, Person
from adapters.registry import adapter_kinds
from daemon.clock import SeededLuck
from daemon.cycle import Order
from daemon.flow.report import RunReport
from daemon.use_cases import demo
from daemon.use_cases import demo_sides as sides
from daemon.use_cases.manifest import Manifest
from daemon.use_cases.rollback import RollbackRequest, held, rollback
from daemon.use_cases.workspace import Workspace, open_workspace, run_sync
from state import pairs
from state.opening import open_state
from tests.acceptance.desk import desk
from tests.acceptance.processes import FLOWING
from tests.http.doubles import LeapingClock

HAND_EDITS = 37
OF_UPDATED = 12
"""Hand edits of contacts that were there before; the others are of contacts the run created."""
LATER = 60.0
SYNC = "people-to-crm"

People = Mapping[str, Mapping[str, str]]


@dataclass(kw_only=True)
class Demo:
    """The demonstration's parts, with a clock that leaps."""

    folder: Path
    clock: LeapingClock
    sandbox: Sandbox
    workspace: Workspace

    async def sync(self) -> RunReport:
        """Run the sync a minute later."""
        self.clock.elapsed += LATER
        return await run_sync(self.workspace, Order(sync=demo.SYNC, trigger="test"))

    def contacts(self) -> People:
        """Return what people see: id → properties; not what the system notes by itself."""
        return {
            record.id: {
                name: value
                for name, value in dump_record(record)["values"].items()
                if not name.startswith("hs_") and name != "lastmodifieddate"
            }
            for record in self.sandbox.contacts.all_live()
        }

    def rows(self) -> list[dict[str, str]]:
        """Return the file's rows."""
        text = (self.folder / sides.FILE).read_bytes().decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))

    def edit(self, record: str, **properties: str) -> None:
        """Edit a contact as a person at the screen does, a second later."""
        self.clock.elapsed += 1
        account = self.sandbox.account
        Person(account=account, store=account.contacts, user_id=DEFAULT_USER_ID).edit(
            record, properties
        )


@asynccontextmanager
async def demonstration(folder: Path) -> AsyncIterator[Demo]:
    """Give the demonstration before its first run."""
    clock = LeapingClock()
    chosen = SandboxSettings(accounts=(AccountSettings(records=sides.CONTACTS),))
    async with run_sandbox(chosen, clock=clock) as box:
        process = sides.SandboxProcess(
            kind=adapter_kinds()["hubspot"], name="hubspot", base_url=box.base_url,
            token=box.token, page="", admin=f"{box.base_url}/_sandbox/",
        )  # fmt: skip
        file = sides.FileSide(path=folder / sides.FILE, has_whole_names=False)
        stage = demo.Stage(folder=folder, source=file, crm=process, seed=1)
        config = demo.write_configuration(stage, {})
        state = open_state(folder / "state", inline=True)
        try:
            async with open_workspace(config, state, clock, SeededLuck(7)) as workspace:
                await demo.prepare(workspace, stage)
                yield Demo(folder=folder, clock=clock, sandbox=box, workspace=workspace)
        finally:
            state.close()


def hand_edits(before: People, after: People) -> dict[str, str]:
    """Choose contacts the run wrote, and of each a property that it wrote: id → property."""
    updated = {
        record: next(name for name, value in values.items() if before[record].get(name) != value)
        for record, values in sorted(after.items())
        if record in before and before[record] != values
    }
    created = dict.fromkeys(sorted(after.keys() - before.keys()), "jobtitle")
    chosen = dict(list(updated.items())[:OF_UPDATED])
    return chosen | dict(list(created.items())[: HAND_EDITS - len(chosen)])


def expected(before: People, edits: Mapping[str, str], left: People, now: People) -> People:
    """Return how all contacts must be after the rollback."""
    kept = {record: left[record] for record in edits if record not in before}
    return {
        **{record: dict(values) for record, values in before.items()},
        **kept,
        **{
            record: {**before[record], name: now[record][name]}
            for record, name in edits.items()
            if record in before
        },
    }


def edited(record: str) -> str:
    return f"by hand {record}"


async def test_hand_edits_survive_and_the_rest_is_as_before(tmp_path: Path) -> None:
    """37 kept, the rest exactly as before; the three cycles after it write nothing (R24, I23)."""
    async with demonstration(tmp_path) as at:
        before, rows = at.contacts(), at.rows()
        first = await at.sync()
        edits = hand_edits(before, at.contacts())
        for record, name in edits.items():
            at.edit(record, **{name: edited(record)})
        left = at.contacts()
        path = tmp_path / "manifest.json"

        told = await rollback(at.workspace, RollbackRequest(run=first.run, by="ana", manifest=path))

        assert HAND_EDITS == len(edits) == told.counts["kept"] == len(told.kept)
        assert set(edits) == {one.record for one in told.kept}
        assert (0, "done", True) == (told.counts["failed"], told.outcome, told.is_paused)
        assert expected(before, edits, left, left) == at.contacts()
        assert rows == at.rows()
        manifest = Manifest.model_validate_json(path.read_bytes())
        assert told.counts["reversed"] >= len(manifest.writes) > HAND_EDITS
        for _ in range(3):
            assert "held" == (await at.sync()).outcome
        assert expected(before, edits, left, left) == at.contacts()


async def test_resumed_after_a_rollback_nothing_is_written(tmp_path: Path) -> None:
    """Hand edits that had travelled before are kept on both sides; three cycles rest (R24, I4)."""
    async with demonstration(tmp_path) as at:
        before = at.contacts()
        first = await at.sync()
        edits = hand_edits(before, at.contacts())
        for record, name in edits.items():
            at.edit(record, **{name: edited(record)})
        await at.sync()
        left = at.contacts()

        told = await rollback(at.workspace, RollbackRequest(run=first.run, by="ana"))
        await at.workspace.state.write(pairs.resume, sync=demo.SYNC)

        assert (0, True) == (told.counts["failed"], told.counts["kept"] >= HAND_EDITS)
        contacts, rows = at.contacts(), at.rows()
        assert expected(before, edits, left, left) == contacts
        for _ in range(3):
            report = await at.sync()
            assert ("nothing", "") == (report.outcome, report.error)
        assert (contacts, rows) == (at.contacts(), at.rows())
        assert await held(at.workspace.state)
        again = await rollback(at.workspace, RollbackRequest(run=first.run, by="ana"))
        assert ("nothing", 0) == (again.outcome, again.counts["reversed"])


def test_the_command_asks_tells_and_obeys(tmp_path: Path) -> None:
    """Nothing without --yes where nobody can answer; dry run, record, whole run, resume, held."""
    with desk(tmp_path, *FLOWING) as at:
        before = {one["id"]: visible(one) for one in at.box.records()}
        at.sync()
        after = {one["id"]: visible(one) for one in at.box.records()}
        waiting = at.run("rollback", 1, "--json")
        assert (3, "preview") == (waiting.code, waiting.json["outcome"])
        assert "--yes" in " ".join(waiting.json["next_steps"])
        shown = at.run("rollback", 1, "--dry-run")
        assert (0, True) == (shown.code, "nothing written" in shown.out)
        assert after == {one["id"]: visible(one) for one in at.box.records()}

        created = sorted(after.keys() - before.keys())
        one = at.run("rollback", 1, "--record", created[0], "--yes", "--json", "--by", "ana")
        assert (0, 1) == (one.code, one.json["counts"]["reversed"])
        manifest = tmp_path / "manifest.json"
        done = at.run("rollback", 1, "--yes", "--manifest", manifest, "--json")
        assert (0, "done", True) == (done.code, done.json["outcome"], done.json["is_paused"])
        assert before == {one["id"]: visible(one) for one in at.box.records()}
        assert json.loads(manifest.read_bytes())["writes"]
        assert 4 == at.look("sync", SYNC).code
        assert 0 == at.run("resume", SYNC).code
        again = at.run("sync", SYNC, "--json")
        assert (0, 0) == (again.code, again.json["plan"]["writes"])
        assert 2 == at.look("rollback", 99, "--yes").code
        assert "rollback of run 1" in at.look("report", done.json["run"]).out
        assert isinstance(at.look("held", "--json").json, list)


def visible(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what people see of a contact."""
    return {
        name: value
        for name, value in record["values"].items()
        if not name.startswith("hs_") and name != "lastmodifieddate"
    }
