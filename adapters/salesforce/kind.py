"""How the rest of the product finds this adapter."""

from adapters.contract import AdapterKind
from adapters.salesforce.adapter import SalesforceAdapter
from adapters.salesforce.guide import GUIDE
from adapters.salesforce.object_types import PEOPLE
from adapters.salesforce.settings import SalesforceSettings
from adapters.standard_fields import StandardFields

KIND = AdapterKind(
    word="salesforce",
    title="Salesforce",
    settings=SalesforceSettings,
    create=SalesforceAdapter,
    default_object=PEOPLE,
    standard_fields=StandardFields("adapters.salesforce"),
    credential_variable="SALESFORCE_TOKEN",
    credential_setting="token",
    sandbox_module="adapters.salesforce.sandbox",
    guide=GUIDE,
)
