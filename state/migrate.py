"""Bring the tables of a state to this release's revision, or back.

Takes an engine of ``state.database``; each call is one transaction, so a crash leaves the tables as
they were, and two processes that open an old state at once wait for one another. A state that is
at ``HEAD`` costs one look: Alembic is not even imported.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text
from sqlmodel import SQLModel

import state.journal
import state.safety
import state.tables  # noqa: F401 - they declare the tables
from state.refusal import StateUnavailable, shown

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0003"
"""The revision of this release's tables."""

VERSION_TABLE = "state_revision"
"""Not Alembic's own name: a shared database may hold another application's revisions."""


def current(engine: Engine) -> str | None:
    """Return the revision a state is at; None where it has no tables yet."""
    with engine.execution_options(reader=True).connect() as connection:
        return _stored(connection)


def upgrade(engine: Engine) -> bool:
    """Bring an empty or older state to ``HEAD``; return whether there was anything to do.

    Raises StateUnavailable where a newer release wrote it or the tables are somebody else's.
    """
    if current(engine) == HEAD:
        return False
    with engine.begin() as connection:
        stored = _stored(connection)
        if stored == HEAD:  # another process was faster
            return False
        if stored is None:
            _refuse_foreign(connection)
        else:
            _refuse_newer(connection, stored)
        _run(connection, "upgrade", "head")
    return True


def downgrade(engine: Engine, to: str = "base") -> None:
    """Take a state back to an older revision; ``base`` drops every table.

    Raises StateUnavailable where a newer release wrote it.
    """
    with engine.begin() as connection:
        stored = _stored(connection)
        if stored is not None:
            _refuse_newer(connection, stored)
            _run(connection, "downgrade", to)


def require_head(engine: Engine) -> None:
    """Refuse a state that is not at ``HEAD``: what a reader that may not migrate asks for."""
    stored = current(engine)
    if stored == HEAD:
        return
    with engine.execution_options(reader=True).connect() as connection:
        if stored is not None:
            _refuse_newer(connection, stored)
    raise StateUnavailable(
        f"The state at {shown(engine.url)} is at revision {stored or '(none)'}, this release reads "
        f"{HEAD}; let the daemon, or any command that writes, open it once."
    )


def create_in_memory(engine: Engine) -> None:
    """Make the tables of a state that lives in this process: at once, with no revisions to run."""
    with engine.begin() as connection:
        SQLModel.metadata.create_all(connection)


def config(connection: Connection) -> "Config":
    """Return Alembic's configuration for our revisions on *connection*."""
    from alembic.config import Config

    made = Config(stdout=sys.stdout)
    made.set_main_option("path_separator", "os")
    folder = Path(__file__).with_name("migrations")
    made.set_main_option("script_location", str(folder).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def _run(connection: Connection, command: str, to: str) -> None:
    import alembic.command

    getattr(alembic.command, command)(config(connection), to)


def _stored(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608


def _refuse_newer(connection: Connection, stored: str) -> None:
    from alembic.script import ScriptDirectory

    known = {
        found.revision for found in ScriptDirectory.from_config(config(connection)).walk_revisions()
    }
    if stored not in known:
        raise StateUnavailable(
            f"The state at {shown(connection.engine.url)} is at revision {stored}, which this release "
            f"does not know (it knows up to {HEAD}): a newer release wrote it. Install that release "
            "again, or restore a backup from before the update."
        )


def _refuse_foreign(connection: Connection) -> None:
    """Refuse a database in which a table of ours stands that we did not make."""
    taken = sorted(SQLModel.metadata.tables.keys() & set(inspect(connection).get_table_names()))
    if taken:
        raise StateUnavailable(
            f"The database at {shown(connection.engine.url)} holds a table {taken[0]!r} but no state of "
            "crmsyncd; name an empty database."
        )
