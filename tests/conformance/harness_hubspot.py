"""A HubSpot sandbox over HTTP, on a clock that never waits, with a person at its screen."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.contract import EXTERNAL_ID
from daemon.core.values import Values
from tests.hubspot.sandboxes import CONTACTS, Bench, bench


class HubSpotHarness:
    """Contacts, and the sandbox's own endpoints for what people do there."""

    object_name = CONTACTS
    text_fields = ("firstname", "lastname")

    def __init__(self, on: Bench) -> None:
        self._on = on
        self.adapter = on.adapter
        self.clock = on.around.clock

    def sample(self, number: int) -> Values:
        return {
            "firstname": f"Name {number}",
            "lastname": f"Family {number}",
            "email": f"person{number}@example.com",
        }

    async def put(self, records: Sequence[Values]) -> Sequence[str]:
        return [await self._on.create(**_texts(values)) for values in records]

    async def edit(self, id_: str, values: Values) -> None:
        # A person needs a moment: two changes in one millisecond share their version.
        self._on.wait(seconds=1)
        await self._on.edit(id_, **_texts(values))

    async def remove(self, id_: str) -> None:
        await self._on.admin("user/contacts/archive", id=id_)

    async def look(self, id_: str) -> Values | None:
        record = self._on.sandbox.contacts.live(id_)
        if record is None:
            return None
        return {name: record.values.get(name) or None for name in self.text_fields}

    async def count(self) -> int:
        return len(self._on.sandbox.contacts.all_live())

    async def settle(self) -> None:
        # What is archived is looked for every quarter of an hour.
        self._on.wait(minutes=15)

    async def cut_listing(self) -> bool:
        # The sandbox's loop begins on a second page that is not the last.
        size = 2 * self.adapter.capabilities.page_size
        await self.put([self.sample(1_000 + number) for number in range(size)])
        await self._on.fault("cursor_loop", times=9)
        return True

    async def break_reading(self) -> bool:
        await self._on.fault("unavailable_503", times=1_000)
        return True

    async def lose_reply(self) -> bool:
        await self._on.fault("reset_after", match={"path_prefix": "/crm/objects"})
        return True


def _texts(values: Values) -> dict[str, str]:
    return {name: str(value or "") for name, value in values.items()}


@asynccontextmanager
async def open_harness(folder: Path) -> AsyncIterator[HubSpotHarness]:
    async with bench() as on:
        assert await on.adapter.prepare(CONTACTS), f"{EXTERNAL_ID} was not created"
        yield HubSpotHarness(on)
