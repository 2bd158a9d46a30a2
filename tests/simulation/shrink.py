"""Make a failing script small: leave out what is not needed to break the same promise.

Turns, acts and faults are left out one half, quarter, … at a time as long as the script still fails;
then settings and manners of the systems go back to plain ones. What is left is kept as a file under
``scenarios/`` and replayed by a test for ever.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from adapters.contract import Capabilities
from daemon.core.values import Side
from tests.simulation.profiles import PLAIN, Profile
from tests.simulation.script import Script, Turn

T = TypeVar("T")

Fails = Callable[[Script], bool]
"""Tells whether a script still breaks the promise in question."""


def shrink(script: Script, fails: Fails) -> Script:
    """Return the smallest script found that still fails; *fails* also ends the search by False."""
    while True:
        size = _size(script)
        script = _fewer_turns(script, fails)
        script = _fewer_acts(script, fails)
        script = _plainer(script, fails)
        if _size(script) >= size:
            return script


def _size(script: Script) -> int:
    return sum(1 + len(turn.acts) + len(turn.faults) for turn in script.turns)


def fewest(items: Sequence[T], fails: Callable[[Sequence[T]], bool]) -> list[T]:
    """Leave out runs of items as long as the rest still fails (delta debugging)."""
    kept = list(items)
    length = max(1, len(kept) // 2)
    while kept:
        start, is_smaller = 0, False
        while start < len(kept):
            fewer = kept[:start] + kept[start + length :]
            if fails(fewer):
                kept, is_smaller = fewer, True
            else:
                start += length
        if length == 1 and not is_smaller:
            break
        length = max(1, length // 2)
    return kept


def _fewer_turns(script: Script, fails: Fails) -> Script:
    turns = fewest(script.turns, lambda some: fails(replace(script, turns=tuple(some))))
    return replace(script, turns=tuple(turns))


def _fewer_acts(script: Script, fails: Fails) -> Script:
    for number in range(len(script.turns)):
        for part in ("acts", "faults"):
            script = _fewer_of(script, fails, number, part)
    return script


def _fewer_of(script: Script, fails: Fails, number: int, part: str) -> Script:
    turn: Turn = script.turns[number]

    def with_some(some: Sequence[Any]) -> Script:
        kept: dict[str, Any] = {part: tuple(some)}
        changed = replace(turn, **kept)
        turns = (*script.turns[:number], changed, *script.turns[number + 1 :])
        return replace(script, turns=turns)

    return with_some(fewest(getattr(turn, part), lambda some: fails(with_some(some))))


def _plainer(script: Script, fails: Fails) -> Script:
    for key in sorted(script.settings):
        less = {name: value for name, value in script.settings.items() if name != key}
        script = _if_fails(replace(script, settings=less), script, fails)
    for side in Side:
        for profile in _plainer_profiles(script.sides[side]):
            sides = {**script.sides, side: profile(script.sides[side])}
            script = _if_fails(replace(script, sides=sides), script, fails)
    return script


def _if_fails(plainer: Script, script: Script, fails: Fails) -> Script:
    return plainer if plainer != script and fails(plainer) else script


def _plainer_profiles(profile: Profile) -> Iterator[Callable[[Profile], Profile]]:
    """Yield steps that take one manner each back to the plain one."""
    usual = Profile(capabilities=PLAIN)
    for one in fields(profile):
        if one.name != "capabilities":
            yield _with(one.name, getattr(usual, one.name))
    for one in fields(Capabilities):
        yield _able(one.name, getattr(PLAIN, one.name))


def _with(name: str, value: object) -> Callable[[Profile], Profile]:
    return lambda profile: replace(profile, **{name: value})  # type: ignore[arg-type]  # a field's own type


def _able(name: str, value: object) -> Callable[[Profile], Profile]:
    def able(profile: Profile) -> Profile:
        changed = replace(profile.capabilities, **{name: value})  # type: ignore[arg-type]  # a field's own type
        return replace(profile, capabilities=changed)

    return able
