"""Schema drift: what changed in a system's definition that a sync must not just carry on with. Pure.

A new optional field, a new choice, a longer length and another label are no drift.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from daemon.core.guards import Scope
from daemon.core.schema import Field, Schema


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """One field that is not what it was."""

    field: str
    why: str
    scope: Scope
    """FIELD: its values are held; CREATES: records without it would be refused."""


def drifted(before: Schema, now: Schema, mapped: Collection[str]) -> tuple[Drift, ...]:
    """Return what happened to *mapped* fields, and which others became required."""
    held = [
        Drift(field=name, why=why, scope=Scope.FIELD)
        for name in sorted(mapped)
        if name in before
        for why in _changes(before[name], now.fields.get(name))
    ]
    required = [
        Drift(field=name, why="must not be empty now, and nothing fills it", scope=Scope.CREATES)
        for name, field in sorted(now.fields.items())
        if name not in mapped and field.is_required and not _was_required(before, name)
    ]
    return (*held, *required)


def _was_required(before: Schema, name: str) -> bool:
    return name in before and before[name].is_required


def _changes(before: Field, now: Field | None) -> Iterator[str]:
    if now is None:
        yield "is gone"
        return
    if now.kind is not before.kind:
        yield f"was {before.kind.value} and is {now.kind.value}"
    if now.is_required and not before.is_required:
        yield "must not be empty now"
    lost = {choice.value for choice in before.choices} - {choice.value for choice in now.choices}
    if lost and (now.choices or now.kind is before.kind):
        yield f"lost {len(lost)} of its {len(before.choices)} choices"
    if now.max_length is not None and not _holds(now.max_length, before.max_length):
        yield f"holds {now.max_length} characters at most now"


def _holds(now: int, before: int | None) -> bool:
    return before is not None and before <= now
