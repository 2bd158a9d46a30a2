"""How the rest of the product finds this adapter."""

from adapters.contract import AdapterKind
from adapters.standard_fields import StandardFields
from adapters.tryton.adapter import TrytonAdapter
from adapters.tryton.guide import GUIDE
from adapters.tryton.object_types import PARTIES
from adapters.tryton.settings import TrytonSettings

KIND = AdapterKind(
    word="tryton",
    title="Tryton",
    settings=TrytonSettings,
    create=TrytonAdapter,
    default_object=PARTIES.name,
    standard_fields=StandardFields("adapters.tryton"),
    credential_variable="TRYTON_PASSWORD",
    credential_setting="password",
    sandbox_module="adapters.tryton.sandbox",
    guide=GUIDE,
)
