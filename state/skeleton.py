"""What is left of a write once retention took its values away: ids, fields, times, hashes (R27).

A hash tells whether a value that somebody holds is the one that was written, and nothing else: it
is made with the intent's id, so that equal values of two writes do not show.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import orjson

from daemon.core.operation import Operation, decode_operation, encode_operation
from daemon.core.values import Value, encode_value

_KEY = "pruned"


@dataclass(frozen=True, kw_only=True, slots=True)
class PrunedField:
    """A field that was written, without its values."""

    rule: str
    field: str
    value: str
    """Hash of what was written; see :func:`value_hash`."""
    before: str
    """Hash of what stood there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Skeleton:
    """A write without its values."""

    pruned_at: datetime
    fields: tuple[PrunedField, ...]


def value_hash(intent: str, value: Value) -> str:
    """Return the hash by which a value of a pruned write can be recognised."""
    key = hashlib.blake2b(intent.encode(), digest_size=16).digest()
    told = encode_value(value)
    plain = orjson.dumps(told)
    return hashlib.blake2b(plain, key=key, digest_size=16, person=b"crmsyncd-value").hexdigest()


def without_values(intent: str, payload: str, at: datetime) -> str:
    """Return an intent's *payload* without values; it still reads as an operation, of no fields.

    So that nothing which reverses or repeats writes can take a missing value for an empty one.
    """
    operation = decode_operation(payload)
    bare = Operation(
        pair=operation.pair,
        kind=operation.kind,
        side=operation.side,
        link=operation.link,
        source_id=operation.source_id,
        crm_id=operation.crm_id,
        how=operation.how,
        is_half=operation.is_half,
    )
    fields = [
        [
            copy.rule,
            copy.field,
            value_hash(intent, copy.value),
            value_hash(intent, copy.before),
        ]
        for copy in operation.copies
    ]
    told = {"at": at.isoformat(), "fields": fields}
    return orjson.dumps({**orjson.loads(encode_operation(bare)), _KEY: told}).decode()


def skeleton(payload: str) -> Skeleton | None:
    """Return what is left of a pruned write; None where its values are still there."""
    told = orjson.loads(payload).get(_KEY)
    if told is None:
        return None
    return Skeleton(
        pruned_at=datetime.fromisoformat(told["at"]),
        fields=tuple(
            PrunedField(rule=rule, field=field, value=value, before=before)
            for rule, field, value, before in told["fields"]
        ),
    )
