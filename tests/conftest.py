"""What every test may ask for, and what none may do: reach out to anything but this machine."""

import itertools
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import ip_address

import pytest
from hypothesis import settings
from sqlalchemy.engine import make_url

from tests.postgres import PostgresUnavailableError, new_database, running_server

IN_CI = os.environ.get("CI", "").lower() not in {"", "0", "false"}

# Where a change is judged, the same examples run every time; elsewhere each run looks further.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("here", deadline=None, print_blob=True)
settings.load_profile("ci" if IN_CI else "here")

_database_numbers = itertools.count()


class OutsideWorldError(Exception):
    """A test tried to reach another machine."""


def _refuse_outside_world(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect":
        return
    address = arguments[1]
    if isinstance(address, tuple) and not _is_loopback(str(address[0])):
        raise OutsideWorldError(f"A test connects to {address[0]}; only loopback is allowed.")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:  # a name
        return host == "localhost"


sys.addaudithook(_refuse_outside_world)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A running Postgres server, one a session and worker: ``postgresql+psycopg://…``."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(running_server())
        except PostgresUnavailableError as problem:
            if IN_CI:
                raise
            pytest.skip(str(problem))
        yield url.render_as_string(hide_password=False)


@pytest.fixture
def fresh_postgres_url(postgres_url: str) -> Iterator[str]:
    """An empty database of this test's own on that server."""
    name = f"crmsyncd_test_{os.getpid()}_{next(_database_numbers)}"
    with new_database(make_url(postgres_url), name) as url:
        yield url.render_as_string(hide_password=False)
