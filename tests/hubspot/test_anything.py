"""Whatever JSON a server sends, what comes out is an answer or an error of ours."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.contract import Verb, Write
from adapters.errors import AdapterError
from adapters.hubspot.adapter import HubSpotAdapter
from adapters.hubspot.changes import Marks
from tests.http.doubles import NOON, Around, json_answer, scripted
from tests.hubspot.sandboxes import CONTACTS, NAMES, adapter_on

DEFINITIONS = json_answer(200, {"results": [{"name": name, "type": "string"} for name in NAMES]})

WORDS = (
    "results", "errors", "id", "properties", "email", "updatedAt", "archived", "archivedAt",
    "paging", "next", "after", "context", "objectWriteTraceId", "category", "message", "code",
    "propertiesWithHistory", "timestamp", "name", "type", "options", "portalId", "timeZone", "ids",
)  # fmt: skip
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-9, 9),
    st.sampled_from(["", "1", "t", "CONFLICT", "OBJECT_NOT_FOUND", "2026-11-20T12:00:00Z", "a;b"]),
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
    ),
    max_leaves=12,
)
RESULTS = st.fixed_dictionaries(
    {"results": st.lists(st.dictionaries(st.sampled_from(WORDS), ANYTHING) | ANYTHING, max_size=3)},
    optional={"errors": ANYTHING, "paging": ANYTHING},
)


async def ask_everything(adapter: HubSpotAdapter) -> None:
    """Call each method once; errors of ours are answers too."""
    one = Write(token="t", values={"email": "a@example.com"})
    for question in (
        adapter.account(),
        adapter.read(CONTACTS, ["1"], NAMES),
        adapter.find(CONTACTS, "email", ["a@example.com"], NAMES),
        adapter.times(CONTACTS, ["1"], NAMES),
        adapter.write(CONTACTS, Verb.CREATE, [one]),
        adapter.prepare(CONTACTS),
        adapter.schema(CONTACTS),
    ):
        try:
            await question
        except AdapterError as error:
            assert error.code  # noqa: PT017 - both ways are right; this one must name itself
    for walk in (
        adapter.listing(CONTACTS, NAMES),
        adapter.changes(CONTACTS, Marks.at(NOON.replace(hour=9)).text()),
    ):
        try:
            async for _ in walk:
                pass
        except AdapterError as error:
            assert error.code  # noqa: PT017 - the same


@pytest.mark.parametrize("status", [200, 207, 400, 404, 409])
@given(body=ANYTHING | RESULTS)
@settings(max_examples=40)
async def test_no_reply_is_too_strange(status: int, body: Any) -> None:
    """A body of any shape, with any status, breaks nothing but the call it answers."""
    async with (
        scripted(DEFINITIONS, json_answer(status, body)) as server,
        adapter_on(server.base_url, "token", Around()) as adapter,
    ):
        await adapter.schema(CONTACTS)
        await ask_everything(adapter)
