"""Outbound messages: the SOAP text a workflow would post to a listener (salesforce.md 13).

Gives the text; whoever tests a listener posts it, twice or out of order as the vendor does. Promises
values as they are now, at most a hundred records, and no session id.
"""

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from adapters.salesforce.sandbox.ids import full_id
from adapters.salesforce.sandbox.org import Org

MOST_RECORDS = 100
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
    '<notifications xmlns="http://soap.sforce.com/2005/09/outbound">{body}</notifications>'
    "</soapenv:Body></soapenv:Envelope>"
)


def outbound_message(org: Org, name: str, ids: Sequence[str], fields: Sequence[str]) -> str:
    """Return one message about these records. Raises ValueError for unknown or too many ones."""
    store = org.find_store(name)
    if store is None or not 1 <= len(ids) <= MOST_RECORDS:
        raise ValueError(f"a message is about 1 to {MOST_RECORDS} records of a known object")
    unknown = [each for each in ids if full_id(each) not in store.rows]
    if unknown:
        raise ValueError(f"there is no {name} {unknown[0]}")
    head = (
        f"<OrganizationId>{org.id}</OrganizationId><ActionId>{org.number('04k')}</ActionId>"
        '<SessionId xsi:nil="true"/>'
        "<EnterpriseUrl>https://sandbox.invalid/services/Soap/c/62.0</EnterpriseUrl>"
        "<PartnerUrl>https://sandbox.invalid/services/Soap/u/62.0</PartnerUrl>"
    )
    rows = (store.rows[full_id(each)] for each in ids)
    told = (
        f"<Notification><Id>{org.number('04l')}</Id>"
        f'<sObject xsi:type="sf:{store.kind.name}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
        f"{_element('Id', row.id)}{''.join(_element(each, row.get(each)) for each in fields)}"
        "</sObject></Notification>"
        for row in rows
    )
    return _ENVELOPE.format(body=head + "".join(told))


def _element(name: str, value: Any) -> str:
    if value is None:
        return ""
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return f"<sf:{name}>{escape(text)}</sf:{name}>"
