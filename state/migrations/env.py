"""What Alembic runs for each command: takes the connection it is handed, opens none of its own."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, TypeDecorator
from sqlmodel import SQLModel

import state.journal
import state.safety
import state.tables  # noqa: F401 - they declare the tables that revisions are compared with
from state.migrate import VERSION_TABLE


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write the database's own type into a revision, so that it outlives our classes."""
    del autogen
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


def run(connection: Connection) -> None:
    """Run the command's revisions inside the transaction of *connection*."""
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        version_table=VERSION_TABLE,
        # SQLite can alter little: it copies the table. Always on, or revisions made on Postgres
        # would fail there.
        render_as_batch=True,
        render_item=render_item,
        compare_type=True,
        # On SQLite every spelling of a default counts as a difference.
        compare_server_default=connection.dialect.name == "postgresql",
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
