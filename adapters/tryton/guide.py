"""How a person connects a Tryton database: a user of its own, and what it may do."""

from adapters.guide import Guide, Question, Scope

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
            name="Sale Opportunity",
            why="read, create and update opportunities; not needed where only parties are synced",
            is_needed=False,
        ),
    ),
    revoke="Tryton: Administration > Users > Users, the user, a new password",
)
