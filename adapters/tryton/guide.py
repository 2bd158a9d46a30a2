"""How a person connects a Tryton database: a user of its own, and what it may do."""

from adapters.guide import Guide, Question, Scope

GUIDE = Guide(
    steps=(
        (
            "In Tryton, open Administration > Users > Users and make a user for crmsyncd alone, so "
            "that its changes are known by name. Give it a long password."
        ),
        "Under Access Permissions, put it into the groups listed below.",
    ),
    questions=(
        Question(setting="base_url", prompt="Address of the server", variable="TRYTON_URL"),
        Question(setting="database", prompt="Database", variable="TRYTON_DATABASE"),
        Question(setting="user", prompt="User", variable="TRYTON_USER"),
        Question(setting="password", prompt="Password", is_secret=True, variable="TRYTON_PASSWORD"),
    ),
    scopes=(
        Scope(name="Party", why="read, create and update parties and their contact mechanisms"),
        Scope(
            name="Sales: Opportunity User",
            why="the same for opportunities; not needed where none are synced",
            is_needed=False,
        ),
    ),
    revoke="Tryton: Administration > Users > Users, the user, a new password",
)
