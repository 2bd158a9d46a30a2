"""The database fixtures themselves: real servers, real transactions, nothing left over."""

import socket
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.conftest import OutsideWorldError
from tests.postgres import (
    DSN_VARIABLE,
    Account,
    _copied,
    libpq_url,
    running_server,
    server_from,
    wheel_binaries,
)


def test_a_committed_row_is_there_and_a_rolled_back_one_is_not(fresh_postgres_url: str) -> None:
    """BEGIN, COMMIT and ROLLBACK mean on this server what they mean on an operator's."""
    address = libpq_url(make_url(fresh_postgres_url))
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (id integer PRIMARY KEY)")
        for row, end in ((1, "COMMIT"), (2, "ROLLBACK")):
            connection.execute("BEGIN")
            connection.execute("INSERT INTO kept VALUES (%s)", (row,))
            connection.execute(end)

    with psycopg.connect(address) as another:
        rows = another.execute("SELECT id FROM kept").fetchall()

    assert [(1,)] == rows


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_finds_an_empty_database(fresh_postgres_url: str, turn: int) -> None:
    """What one test creates, the next does not see."""
    with psycopg.connect(libpq_url(make_url(fresh_postgres_url))) as connection:
        connection.execute("CREATE TABLE only_once (turn integer)")
        connection.execute("INSERT INTO only_once VALUES (%s)", (turn,))
        rows = connection.execute("SELECT turn FROM only_once").fetchall()

    assert [(turn,)] == rows


def test_text_of_any_script_survives(fresh_postgres_url: str) -> None:
    """The server stores UTF-8 whatever the machine's locale."""
    with psycopg.connect(libpq_url(make_url(fresh_postgres_url))) as connection:
        row = connection.execute("SELECT %s::text", ("Zoë Ångström 李",)).fetchone()

    assert ("Zoë Ångström 李",) == row


def test_the_wheel_alone_is_enough() -> None:
    """A machine without any Postgres of its own starts the one inside the wheel."""
    with server_from(wheel_binaries()[0]) as url, psycopg.connect(libpq_url(url)) as connection:
        row = connection.execute("SHOW server_version_num").fetchone()

    assert row is not None
    assert 16_00_00 <= int(row[0])


def test_a_copy_of_the_wheels_binaries_runs(tmp_path: Path) -> None:
    """Where the clone lies in a private folder, the server runs from a copy, libraries included."""
    Account(name=None).run(_copied(wheel_binaries()[0], tmp_path) / "initdb", "--version")


def test_a_named_server_is_taken_as_it_is(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CRMSYNCD_TEST_PG_DSN names a server in libpq's form; none is started then."""
    monkeypatch.setenv(DSN_VARIABLE, libpq_url(make_url(postgres_url)))

    with running_server() as url:
        assert postgres_url == url.render_as_string(hide_password=False)


def test_no_test_reaches_another_machine() -> None:
    """A connection beyond loopback is refused before a packet leaves."""
    with socket.socket() as outward, pytest.raises(OutsideWorldError):
        outward.connect(("192.0.2.1", 9))
