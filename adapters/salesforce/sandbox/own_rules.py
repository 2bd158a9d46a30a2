"""Rules that only one object has: converted leads, campaign members, tasks (salesforce.md 10, 17)."""

from collections.abc import Callable, Mapping
from typing import Any

from adapters.salesforce.sandbox.fields import Kind
from adapters.salesforce.sandbox.org import Actor, Org
from adapters.salesforce.sandbox.problems import refused
from adapters.salesforce.sandbox.store import Row

ASSIGNABLE = frozenset({"Lead", "Case", "Account"})


def check_own_rules(org: Org, kind: Kind, row: Row, before: Row | None) -> None:
    """Refuse what the row's own object forbids."""
    check = _CHECKS.get(kind.name)
    if check is not None:
        check(org, row, before)


def assigned_owner(org: Org, kind: Kind, values: dict[str, Any], actor: Actor) -> None:
    """Let an active assignment rule overwrite the owner, unless the caller switched it off."""
    does_run = org.switches.does_assignment_rule_run and actor.does_assign and not actor.is_person
    if does_run and kind.name in ASSIGNABLE:
        values["OwnerId"] = org.person


def follow_ups(kind: Kind, row: Row) -> list[tuple[str, dict[str, Any]]]:
    """Return what Salesforce makes beside a new row: a campaign gets its two statuses."""
    if kind.name != "Campaign":
        return []
    common = {"CampaignId": row.id}
    sent = {"Label": "Sent", "SortOrder": 1, "IsDefault": True}
    responded = {"Label": "Responded", "SortOrder": 2, "HasResponded": True}
    return [("CampaignMemberStatus", {**common, **each}) for each in (sent, responded)]


def _lead(_: Org, __: Row, before: Row | None) -> None:
    if before is not None and before.get("IsConverted"):
        raise refused("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")


def _member(org: Org, row: Row, before: Row | None) -> None:
    persons = [row.get("ContactId"), row.get("LeadId")]
    if before is None and sum(each is not None for each in persons) != 1:
        raise refused(
            "FIELD_INTEGRITY_EXCEPTION",
            "Either a contact or a lead ID must be specified, not both.",
        )
    if before is not None:
        return
    taken = any(
        each.get("CampaignId") == row.get("CampaignId")
        and [each.get("ContactId"), each.get("LeadId")] == persons
        for each in org.store("CampaignMember").all_live()
    )
    if taken:
        raise refused("DUPLICATE_VALUE", "Already a campaign member.")


def _task(_: Org, row: Row, __: Row | None) -> None:
    who, what = str(row.get("WhoId") or ""), row.get("WhatId")
    if who.startswith("00Q") and what is not None:
        raise refused(
            "FIELD_INTEGRITY_EXCEPTION",
            "Related To ID: unable to relate a lead and another record to one activity",
            "WhatId",
        )


_CHECKS: Mapping[str, Callable[[Org, Row, Row | None], None]] = {
    "Lead": _lead,
    "CampaignMember": _member,
    "Task": _task,
}
