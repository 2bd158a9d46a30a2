"""Rules that only one object has, bells and outbound messages (salesforce.md 3.3, 13, 17)."""

from typing import Any
from xml.etree.ElementTree import fromstring

from tests.sandbox_salesforce.conftest import Start
from tests.sandbox_salesforce.wire import Wire


async def test_opportunity(wire: Wire) -> None:
    """§17.3: the contact can be set once; the probability follows the stage."""
    contact = await wire.create(LastName="L")
    stage = {"Name": "Big", "StageName": "Closed Won", "CloseDate": "2026-12-01"}
    made = await wire.create("Opportunity", **stage, ContactId=contact, Amount=10)
    row = await wire.read(made, "Opportunity")
    assert (True, True, 100.0, 10.0) == (
        row["IsWon"],
        row["IsClosed"],
        row["Probability"],
        row["ExpectedRevenue"],
    )
    refused = await wire.patch(made, "Opportunity", ContactId=contact)
    assert ["INVALID_FIELD_FOR_INSERT_UPDATE"] == refused.codes


async def test_person_accounts(start: Start) -> None:
    """§3.3: named by its parts, mirrored by a contact that only the account can change."""
    wire = await start(has_person_accounts=True)
    made = await wire.create("Account", FirstName="N", LastName="Okafor", PersonEmail="n@e.example")
    account = await wire.read(made, "Account")
    assert (True, "N Okafor") == (account["IsPersonAccount"], account["Name"])
    await wire.patch(made, "Account", LastName="Obi", PersonTitle="Chief")
    contact = await wire.read(account["PersonContactId"])
    assert (True, "N Obi", "Chief", "n@e.example", made) == tuple(
        contact[name] for name in ("IsPersonAccount", "Name", "Title", "Email", "AccountId")
    )
    for refused in (
        await wire.patch(made, "Account", Name="Whole"),
        await wire.patch(account["PersonContactId"], Title="T"),
        await wire.call("POST", "sobjects/Account", {"LastName": "L", "Name": "Whole"}),
    ):
        assert ["INVALID_FIELD_FOR_INSERT_UPDATE"] == refused.codes
    company = await wire.create("Account", Name="Acme")
    assert not (await wire.read(company, "Account"))["IsPersonAccount"]
    assert 204 == (await wire.patch(company, "Account", Name="Acme, Inc.")).status


async def test_campaign_members(wire: Wire) -> None:
    """§17.4: default statuses (also for an unknown one), one membership a person, mirrors, removal for good."""
    campaign = await wire.create("Campaign", Name="Spring")
    contact = await wire.create(LastName="L", Email="a@example.com")
    statuses = await wire.values("SELECT Label, IsDefault FROM CampaignMemberStatus ORDER BY Label")
    assert [("Responded", False), ("Sent", True)] == statuses
    body = {"CampaignId": campaign, "ContactId": contact}
    member = await wire.create("CampaignMember", **body)
    row = await wire.read(member, "CampaignMember")
    assert ("Sent", False, "a@example.com") == (row["Status"], row["HasResponded"], row["Email"])
    await wire.patch(member, "CampaignMember", Status="Unheard of")
    assert "Sent" == (await wire.read(member, "CampaignMember"))["Status"]
    again = await wire.call("POST", "sobjects/CampaignMember", body)
    assert (["DUPLICATE_VALUE"], "Already a campaign member.") == (
        again.codes,
        again.body[0]["message"],
    )
    await wire.patch(member, "CampaignMember", Status="Responded")
    assert (await wire.read(member, "CampaignMember"))["HasResponded"]
    neither = await wire.call("POST", "sobjects/CampaignMember", {"CampaignId": campaign})
    assert 400 == neither.status
    await wire.call("DELETE", f"sobjects/CampaignMember/{member}")
    assert [] == await wire.values("SELECT Id FROM CampaignMember", "queryAll")


async def test_task(wire: Wire) -> None:
    """§17.5: a plain date stays; a lead's task relates to nothing else."""
    contact, account = await wire.create(LastName="L"), await wire.create("Account", Name="A")
    body = {"Subject": "Call", "ActivityDate": "2026-03-04", "IsReminderSet": True}
    task = await wire.create("Task", **body, WhoId=contact, WhatId=account, Priority="High")
    row = await wire.read(task, "Task")
    assert ("2026-03-04", "Not Started", True) == (
        row["ActivityDate"],
        row["Status"],
        row["IsHighPriority"],
    )
    lead = await wire.create("Lead", LastName="L", Company="C")
    refused = await wire.call("POST", "sobjects/Task", {"WhoId": lead, "WhatId": account})
    assert 400 == refused.status


async def test_outbound_message(wire: Wire) -> None:
    """§13: the SOAP a listener gets: values of now, escaped, and no session."""
    made = await wire.create(LastName="O'Neil & <Sons>", Email="o@example.com")
    body = {"type": "Contact", "ids": [made], "fields": ["LastName", "Email", "Phone", "DoNotCall"]}
    text = (await wire.admin("POST", "outbound", **body)).body["body"]
    root = fromstring(text)  # noqa: S314 - our own text
    told = {each.tag.rpartition("}")[2]: each.text for each in root.iter()}
    assert ("O'Neil & <Sons>", "o@example.com", "false", None) == (
        told["LastName"],
        told["Email"],
        told["DoNotCall"],
        told["SessionId"],
    )
    assert (wire.sandbox.org.id, False) == (told["OrganizationId"], "Phone" in told)
    wrong_ones: list[dict[str, Any]] = [{"ids": []}, {"type": "Nothing"}, {"ids": ["003xx"]}]
    for wrong in wrong_ones:
        assert 400 == (await wire.admin("POST", "outbound", **{**body, **wrong})).status


async def test_notification(wire: Wire) -> None:
    """§17.5: a bell that tests can read; one without a target is refused."""
    ((bell,),) = await wire.values("SELECT Id FROM CustomNotificationType", "tooling/query")
    given = {
        "customNotifTypeId": bell,
        "recipientIds": [wire.sandbox.org.person],
        "title": "Hot lead",
        "body": "Opened the pricing page",
        "targetId": "000000000000000AAA",
    }
    path = "actions/standard/customNotificationAction"
    answer = await wire.call("POST", path, {"inputs": [given]})
    assert (200, True) == (answer.status, answer.body[0]["isSuccess"])
    (told,) = (await wire.admin("GET", "notifications")).body["notifications"]
    assert "Hot lead" == told["title"]
    for wrong in (
        {"targetId": ""},
        {"title": ""},
        {"customNotifTypeId": "0ML"},
        {"recipientIds": 5},
    ):
        refused = await wire.call("POST", path, {"inputs": [{**given, **wrong}]})
        assert (400, False) == (refused.status, refused.body[0]["isSuccess"])
