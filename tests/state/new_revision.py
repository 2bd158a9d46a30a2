"""Write the next revision of the state's tables: ``python -m tests.state.new_revision "what for"``.

Compared on Postgres, because what is made on SQLite breaks there; the tests run it on both.
"""

import sys

import alembic.command
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from state import migrate
from state.database import open_engine
from tests.postgres import new_database, running_server


def main(message: str) -> None:
    """Compare the tables with the revisions there are, and write down the difference."""
    with running_server() as server, new_database(server, "new_revision") as url:
        engine = open_engine(url)
        with engine.begin() as connection:
            config = migrate.config(connection)
            number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
            if number > 1:
                alembic.command.upgrade(config, "head")
            alembic.command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")
        engine.dispose()
    print(f"Now read it, and set HEAD in state/migrate.py to {number:04}.")  # noqa: T201
    print(f"{len(SQLModel.metadata.tables)} tables were compared.")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
