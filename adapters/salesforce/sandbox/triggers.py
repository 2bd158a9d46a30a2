"""The administrator's triggers: what changes a row, or refuses it, while it is saved."""

from typing import Any

from adapters.salesforce.sandbox.checking import applies
from adapters.salesforce.sandbox.fields import Kind
from adapters.salesforce.sandbox.org import Org
from adapters.salesforce.sandbox.problems import no_such_column, refused
from adapters.salesforce.sandbox.store import Row
from adapters.salesforce.sandbox.values import kept_value


def run_triggers(org: Org, kind: Kind, row: Row) -> dict[str, Any]:
    """Return what triggers set. Raises Refused where one of them refuses."""
    changed: dict[str, Any] = {}
    for trigger in org.rules.triggers:
        seen = Row(row.id, {**row.values, **changed})
        if trigger.object != kind.name or not applies(org, kind, trigger.when, seen):
            continue
        if trigger.refuses:
            raise refused(trigger.refuses, trigger.message)
        for name, value in trigger.sets.items():
            field = kind.find(name)
            if field is None:
                raise no_such_column(name, kind.name)
            changed[field.name] = kept_value(field, value)
    return changed
