"""`POST /tooling/sobjects/CustomField`: how an administrator's program adds a field.

The reference names no call for this; the shape is that of the Tooling API as its documents show it:
`FullName` and a `Metadata` object. A new text field may be unique and an external id.
"""

import re
from collections.abc import Mapping
from typing import Any

from adapters.salesforce.sandbox.calling import Call
from adapters.salesforce.sandbox.catalog import custom_text, made_field
from adapters.salesforce.sandbox.fields import Field
from adapters.salesforce.sandbox.problems import refused
from adapters.sandbox.exchange import Reply

FIELD_PREFIX = "00N"
LONGEST_TEXT = 255
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,38}__c")
_TYPES: Mapping[str, Mapping[str, Any]] = {
    "Checkbox": {"type": "boolean"},
    "Date": {"type": "date"},
    "DateTime": {"type": "datetime"},
    "Email": {"type": "email", "length": 80},
    "LongTextArea": {"type": "textarea", "length": 32_768, "filterable": False, "sortable": False},
    "Phone": {"type": "phone", "length": 40},
    "Url": {"type": "url", "length": 255},
    "MultiselectPicklist": {"type": "multipicklist", "length": 4_099, "sortable": False},
    "Picklist": {"type": "picklist", "length": 255},
}


def create_field(call: Call) -> Reply:
    """Add a field, where the user may customise the org."""
    body = call.body()
    kind_name, _, name = str(body.get("FullName", "")).partition(".")
    told = body.get("Metadata")
    if not call.org.switches.may_create_fields:
        raise refused(
            "INSUFFICIENT_ACCESS", "insufficient access rights: Customize Application", status=403
        )
    if not isinstance(told, dict) or not _NAME.fullmatch(name):
        raise refused("FIELD_INTEGRITY_EXCEPTION", "FullName must be Object.Name__c", "FullName")
    kind = call.org.store(kind_name).kind
    if kind.find(name) is not None:
        raise refused(
            "DUPLICATE_DEVELOPER_NAME",
            f"There is already a field named {name.removesuffix('__c')} on {kind.name}.",
            "DeveloperName",
        )
    call.org.add_field(kind.name, _made(name, told))
    if not call.org.switches.are_new_fields_visible:
        call.org.hidden.add(f"{kind.name}.{name}")
    new = call.org.number(FIELD_PREFIX)
    return Reply(
        status=201,
        body={"id": new, "success": True, "errors": [], "warnings": [], "infos": []},
    )


def _made(name: str, told: Mapping[str, Any]) -> Field:
    label = str(told.get("label") or name)
    if told.get("type") == "Text":
        length = told.get("length")
        if not isinstance(length, int) or not 1 <= length <= LONGEST_TEXT:
            raise refused("FIELD_INTEGRITY_EXCEPTION", "length must be 1 to 255", "length")
        field = custom_text(
            name, label, length, is_key=False, is_case_kept=bool(told.get("caseSensitive"))
        )
        is_key = bool(told.get("externalId"))
        return field.changed(unique=bool(told.get("unique")), externalId=is_key, idLookup=is_key)
    if told.get("type") == "Number":
        scale = int(told.get("scale", 0))
        digits = {"precision": int(told.get("precision", 18)), "scale": scale}
        return made_field(name, {"type": "double", "label": label, **digits})
    known = _TYPES.get(str(told.get("type")))
    if known is None:
        raise refused("FIELD_INTEGRITY_EXCEPTION", f"unknown type {told.get('type')}", "type")
    return made_field(name, {**known, "label": label, **_values(told)})


def _values(told: Mapping[str, Any]) -> dict[str, Any]:
    listed = told.get("valueSet", {}).get("valueSetDefinition", {})
    values = [str(each["fullName"]) for each in listed.get("value", ())]
    return {"values": values, "restricted": bool(told.get("valueSet", {}).get("restricted"))}
