"""What a value that came back from a write means (R19).

Equal to what was sent, or a known rewriting of it, makes the new base; equal to the value before
means that the system ignored the write; anything else is an edit of the other system.
"""

from dataclasses import dataclass

from daemon.core.base import BaseField
from daemon.core.normalize import comparable, registered_normalisation
from daemon.core.operation import Copy
from daemon.core.values import FieldKind, Side, Value, Values


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """What became of one field that was written."""

    base: BaseField | None
    """In terms of (origin, target), see :func:`turned`; None where nothing was agreed."""
    is_ignored: bool = False
    is_edit: bool = False


def judge(copy: Copy, returned: Values, *, is_found: bool, is_told: bool) -> Judged:
    """Compare what came back with what was sent (R19).

    *is_found*: by a look, not by a reply, so that values that differ are nobody's (R36). *is_told*: a
    reply said that the write happened, and no more (R45).
    """
    if copy.field not in returned:
        return Judged(base=_base(copy, copy.value, is_unseen=True))
    value = returned[copy.field]
    if _is_same(copy, value):
        return Judged(base=_base(copy, value))
    is_old = _is_old(copy, value)
    if is_old and (is_told or not is_found):
        return Judged(base=None, is_ignored=True)
    if _is_cut(copy, value) and not is_old:
        return Judged(base=_base(copy, value))
    if is_found:
        return Judged(base=_base(copy, copy.value, is_unseen=True), is_edit=True)
    return Judged(base=_base(copy, copy.value), is_edit=True)


def is_stored(copy: Copy, value: Value) -> bool:
    """Tell whether *value* is what a system makes of the value that was sent (R19, R37)."""
    return _is_same(copy, value) or (_is_cut(copy, value) and not _is_old(copy, value))


def is_changed(copy: Copy, value: Value) -> bool:
    """Tell whether the field holds something else than before the write."""
    return not _is_old(copy, value)


def _is_old(copy: Copy, value: Value) -> bool:
    """Tell whether the field holds what it held before the write."""
    return comparable(copy.kind, value, copy.region) == comparable(
        copy.kind, copy.before, copy.region
    )


def _is_same(copy: Copy, value: Value) -> bool:
    form = comparable(copy.kind, copy.value, copy.region)
    return form == comparable(copy.kind, value, copy.region) or registered_normalisation(
        copy.kind, copy.value, value, copy.region
    )


def _is_cut(copy: Copy, value: Value) -> bool:
    """Tell whether a text came back cut short: lossy, but ours (R37)."""
    if copy.kind is not FieldKind.TEXT or not isinstance(value, str) or not value:
        return False
    return isinstance(copy.value, str) and copy.value.startswith(value)


def _base(copy: Copy, stored: Value, *, is_unseen: bool = False) -> BaseField:
    """Return the base in terms of (origin, target); the caller turns it by side."""
    return BaseField(
        source=copy.origin, crm=stored, fingerprint=copy.fingerprint, is_unseen=is_unseen
    )


def turned(side: Side, copy: Copy, base: BaseField) -> BaseField:
    """Return a base in terms of (source, crm)."""
    if side is Side.CRM:
        return base
    return BaseField(
        source=base.crm,
        crm=base.source,
        fingerprint=base.fingerprint,
        is_unseen=base.is_unseen,
        source_before=copy.before,
        wrote_source=True,
    )
