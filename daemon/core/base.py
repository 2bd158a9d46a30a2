"""The base: per field, what each side held when the two last agreed (D1).

Kept per side, because a system may reformat what it stores: each side is compared with its own half
and so a reformatted phone number is no edit.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from daemon.core.values import Side, Value, decode_value, encode_value


@dataclass(frozen=True, kw_only=True, slots=True)
class BaseField:
    """One field's agreed pair of values."""

    source: Value
    crm: Value
    fingerprint: str
    """Of the rule it was agreed under; another rule means first contact again (R16)."""
    is_unseen: bool = False
    """The half we wrote was sent but never seen stored: a difference is nobody's edit (R36)."""
    source_before: Value = None
    """What the source held before our last write to it: its return is a stale save (R11)."""
    wrote_source: bool = False
    """Whether it was the source half that we wrote; ``source_before`` means nothing otherwise."""

    @property
    def unseen_side(self) -> Side | None:
        """The side whose half was never seen stored."""
        if not self.is_unseen:
            return None
        return Side.SOURCE if self.wrote_source else Side.CRM


Base = Mapping[str, BaseField]
"""Rule key to agreed pair. A rule that is absent has no base: first contact."""


def encode_base(base: Base) -> str:
    """Return a base as canonical JSON text."""
    return orjson.dumps(
        {key: _plain(item) for key, item in base.items()}, option=orjson.OPT_SORT_KEYS
    ).decode()


def decode_base(text: str) -> dict[str, BaseField]:
    """Return what :func:`encode_base` wrote."""
    return {key: _typed(item) for key, item in orjson.loads(text).items()}


def _plain(item: BaseField) -> dict[str, object]:
    plain: dict[str, object] = {
        "s": encode_value(item.source),
        "c": encode_value(item.crm),
        "f": item.fingerprint,
    }
    if item.is_unseen:
        plain["u"] = True
    if item.wrote_source:
        plain["b"] = encode_value(item.source_before)
    return plain


def _typed(plain: dict[str, str]) -> BaseField:
    return BaseField(
        source=decode_value(plain["s"]),
        crm=decode_value(plain["c"]),
        fingerprint=plain["f"],
        is_unseen="u" in plain,
        source_before=decode_value(plain["b"]) if "b" in plain else None,
        wrote_source="b" in plain,
    )
