"""simple-salesforce, the client most programs use, talks to the sandbox as to the vendor.

It insists on https and on the vendor's host names; its session is told to go to the sandbox instead.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceOperationError,
    SalesforceResourceNotFound,
)

from adapters.salesforce.sandbox import BulkTiming, Limits, Sandbox
from adapters.sandbox.clock import ManualClock
from tests.sandbox_salesforce.conftest import Start

T = TypeVar("T")
AT_ONCE = BulkTiming(queued=timedelta(0), running=timedelta(0))
KEY = "crmsyncd_id__c"


class ToSandbox(HTTPAdapter):
    """Send whatever is meant for the vendor to the sandbox."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._host = base_url.removeprefix("http://")

    def send(self, request: Any, *arguments: Any, **more: Any) -> requests.Response:
        rest = request.url.removeprefix("https://").partition("/")[2]
        request.url = f"http://{self._host}/{rest}"
        return super().send(request, *arguments, **more)


class Conversation:
    """Talks in a thread of its own, for the client waits while the sandbox must go on."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def session(self) -> requests.Session:
        session = requests.Session()
        session.mount("https://", ToSandbox(self.sandbox.base_url))
        return session

    async def hold(self, talk: Callable[[Any], T], token: str = "") -> T:
        def whole() -> T:
            with self.session() as session:
                client = Salesforce(
                    instance_url=self.sandbox.base_url,
                    session_id=token or self.sandbox.token,
                    session=session,
                )
                return talk(client)

        return await asyncio.to_thread(whole)

    async def log_in(self, **credentials: str) -> int:
        """Log in and return how many contacts there are."""

        def whole() -> int:
            with self.session() as session:
                given: dict[str, Any] = {"domain": "acme.my", **credentials}
                client = Salesforce(session=session, **given)
                return int(client.query("SELECT COUNT() FROM Contact")["totalSize"])

        return await asyncio.to_thread(whole)


@pytest.fixture
async def conversation(start: Start) -> Conversation:
    wire = await start(records=25, lead_share=0.2, limits=Limits(page=7), bulk=AT_ONCE)
    return Conversation(wire.sandbox)


def csv_of(*lines: str) -> str:
    return "\n".join(lines) + "\n"


async def test_client_credentials(conversation: Conversation) -> None:
    """§1.2: the secret opens the org; a wrong one does not."""
    settings = conversation.sandbox.org.settings
    key, secret = settings.client_id, settings.client_secret
    assert 0 < await conversation.log_in(consumer_key=key, consumer_secret=secret)
    with pytest.raises(SalesforceAuthenticationFailed, match="invalid_client"):
        await conversation.log_in(consumer_key=key, consumer_secret="wrong")


@pytest.mark.filterwarnings("ignore:\\s*If your connected app:UserWarning")
async def test_jwt_bearer(conversation: Conversation, clock: ManualClock) -> None:
    """§1.3: an assertion signed with the app's key opens the org; another user's does not."""
    sandbox = conversation.sandbox
    pem = sandbox.assertions.private_key()
    clock.advance(datetime.now(UTC) - clock.now())  # the client signs with the machine's time
    key = sandbox.org.settings.client_id
    good = {"domain": "login", "consumer_key": key, "privatekey": pem}
    good["username"] = sandbox.assertions.username
    assert 0 < await conversation.log_in(**good)
    with pytest.raises(SalesforceAuthenticationFailed, match="approved this consumer"):
        await conversation.log_in(**{**good, "username": "somebody@else.example"})


async def test_describe(conversation: Conversation) -> None:
    """§3: global and full describe, the recorded fields and ours."""

    def talk(client: Any) -> tuple[Any, Any, Any]:
        contact = client.Contact
        return client.describe(), contact.describe(), contact.metadata()

    everything, contact, basic = await conversation.hold(talk)
    names = {each["name"] for each in everything["sobjects"]}
    assert {"Contact", "Lead", "Account", "Campaign", "CampaignMember", "Task", "User"} <= names
    fields = {field["name"]: field for field in contact["fields"]}
    assert {"Email", "MailingAddress", "HasOptedOutOfEmail", KEY} <= set(fields)
    assert (80, False) == (fields["LastName"]["length"], fields["LastName"]["nillable"])
    assert fields[KEY]["externalId"]
    assert fields[KEY]["unique"]
    assert "Contact" == basic["objectDescribe"]["name"]


async def test_query_and_query_more(conversation: Conversation) -> None:
    """§4: pages are followed to the end, one by one or by the client itself."""

    def talk(client: Any) -> tuple[Any, Any, Any]:
        first = client.query("SELECT Id, Name, Account.Name FROM Contact ORDER BY Id")
        second = client.query_more(first["nextRecordsUrl"], identifier_is_url=True)
        return first, second, client.query_all("SELECT Id FROM Contact ORDER BY Id")

    first, second, whole = await conversation.hold(talk)
    assert (False, 7, 7) == (first["done"], len(first["records"]), len(second["records"]))
    ids = [record["Id"] for record in whole["records"]]
    assert whole["totalSize"] == len(ids) == len(set(ids))
    assert ids[:14] == [record["Id"] for page in (first, second) for record in page["records"]]
    assert "Name" in first["records"][0]["Account"]


async def test_include_deleted(conversation: Conversation) -> None:
    """§10: a deleted row is found by queryAll only."""

    def talk(client: Any) -> tuple[int, int]:
        client.Contact.delete(client.Contact.create({"LastName": "Gone"})["id"])
        query = "SELECT Id FROM Contact WHERE IsDeleted = true"
        found = client.query(query), client.query(query, include_deleted=True)
        return found[0]["totalSize"], found[1]["totalSize"]

    assert (0, 1) == await conversation.hold(talk)


async def test_rows(conversation: Conversation) -> None:
    """§5: create, read, change, delete, with the statuses of the vendor."""

    def talk(client: Any) -> tuple[Any, ...]:
        contact = client.Contact
        made = contact.create({"LastName": "Okafor", "Email": "n.okafor@example.com"})
        changed = contact.update(made["id"], {"Title": "Buyer", "Email": None})
        row = contact.get(made["id"])
        gone = contact.delete(made["id"])
        with pytest.raises(SalesforceResourceNotFound):
            contact.get(made["id"])
        return made["success"], changed, row["Title"], row["Email"], gone

    assert (True, 204, "Buyer", None, 204) == await conversation.hold(talk)


async def test_upsert(conversation: Conversation) -> None:
    """§5: made, then changed; read by key; a key with a slash; many by e-mail."""

    def talk(client: Any) -> tuple[Any, ...]:
        contact = client.Contact
        place = f"{KEY}/a%2Fb"
        first = contact.upsert(place, {"LastName": "One"})
        second = contact.upsert(place, {"FirstName": "Only"})
        row = contact.get_by_custom_id(KEY, "a/b")
        contact.create({"LastName": "A", "Email": "twice@example.com"})
        contact.create({"LastName": "B", "Email": "twice@example.com"})
        with pytest.raises(SalesforceMoreThanOneRecord):
            contact.upsert("Email/twice@example.com", {"LastName": "C"})
        return first, second, row[KEY], row["Name"]

    assert (201, 200, "a/b", "Only One") == await conversation.hold(talk)


async def test_collections(conversation: Conversation) -> None:
    """§6: a verdict for each record, in the order of the call."""

    def talk(client: Any) -> Any:
        good, bad = (
            {"attributes": {"type": "Contact"}, "LastName": "N", "Email": email}
            for email in ("n@example.com", "not-an-address")
        )
        body = {"allOrNone": False, "records": [good, bad]}
        return client.restful("composite/sobjects", method="POST", json=body)

    good, bad = await conversation.hold(talk)
    assert (True, False) == (good["success"], bad["success"])
    assert "INVALID_EMAIL_ADDRESS" == bad["errors"][0]["statusCode"]


async def test_errors(conversation: Conversation) -> None:
    """§14: codes arrive under `errorCode`, the status decides the client's class."""

    def talk(client: Any) -> list[Any]:
        contact = client.Contact
        with pytest.raises(SalesforceMalformedRequest) as missing:
            contact.create({"FirstName": "No last name"})
        with pytest.raises(SalesforceMalformedRequest) as query:
            client.query("SELECT Nothing FROM Contact")
        with pytest.raises(SalesforceResourceNotFound) as gone:
            contact.get("003xx0000000000AAA")
        caught: Any = (missing, query, gone)
        return [each.value.content[0]["errorCode"] for each in caught]

    expected = ["REQUIRED_FIELD_MISSING", "INVALID_FIELD", "NOT_FOUND"]
    assert expected == await conversation.hold(talk)


async def test_expired_session(conversation: Conversation) -> None:
    """§1.5: a token that ended is a 401 of its own class."""

    def talk(client: Any) -> None:
        with pytest.raises(SalesforceExpiredSession):
            client.query("SELECT Id FROM Contact")

    await conversation.hold(talk, token="00Dxx!nothing")


async def test_limits(conversation: Conversation) -> None:
    """§15: the budget, in the answer's header and by itself."""

    def talk(client: Any) -> tuple[Any, Any]:
        left = client.limits()["DailyApiRequests"]
        return left, client.api_usage["api-usage"]

    told: Any = await conversation.hold(talk)
    left, usage = told
    assert 100_000 == left["Max"] == int(usage.total)
    assert int(usage.used) == left["Max"] - left["Remaining"]


async def test_bulk_ingest(conversation: Conversation, tmp_path: Path) -> None:
    """§8.1: insert and upsert, what failed read back, an empty cell that changes nothing."""
    path = tmp_path / "changes.csv"

    def talk(client: Any) -> tuple[Any, str, Any, Any]:
        bulk = client.bulk2
        handler = bulk.Contact
        rows = [{"LastName": f"Bulk {number}", KEY: f"b{number}"} for number in range(30)]
        (first,) = handler.insert(records=[*rows, {"LastName": "", KEY: "bad"}], wait=0)
        failed = handler.get_failed_records(first["job_id"])
        path.write_text(csv_of(f"{KEY},LastName,Title", "b0,,Chief", "b1,#N/A,", "new,New,#N/A"))
        (second,) = handler.upsert(csv_file=str(path), external_id_field=KEY, wait=0)
        row = client.Contact.get_by_custom_id(KEY, "b0")
        return first, failed, second, (row["LastName"], row["Title"])

    first, failed, second, row = await conversation.hold(talk)
    assert (31, 1) == (first["numberRecordsProcessed"], first["numberRecordsFailed"])
    assert "REQUIRED_FIELD_MISSING:" in failed
    assert (3, 1) == (second["numberRecordsProcessed"], second["numberRecordsFailed"])
    assert ("Bulk 0", "Chief") == row


async def test_bulk_query(conversation: Conversation) -> None:
    """§8.2: CSV page by page until the locator says null."""

    def talk(client: Any) -> list[str]:
        bulk = client.bulk2
        return list(bulk.Contact.query("SELECT Id, Email FROM Contact", max_records=8, wait=0))

    pages = await conversation.hold(talk)
    contacts = len(list(conversation.sandbox.org.store("Contact").all_live()))
    assert contacts == sum(len(page.splitlines()) - 1 for page in pages)
    assert {9} == {len(page.splitlines()) for page in pages[:-1]}


async def test_bulk_job_that_fails(conversation: Conversation) -> None:
    """§8.1: a column that is not there fails the job, and the client tells why."""

    def talk(client: Any) -> None:
        bulk = client.bulk2
        with pytest.raises(SalesforceOperationError, match="Field name not found : lastname"):
            bulk.Contact.insert(records=[{"lastname": "wrong case"}], wait=0)

    await conversation.hold(talk)
