"""Pages that are odd without being wrong: empty before the end, and limits that talk nonsense."""

from typing import Any

import pytest

from adapters.contract import Complete, Hints, Page
from adapters.errors import RetryLater
from adapters.hubspot.changes import Marks
from tests.http.doubles import NOON, Answer, Around, json_answer, scripted
from tests.hubspot.sandboxes import CONTACTS, adapter_on

DEFINITIONS = json_answer(200, {"results": [{"name": "email", "type": "string"}]})
TWO = ["1", "2"]


def page(ids: list[str], after: str = "") -> Answer:
    """Return a page of records, and where the next one begins."""
    body: dict[str, Any] = {"results": [{"id": id_, "properties": {"email": None}} for id_ in ids]}
    if after:
        body["paging"] = {"next": {"after": after}}
    return json_answer(200, body)


async def listed(*answers: Answer) -> tuple[list[str], object]:
    """List everything from a server that answers like this; return the ids and the verdict."""
    async with (
        scripted(DEFINITIONS, *answers) as server,
        adapter_on(server.base_url, "key", Around()) as adapter,
    ):
        items = [item async for item in adapter.listing(CONTACTS, ["email"])]
    pages = [item for item in items if isinstance(item, Page)]
    return [record.id for one in pages for record in one.records], items[-1]


async def test_an_empty_page_is_not_the_end() -> None:
    """As long as there is a next one, a page without records is one of several (fault 28)."""
    ids, verdict = await listed(page(["1"], after="a"), page([], after="b"), page(["2"]))

    assert TWO == ids
    assert isinstance(verdict, Complete)
    assert 2 == verdict.count


async def test_a_search_page_without_records_and_with_a_next_one_is_an_error() -> None:
    """Searches go on behind the last id seen; where there is none, the end is not known."""
    async with (
        scripted(page([], after="a")) as server,
        adapter_on(server.base_url, "key", Around()) as adapter,
    ):
        adapter._connection.client.skew = NOON - NOON
        cursor = Marks.at(NOON.replace(hour=11)).text()
        with pytest.raises(RetryLater, match="circle"):
            _ = [
                item async for item in adapter.changes(CONTACTS, cursor) if isinstance(item, Hints)
            ]


@pytest.mark.parametrize("said", ["soon", "-5", "1e9", "99999999999", ""])
async def test_a_retry_after_that_is_no_duration_is_no_reason_to_stop(said: str) -> None:
    """A nonsensical wait is taken for none said: our own patience decides (fault 19)."""
    refusal = json_answer(
        429,
        {"status": "error", "policyName": "TEN_SECONDLY_ROLLING", "errorType": "RATE_LIMIT"},
        headers=f"Retry-After: {said}\r\n",
    )

    ids, verdict = await listed(refusal, refusal, page(TWO))

    assert TWO == ids
    assert isinstance(verdict, Complete)
