"""The session: logging in, and one new log-in for however many requests found it over.

Takes the settings. Gives the access token and the address to use it at. Promises that at any time
at most one log-in is under way, that a token is asked for again only after it was refused, and that
no session is ever ended by us: another program of the same user may share it.
"""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import orjson
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import SecretStr

from adapters.circuit import Circuit
from adapters.contract import Surroundings
from adapters.errors import Reauthenticate, Unreadable
from adapters.exchange import Json, Request
from adapters.http import Endpoint, HttpClient, TimeOuts
from adapters.limits import Limiter
from adapters.salesforce import profile
from adapters.salesforce.dialect import LoginDialect
from adapters.salesforce.ids import long_id
from adapters.salesforce.settings import SalesforceSettings
from adapters.setting_types import safe_address
from daemon.clock import Clock

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - a path, no token
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_JWT_LIFE = timedelta(minutes=2)
"""Three minutes is the longest; the rest is for clocks that differ."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """What a log-in gave."""

    token: SecretStr
    instance_url: str
    org: str = ""
    user: str = ""
    """Ids of the org and of the user we act as, where the reply names them."""


class Session:
    """One user's session on one org."""

    def __init__(
        self, settings: SalesforceSettings, surroundings: Surroundings, limiter: Limiter
    ) -> None:
        """Keep how to log in; a ready token is used as it is."""
        self._settings = settings
        self._around = surroundings
        self._turn = asyncio.Lock()
        self._login: Login | None = None
        if settings.token:
            self._login = Login(token=settings.token, instance_url=settings.base_url)
        self.client = HttpClient(
            Endpoint(base_url=settings.base_url, headers=dict),
            LoginDialect(surroundings.connection),
            surroundings,
            limiter=limiter,
            circuit=Circuit(surroundings.connection, profile.CIRCUIT, surroundings.clock),
            time_outs=TimeOuts(
                connect=settings.connect_time_out,
                total=min(settings.request_time_out, timedelta(seconds=30)),
                patience=settings.patience,
            ),
        )

    @property
    def user(self) -> str:
        """The id of the user we act as, "" while nobody told."""
        return self._login.user if self._login else ""

    @property
    def org(self) -> str:
        """The id of the org, "" while nobody told."""
        return self._login.org if self._login else ""

    def told(self, *, org: str, user: str) -> None:
        """Keep who we are, where a log-in did not say."""
        if self._login is not None:
            self._login = Login(
                token=self._login.token, instance_url=self._login.instance_url, org=org, user=user
            )

    def instance_url(self) -> str:
        """Return the address that requests go to, "" before the first log-in."""
        return self._login.instance_url if self._login else ""

    def headers(self) -> Mapping[str, str]:
        """Return what every request carries."""
        token = self._login.token.get_secret_value() if self._login else ""
        return {
            "Authorization": f"Bearer {token}",
            "Sforce-Call-Options": "client=crmsyncd",
            "User-Agent": "crmsyncd",
        }

    async def begin(self) -> SecretStr:
        """Return the token in use, logging in where there is none."""
        return await self.renew(None)

    async def renew(self, refused: SecretStr | None) -> SecretStr:
        """Return a token other than the refused one.

        Whoever finds the same token refused meanwhile waits for the log-in under way. Raises
        Reauthenticate where the credentials are refused, or are a ready token that is over.
        """
        async with self._turn:
            if self._login is None or self._login.token is refused:
                self._login = await self._log_in()
            return self._login.token

    async def _log_in(self) -> Login:
        if not self._settings.client_id:
            raise Reauthenticate(
                f"Connection {self._around.connection!r}: the token is refused or expired.",
                code="INVALID_SESSION_ID",
                status=401,
                next_step="Set client_id and client_secret, so that tokens are renewed by "
                "themselves, or set a fresh token.",
            )
        reply = await self.client.send(
            Request(
                method="POST",
                path=TOKEN_PATH,
                endpoint=TOKEN_PATH,
                purpose="account",
                is_repeatable=True,
                limits=(profile.SHORT,),
                content=urlencode(self._form()).encode(),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                is_whole=_is_login,
            )
        )
        return self._told_login(reply.body)

    def _form(self) -> dict[str, str]:
        settings = self._settings
        if settings.private_key is None:
            secret = settings.client_secret.get_secret_value() if settings.client_secret else ""
            return {
                "grant_type": "client_credentials",
                "client_id": settings.client_id,
                "client_secret": secret,
            }
        return {
            "grant_type": _JWT_GRANT,
            "assertion": assertion(settings, self._around.clock),
        }

    def _told_login(self, body: Json) -> Login:
        try:
            address = safe_address(str(body.get("instance_url") or self._settings.base_url))
        except ValueError as error:
            raise Unreadable(
                f"Connection {self._around.connection!r}: the log-in names an unsafe address.",
                code="instance_url",
                next_step="Check the connection's base_url: it must be the org's My Domain.",
            ) from error
        parts = urlsplit(str(body.get("id") or "")).path.strip("/").split("/")
        org, user = parts[-2:] if len(parts) > 1 else ("", "")
        return Login(
            token=SecretStr(str(body["access_token"])),
            instance_url=address,
            org=long_id(org),
            user=long_id(user),
        )


def assertion(settings: SalesforceSettings, clock: Clock) -> str:
    """Return a signed JWT for the JWT bearer flow (RFC 7523). Raises Reauthenticate."""
    pem = settings.private_key.get_secret_value() if settings.private_key else ""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise Reauthenticate(
            "The connection's private_key is no RSA key in PEM form.",
            code="private_key",
            next_step="Set the key whose certificate was uploaded to the app, without a password.",
        )
    expires = int((clock.now() + _JWT_LIFE).timestamp())
    claims = {
        "iss": settings.client_id,
        "sub": settings.username,
        "aud": settings.audience,
        "exp": expires,
    }
    signed = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(claims)}"
    return f"{signed}.{_plain(key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


def _part(content: Mapping[str, object]) -> str:
    return _plain(orjson.dumps(content))


def _plain(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _is_login(body: Json) -> bool:
    return isinstance(body["access_token"], str) and bool(body["access_token"])
