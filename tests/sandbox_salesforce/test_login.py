"""Getting in and staying in: grants, sessions that end, versions, budget (salesforce.md 1, 2, 15)."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from adapters.salesforce.sandbox import Limits
from adapters.sandbox.clock import ManualClock
from tests.sandbox_salesforce.conftest import Start
from tests.sandbox_salesforce.wire import BASE, Wire

JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def assertion(wire: Wire, pem: str, **changes: Any) -> str:
    now = wire.sandbox.clock.now().timestamp()
    claims = {
        "iss": wire.sandbox.org.settings.client_id,
        "sub": wire.sandbox.assertions.username,
        "aud": "https://login.salesforce.com",
        "exp": now + 170,
    }
    header = {"alg": changes.pop("alg", "RS256")}
    parts = (header, {**claims, **changes})
    signed = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{encoded(signature)}"


async def test_token_of_client_credentials(wire: Wire) -> None:
    """§1.2: an opaque token without an end, the org and the user in its id; a Basic header will do."""
    settings = wire.sandbox.org.settings
    form = {"grant_type": "client_credentials"}
    pair = {"client_id": settings.client_id, "client_secret": settings.client_secret}
    given = await wire.form(**form, **pair)
    assert 200 == given.status
    body = given.body
    assert ("opaque", "Bearer", wire.sandbox.base_url) == (
        body["token_format"],
        body["token_type"],
        body["instance_url"],
    )
    assert not {"expires_in", "refresh_token"} & set(body)
    org_id, user_id = body["id"].split("/")[-2:]
    assert (wire.sandbox.org.id, wire.sandbox.org.integration_user) == (org_id, user_id)
    assert body["issued_at"].isdigit()
    basic = base64.b64encode(":".join(pair.values()).encode()).decode()
    answer = await wire.call(
        "POST",
        "/services/oauth2/token",
        raw=b"grant_type=client_credentials",
        Authorization=f"Basic {basic}",
        Content_Type="application/x-www-form-urlencoded",
    )
    assert body["access_token"] == answer.body["access_token"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_secret": "x"}, "invalid_client"),
        ({"client_id": "x"}, "invalid_client_id"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
async def test_refused_login(wire: Wire, change: dict[str, str], error: str) -> None:
    """§1: the vendor's word for what is wrong."""
    settings = wire.sandbox.org.settings
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
    }
    answer = await wire.form(**{**form, **change})
    assert (400, error) == (answer.status, answer.body["error"])


async def test_jwt_bearer(wire: Wire) -> None:
    """§1.3: the sandbox's own key opens the org, and the token it gives works."""
    pair = (await wire.admin("GET", "jwt")).body
    answer = await wire.form(grant_type=JWT, assertion=assertion(wire, pair["private_key"]))
    assert 200 == answer.status
    wire.token = answer.body["access_token"]
    assert 200 == (await wire.call("GET", "limits")).status


@pytest.mark.parametrize(
    ("changes", "description"),
    [
        ({"iss": "other"}, "client identifier"),
        ({"sub": "other@example.com"}, "hasn't approved"),
        ({"aud": "https://example.com"}, "audience"),
        ({"exp": 1}, "expired"),
        ({"exp": 10**11}, "expired"),
        ({"exp": None}, "exp is missing"),
        ({"alg": "HS256"}, "RS256"),
    ],
)
async def test_wrong_assertion(wire: Wire, changes: dict[str, Any], description: str) -> None:
    """§1.3: claims that do not fit are refused, each with its reason."""
    pem = wire.sandbox.assertions.private_key()
    answer = await wire.form(grant_type=JWT, assertion=assertion(wire, pem, **changes))
    assert (400, True) == (answer.status, description in answer.body["error_description"])


async def test_assertion_of_a_foreign_key(wire: Wire) -> None:
    """§1.3: a good text under another key's signature, and no text at all."""
    wire.sandbox.assertions.private_key()
    foreign = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = foreign.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    for given in (assertion(wire, pem), "a.b", "e30.e30.AAAA"):
        answer = await wire.form(grant_type=JWT, assertion=given)
        assert 400 == answer.status
    public = foreign.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    await wire.admin("PUT", "jwt", public_key=public.decode())
    assert 200 == (await wire.form(grant_type=JWT, assertion=assertion(wire, pem))).status


async def test_refresh_token(wire: Wire) -> None:
    """§1.4: a new session; with rotation a new refresh token too, and the old one is dead."""
    settings = wire.sandbox.org.settings
    form = {
        "grant_type": "refresh_token",
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
        "refresh_token": settings.refresh_token,
    }
    assert 200 == (await wire.form(**form)).status
    await wire.admin("POST", "switches", does_token_rotate=True)
    rotated = await wire.form(**form)
    again = await wire.form(**form)
    assert (400, "invalid_grant") == (again.status, again.body["error"])
    fresh = rotated.body["refresh_token"]
    assert 200 == (await wire.form(**{**form, "refresh_token": fresh})).status


async def test_session_ends_without_use(wire: Wire, clock: ManualClock) -> None:
    """§1.5: use keeps a session alive, two idle hours end it."""
    for _ in range(3):
        clock.advance(timedelta(minutes=100))
        assert 200 == (await wire.call("GET", "limits")).status
    clock.advance(timedelta(hours=2))
    answer = await wire.call("GET", "limits")
    assert (401, ["INVALID_SESSION_ID"]) == (answer.status, answer.codes)
    assert "Session expired or invalid" == answer.body[0]["message"]


async def test_session_ends_on_demand(wire: Wire) -> None:
    """§1.5, §20.1: the admin ends all sessions; so does whoever revokes a shared one."""
    assert {"expired": True} == (await wire.admin("POST", "tokens/expire")).body
    assert 401 == (await wire.call("GET", "limits")).status
    settings = wire.sandbox.org.settings
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
    }
    first, second = [(await wire.form(**form)).body["access_token"] for _ in range(2)]
    assert first == second
    await wire.call("POST", f"/services/oauth2/revoke?token={first}", raw=b"")
    wire.token = second
    assert 401 == (await wire.call("GET", "limits")).status


async def test_user_info_and_introspection(wire: Wire) -> None:
    """§1.5: who the token belongs to, and whether it lives."""
    info = (await wire.call("GET", "/services/oauth2/userinfo")).body
    assert wire.sandbox.org.id == info["organization_id"]
    for token, is_active in ((wire.token, True), ("nonsense", False)):
        answer = await wire.call(
            "POST", "/services/oauth2/introspect", raw=f"token={token}".encode()
        )
        assert is_active == answer.body["active"]


async def test_login_rate(start: Start) -> None:
    """§1.5: too many logins an hour are refused."""
    wire = await start(limits=Limits(logins_an_hour=2))
    settings = wire.sandbox.org.settings
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
    }
    assert 200 == (await wire.form(**form)).status
    refused = await wire.form(**form)
    assert (403, ["LOGIN_RATE_EXCEEDED"]) == (refused.status, refused.codes)


async def test_versions(wire: Wire) -> None:
    """§2: the list needs no token; old versions are gone, unknown ones were never there."""
    wire.token = "none"
    listed = (await wire.call("GET", "/services/data")).body
    assert {"label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0"} in listed
    assert "Winter '27" == listed[-1]["label"]
    assert 410 == (await wire.call("GET", "/services/data/v30.0/sobjects")).status
    assert 404 == (await wire.call("GET", "/services/data/v99.0/sobjects")).status
    assert 401 == (await wire.call("GET", f"{BASE}/sobjects")).status


async def test_every_answer_tells_the_budget(wire: Wire) -> None:
    """§15: good answers and refusals carry the header; the list of versions costs nothing."""
    await wire.call("GET", "/services/data")
    good, bad = await wire.call("GET", "sobjects"), await wire.call("GET", "nothing")
    assert "api-usage=1/100000" == good.headers["Sforce-Limit-Info"]
    assert "api-usage=2/100000" == bad.headers["Sforce-Limit-Info"]


async def test_variant_of_the_header(wire: Wire) -> None:
    """§15: some orgs tell the app's own usage beside the org's."""
    await wire.admin("POST", "switches", is_app_usage_told=True)
    told = (await wire.call("GET", "limits")).headers["Sforce-Limit-Info"]
    assert "api-usage=1/100000, per-app-api-usage=1/250(appName=sandbox)" == told


async def test_budget_runs_out_and_comes_back(wire: Wire, clock: ManualClock) -> None:
    """§15: a rolling day, 403 when nothing is left."""
    await wire.admin("POST", "limits", daily_calls=2, used=0)
    answers = [await wire.call("GET", "limits") for _ in range(3)]
    assert [200, 200, 403] == [answer.status for answer in answers]
    assert ["REQUEST_LIMIT_EXCEEDED"] == answers[2].codes
    assert {"Max": 2, "Remaining": 0} == answers[1].body["DailyApiRequests"]
    clock.advance(timedelta(hours=24))
    settings = wire.sandbox.org.settings
    fresh = await wire.form(
        grant_type="client_credentials",
        client_id=settings.client_id,
        client_secret=settings.client_secret,
    )
    wire.token = fresh.body["access_token"]
    assert 200 == (await wire.call("GET", "limits")).status


async def test_limits_need_a_permission(wire: Wire) -> None:
    """§15: without it the resource is closed, the header still tells."""
    await wire.admin("POST", "switches", may_read_limits=False)
    answer = await wire.call("GET", "limits")
    assert (403, True) == (answer.status, "Sforce-Limit-Info" in answer.headers)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "nothing/here", 404, "NOT_FOUND"),
        ("PATCH", "sobjects/Contact", 405, "METHOD_NOT_ALLOWED"),
        ("PUT", "limits", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "sobjects/Nothing", 404, "NOT_FOUND"),
    ],
)
async def test_wrong_address(wire: Wire, method: str, path: str, status: int, code: str) -> None:
    """§14: no such resource, or not in this way."""
    answer = await wire.call(method, path)
    assert (status, [code]) == (answer.status, answer.codes)


async def test_wrong_body(wire: Wire) -> None:
    """§14: no JSON, not an object, another content type."""
    for raw in (b"{half", b"[]"):
        answer = await wire.call("POST", "sobjects/Contact", raw=raw)
        assert (400, ["JSON_PARSER_ERROR"]) == (answer.status, answer.codes)
    answer = await wire.call("POST", "sobjects/Contact", raw=b"<a/>", Content_Type="text/xml")
    assert (415, ["UNSUPPORTED_MEDIA_TYPE"]) == (answer.status, answer.codes)


async def test_too_long_an_address(start: Start) -> None:
    """§2: the answer is HTML."""
    wire = await start(limits=Limits(uri=500))
    answer = await wire.call("GET", f"query?q={'x' * 600}")
    assert (414, True) == (answer.status, "<html>" in answer.body)
