"""Accounts' days in the state: counts add up, old ones go, the newest word counts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from state import budgets, probes
from state.budgets import AllowanceRow
from state.database import State
from state.probes import FindingRow, OpenProbe
from tests.state.samples import NOON

ACCOUNT = "hubspot:1"
QUARTER = timedelta(minutes=15)

ALLOWANCE = AllowanceRow(
    connection="crm",
    account=ACCOUNT,
    starts_at_midnight=True,
    time_zone="Europe/Berlin",
    most=1_000,
    account_left=900,
    told_at=NOON,
    daily_share=0.6,
    reserve=0.1,
)


@pytest.fixture
def connection(state: State) -> Iterator[Connection]:
    """A writing transaction."""
    with state.engine.begin() as opened:
        yield opened


def test_counts_of_two_processes_add_up(connection: Connection) -> None:
    """Neither replaces what the other has written."""
    budgets.keep(connection, [ALLOWANCE], {ACCOUNT: {NOON: 3, NOON + QUARTER: 1}})
    budgets.keep(connection, [ALLOWANCE], {ACCOUNT: {NOON: 4}})

    assert {NOON: 7, NOON + QUARTER: 1} == budgets.spent(connection, ACCOUNT)
    assert {} == budgets.spent(connection, "hubspot:2")


def test_old_counts_go(connection: Connection) -> None:
    """After two days no account's day needs them."""
    budgets.keep(connection, [], {ACCOUNT: {NOON: 3}, "other:1": {NOON: 5}})
    later = NOON + timedelta(days=2, minutes=15)
    budgets.keep(connection, [], {ACCOUNT: {later: 1}})

    assert {later: 1} == budgets.spent(connection, ACCOUNT)
    assert {NOON: 5} == budgets.spent(connection, "other:1")


def test_the_newest_word_on_an_account_comes_first(connection: Connection) -> None:
    """Whichever of its connections heard it; one that never heard any comes last."""
    untold = replace(ALLOWANCE, connection="a", told_at=None, most=None, account_left=None)
    newest = replace(ALLOWANCE, connection="z", told_at=NOON + QUARTER, account_left=800)
    other = replace(ALLOWANCE, connection="else", account="hubspot:2")
    budgets.keep(connection, [ALLOWANCE, untold, newest, other], {})

    assert [newest, ALLOWANCE, untold] == budgets.allowances(connection, ACCOUNT)
    assert 4 == len(budgets.allowances(connection))


def test_a_probe_is_noted_until_it_is_over(connection: Connection) -> None:
    """With all that is needed to find its record."""
    begun = OpenProbe(object="contacts", mark="m", made_at=NOON.isoformat())
    probes.begin(connection, "crm", begun)
    assert begun == probes.still_open(connection, "crm")
    assert probes.still_open(connection, "other") is None

    probes.begin(connection, "crm", replace(begun, id="7"))
    made = probes.still_open(connection, "crm")
    probes.end(connection, "crm")

    assert replace(begun, id="7") == made
    assert probes.still_open(connection, "crm") is None


def test_findings_are_replaced_as_a_whole(connection: Connection) -> None:
    """A question that is not asked any more leaves no old answer; other objects keep theirs."""
    one = FindingRow(
        connection="crm", object="contacts", question="q1", asked="?", answer="yes", seen_at=NOON
    )
    elsewhere = replace(one, object="leads")
    probes.keep(connection, [one, replace(one, question="q2"), elsewhere])

    probes.keep(connection, [replace(one, answer="no")])

    assert [replace(one, answer="no"), elsewhere] == probes.findings(connection, "crm")
