"""How the rest of the product finds this adapter."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import yaml

from adapters.contract import AdapterKind
from adapters.tryton.adapter import TrytonAdapter
from adapters.tryton.guide import GUIDE
from adapters.tryton.object_types import PARTIES
from adapters.tryton.settings import TrytonSettings


class StandardFields(Mapping[str, Mapping[str, str]]):
    """``mapping.yaml``, read when it is first looked at."""

    def __getitem__(self, object_name: str) -> Mapping[str, str]:
        return _mapping()[object_name]

    def __iter__(self) -> Iterator[str]:
        return iter(_mapping())

    def __len__(self) -> int:
        return len(_mapping())


@cache
def _mapping() -> Mapping[str, Mapping[str, str]]:
    text = files("adapters.tryton").joinpath("mapping.yaml").read_text("utf-8")
    objects = yaml.safe_load(text)
    return MappingProxyType({name: MappingProxyType(fields) for name, fields in objects.items()})


KIND = AdapterKind(
    word="tryton",
    title="Tryton",
    settings=TrytonSettings,
    create=TrytonAdapter,
    default_object=PARTIES.name,
    standard_fields=StandardFields(),
    credential_variable="TRYTON_PASSWORD",
    credential_setting="password",
    sandbox_module="adapters.tryton.sandbox",
    guide=GUIDE,
)
