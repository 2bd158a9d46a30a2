"""`/services/oauth2`: three grants, revocation, introspection, and who the user is (salesforce.md 1).

Promises opaque tokens without `expires_in`, and the vendor's errors for a wrong client, secret,
assertion or refresh token.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import parse_qsl

from adapters.salesforce.sandbox.assertions import Assertions, WrongAssertionError
from adapters.salesforce.sandbox.org import Org
from adapters.salesforce.sandbox.sessions import Session, SessionBook
from adapters.sandbox.exchange import JsonObject, Reply, Request

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_Form: TypeAlias = Mapping[str, str]


class OAuth:
    """The token endpoint of one org and what stands around it."""

    def __init__(self, org: Org, sessions: SessionBook, assertions: Assertions) -> None:
        self.base_url = ""
        self.refresh_token = org.settings.refresh_token
        self._org = org
        self._sessions = sessions
        self._assertions = assertions
        self._grants: Mapping[str, Callable[[_Form], Reply]] = {
            "client_credentials": self._client_credentials,
            "refresh_token": self._refresh_token,
            JWT_GRANT: self._jwt_bearer,
        }

    def answer(self, request: Request) -> Reply:
        """Answer a call below `/services/oauth2`."""
        place = request.path.removeprefix("/services/oauth2/")
        form = _form(request)
        if place == "token" and request.method == "POST":
            return self._token(form)
        if place == "revoke":
            token = form.get("token") or request.first("token")
            ended = token == self.refresh_token or self._sessions.end(token)
            return Reply(status=200) if ended else _failed("invalid_token", "token not found")
        if place == "introspect" and request.method == "POST":
            return self._introspected(form)
        if place == "userinfo":
            return self._user_info(request)
        return Reply(status=404, body=[{"errorCode": "NOT_FOUND", "message": "not found"}])

    def open_session(self) -> Session:
        """Open a session for the app's own user."""
        org = self._org
        return self._sessions.open(org.integration_user, org.settings.client_id, org.clock.now())

    def _token(self, form: _Form) -> Reply:
        grant = self._grants.get(form.get("grant_type", ""))
        if grant is None:
            return _failed("unsupported_grant_type", "grant type not supported")
        return grant(form)

    def _client_credentials(self, form: _Form) -> Reply:
        return self._wrong_client(form) or self._granted("api")

    def _refresh_token(self, form: _Form) -> Reply:
        wrong = self._wrong_client(form)
        if wrong is not None:
            return wrong
        if form.get("refresh_token") != self.refresh_token:
            return _failed("invalid_grant", "expired access/refresh token")
        if not self._org.switches.does_token_rotate:
            return self._granted("refresh_token api")
        self.refresh_token = (
            f"{self._org.settings.refresh_token}.{self._org.random.getrandbits(64):x}"
        )
        return self._granted("refresh_token api", refresh_token=self.refresh_token)

    def _jwt_bearer(self, form: _Form) -> Reply:
        org = self._org
        try:
            self._assertions.check(
                form.get("assertion", ""), org.settings.client_id, self.base_url, org.clock.now()
            )
        except WrongAssertionError as wrong:
            return _failed(wrong.error, str(wrong))
        return self._granted("api")

    def _wrong_client(self, form: _Form) -> Reply | None:
        settings = self._org.settings
        if form.get("client_id") != settings.client_id:
            return _failed("invalid_client_id", "client identifier invalid")
        if form.get("client_secret") != settings.client_secret:
            return _failed("invalid_client", "invalid client credentials")
        return None

    def _granted(self, scope: str, **more: str) -> Reply:
        org = self._org
        session = self.open_session()
        identity = f"{self.base_url}/id/{org.id}/{session.user_id}"
        issued = str(int(org.clock.now().timestamp() * 1000))
        digest = hashlib.sha256(f"{identity}{issued}{org.settings.client_secret}".encode()).digest()
        body: JsonObject = {
            "access_token": session.token,
            "signature": base64.b64encode(digest).decode(),
            "token_format": "opaque",
            "instance_url": self.base_url,
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued,
            "scope": scope,
            **more,
        }
        return Reply(status=200, body=body, headers={"Cache-Control": "no-cache, no-store"})

    def _introspected(self, form: _Form) -> Reply:
        is_active = self._sessions.is_active(form.get("token", ""), self._org.clock.now())
        body: JsonObject = {"active": is_active}
        if is_active:
            body |= {"client_id": self._org.settings.client_id, "token_type": "access_token"}
        return Reply(status=200, body=body)

    def _user_info(self, request: Request) -> Reply:
        org = self._org
        user_id = self._sessions.user(request.headers.get("authorization", ""), org.clock.now())
        user = org.store("User").rows[user_id]
        body = {
            "sub": f"{self.base_url}/id/{org.id}/{user_id}",
            "user_id": user_id,
            "organization_id": org.id,
            "preferred_username": user.get("Username"),
            "name": user.get("Name"),
            "email": user.get("Email"),
            "active": True,
            "user_type": "STANDARD",
        }
        return Reply(status=200, body=body)


def _form(request: Request) -> _Form:
    """Return the posted form; a Basic header counts as client id and secret."""
    form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        pair = base64.b64decode(given.encode(), validate=False).decode("utf-8", "replace")
        form["client_id"], _, form["client_secret"] = pair.partition(":")
    return form


def _failed(error: str, description: str) -> Reply:
    return Reply(status=400, body={"error": error, "error_description": description})
