"""Cases and adapters as data: which case holds where, and for what reason it does not.

A case is a test that asks for ``harness``. What it needs is declared with :func:`case`; what an
adapter can and a harness can cause is declared in the harness's :class:`Declaration`. So the table
of adapters and cases is known without running anything.
"""

import importlib
import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TypeVar

from adapters.contract import Capabilities
from tests.conformance.causes import CLAIMED, Ability, Cause, abilities

FOLDER = Path(__file__).parent
HARNESS_PREFIX = "harness_"
CASES_PREFIX = "test_adapter_"
FIRST = tuple(f"{CASES_PREFIX}{about}" for about in ("reads", "writes", "removals"))
CHOSEN = "CRMSYNCD_CONFORMANCE"
"""Environment variable: the adapters to try, as ``python -m tests.conformance`` was given them."""

_NEEDED = "conformance_needs"
Test = TypeVar("Test", bound=Callable[..., object])


@dataclass(frozen=True, kw_only=True, slots=True)
class Declaration:
    """What a harness says of its adapter and of itself, before anything is opened."""

    title: str
    """The adapter's name in the table."""
    capabilities: Capabilities
    """What the adapter will say of itself."""
    causes: frozenset[Cause]
    """What the harness can bring about."""
    impossible: Mapping[Cause, str]
    """What cannot happen at this end, and why: printed below the table."""
    word: str = ""
    """Its ``type:`` in a configuration; "" where it has none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """What a case needs to mean anything."""

    causes: tuple[Cause, ...] = ()
    abilities: tuple[Ability, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One promise of the contract under one condition."""

    name: str
    """The test's name, as words."""
    group: str
    """What the cases of its file have in common."""
    needs: Needs


def case(*needed: Cause | Ability) -> Callable[[Test], Test]:
    """Declare what a test of the suite needs."""
    causes = tuple(one for one in needed if isinstance(one, Cause))
    able = tuple(one for one in needed if isinstance(one, Ability))

    def declared(test: Test) -> Test:
        setattr(test, _NEEDED, Needs(causes=causes, abilities=able))
        return test

    return declared


def needs_of(test: object) -> Needs:
    """Return what a test needs."""
    needs = getattr(test, _NEEDED, None)
    return needs if isinstance(needs, Needs) else Needs()


def obstacle(declaration: Declaration, needs: Needs) -> str:
    """Return why a case says nothing about an adapter; "" where it does."""
    claimed = abilities(declaration.capabilities)
    for ability in needs.abilities:
        if ability not in claimed:
            return f"it is no adapter that {ability.value}"
    for cause in needs.causes:
        if cause not in declaration.causes:
            return declaration.impossible.get(cause, f"UNDECLARED: {cause.value}")
    return ""


def undeclared(declaration: Declaration) -> list[str]:
    """Return what is wrong with a declaration: nothing may be left out silently."""
    claimed = abilities(declaration.capabilities)
    wrong = [
        f"{cause.value}: claimed ({CLAIMED[cause].value}), but the harness cannot cause it"
        for cause in CLAIMED
        if CLAIMED[cause] in claimed and cause not in declaration.causes
    ]
    for cause in Cause:
        is_impossible = cause in declaration.impossible
        if is_impossible == (cause in declaration.causes):
            wrong.append(f"{cause.value}: either caused or impossible, and one of the two")
        if is_impossible and len(declaration.impossible[cause].split()) < 3:
            wrong.append(f"{cause.value}: impossible without a reason")
    return wrong


def names() -> list[str]:
    """Return the adapters to try: those chosen, else every one that has a harness here."""
    return os.environ.get(CHOSEN, "").split() or own_names()


def own_names() -> list[str]:
    """Return every adapter that has a harness here."""
    return sorted(
        path.stem.removeprefix(HARNESS_PREFIX)
        for path in FOLDER.glob(f"{HARNESS_PREFIX}*.py")
        if "def open_harness(" in path.read_text(encoding="utf-8")
    )


def module_of(name: str) -> ModuleType:
    """Return the module of a harness: one of ours by its name, any other by its module's name."""
    own = f"{HARNESS_PREFIX}{name}"
    is_own = (FOLDER / f"{own}.py").exists()
    return importlib.import_module(f"tests.conformance.{own}" if is_own else name)


def declaration_of(name: str) -> Declaration:
    """Return what a harness declares. Raises TypeError where it declares nothing."""
    declaration = getattr(module_of(name), "DECLARATION", None)
    if not isinstance(declaration, Declaration):
        raise TypeError(
            f"The harness of {name!r} has no DECLARATION (tests/conformance/README.md)."
        )
    return declaration


def cases() -> list[Case]:
    """Return every case, the promises first, in the order in which they stand in their files."""
    stems = sorted(path.stem for path in FOLDER.glob(f"{CASES_PREFIX}*.py"))
    stems.sort(key=lambda stem: FIRST.index(stem) if stem in FIRST else len(FIRST))
    modules = [importlib.import_module(f"tests.conformance.{stem}") for stem in stems]
    return [found for module in modules for found in _cases_in(module)]


def _cases_in(module: ModuleType) -> Iterator[Case]:
    group = (module.__doc__ or "").partition(":")[0]
    for name, test in vars(module).items():
        is_test = isinstance(test, FunctionType) and name.startswith("test_")
        if is_test and {"harness", "removal"} & inspect.signature(test).parameters.keys():
            words = name.removeprefix("test_").replace("_", " ")
            yield Case(name=words, group=group, needs=needs_of(test))
