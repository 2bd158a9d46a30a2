"""Values Salesforce computes from others: names, addresses, stages, mirrors of a person."""

from collections.abc import Callable, Mapping
from typing import Any

from adapters.salesforce.sandbox.fields import Kind
from adapters.salesforce.sandbox.org import Org
from adapters.salesforce.sandbox.store import Row

_STAGES: Mapping[str, tuple[float, str]] = {
    "Prospecting": (10.0, "Pipeline"),
    "Qualification": (10.0, "Pipeline"),
    "Needs Analysis": (20.0, "Pipeline"),
    "Value Proposition": (50.0, "Pipeline"),
    "Id. Decision Makers": (60.0, "Pipeline"),
    "Perception Analysis": (70.0, "Pipeline"),
    "Proposal/Price Quote": (75.0, "Pipeline"),
    "Negotiation/Review": (90.0, "Pipeline"),
    "Closed Won": (100.0, "Closed"),
    "Closed Lost": (0.0, "Omitted"),
}


def derived(org: Org, kind: Kind, row: Row) -> dict[str, Any]:
    """Return all computed values of a row, None for those that are empty."""
    found: dict[str, Any] = {}
    for name, field in kind.fields.items():
        if field.type == "address":
            found[name] = _address(kind, name, row)
    own = _OWN.get(kind.name)
    return found if own is None else found | own(org, row)


def person_name(row: Row) -> str | None:
    """Return the full name of a person."""
    parts = (row.get("FirstName"), row.get("LastName"))
    return " ".join(part for part in parts if part) or None


def _address(kind: Kind, name: str, row: Row) -> dict[str, Any] | None:
    stem = name.removesuffix("Address")
    parts = {
        part.removeprefix(stem): row.get(part)
        for part, field in kind.fields.items()
        if field.told["compoundFieldName"] == name
    }
    if all(value is None for value in parts.values()):
        return None
    return {f"{part[0].lower()}{part[1:]}": value for part, value in sorted(parts.items())}


def _contact(_: Org, row: Row) -> dict[str, Any]:
    return {
        "Name": person_name(row),
        "IsEmailBounced": row.get("EmailBouncedDate") is not None,
        "PhotoUrl": f"/services/images/photo/{row.id}",
    }


def _lead(_: Org, row: Row) -> dict[str, Any]:
    return {"Name": person_name(row), "PhotoUrl": f"/services/images/photo/{row.id}"}


def _user(_: Org, row: Row) -> dict[str, Any]:
    return {"Name": person_name(row)}


def _opportunity(_: Org, row: Row) -> dict[str, Any]:
    stage = str(row.get("StageName"))
    probability, category = _STAGES.get(stage, (0.0, "Pipeline"))
    amount = row.get("Amount")
    return {
        "IsClosed": stage.startswith("Closed"),
        "IsWon": stage == "Closed Won",
        "Probability": probability,
        "ForecastCategory": category,
        "ForecastCategoryName": category,
        "ExpectedRevenue": None if amount is None else amount * probability / 100,
    }


def _member(org: Org, row: Row) -> dict[str, Any]:
    kind = "Contact" if row.get("ContactId") else "Lead"
    person_id = row.get("ContactId") or row.get("LeadId")
    person = org.store(kind).rows.get(person_id or "")
    mirrored = ("Salutation", "Name", "FirstName", "LastName", "Email")
    held = {name: None if person is None else person.get(name) for name in mirrored}
    status = _member_status(org, row)
    has_responded = status is not None and bool(status.get("HasResponded"))
    first = row.get("FirstRespondedDate") or (row.get("SystemModstamp") or "")[:10]
    return held | {
        "Status": row.get("Status") if status is None else status.get("Label"),
        "Type": kind,
        "LeadOrContactId": person_id,
        "HasResponded": has_responded,
        "FirstRespondedDate": first or None if has_responded else None,
    }


def _member_status(org: Org, row: Row) -> Row | None:
    """Return the campaign's status of that text; the default one where there is none (17.4)."""
    campaign = row.get("CampaignId")
    statuses = [
        each
        for each in org.store("CampaignMemberStatus").all_live()
        if each.get("CampaignId") == campaign
    ]
    named = [each for each in statuses if each.get("Label") == row.get("Status")]
    fallback = [each for each in statuses if each.get("IsDefault")]
    return next(iter([*named, *fallback]), None)


def _task(org: Org, row: Row) -> dict[str, Any]:
    person = org.store("Contact").rows.get(row.get("WhoId") or "")
    return {
        "IsHighPriority": row.get("Priority") == "High",
        "IsClosed": row.get("Status") == "Completed",
        "IsArchived": False,
        "AccountId": None if person is None else person.get("AccountId"),
    }


_OWN: Mapping[str, Callable[[Org, Row], dict[str, Any]]] = {
    "Contact": _contact,
    "Lead": _lead,
    "User": _user,
    "Opportunity": _opportunity,
    "CampaignMember": _member,
    "Task": _task,
}
