"""A state opens, or says what stands in the way and what to do, and never a password."""

import os
import stat
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url

from state import observations
from state.database import State, StateUnavailable, open_engine, state_url
from state.opening import open_state

SECRET = "hunter2"
IMPATIENT = timedelta(milliseconds=100)
ONLY_FOR_OTHERS = pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write anything")


def refusal(place: str | Path, *, read_only: bool = False) -> str:
    """Return the words with which a place is refused; its causes hold no password either."""
    with pytest.raises(StateUnavailable) as problem:
        open_state(place, read_only=read_only, patience=IMPATIENT)
    assert SECRET not in "".join(traceback.format_exception(problem.value))
    return str(problem.value)


def test_a_new_state_is_for_its_owner_only(tmp_path: Path) -> None:
    """Folder, database and what SQLite keeps beside it can be read by nobody else."""
    place = tmp_path / "deep" / "state"
    before = os.umask(0)
    try:
        state = open_state(place)
        state.write_now(observations.fact, "a", "b")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in place.iterdir()}
        state.close()
    finally:
        os.umask(before)

    assert {"state.db": 0o600, "state.db-shm": 0o600, "state.db-wal": 0o600} == modes
    assert 0o700 == stat.S_IMODE(place.stat().st_mode)


def test_what_was_written_is_there_again(shared_place: str) -> None:
    """A state that is closed and opened again holds what it held."""
    first = open_state(shared_place)
    first.write_now(observations.fact, "instance", "one")
    first.close()

    second = open_state(shared_place)
    assert "one" == second.write_now(observations.fact, "instance", "two")
    second.close()


def test_reading_only_writes_nothing(shared_place: str) -> None:
    """A read-only state sees what is committed, also beside a writer, and refuses to write."""
    writer = open_state(shared_place)
    writer.write_now(observations.note, ("c", "o"), cursor="1")
    reader = open_state(shared_place, read_only=True)

    assert "1" == reader.read_now(observations.get, ("c", "o")).cursor
    with pytest.raises(StateUnavailable, match=r"no writes|be written"):
        reader.write_now(observations.note, ("c", "o"), cursor="2")

    writer.write_now(observations.note, ("c", "o"), cursor="3")
    assert "3" == reader.read_now(observations.get, ("c", "o")).cursor
    reader.close()
    writer.close()


def test_reading_only_makes_no_state(tmp_path: Path, fresh_postgres_url: str) -> None:
    """A place without a state is refused and left as it is; so is one without tables."""
    assert "there is none; correct --state" in refusal(tmp_path / "none", read_only=True)
    assert [] == list(tmp_path.iterdir())

    told = refusal(fresh_postgres_url, read_only=True)
    assert "is at revision (none)" in told
    assert "let the daemon, or any command that writes, open it once" in told


def test_a_state_in_memory_is_empty_each_time() -> None:
    """It lives as long as it is open and runs everything in the caller's thread."""
    for _ in range(2):
        state = open_state("sqlite://")
        assert "one" == state.write_now(observations.fact, "instance", "one")
        assert state.read_now(observations.account, "crm") is None
        state.close()


@pytest.mark.parametrize("below", ["state.txt", "state.txt/deeper"])
def test_a_file_instead_of_a_folder(tmp_path: Path, below: str) -> None:
    """A file where the folder should be is named as such."""
    (tmp_path / "state.txt").write_text("mine")

    told = refusal(tmp_path / below)

    assert "a file stands where its folder should be; name a folder" in told
    assert str(tmp_path) in told


def test_a_folder_instead_of_the_file(tmp_path: Path) -> None:
    """A folder called like the database is left alone."""
    (tmp_path / "state.db").mkdir()

    assert "a folder stands where its file should be" in refusal(tmp_path)


@ONLY_FOR_OTHERS
def test_a_folder_that_may_not_be_used(tmp_path: Path) -> None:
    """The account and what it needs are named."""
    tmp_path.chmod(0o500)

    assert "this account may not use it; let it read and write" in refusal(tmp_path / "state")


def test_a_folder_that_may_not_be_used_as_another_account(tmp_path: Path) -> None:
    """The same, for those who run the tests as root: a child gives its rights away first."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    tmp_path.chmod(0o700)

    told = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(tmp_path / "state")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "this account may not use it; let it read and write" in told


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """A file of something else is refused and left as it is."""
    content = b"name,mail\n" * 1_000
    (tmp_path / "state.db").write_bytes(content)

    assert "the file is no database; give another folder" in refusal(tmp_path)
    assert content == (tmp_path / "state.db").read_bytes()


def test_a_damaged_database(file_place: str) -> None:
    """Pages of noise are told as damage."""
    path = Path(file_place) / "state.db"
    content = bytearray(path.read_bytes())
    content[100:] = b"\x5a" * (len(content) - 100)
    path.write_bytes(bytes(content))

    assert "the file is damaged; restore a backup" in refusal(file_place)


def test_a_locked_database(tmp_path: Path) -> None:
    """A file that another process keeps to itself is waited for, then refused."""
    holder = open_engine(state_url(tmp_path))
    with holder.begin():
        told = refusal(tmp_path)
    holder.dispose()

    assert "another process keeps it locked; let that end, then try again" in told


@contextmanager
def small_disk() -> Iterator[None]:
    """A disk with room for ten pages."""

    def limit(raw: object, _record: object) -> None:
        raw.execute("PRAGMA max_page_count=10")  # type: ignore[attr-defined]  # a driver's object

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


def test_a_full_disk(tmp_path: Path) -> None:
    """A state that cannot be made for want of room says so, and is made once there is some."""
    with small_disk():
        told = refusal(tmp_path)
    open_state(tmp_path).close()

    assert "its disk is full; make room, then try again: nothing half-done was kept" in told


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"database": "nothing_here"}, "no such database; create it, empty"),
        ({"port": 1}, "the server cannot be reached; see that it runs"),
        ({"username": "nobody_at_all"}, "refuses this account; correct the URL"),
    ],
)
def test_a_server_that_refuses(postgres_url: str, change: dict[str, object], words: str) -> None:
    """Each way a server may refuse has its own next step; the place is told without account."""
    url = make_url(postgres_url).set(password=SECRET).set(**change)  # type: ignore[arg-type]  # a table

    told = refusal(url.render_as_string(hide_password=False))

    assert words in told
    assert "postgresql://127.0.0.1:" in told
    assert "nobody_at_all" not in told


@pytest.mark.parametrize(
    "place",
    [
        f"postgresql://ann:{SECRET}@host:port/db",
        f"postgresql://ann:{SECRET}@[::1/db",
        f"://ann:{SECRET}@host/db",
        f"mysql://ann:{SECRET}@host/db",
        f"unheard_of+driver://ann:{SECRET}@host/db",
        f"postgresql://ann@127.0.0.1:1/db?password={SECRET}",
        f"postgresql://ann@127.0.0.1:1/db?unheard_of={SECRET}",
        f"postgresql://ann:{SECRET}@127.0.0.1:1/db?password={SECRET}",
    ],
)
def test_no_password_is_ever_told(place: str) -> None:
    """Whatever is wrong with a URL, neither the message nor its causes repeat it."""
    assert "--state" in refusal(place) or "postgresql://" in refusal(place)


def test_the_state_takes_a_url_of_either_spelling(postgres_place: str) -> None:
    """``postgres://`` and ``postgresql://`` lead to the same driver."""
    bare = postgres_place.replace("postgresql+psycopg://", "postgresql://")

    for place in (bare, bare.replace("postgresql://", "postgres://")):
        state: State = open_state(place)
        assert "postgresql+psycopg" == state.engine.url.drivername
        state.close()


AS_NOBODY = """
import os, sys
from state.database import StateUnavailable
from state.opening import open_state
from state import journal
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
try:
    open_state(sys.argv[1])
except StateUnavailable as problem:
    print(problem)
"""
