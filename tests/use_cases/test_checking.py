"""``check`` against a real HTTP sandbox: everything that can be wrong has a name and a next step.

A system's cases are rows of its table; another system brings its own.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from adapters.hubspot.sandbox import Limits, TokenSettings
from adapters.salesforce import sandbox as salesforce
from daemon.clock import SeededLuck
from daemon.cycle import Order
from daemon.use_cases.checking import Check, check, nothing_connected
from daemon.use_cases.connection_check import ConnectionCheck
from daemon.use_cases.workspace import Workspace, open_workspace, read_configuration, run_sync
from state.opening import open_state
from tests.http.doubles import LeapingClock
from tests.use_cases.desks import Desk, OpenDesk, hubspot_desk, salesforce_desk

READ_ONLY = frozenset({"crm.objects.contacts.read", "crm.schemas.contacts.read"})


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is wrong with an account, and how a check names it."""

    trouble: str
    problem: str
    next_step: str
    is_well: bool = False
    account: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the sandbox's account."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Keys of the connection that differ."""
    quota: str = "{daily_share: 60%}"
    fault: Mapping[str, Any] = field(default_factory=dict)
    runs_before: bool = False
    """A sync has worked with it already."""


HUBSPOT = {
    "all is well": Case(trouble="", problem="", next_step="", is_well=True),
    "revoked token": Case(
        keys={"token": "pat-eu1-revoked"},
        trouble="credentials_refused",
        problem="401",
        next_step="service key",
    ),
    "missing scope": Case(
        account={"tokens": (TokenSettings(scopes=READ_ONLY),)},
        trouble="access_missing",
        problem="create and update contacts",
        next_step="Grant crm.objects.contacts.write",
    ),
    "hidden field": Case(
        runs_before=True,
        fault={"kind": "hidden_property", "value": "phone", "times": 99},
        trouble="field_hidden",
        problem="does not show phone",
        next_step="see the field again",
    ),
    "day used up by others": Case(
        account={"limits": Limits(daily=0)},
        trouble="quota_spent",
        problem="takes no more API calls before 2026-11-2",
        next_step="goes on by itself",
    ),
    "our share spent": Case(
        quota="{daily_share: 0%}",
        trouble="quota_spent",
        problem="of the 0 API calls of our daily share",
        next_step="raise `quota",
        is_well=True,
    ),
    "another account": Case(
        runs_before=True,
        fault={"kind": "account_swap", "times": 99},
        trouble="wrong_account",
        problem="opens account 7654321",
        next_step="another --state",
    ),
    "nobody there": Case(
        fault={"kind": "unavailable_503", "times": 99},
        trouble="out_of_reach",
        problem="did not answer",
        next_step="",
    ),
}


SALESFORCE = {
    "all is well": Case(trouble="", problem="", next_step="", is_well=True),
    "revoked secret": Case(
        keys={"client_secret": "revoked"},
        trouble="credentials_refused",
        problem="invalid_client",
        next_step="client id and secret",
    ),
    "hidden field": Case(
        runs_before=True,
        fault={"kind": "hidden_property", "value": "Phone", "times": 99},
        trouble="field_hidden",
        problem="does not show Phone",
        next_step="see the field again",
    ),
    "another account": Case(
        runs_before=True,
        fault={"kind": "account_swap", "times": 99},
        trouble="wrong_account",
        problem="opens account",
        next_step="another --state",
    ),
    "nobody there": Case(
        fault={"kind": "unavailable_503", "times": 99},
        trouble="out_of_reach",
        problem="did not answer",
        next_step="",
    ),
    "day used up by others": Case(
        account={"limits": salesforce.Limits(daily_calls=0)},
        trouble="quota_spent",
        problem="takes no more API calls before",
        next_step="goes on by itself",
    ),
    "our share spent": Case(
        quota="{daily_share: 0%}",
        trouble="quota_spent",
        problem="of the 0 API calls of our daily share",
        next_step="raise `quota",
        is_well=True,
    ),
}

SYSTEMS: dict[str, tuple[OpenDesk, Mapping[str, Case]]] = {
    "hubspot": (hubspot_desk, HUBSPOT),
    "salesforce": (salesforce_desk, SALESFORCE),
}

CASES = [(system, name) for system, (_, cases) in SYSTEMS.items() for name in cases]


@dataclass
class Bench:
    """A workspace on a sandbox."""

    workspace: Workspace
    desk: Desk


@asynccontextmanager
async def bench(folder: Path, case: Case, system: str = "hubspot") -> AsyncIterator[Bench]:
    """Yield a CSV file and a sandbox with the case's account, and a sync between them."""
    clock = LeapingClock()
    (folder / "people.csv").write_text(
        "id,Email,Last name,Phone\n1,ada@example.com,Lovelace,+49301234567\n"
    )
    open_desk, _ = SYSTEMS[system]
    async with open_desk(clock, **case.account) as desk:
        keys = ", ".join(f'{key}: "{value}"' for key, value in {**desk.keys, **case.keys}.items())
        file = folder / "crmsyncd.yaml"
        file.write_text(
            "connections:\n"
            "  people: {type: csv, path: people.csv, key: id}\n"
            f"  crm: {{{keys}, quota: {case.quota}}}\n"
            "syncs:\n"
            "  people: {source: {connection: people}, crm: {connection: crm}, "
            "approval: {first_run: none}}\n"
        )
        state = open_state("sqlite://")
        config = read_configuration(file, {})
        async with open_workspace(config, state, clock, SeededLuck(3)) as workspace:
            yield Bench(workspace=workspace, desk=desk)
        state.close()


def crm(found: Check) -> ConnectionCheck:
    return next(one for one in found.connections if one.connection == "crm")


@pytest.mark.parametrize(("system", "name"), CASES)
async def test_what_is_wrong_is_named_with_its_next_step(
    system: str, name: str, tmp_path: Path
) -> None:
    """Each trouble has one stable word, a reason and something a person can do."""
    case = SYSTEMS[system][1][name]
    async with bench(tmp_path, case, system) as on:
        if case.runs_before:
            assert (
                "done" == (await run_sync(on.workspace, Order(sync="people", trigger="t"))).outcome
            )
        if case.fault:
            await on.desk.fault(**case.fault)

        found = await check(on.workspace)

    told = crm(found)
    assert (case.trouble, case.is_well) == (told.trouble, told.is_well)
    assert case.problem in told.problem
    assert case.next_step in told.next_step
    assert case.is_well == found.is_well
    assert not told.next_step or told.next_step in found.next_steps
    assert "pat-" not in found.model_dump_json()


async def test_headroom_objects_and_required_fields_are_shown(tmp_path: Path) -> None:
    """Burst and day: limit, used, left, our share and when it starts afresh."""
    async with bench(tmp_path, Case(trouble="", problem="", next_step="")) as on:
        found = crm(await check(on.workspace))

    assert found.budget is not None
    limits = Limits()
    assert limits.daily == found.budget.most
    assert limits.daily * 6 // 10 == found.budget.share
    assert found.budget.share - found.budget.used == found.budget.left
    assert limits.daily - found.budget.used == found.budget.account_left
    assert "2026-11-20T23:00:00+00:00" == found.budget.resets_at.isoformat()
    assert found.calls == found.budget.used > 0
    assert {"burst", "search"} == {burst.name for burst in found.bursts}
    assert ("contacts",) == found.objects
    (used,) = found.used
    assert ("contacts", ("email", "firstname", "lastname")) == (used.object, used.required_any)
    assert () == used.hidden
    assert found.scopes
    assert all(scope.is_granted for scope in found.scopes)


async def test_a_check_does_not_forget_what_it_spent(tmp_path: Path) -> None:
    """Its calls count in the account's day as any others do."""
    async with bench(tmp_path, Case(trouble="", problem="", next_step="")) as on:
        first = crm(await check(on.workspace))
        second = crm(await check(on.workspace))

    assert first.budget is not None
    assert second.budget is not None
    assert first.budget.used + second.calls == second.budget.used


async def test_a_check_writes_nothing(tmp_path: Path) -> None:
    """Not a record, not a field."""
    async with bench(tmp_path, Case(trouble="", problem="", next_step="")) as on:
        found = crm(await check(on.workspace))
        schema = await on.workspace.links["crm"].adapter.schema("contacts")

    assert "is made at the first run" in found.external_id
    assert "crmsyncd_id" not in schema


def test_nothing_connected_names_the_steps() -> None:
    """From nothing to a running sync, in order."""
    steps = nothing_connected().next_steps

    assert "crmsyncd demo" in steps[0]
    assert "crmsyncd connect hubspot" in steps[1]
    assert "crmsyncd run" in steps[-1]
    assert not nothing_connected().is_well
