"""``check --probe``: questions are answered, and whatever happens nothing is left behind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.errors import UnknownOutcome
from adapters.hubspot.sandbox import Switches, TokenSettings
from daemon.clock import SeededLuck
from daemon.use_cases.checking import check
from daemon.use_cases.oneoff import Unusable
from daemon.use_cases.probing import ProbeReport, probe, probed_objects
from daemon.use_cases.workspace import Workspace, open_workspace, read_configuration
from state import probes
from state.database import State
from state.opening import open_state
from tests.http.doubles import LeapingClock
from tests.use_cases.desks import Desk, OpenDesk, hubspot_desk, salesforce_desk

READ_ONLY = frozenset({"crm.objects.contacts.read", "crm.schemas.contacts.read"})
HUBSPOT_CREATE = {"method": "POST", "path_prefix": "/crm/objects/2026-09/contacts/batch/create"}
SALESFORCE_CREATE = {"method": "PATCH", "path_prefix": "/services/data/v62.0/composite/sobjects/"}
SYSTEMS: dict[str, OpenDesk] = {"hubspot": hubspot_desk, "salesforce": salesforce_desk}


class Killed(BaseException):
    """The process died here."""


class Bench:
    """A sandbox, and processes that work on it with one state."""

    def __init__(self, desk: Desk, clock: LeapingClock, file: Path) -> None:
        self.desk = desk
        self.clock = clock
        self.file = file
        self.processes = 0
        self.state: State = open_state("sqlite://")

    @asynccontextmanager
    async def process(self) -> AsyncIterator[Workspace]:
        """Yield what a command works with."""
        self.processes += 1
        config = read_configuration(self.file, {})
        luck = SeededLuck(f"{self.processes}")
        async with open_workspace(config, self.state, self.clock, luck) as workspace:
            yield workspace

    async def probe(self) -> ProbeReport:
        async with self.process() as workspace:
            return await probe(workspace, "crm")

    async def killed_at(self, call: int, *, is_sent: bool) -> bool:
        """Probe in a process that dies at a call, before or after it landed; tell if it did."""
        async with self.process() as workspace:
            adapter: Any = workspace.links["crm"].adapter
            client = adapter._connection.client
            send, passed = client.send, 0

            async def dying(request: Any) -> Any:
                nonlocal passed
                passed += 1
                if passed > call or (passed == call and not is_sent):
                    raise Killed
                reply = await send(request)
                if passed == call:
                    raise Killed
                return reply

            client.send = dying
            try:
                await probe(workspace, "crm")
            except Killed:
                return True
            return False

    async def is_noted(self) -> bool:
        """Tell whether a test record may still be there, as far as the state knows."""
        return await self.state.read(probes.still_open, "crm") is not None


@asynccontextmanager
async def bench(
    folder: Path, system: str = "hubspot", *, create: str = "yes", **settings: Any
) -> AsyncIterator[Bench]:
    """Yield a sandbox and a sync on it."""
    clock = LeapingClock()
    (folder / "people.csv").write_text("id,Email,Last name\n1,ada@example.com,Lovelace\n")
    async with SYSTEMS[system](clock, **settings) as desk:
        keys = ", ".join(f'{key}: "{value}"' for key, value in desk.keys.items())
        file = folder / "crmsyncd.yaml"
        file.write_text(
            "connections:\n"
            "  people: {type: csv, path: people.csv, key: id}\n"
            f"  crm: {{{keys}}}\n"
            "syncs:\n"
            "  people: {source: {connection: people}, crm: {connection: crm}, "
            f"create: {{crm: {create}}}}}\n"
        )
        made = Bench(desk, clock, file)
        yield made
        made.state.close()


async def test_every_question_is_answered_and_nothing_is_left(tmp_path: Path) -> None:
    """The sandbox's own switches show in the answers; its calls are counted by purpose."""
    async with bench(tmp_path) as on:
        found = await on.probe()
        left = await on.desk.people()
        is_noted = await on.is_noted()

    answers = {one.question: one.answer for one in found.findings}
    assert "" == found.problem
    assert found.is_clean
    assert [] == left
    assert not is_noted
    assert "at once" == answers["found_at_once"]
    assert "ignored" == answers["unknown_on_read"]
    assert "made lower case" == answers["case_of_addresses"]
    assert "kept" == answers["outer_blanks"]
    assert "accepted and ignored" == answers["backward_stage"]
    assert "refused (INVALID_OPTION)" == answers["bad_option"]
    assert "refused (INVALID_EMAIL)" == answers["bad_address"]
    assert "refused (READ_ONLY_VALUE)" == answers["read_only"]
    assert "204" == answers["archived_twice"]
    assert answers["own_source"].startswith("INTEGRATION, with")
    assert answers["search_counts"] in {"yes", "no"}
    assert not [one for one in found.findings if "could not be asked" in one.answer]
    assert found.calls == sum(found.by_purpose.values())
    assert {"create": 1, "archive": 1}.items() <= found.by_purpose.items()


async def test_salesforce_answers_its_own_questions(tmp_path: Path) -> None:
    """By one lead, and the bin holds it afterwards."""
    async with bench(tmp_path, "salesforce") as on:
        found = await on.probe()
        left = await on.desk.people()

    answers = {one.question: one.answer for one in found.findings}
    assert ("", [], True) == (found.problem, left, found.is_clean)
    assert answers["most_ids_read"].startswith("yes, and one more is answered with 400")
    assert "written, then refused (DUPLICATE_VALUE)" == answers["same_id_twice"]
    assert "412 PRECONDITION_FAILED" == answers["changed_since"]
    assert "cut off" == answers["outer_blanks"]
    assert "404 ENTITY_IS_DELETED" == answers["deleted_is_written"]
    assert not [one for one in found.findings if "could not be asked" in one.answer]


async def test_another_account_gives_other_answers(tmp_path: Path) -> None:
    """What differs between accounts is seen, not assumed."""
    switches = Switches(
        is_email_lowercased=False, is_text_trimmed=True, is_lifecycle_forward_only=False
    )
    async with bench(tmp_path, switches=switches) as on:
        found = await on.probe()
        left = await on.desk.people()

    answers = {one.question: one.answer for one in found.findings}
    assert "kept" == answers["case_of_addresses"]
    assert "cut off" == answers["outer_blanks"]
    assert "written" == answers["backward_stage"]
    assert [] == left


async def test_check_shows_what_was_seen(tmp_path: Path) -> None:
    """The answers are kept; a second probe replaces them."""
    async with bench(tmp_path) as on:
        await on.probe()
        found = await on.probe()
        async with on.process() as workspace:
            shown = next(c for c in (await check(workspace)).connections if c.connection == "crm")

    assert sorted(one.question for one in found.findings) == [
        one.question for one in shown.findings
    ]
    assert "" == shown.trouble


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("is_sent", [True, False], ids=["after", "before"])
async def test_killed_anywhere_leaves_nothing_behind(
    tmp_path: Path, system: str, *, is_sent: bool
) -> None:
    """At each call of a probe, before or after it landed: the next probe removes the record."""
    call = 0
    async with bench(tmp_path, system) as on:
        while True:
            call += 1
            on.clock.elapsed += 3600
            if not await on.killed_at(call, is_sent=is_sent):
                break
            was_left = len(await on.desk.people())
            assert was_left <= 1
            assert await on.is_noted() or not was_left
            found = await on.probe()
            assert ("", was_left) == (found.problem, found.former_removed)
            assert [] == await on.desk.people()
            assert not await on.is_noted()

    assert call > 20


async def test_an_interrupted_probe_is_told(tmp_path: Path) -> None:
    """``check`` says that a test record may be there, and what removes it."""
    async with bench(tmp_path) as on:
        await on.killed_at(8, is_sent=True)
        async with on.process() as workspace:
            shown = next(c for c in (await check(workspace)).connections if c.connection == "crm")

    assert ("probe_left_behind", True) == (shown.trouble, shown.is_well)
    assert "crmsyncd check --probe" in shown.next_step


@pytest.mark.parametrize(
    ("system", "create"), [("hubspot", HUBSPOT_CREATE), ("salesforce", SALESFORCE_CREATE)]
)
async def test_a_create_without_a_reply_is_found(
    tmp_path: Path, system: str, create: dict[str, str]
) -> None:
    """It may have happened: it is looked for by its address, and removed."""
    async with bench(tmp_path, system) as on:
        await on.desk.fault(kind="timeout_504_after_write", match=create, times=1)
        found = await on.probe()
        left = await on.desk.people()
        again = await on.probe()

    assert UnknownOutcome.__name__ not in found.problem
    assert found.problem
    assert [] == left
    assert "" == again.problem


async def test_a_key_that_may_not_write_leaves_nothing_noted(tmp_path: Path) -> None:
    """The missing scope is named; there is nothing to remove."""
    async with bench(tmp_path, tokens=(TokenSettings(scopes=READ_ONLY),)) as on:
        found = await on.probe()
        is_noted = await on.is_noted()

    assert "crm.objects.contacts.write" in found.next_step
    assert found.is_clean
    assert not is_noted


async def test_without_leave_to_create_nothing_is_made(tmp_path: Path) -> None:
    """The configuration says that this connection creates nothing: not for a probe either."""
    async with bench(tmp_path, create="no") as on, on.process() as workspace:
        with pytest.raises(Unusable, match="No sync may create records on 'crm'"):
            probed_objects(workspace)
        with pytest.raises(Unusable, match="no open question about connections of type 'csv'"):
            probed_objects(workspace, "people")
        with pytest.raises(Unusable, match="There is no connection 'other'"):
            await probe(workspace, "other")

        assert [] == await on.desk.people()
