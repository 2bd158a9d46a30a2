"""Which scopes a key has is found out without writing anything."""

import pytest

from adapters.hubspot.grants import MAKE_FIELDS, READ, READ_FIELDS, WRITE
from adapters.hubspot.sandbox import TokenSettings
from tests.hubspot.sandboxes import bench

ALL = frozenset({READ, WRITE, READ_FIELDS, MAKE_FIELDS})


@pytest.mark.parametrize("missing", sorted(ALL - {READ_FIELDS}))
async def test_a_missing_scope_is_found(missing: str) -> None:
    """One that is not there, and no other."""
    token = TokenSettings(scopes=ALL - {missing})
    async with bench(tokens=(token,)) as on:
        assert {name: name != missing for name in ALL} == await on.adapter.granted()


async def test_fields_are_read_with_either_scope() -> None:
    """HubSpot opens the definitions to whoever may read the records; nothing lacks then."""
    async with bench(tokens=(TokenSettings(scopes=ALL - {READ_FIELDS}),)) as on:
        assert (await on.adapter.granted())[READ_FIELDS]
    async with bench(tokens=(TokenSettings(scopes=ALL - {READ_FIELDS, READ}),)) as on:
        assert not (await on.adapter.granted())[READ_FIELDS]


async def test_nothing_is_written() -> None:
    """The batches that try the scopes for writing are empty; HubSpot refuses them as such."""
    async with bench(records=3) as on:
        before = [(one.id, one.updated_at) for one in on.sandbox.contacts.all_live()]
        assert dict.fromkeys(ALL, True) == await on.adapter.granted()
        assert before == [(one.id, one.updated_at) for one in on.sandbox.contacts.all_live()]
    assert {"account"} == {call.purpose for call in on.around.calls}


async def test_an_unclear_answer_is_no_answer() -> None:
    """A scope whose trial has no definite reply is neither granted nor missing."""
    async with bench() as on:
        match = {"path_prefix": "/crm/objects/2026-09/contacts/batch"}
        await on.fault("reset_after", match=match, times=9)
        told = await on.adapter.granted()

    assert WRITE not in told
    assert told[READ]
