"""JWT bearer assertions, checked against the app's certificate (salesforce.md 1.3).

Takes an assertion. Promises to accept only RS256 by the app's key, for the app and its user, for the
audience, and for three minutes at most. The key pair is made when first asked for, unless a public
key or certificate is given.
"""

import base64
import binascii
from datetime import datetime, timedelta
from typing import Any

import orjson
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

KEY_SIZE = 2048
LONGEST_LIFE = timedelta(minutes=3)
CLOCK_SKEW = timedelta(seconds=30)
_AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")


class WrongAssertionError(ValueError):
    """The assertion opens nothing; `error` is the OAuth code, the text its description."""

    def __init__(self, description: str, error: str = "invalid_grant") -> None:
        super().__init__(description)
        self.error = error


class Assertions:
    """The app's certificate, and the user it may act for."""

    def __init__(self, username: str, public_key: str = "") -> None:
        self.username = username
        self.is_approved = True
        self._private: rsa.RSAPrivateKey | None = None
        self._public: rsa.RSAPublicKey | None = None
        if public_key:
            self.trust(public_key)

    def trust(self, pem: str) -> None:
        """Take another public key or certificate. Raises ValueError for anything but RSA."""
        data = pem.encode()
        is_certificate = b"CERTIFICATE" in data
        key: object = (
            x509.load_pem_x509_certificate(data).public_key()
            if is_certificate
            else serialization.load_pem_public_key(data)
        )
        if not isinstance(key, rsa.RSAPublicKey):
            raise ValueError("the app's key must be an RSA key")  # noqa: TRY004 - a PEM is read
        self._public = key

    def private_key(self) -> str:
        """Return the PEM of the private key that belongs to the sandbox's own pair."""
        if self._private is None:
            self._private = rsa.generate_private_key(public_exponent=65537, key_size=KEY_SIZE)
            self._public = self._private.public_key()
        return self._private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    def check(self, assertion: str, client_id: str, base_url: str, now: datetime) -> None:
        """Raise WrongAssertionError unless the assertion is good."""
        header, claims, signed, signature = _parts(assertion)
        if claims.get("iss") != client_id:
            raise WrongAssertionError("client identifier invalid", "invalid_client_id")
        if header.get("alg") != "RS256":
            raise WrongAssertionError("invalid assertion: RS256 is required")
        self._verify(signed, signature)
        if claims.get("aud") not in (*_AUDIENCES, base_url):
            raise WrongAssertionError("audience is invalid")
        _check_life(claims.get("exp"), now)
        if claims.get("sub") != self.username or not self.is_approved:
            raise WrongAssertionError("user hasn't approved this consumer")

    def _verify(self, signed: bytes, signature: bytes) -> None:
        if self._public is None:
            raise WrongAssertionError("invalid assertion: no certificate")
        try:
            self._public.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature as error:
            raise WrongAssertionError("invalid assertion") from error


def _check_life(expires: object, now: datetime) -> None:
    if isinstance(expires, str) and expires.isdigit():
        expires = int(expires)
    if isinstance(expires, bool) or not isinstance(expires, int | float):
        raise WrongAssertionError("invalid assertion: exp is missing")
    left = timedelta(seconds=expires - now.timestamp())
    if left <= -CLOCK_SKEW or left > LONGEST_LIFE + CLOCK_SKEW:
        raise WrongAssertionError("assertion has expired")


def _parts(assertion: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    try:
        header, claims, signature = assertion.split(".")
        read = [orjson.loads(_decoded(part)) for part in (header, claims)]
        signed, sign = f"{header}.{claims}".encode(), _decoded(signature)
    except (ValueError, binascii.Error) as error:
        raise WrongAssertionError("invalid assertion") from error
    if not all(isinstance(each, dict) for each in read):
        raise WrongAssertionError("invalid assertion")
    return read[0], read[1], signed, sign


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
