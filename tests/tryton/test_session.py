"""Sessions: begun once, renewed once however many meet their end, never hammered."""

import asyncio

import pytest

from adapters.contract import Accepted, Verb, Write
from adapters.errors import Reauthenticate, Unreadable
from adapters.tryton.guide import GUIDE
from tests.conformance import wire
from tests.tryton.bench import Bench, adapter_on, bench

LOGIN = "common.db.login"


def logins(on: Bench) -> int:
    return on.methods().count(LOGIN)


async def test_many_calls_begin_one_session() -> None:
    """Whoever comes while somebody logs in waits for that session."""
    async with bench() as on:
        await asyncio.gather(*(on.adapter.account() for _ in range(5)))

        assert 1 == logins(on)


async def test_a_session_that_is_over_is_renewed_once() -> None:
    """Reads and writes go on in the new one; 401 is said before anything is done."""
    async with bench() as on:
        await on.adapter.account()
        await on.adapter.schema("party")
        on.methods()
        on.net.on(lambda one: LOGIN.encode() not in one.body, wire.answered(401, {}), times=4)
        new = Write(token="a", values={"name": "Ada"}, external_id="ours")

        read, *_ = await asyncio.gather(*(on.adapter.account() for _ in range(4)))
        (made,) = await on.adapter.write("party", Verb.CREATE, [new])

        assert read.name == on.server.database
        assert isinstance(made, Accepted)
        assert 1 == logins(on)
        assert 1 == len(on.person.everybody())


async def test_a_wrong_password_is_tried_once() -> None:
    """The server counts failures and shuts the door: a person is asked instead."""
    async with bench() as on:
        around, given = on.surroundings(), {"password": "not the password"}
        async with adapter_on(on.server, on.net.base_url, around, given) as other:
            with pytest.raises(Reauthenticate) as refused:
                await other.account()

        assert 1 == logins(on)
        assert "password" in refused.value.next_step


async def test_the_user_is_told_what_it_may_do() -> None:
    """What its groups allow is asked of Tryton, and nothing is written for it."""
    async with bench() as on:
        granted = await on.adapter.granted()

        assert granted.keys() == {scope.name for scope in GUIDE.scopes}
        assert all(granted.values())
        assert not [one for one in on.methods() if one.endswith((".create", ".write"))]


async def test_a_database_that_is_not_there_is_said_so() -> None:
    """A wrong name is no empty database."""
    async with bench() as on:
        around, given = on.surroundings(), {"database": "another"}
        async with adapter_on(on.server, on.net.base_url, around, given) as other:
            with pytest.raises(Unreadable) as refused:
                await other.account()

        assert "database" in refused.value.next_step
