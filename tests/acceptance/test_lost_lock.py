"""A daemon that lost its state's lock stops: another one may work there already (fault 10)."""

from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from tests.acceptance.desk import desk
from tests.acceptance.people import edit_row
from tests.acceptance.processes import daemon, eventually
from tests.postgres import libpq_url

SECONDS = 30.0


def test_a_lost_lock_ends_the_daemon(tmp_path: Path, fresh_postgres_url: str) -> None:
    """It writes nothing more, says why, and ends with an error, so that it is started again."""
    with desk(tmp_path) as at, daemon(tmp_path, at.environment, fresh_postgres_url) as process:
        process.start()
        eventually(process.is_quiet, "the first sync ends")
        before = at.box.records()
        end_the_locks_session(fresh_postgres_url)
        edit_row(at.file, "K00020", "City", "Zürich")
        assert 2 == process.process.wait(SECONDS)
        assert "The state's lock is lost" in process.errors()
        assert "state_lock_lost" in process.errors()
        assert before == at.box.records()
        process.start()
        eventually(lambda: "Zürich" == at.box.value(at.email(20), "city"), "the next one goes on")
        assert 0 == process.stop()


def end_the_locks_session(url: str) -> None:
    """As a server that restarts, or a network that breaks, would."""
    with psycopg.connect(libpq_url(make_url(url)), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE 'crmsyncd process%'"
        )
