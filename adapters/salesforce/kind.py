"""How the rest of the product finds this adapter."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import yaml

from adapters.contract import AdapterKind
from adapters.salesforce.adapter import SalesforceAdapter
from adapters.salesforce.guide import GUIDE
from adapters.salesforce.object_types import PEOPLE
from adapters.salesforce.settings import SalesforceSettings


class StandardFields(Mapping[str, Mapping[str, str]]):
    """``mapping.yaml``, read when it is first looked at; objects by any casing of their name."""

    def __getitem__(self, object_name: str) -> Mapping[str, str]:
        return _mapping()[object_name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(_mapping())

    def __len__(self) -> int:
        return len(_mapping())


@cache
def _mapping() -> Mapping[str, Mapping[str, str]]:
    text = files("adapters.salesforce").joinpath("mapping.yaml").read_text("utf-8")
    objects = yaml.safe_load(text)
    return MappingProxyType({name: MappingProxyType(fields) for name, fields in objects.items()})


KIND = AdapterKind(
    word="salesforce",
    title="Salesforce",
    settings=SalesforceSettings,
    create=SalesforceAdapter,
    default_object=PEOPLE,
    standard_fields=StandardFields(),
    credential_variable="SALESFORCE_TOKEN",
    credential_setting="token",
    sandbox_module="adapters.salesforce.sandbox",
    guide=GUIDE,
)
