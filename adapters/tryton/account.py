"""Which database the credentials lead to: told by the moment it was made, to the microsecond."""

from adapters.contract import Account
from adapters.errors import Unreadable
from adapters.tryton import codec
from adapters.tryton.connection import TrytonConnection

_MADE_FIRST = "ir.lang"
"""A model whose records come with the database and are never made anew, and that all may read."""


async def account(connection: TrytonConnection) -> Account:
    """Return the database. A copy of it is told as the same: it holds the same records."""
    rows = await connection.rows(_MADE_FIRST, "account", [["code", "=", "en"]], ["create_date"])
    made = codec.moment(rows[0]["create_date"]) if rows else None
    if made is None:
        raise Unreadable(
            f"Connection {connection.name!r}: the database does not tell when it was made.",
            code="no_identity",
            next_step="See that the connection's user may read languages (ir.lang).",
        )
    database = connection.settings.database
    return Account(id=f"{made.isoformat()}", name=database)
