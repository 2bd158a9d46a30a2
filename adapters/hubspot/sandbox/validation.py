"""Rules an administrator sets, binding API writes from 2026-09 on (hubspot.md 2.4, 13.5)."""

from collections.abc import Mapping

from adapters.hubspot.sandbox.problems import Detail
from adapters.hubspot.sandbox.records import Record
from adapters.hubspot.sandbox.settings import ConditionalRequirement, WriteValidation


def rule_violations(
    rules: WriteValidation, version: str, record: Record | None, values: Mapping[str, str]
) -> list[Detail]:
    """Return what the write would leave in breach of the rules, if they bind this version."""
    if version not in rules.versions:
        return []
    after = {**({} if record is None else record.values), **values}
    missing = [
        _missing(name)
        for name in rules.required
        if not after.get(name) and (record is None or name in values)
    ]
    conditional = [
        _missing_condition(rule, after)
        for rule in rules.conditional
        if _is_touched(rule, record, values)
        and after.get(rule.when) in rule.values
        and not after.get(rule.required)
    ]
    return missing + conditional


def _is_touched(
    rule: ConditionalRequirement, record: Record | None, values: Mapping[str, str]
) -> bool:
    return record is None or rule.when in values or rule.required in values


def _missing(name: str) -> Detail:
    return Detail(
        code="MISSING_REQUIRED_PROPERTY", message=f"{name} is required", property_name=name
    )


def _missing_condition(rule: ConditionalRequirement, after: Mapping[str, str]) -> Detail:
    return Detail(
        code="MISSING_CONDITIONAL_REQUIRED_PROPERTY",
        message=f"{rule.required} is required when {rule.when} is {after[rule.when]}",
        property_name=rule.required,
    )
