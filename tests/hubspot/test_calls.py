"""Every call that left is told: the sandbox's own counter is the judge (R28)."""

from contextlib import suppress

import pytest

from adapters.contract import Verb, Write
from adapters.errors import AdapterError
from adapters.hubspot.changes import Marks
from adapters.sandbox.faults import FaultKind
from tests.http.doubles import NOON
from tests.hubspot.sandboxes import CONTACTS, NAMES, Bench, bench


async def work(on: Bench) -> None:
    """Some of everything; errors are expected."""
    writes = [Write(token=f"t{n}", values={"email": f"new{n}@example.com"}) for n in range(3)]
    cursor = Marks.at(NOON).text()
    for question in (
        on.adapter.account(),
        on.adapter.prepare(CONTACTS),
        on.adapter.write(CONTACTS, Verb.CREATE, writes),
        on.adapter.read(CONTACTS, ["1", "2"], NAMES),
    ):
        with suppress(AdapterError):
            await question
    for walk in (on.adapter.listing(CONTACTS, NAMES), on.adapter.changes(CONTACTS, cursor)):
        with suppress(AdapterError):
            async for _ in walk:
                pass


@pytest.mark.parametrize("skip", range(5))
@pytest.mark.parametrize("kind", FaultKind)
async def test_the_call_log_equals_the_sandboxes_counter(kind: FaultKind, skip: int) -> None:
    """Whatever goes wrong with which call: as many calls are told as were counted over there."""
    async with bench(records=250) as on:
        await on.fault(kind.value, skip=skip, times=1, retry_after=1, seconds=0.1)
        on.wait(minutes=5)
        await work(on)
        counted = on.sandbox.calls.total

    assert counted == len(on.around.calls)
    assert "Bearer" not in repr(on.around.calls)
    assert "example.com" not in repr(on.around.calls)
