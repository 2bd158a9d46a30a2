"""How the rest of the product finds this adapter."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import yaml

from adapters.contract import AdapterKind
from adapters.hubspot.adapter import HubSpotAdapter
from adapters.hubspot.guide import GUIDE
from adapters.hubspot.object_types import CONTACTS
from adapters.hubspot.settings import HubSpotSettings


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
    text = files("adapters.hubspot").joinpath("mapping.yaml").read_text("utf-8")
    objects = yaml.safe_load(text)
    return MappingProxyType({name: MappingProxyType(fields) for name, fields in objects.items()})


KIND = AdapterKind(
    word="hubspot",
    title="HubSpot",
    settings=HubSpotSettings,
    create=HubSpotAdapter,
    default_object=CONTACTS.name,
    standard_fields=StandardFields(),
    credential_variable="HUBSPOT_TOKEN",
    credential_setting="token",
    sandbox_module="adapters.hubspot.sandbox",
    guide=GUIDE,
)
