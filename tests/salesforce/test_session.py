"""Logging in: one log-in for all who need it, by secret or by signed JWT, and never a log-out."""

import asyncio

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from pydantic import ValidationError

from adapters.contract import Page
from adapters.errors import Reauthenticate, Unreadable
from adapters.salesforce.settings import SalesforceSettings
from tests.http.doubles import Around, json_answer, scripted
from tests.salesforce.sandboxes import PEOPLE, adapter_on, bench

LOGIN = "/services/oauth2/token"
SECRET = {"client_id": "app", "client_secret": "hush"}


async def test_many_requests_share_one_log_in() -> None:
    """Whoever finds no token waits for the log-in under way."""
    async with bench(records=3) as on:
        await asyncio.gather(*(on.adapter.schema(PEOPLE) for _ in range(5)))

        assert 1 == on.calls().count(LOGIN)


async def test_a_session_that_ends_is_renewed_once() -> None:
    """401 in the middle of many calls: one new log-in, and every call is answered."""
    async with bench(records=3) as on:
        await on.adapter.account()
        await on.admin("tokens/expire")

        await asyncio.gather(*(on.adapter.schema(PEOPLE) for _ in range(5)))

        assert 2 == on.calls().count(LOGIN)


async def test_a_listing_goes_on_in_a_new_session() -> None:
    """The session ends between two pages; nobody is left out."""
    async with bench({"page_size": 2}, records=7) as on:
        seen: list[str] = []
        async for item in on.adapter.listing(PEOPLE, ["Email"]):
            if isinstance(item, Page):
                seen += [record.id for record in item.records]
                await on.admin("tokens/expire")

        assert 7 == len(set(seen))


async def test_no_session_is_ever_ended_by_us() -> None:
    """Another program of the same user may share it: Salesforce pitfall 31."""
    async with bench(records=1) as on:
        await on.adapter.account()
        await on.adapter.close()

        assert [] == [call for call in on.calls() if "revoke" in call]


async def test_refused_credentials_are_for_a_person() -> None:
    """A wrong secret is not tried again and again, and no token is made up."""
    async with bench({"client_secret": "wrong"}) as on:
        with pytest.raises(Reauthenticate) as refused:
            await on.adapter.account()

        assert "External Client App" in str(refused.value)
        assert "wrong" not in str(refused.value)


async def test_a_ready_token_is_used_and_not_renewed() -> None:
    """For a trial a token is enough; when it is over, that is said."""
    around = Around()
    async with bench() as on:
        token = on.sandbox.announcement()["token"]
        given = {"token": token, "client_id": "", "client_secret": None}
        async with adapter_on(on.sandbox.base_url, around, given) as adapter:
            assert on.sandbox.announcement()["organization_id"] == (await adapter.account()).id
            await on.admin("tokens/expire")
            with pytest.raises(Reauthenticate, match="client_secret"):
                await adapter.account()

        assert [] == [call for call in around.calls if call.endpoint == LOGIN]


async def test_a_signed_jwt_logs_in() -> None:
    """The assertion names app, user, audience and an end within three minutes."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    given = {"client_secret": None, "username": "ana@example.com", "private_key": pem}
    async with scripted(json_answer(200, {"access_token": "t", "instance_url": ""})) as server:
        around = Around()
        async with adapter_on(server.base_url, around, given) as adapter:
            with pytest.raises(Exception, match="did not answer"):
                await adapter.schema("contact")

        body = server.requests[0][1].decode()

    form = dict(pair.split("=", 1) for pair in body.split("&"))
    assert "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer" == form["grant_type"]
    told = jwt.decode(
        form["assertion"],
        public,
        algorithms=["RS256"],
        audience="https://login.salesforce.com",
        options={"verify_exp": False},
    )
    assert "ana@example.com" == told["sub"]
    assert 0 < told["exp"] - around.clock.now().timestamp() <= 180


async def test_a_key_that_is_none_is_named() -> None:
    """The setting is named, its content is not."""
    given = {"client_secret": None, "username": "ana@example.com", "private_key": "no key"}
    async with adapter_on("http://127.0.0.1:1", Around(), given) as adapter:
        with pytest.raises(Reauthenticate, match="private_key"):
            await adapter.account()


async def test_a_log_in_cannot_lead_to_an_unsafe_address() -> None:
    """The token goes to no address without encryption."""
    answer = json_answer(200, {"access_token": "t", "instance_url": "http://crm.example.com"})
    async with scripted(answer) as server, adapter_on(server.base_url, Around()) as adapter:
        with pytest.raises(Unreadable, match="unsafe"):
            await adapter.account()


@pytest.mark.parametrize("version", ["v40.0", "31.0", "latest", "v9"])
def test_old_versions_are_refused(version: str) -> None:
    """Versions that are being retired are not even tried."""
    with pytest.raises(ValidationError, match="retired"):
        SalesforceSettings.model_validate({**SECRET, "api_version": version})


@pytest.mark.parametrize("version", ["62.0", "v62", "v62.0"])
def test_versions_have_one_spelling(version: str) -> None:
    """However it is written."""
    settings = SalesforceSettings.model_validate({**SECRET, "api_version": version})

    assert "v62.0" == settings.api_version


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"client_id": "app"},
        {"client_secret": "hush"},
        {"client_id": "app", "username": "ana@example.com"},
        {**SECRET, "base_url": "http://acme.my.salesforce.com"},
        {**SECRET, "base_url": "https://me@acme.my.salesforce.com"},
        {**SECRET, "hush": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(given: dict[str, object]) -> None:
    """Without a whole set of credentials, or with an address that is not safe."""
    with pytest.raises(ValidationError) as refused:
        SalesforceSettings.model_validate(given)

    assert "hush" not in str(refused.value).replace("hush\n", "")
