"""How the rest of the product finds this adapter."""

from adapters.contract import AdapterKind
from adapters.hubspot.adapter import HubSpotAdapter
from adapters.hubspot.guide import GUIDE
from adapters.hubspot.object_types import CONTACTS
from adapters.hubspot.settings import HubSpotSettings
from adapters.standard_fields import StandardFields

KIND = AdapterKind(
    word="hubspot",
    title="HubSpot",
    settings=HubSpotSettings,
    create=HubSpotAdapter,
    default_object=CONTACTS.name,
    standard_fields=StandardFields("adapters.hubspot"),
    credential_variable="HUBSPOT_TOKEN",
    credential_setting="token",
    sandbox_module="adapters.hubspot.sandbox",
    guide=GUIDE,
)
