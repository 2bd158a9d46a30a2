"""Secrets sealed with AES-256-GCM: what a stored credential is outside of a running process.

Takes a key ring and whose secret it is; gives text for a table, and the secret back. The identity
is sealed in as associated data: a row that was copied to another connection, or changed by one
byte, does not open. No message holds a secret or a key.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from functools import lru_cache

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from daemon.clock import secret_bytes

KEY_BYTES = 32
NONCE_BYTES = 12
"""Random for each seal; GCM allows four thousand million of them with one key."""

_FORM = "crmsyncd credential 1"
_SALT = b"crmsyncd trace 1"


class CannotOpen(Exception):
    """A sealed secret does not open; the message says why. Subclasses are told apart by tests."""


class KeyMissing(CannotOpen):
    """The key it was sealed with is not in the ring."""


class Tampered(CannotOpen):
    """The key is right, but the seal is not: changed, or moved here from elsewhere."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Whose secret it is; sealed in, so that it opens for nobody else."""

    connection: str
    type: str
    account: str
    """Id of the account it opened when it was stored; "" where the system has none."""
    setting: str
    """Key of the connection that takes it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """One key of 256 bits."""

    value: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """Twelve digits that name the key and tell nothing of it."""
        return hashlib.blake2b(self.value, digest_size=6, person=b"crmsyncd key id").hexdigest()


def new_key() -> Key:
    """Return a fresh key."""
    return Key(value=secret_bytes(KEY_BYTES))


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyRing:
    """The keys at hand: the first one seals, all of them open."""

    keys: tuple[Key, ...]

    @property
    def current(self) -> Key:
        """The key that seals."""
        return self.keys[0]

    def seal(self, secret: str, identity: Identity) -> tuple[str, str]:
        """Return the id of the key and the sealed text."""
        key, nonce = self.current, secret_bytes(NONCE_BYTES)
        content = AESGCM(key.value).encrypt(nonce, secret.encode(), _context(identity, key.id))
        return key.id, base64.b64encode(nonce + content).decode()

    def open(self, key_id: str, sealed: str, identity: Identity) -> str:
        """Return the secret. Raises KeyMissing or Tampered."""
        key = next((one for one in self.keys if one.id == key_id), None)
        if key is None:
            raise KeyMissing(f"it was sealed with the key {key_id}, which is not at hand")
        try:
            raw = base64.b64decode(sealed, validate=True)
            nonce, content = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
            return AESGCM(key.value).decrypt(nonce, content, _context(identity, key.id)).decode()
        except (InvalidTag, ValueError, binascii.Error):
            raise Tampered(
                "the stored text was changed, or belongs to another connection, type or account"
            ) from None


@lru_cache(maxsize=256)
def trace_of(secret: str) -> str:
    """Return what tells one secret from another in the state, and is of no use for finding it.

    It takes some 50 ms to make, once a process: who has a backup cannot try passwords by millions.
    """
    return hashlib.scrypt(secret.encode(), salt=_SALT, n=2**14, r=8, p=1, dklen=16).hex()


def _context(identity: Identity, key_id: str) -> bytes:
    """Return the associated data; a list in JSON, so that no two identities read alike."""
    parts = [_FORM, identity.connection, identity.type, identity.account, identity.setting, key_id]
    return orjson.dumps(parts)
