"""Suppression: who must not be written to, kept as a keyed hash and nothing else of the person.

Takes addresses; gives entries that can be compared and stored. Promises: equal addresses, however
written, give equal entries; from an entry nobody reads an address, nor finds one by trying, without
the key. Entries are never removed by a sync.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from daemon.core.normalize import comparable
from daemon.core.values import FieldKind

LEAST_KEY = 16
"""Bytes of the shortest key: with fewer, trying all keys is no effort."""


class BlockList(StrEnum):
    """The lists, which are kept apart; all but the last two block."""

    GLOBAL_UNSUBSCRIBE = "global_unsubscribe"
    CHANNEL_UNSUBSCRIBE = "channel_unsubscribe"
    HARD_BOUNCE = "hard_bounce"
    SPAM_COMPLAINT = "spam_complaint"
    DO_NOT_CONTACT = "do_not_contact"
    COMPETITOR_DOMAIN = "competitor_domain"
    RECENTLY_CONTACTED = "recently_contacted"

    @property
    def blocks(self) -> bool:
        """Whether nobody on it may be messaged."""
        return self not in {BlockList.COMPETITOR_DOMAIN, BlockList.RECENTLY_CONTACTED}


@dataclass(frozen=True, kw_only=True, slots=True)
class Suppressed:
    """One entry: an address that is no longer told, on one list."""

    hash: str
    list: BlockList
    reason: str
    at: datetime


def suppress(
    address: str,
    kind: FieldKind,
    *,
    key: bytes,
    list_: BlockList,
    reason: str,
    at: datetime,
    region: str | None = None,
) -> Suppressed:
    """Return the entry of an e-mail address or phone number (*kind*)."""
    return Suppressed(
        hash=suppression_hash(address, kind, key=key, region=region),
        list=list_,
        reason=reason,
        at=at,
    )


def suppression_hash(
    address: str, kind: FieldKind, *, key: bytes, region: str | None = None
) -> str:
    """Return a keyed 256-bit BLAKE2b hash of an address in hexadecimal, however it is written.

    *region* reads a phone number without its country code. Raises ValueError for a key that is too
    short, or an address that is empty.
    """
    if len(key) < LEAST_KEY:
        raise ValueError(f"the key of suppression hashes needs {LEAST_KEY} bytes or more")
    form = comparable(kind, address, region)
    if form is None:
        raise ValueError("an empty address cannot be suppressed; leave it out")
    mark = f"{kind.value}\x1f{form}".encode()
    return hashlib.blake2b(mark, digest_size=32, key=key[:64], person=b"crmsyncd-v1").hexdigest()
