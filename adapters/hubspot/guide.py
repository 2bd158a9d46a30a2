"""How a person connects a HubSpot account: the steps, the questions and the scopes."""

from typing import Any

from adapters.contract import EXTERNAL_ID
from adapters.guide import Granted, Guide, Question, Scope
from adapters.hubspot.grants import MAKE_FIELDS, READ, READ_FIELDS, WRITE


async def _granted(adapter: Any) -> Granted:
    found: Granted = await adapter.granted()
    return found


GUIDE = Guide(
    steps=(
        "Sign in to HubSpot as a super admin, or as a user with developer permissions.",
        "Open Development, then Keys, then Service keys (app.hubspot.com > Development > Keys).",
        "Choose Create service key, and name it crmsyncd, so that its changes are known by name.",
        "Choose Add new scope and tick the scopes listed below, no others.",
        "Choose Create, then Show, then Copy. The key begins with pat-.",
    ),
    questions=(
        Question(
            setting="token",
            prompt="Service key",
            is_secret=True,
            variable="HUBSPOT_TOKEN",
        ),
    ),
    scopes=(
        Scope(name=READ, why="read contacts and notice what people change"),
        Scope(name=WRITE, why="create and update contacts"),
        Scope(name=READ_FIELDS, why="read which properties contacts have, and of which type"),
        Scope(
            name=MAKE_FIELDS,
            why=f"create the property {EXTERNAL_ID} once; without it everything runs, but a create "
            "whose reply is lost waits for a person",
            is_needed=False,
        ),
    ),
    granted=_granted,
    revoke="HubSpot: Development > Keys > Service keys, the key's menu, Delete",
)
