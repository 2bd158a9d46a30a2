"""The standard mapping of a system: ``mapping.yaml`` beside its adapter."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import yaml


class StandardFields(Mapping[str, Mapping[str, str]]):
    """Object → canonical field → the system's field; objects by any casing of their name.

    Read when it is first looked at, since most commands look at one system or none.
    """

    def __init__(self, package: str) -> None:
        """Take the package that holds the file: ``__package__``."""
        self._package = package

    def __getitem__(self, object_name: str) -> Mapping[str, str]:
        return _mapping(self._package)[object_name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(_mapping(self._package))

    def __len__(self) -> int:
        return len(_mapping(self._package))


@cache
def _mapping(package: str) -> Mapping[str, Mapping[str, str]]:
    objects = yaml.safe_load(files(package).joinpath("mapping.yaml").read_text("utf-8"))
    return MappingProxyType({name: MappingProxyType(fields) for name, fields in objects.items()})
