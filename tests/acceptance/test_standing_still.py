"""A daemon that is suspended in the middle of a write, for longer than any request lasts."""

import time
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from state.lock import RUNNING
from tests.acceptance.history import Promise
from tests.acceptance.outpost import Outpost, outpost
from tests.acceptance.processes import Daemon, daemon, eventually
from tests.acceptance.proxy import LATE, Fault
from tests.postgres import libpq_url

BEFORE_IT_ARRIVES = (Fault.HOLD_REQUEST, "writes")
AFTER_IT_IS_DONE = (Fault.HOLD_REPLY, "writes")
AFTER_THE_LOOK = (Fault.HOLD_REPLY, "batch/read")
"""What was held when the daemon was stopped: the write, its reply, the reply to the look before."""


def test_a_suspended_daemon_goes_on_where_it_was(tmp_path: Path) -> None:
    """Stopped with a request on the wire, woken after its time-out: once done, once counted."""
    with outpost(tmp_path) as at:
        at.first_sync()
        for number, moment in enumerate((BEFORE_IT_ARRIVES, AFTER_THE_LOOK), 30):
            _suspended_in(at, moment, number)
            at.net.heal()
            time.sleep(LATE)
            at.edit_contact(number + 5, "Meanwhile there")
            at.daemon.resume()
            at.until_agreed({number: "Edited here", number + 5: "Meanwhile there"})
        at.ends_well(60)


def _suspended_in(at: Outpost, moment: tuple[Fault, str], number: int) -> None:
    at.net.hold(*moment)
    at.edit_row(number, "Edited here")
    eventually(lambda: at.net.held, "the request is on the wire")
    at.daemon.pause()


def test_a_suspended_load_of_new_people_makes_nobody_twice(tmp_path: Path) -> None:
    """The first load, stopped while the CRM makes 30 people: woken, it finds and adopts them."""
    with outpost(tmp_path) as at:
        at.net.hold(Fault.HOLD_REPLY, "upsert")
        at.daemon.start()
        eventually(lambda: at.net.held, "the people are made")
        at.daemon.pause()
        at.net.release()
        time.sleep(LATE)
        at.daemon.resume()
        eventually(at.daemon.is_quiet, "the first sync ends")
        at.ends_well(60)


def test_who_lost_the_state_before_it_wrote_never_writes(
    tmp_path: Path, fresh_postgres_url: str
) -> None:
    """Stopped between its look and its intent, replaced, woken: it opens no intent (R22)."""
    _is_replaced(tmp_path, fresh_postgres_url, AFTER_THE_LOOK)


def test_who_lost_the_state_after_it_wrote_settles_nothing(
    tmp_path: Path, fresh_postgres_url: str
) -> None:
    """Stopped with its write done and the reply under way: the successor settles it, alone (R22)."""
    _is_replaced(tmp_path, fresh_postgres_url, AFTER_IT_IS_DONE)


def _is_replaced(folder: Path, url: str, moment: tuple[Fault, str]) -> None:
    place = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with outpost(folder, place=place) as at, daemon(folder, at.environment, place) as second:
        at.first_sync()
        _suspended_in(at, moment, 30)
        _is_refused(second, at.daemon)
        _lose_the_lock(url)
        _takes_over(second)
        assert at.agree({30: "Edited here"})
        before = at.promises()
        at.net.heal()
        at.daemon.resume()
        eventually(lambda: _is_told(at), "the first is told")
        at.edit_row(32, "By the second")
        at.until_agreed({32: "By the second"})
        second.settle()
        _is_the_work_of_one(at, before)
        assert 0 == second.stop()


def _is_told(at: Outpost) -> bool:
    return at.daemon.process.poll() is not None or at.told("taken over by another daemon")()


def _is_refused(second: Daemon, first: Daemon) -> None:
    """As long as the lock is held, by a sleeper too, a second one is told by whom (§7.7)."""
    second._starts = 90
    second.start()
    assert 2 == second.process.wait(30)
    assert f"crmsyncd process {first.process.pid} on " in second.errors()
    assert "stop that one first" in second.errors()


def _lose_the_lock(url: str) -> None:
    """End the session that holds the lock, as a network that parted would."""
    with psycopg.connect(libpq_url(make_url(url)), autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks"
            " WHERE locktype = 'advisory' AND classid = %s AND granted",
            (RUNNING,),
        ).fetchall()
    assert [(True,)] == ended


def _takes_over(second: Daemon) -> None:
    second._starts = 100
    second.start()
    eventually(second.is_quiet, "the second daemon has taken over")


def _is_the_work_of_one(at: Outpost, before: dict[str, Promise]) -> None:
    """What stood in the state when the first woke stands there still; only one edit is new."""
    after = at.promises()
    assert before == {name: after[name] for name in before}
    new = [promise.values for name, promise in after.items() if name not in before]
    assert [{"city": "By the second"}] == new
    assert [] == at.faults()
