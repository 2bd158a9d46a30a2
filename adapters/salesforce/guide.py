"""How a person connects a Salesforce org: the steps, the questions and the permissions."""

from typing import Any

from adapters.guide import Granted, Guide, Question, Scope
from adapters.salesforce.grants import READ, WRITE, permission


async def _granted(adapter: Any) -> Granted:
    found: Granted = await adapter.granted()
    return found


def _object(name: str) -> tuple[Scope, Scope]:
    people = f"{name.lower()}s"
    return (
        Scope(
            name=permission(name, READ),
            why=f"read {people} and notice what people change; Salesforce tells of nothing that "
            "the user may not see",
        ),
        Scope(name=permission(name, WRITE), why=f"create and update {people}"),
    )


GUIDE = Guide(
    steps=(
        (
            "In Setup, make a user for crmsyncd alone, with the licence Salesforce Integration, so "
            "that its changes are known by name."
        ),
        (
            "Make a permission set with API Enabled, the permissions listed below, and Field "
            "Permissions to read and edit each field that is to be synced: a field without them is "
            "not there at all for an API. Assign it to the user."
        ),
        (
            "In Setup, open External Client App Manager and choose New External Client App. Under "
            "API, enable OAuth and add the scope Manage user data via APIs (api)."
        ),
        "Enable the Client Credentials Flow. Under Policies, let it run as that user.",
        (
            "Under Settings, copy the Consumer Key and the Consumer Secret. The address is that of My "
            "Domain: https://COMPANY.my.salesforce.com, not login.salesforce.com."
        ),
    ),
    questions=(
        Question(
            setting="base_url",
            prompt="Address of My Domain",
            variable="SALESFORCE_URL",
        ),
        Question(setting="client_id", prompt="Consumer Key", variable="SALESFORCE_CLIENT_ID"),
        Question(
            setting="client_secret",
            prompt="Consumer Secret",
            is_secret=True,
            variable="SALESFORCE_CLIENT_SECRET",
        ),
    ),
    scopes=(
        *_object("Lead"),
        *_object("Contact"),
        Scope(
            name="Customize Application",
            why="create the field crmsyncd_id__c once; an administrator can make it by hand "
            "instead (Text, 64, unique, External ID). Without the field everything runs, but a "
            "create whose reply is lost waits for a person",
            is_needed=False,
        ),
    ),
    granted=_granted,
    revoke="Salesforce: Setup > External Client App Manager, the app, Settings, Rotate the secret",
)
