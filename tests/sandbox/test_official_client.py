"""HubSpot's own Python client against the sandbox: what it sends is served, what comes back parses.

The client is synchronous, so each test's talk with it runs in a thread beside the server.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeAlias, TypeVar

import pytest
from hubspot import HubSpot
from hubspot.crm import contacts, owners, properties

from adapters.hubspot.sandbox import Limits, Sandbox, TokenSettings
from adapters.sandbox.clock import ManualClock
from tests.sandbox.conftest import Start

Talk: TypeAlias = Callable[[HubSpot], Any]
Said = TypeVar("Said")

READER = TokenSettings(token="reader", scopes=frozenset({"crm.objects.contacts.read"}))


@contextmanager
def official(sandbox: Sandbox, token: str) -> Iterator[HubSpot]:
    """Give a client, and close the connections it would leave open."""
    made: list[Any] = []

    def factory(package: Any, name: str, config: dict[str, Any]) -> Any:
        configuration = package.Configuration(host=config["host"])
        configuration.access_token = config["access_token"]
        made.append(package.ApiClient(configuration=configuration))
        return getattr(package, name)(api_client=made[-1])

    try:
        yield HubSpot(access_token=token, host=sandbox.base_url, api_factory=factory)
    finally:
        for client in made:
            client.rest_client.pool_manager.clear()
            client.close()


class Conversation:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    async def hold(self, talk: Callable[[HubSpot], Said], token: str | None = None) -> Said:
        def run() -> Said:
            with official(self.sandbox, token or self.sandbox.token) as client:
                return talk(client)

        return await asyncio.to_thread(run)

    async def refused(self, talk: Talk, status: int, token: str | None = None) -> Any:
        errors = (contacts.ApiException, properties.ApiException, owners.ApiException)
        with pytest.raises(errors) as caught:
            await self.hold(talk, token)
        assert status == caught.value.status
        return caught.value


@pytest.fixture
async def conversation(start: Start) -> Conversation:
    wire = await start(tokens=(TokenSettings(), READER), limits=Limits(search_per_second=50))
    return Conversation(wire.sandbox)


def new(**values: str) -> Any:
    return contacts.SimplePublicObjectInputForCreate(properties=values, associations=[])


def make(client: HubSpot, **values: str) -> Any:
    return client.crm.contacts.basic_api.create(new(**values))


def inputs(rows: list[Any], kind: str) -> Any:
    return getattr(contacts, f"BatchInputSimplePublicObject{kind}")(inputs=rows)


async def test_create_and_read(conversation: Conversation) -> None:
    """§6: POST and GET, by id and by address."""

    def talk(client: HubSpot) -> tuple[Any, Any, Any]:
        made = make(client, email="Ada@Example.com", firstname="Ada")
        api = client.crm.contacts.basic_api
        by_address = api.get_by_id("ada@example.com", id_property="email", properties=["phone"])
        return made, api.get_by_id(made.id), by_address

    made, by_id, by_address = await conversation.hold(talk)
    assert "ada@example.com" == by_id.properties["email"]
    assert made.id == by_id.id == by_address.id
    assert by_address.properties["phone"] is None
    assert by_id.created_at.tzinfo is not None


async def test_update_archive_and_listing(conversation: Conversation) -> None:
    """§6, §11.1: PATCH, DELETE, and the archived listing."""

    def talk(client: HubSpot) -> tuple[Any, list[Any], list[Any]]:
        api = client.crm.contacts.basic_api
        made = make(client, lastname="L")
        change = contacts.SimplePublicObjectInput(properties={"city": "Bath"})
        changed = api.update(made.id, change)
        api.archive(made.id)
        return changed, api.get_page().results, api.get_page(archived=True).results

    changed, live, archived = await conversation.hold(talk)
    assert "Bath" == changed.properties["city"]
    assert ([], [changed.id]) == (live, [row.id for row in archived])
    assert archived[0].archived_at is not None


async def test_batch_archive_moves_to_the_bin(conversation: Conversation) -> None:
    """§6, §11.1: nothing comes back, twice as once; read as archived, not listed, not found."""

    def talk(client: HubSpot) -> tuple[list[Any], Any, bool, int]:
        api = client.crm.contacts
        made, kept = make(client, lastname="L"), make(client, lastname="M")
        ids = [contacts.SimplePublicObjectId(id=each) for each in (made.id, "404")]
        batch = contacts.BatchInputSimplePublicObjectId(inputs=ids)
        said = [api.batch_api.archive_with_http_info(batch) for _ in range(2)]
        archived = api.basic_api.get_by_id(made.id, archived=True)
        is_alone = [kept.id] == [row.id for row in api.basic_api.get_page().results]
        with pytest.raises(contacts.ApiException) as missing:
            api.basic_api.get_by_id(made.id)
        return said, archived, is_alone, missing.value.status

    said, archived, is_alone, status = await conversation.hold(talk)
    assert [(None, 204)] * 2 == [answer[:2] for answer in said]
    assert (True, True, 404) == (archived.archived, is_alone, status)
    assert archived.archived_at is not None


async def test_get_all_walks_every_page(start: Start) -> None:
    """§10.1: the client's own paging ends with every record once."""
    wire = await start(records=230)
    found = await Conversation(wire.sandbox).hold(lambda client: client.crm.contacts.get_all())
    assert 230 == len({row.id for row in found})


async def test_batches(conversation: Conversation) -> None:
    """§6.1 to §6.4: create, read with history, update, upsert and archive a hundred at a time."""

    def talk(client: HubSpot) -> dict[str, Any]:
        api = client.crm.contacts.batch_api
        client.crm.properties.core_api.create("contacts", external_id())
        rows = [
            contacts.SimplePublicObjectBatchInputForCreate(
                properties={"email": f"p{number}@example.com"},
                associations=[],
                object_write_trace_id=f"row{number}",
            )
            for number in range(100)
        ]
        said = {"create": api.create(inputs(rows, "BatchInputForCreate"))}
        ids = [row.id for row in said["create"].results]
        changes = [
            contacts.SimplePublicObjectBatchInput(id=each, properties={"city": "Bath"})
            for each in ids
        ]
        said["update"] = api.update(inputs(changes, "BatchInput"))
        known = [contacts.SimplePublicObjectId(id=each) for each in ids[:50]]
        said["read"] = api.read(
            contacts.BatchReadInputSimplePublicObjectId(
                inputs=known, properties=["city"], properties_with_history=["city"]
            )
        )
        keyed = contacts.SimplePublicObjectBatchInputUpsert(
            id="k1", id_property="sync_external_id", properties={"lastname": "L"}
        )
        said["upsert"] = api.upsert(inputs([keyed], "BatchInputUpsert"))
        said["again"] = api.upsert(inputs([keyed], "BatchInputUpsert"))
        everyone = [contacts.SimplePublicObjectId(id=each) for each in ids]
        api.archive(contacts.BatchInputSimplePublicObjectId(inputs=everyone))
        said["left"] = client.crm.contacts.basic_api.get_page().results
        return said

    said = await conversation.hold(talk)
    assert (100, 100, 50) == tuple(len(said[verb].results) for verb in ("create", "update", "read"))
    assert "Bath" == said["read"].results[0].properties_with_history["city"][0].value
    assert (True, False) == (said["upsert"].results[0].new, said["again"].results[0].new)
    assert said["upsert"].results[0].id == said["left"][0].id


async def test_partial_failure_is_not_an_exception(conversation: Conversation) -> None:
    """§24.17: a 207 comes back as a result with errors."""

    def talk(client: HubSpot) -> Any:
        make(client, email="taken@example.com")
        rows = [
            contacts.SimplePublicObjectBatchInputForCreate(
                properties={"email": email}, associations=[], object_write_trace_id=email
            )
            for email in ("taken@example.com", "free@example.com")
        ]
        return client.crm.contacts.batch_api.create(inputs(rows, "BatchInputForCreate"))

    said = await conversation.hold(talk)
    assert (1, 1) == (said.num_errors, len(said.results))
    assert ["taken@example.com"] == said.errors[0].context["objectWriteTraceId"]


async def test_search_in_pages(conversation: Conversation, clock: ManualClock) -> None:
    """§9: filters, sort and paging of the search."""
    await conversation.hold(
        lambda client: [make(client, email=f"{number}@example.com") for number in range(7)]
    )
    clock.advance(timedelta(seconds=10))

    def talk(client: HubSpot) -> list[str]:
        found: list[str] = []
        after = None
        while True:
            request = contacts.PublicObjectSearchRequest(
                filter_groups=[
                    {
                        "filters": [
                            {
                                "propertyName": "email",
                                "operator": "CONTAINS_TOKEN",
                                "value": "*@example.com",
                            }
                        ]
                    }
                ],
                sorts=[{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
                properties=["email"],
                limit=3,
                after=after,
            )
            page = client.crm.contacts.search_api.do_search(request)
            assert 7 == page.total
            found += [row.properties["email"] for row in page.results]
            if page.paging is None:
                return found
            after = page.paging.next.after

    assert [f"{number}@example.com" for number in range(7)] == await conversation.hold(talk)


def external_id() -> Any:
    return properties.PropertyCreate(
        name="sync_external_id",
        label="External id",
        group_name="contactinformation",
        type="string",
        field_type="text",
        has_unique_value=True,
    )


async def test_definitions(conversation: Conversation) -> None:
    """§13: the whole catalogue parses; a property is created, changed and archived."""

    def talk(client: HubSpot) -> tuple[Any, Any, list[Any]]:
        api = client.crm.properties.core_api
        made = api.create("contacts", external_id())
        changed = api.update(
            "contacts", made.name, properties.PropertyUpdate(label="Key of the other system")
        )
        found = api.get_all("contacts").results
        api.archive("contacts", made.name)
        client.crm.properties.groups_api.get_all("contacts")
        return made, changed, found

    made, changed, found = await conversation.hold(talk)
    assert (True, "Key of the other system") == (made.has_unique_value, changed.label)
    assert "sync_external_id" in {definition.name for definition in found}


async def test_owners(conversation: Conversation) -> None:
    """§19.1: all owners, the deactivated apart, and one by id."""

    def talk(client: HubSpot) -> tuple[Any, Any, Any]:
        api = client.crm.owners.owners_api
        return api.get_page(), api.get_page(archived=True), api.get_by_id(96879917)

    active, gone, one = await conversation.hold(talk)
    assert (3, 1, "rea.pepper@example.com") == (len(active.results), len(gone.results), one.email)


async def test_merge_and_erasure(conversation: Conversation) -> None:
    """§11.2, §18.3: the client's merge and gdpr-delete."""

    def talk(client: HubSpot) -> tuple[Any, Any]:
        first, second = make(client, email="a@example.com"), make(client, email="b@example.com")
        api = client.crm.contacts.basic_api
        merge = contacts.PublicMergeInput(primary_object_id=first.id, object_id_to_merge=second.id)
        survivor = api.merge(merge)
        old = api.get_by_id(second.id)
        api.purge(contacts.PublicGdprDeleteInput(object_id=first.id))
        return survivor, old

    survivor, old = await conversation.hold(talk)
    assert survivor.id == old.id
    assert [] == conversation.sandbox.contacts.all_live()


REFUSED: list[tuple[str, Talk, int, str | None]] = [
    ("§3.3 wrong token", lambda client: make(client, lastname="L"), 401, "wrong"),
    ("§3.3 missing scope", lambda client: make(client, lastname="L"), 403, "reader"),
    ("§7.2 no such record", lambda client: client.crm.contacts.basic_api.get_by_id("1"), 404, None),
    ("§7.2 unknown property", lambda client: make(client, lastname="L", shoe_size="1"), 400, None),
    ("§7.2 bad option", lambda client: make(client, lastname="L", hs_lead_status="new"), 400, None),
    ("§5.3 nothing to go by", lambda client: make(client, city="Bath"), 400, None),
    (
        "§7.2 taken address",
        lambda client: [make(client, email="a@example.com") for _ in range(2)],
        409,
        None,
    ),
    (
        "§13.2 taken name",
        lambda client: [
            client.crm.properties.core_api.create("contacts", external_id()) for _ in range(2)
        ],
        409,
        None,
    ),
    (
        "§8.3 too many calls",
        lambda client: [client.crm.owners.owners_api.get_page() for _ in range(191)],
        429,
        None,
    ),
]


@pytest.mark.parametrize(
    ("talk", "status", "token"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
async def test_refusals_reach_the_client(
    conversation: Conversation, talk: Talk, status: int, token: str | None
) -> None:
    """§3.3, §7.2, §8.3: the client raises with the vendor's status and a JSON body."""
    error = await conversation.refused(talk, status, token)
    assert b'"correlationId"' in error.body.encode()
