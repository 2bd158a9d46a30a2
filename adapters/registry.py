"""Which types of connection there are: found, never listed.

Our own adapters are the packages of ``adapters`` that have a ``kind`` module; others come from
installed packages through the entry-point group ``crmsyncd.adapters``.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType

import adapters
from adapters.contract import AdapterKind

ENTRY_POINT_GROUP = "crmsyncd.adapters"


@cache
def adapter_kinds() -> Mapping[str, AdapterKind]:
    """Return every type of connection this installation knows, by its ``type:`` word.

    Raises TypeError when a plug-in's entry point is not an :class:`AdapterKind`, and ValueError
    when two claim the same word.
    """
    kinds: dict[str, AdapterKind] = {}
    for origin, kind in [*_own_kinds(), *_plugged_kinds()]:
        if not isinstance(kind, AdapterKind):
            raise TypeError(f"{origin} must be an AdapterKind, not {type(kind).__name__}.")
        if kind.word in kinds:
            raise ValueError(f"{origin} claims the type {kind.word!r}, which is taken.")
        kinds[kind.word] = kind
    return MappingProxyType(kinds)


def _own_kinds() -> list[tuple[str, object]]:
    names = [
        f"adapters.{module.name}.kind"
        for module in pkgutil.iter_modules(adapters.__path__)
        if module.ispkg and importlib.util.find_spec(f"adapters.{module.name}.kind")
    ]
    return [(name, importlib.import_module(name).KIND) for name in names]


def _plugged_kinds() -> list[tuple[str, object]]:
    return [(point.value, point.load()) for point in entry_points(group=ENTRY_POINT_GROUP)]
