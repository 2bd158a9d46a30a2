"""How a person connects a Tryton database: a user of its own, and what it may do."""

from typing import Any

from adapters.guide import Granted, Guide, Question, Scope
from adapters.tryton.grants import OPPORTUNITIES_GROUP


async def _granted(adapter: Any) -> Granted:
    found: Granted = await adapter.granted()
    return found


GUIDE = Guide(
    steps=(
        (
            "In Tryton, open Administration > Users > Users and make a user for crmsyncd alone, so "
            "that its changes are known by name. Give it a long password."
        ),
        (
            "Parties are open to every user, unless your administrator closed them. Under Access "
            "Permissions, put it into the group listed below if opportunities are synced."
        ),
    ),
    questions=(
        Question(setting="base_url", prompt="Address of the server", variable="TRYTON_URL"),
        Question(setting="database", prompt="Database", variable="TRYTON_DATABASE"),
        Question(setting="user", prompt="User", variable="TRYTON_USER"),
        Question(setting="password", prompt="Password", is_secret=True, variable="TRYTON_PASSWORD"),
    ),
    scopes=(
        Scope(
            name=OPPORTUNITIES_GROUP,
            why="read, create and update opportunities; not needed where only parties are synced",
            is_needed=False,
        ),
    ),
    granted=_granted,
    revoke="Tryton: Administration > Users > Users, the user, a new password",
)
