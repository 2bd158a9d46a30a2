"""Validating: which values of a record must not be written, and why, in words a marketer knows.

Takes a record's values and the field rules; gives findings. Promises: a finding never shows the
value in its message or value class, every value without finding converts to the other side, and
nothing is corrected here: ``suggestion`` is an offer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from daemon.core.field_rules import FieldRule
from daemon.core.mojibake import has_lost_characters, is_mojibake
from daemon.core.normalize import ConversionError, convert
from daemon.core.normalize.phone import cannot_be_judged, is_fake
from daemon.core.normalize.text import as_text
from daemon.core.region import region_of
from daemon.core.schema import Field
from daemon.core.spreadsheet import (
    has_lost_zero,
    is_failed_formula,
    is_mangled_number,
    stray_control,
)
from daemon.core.suggest import suggest, value_class
from daemon.core.values import FieldKind, Side, Value, Values
from daemon.core.warn import warned_of

ZIP, COUNTRY = "zip", "country"


STATELESS = "phone_without_country"
"""The one finding on a match key that holds back the field only: most rows have an address too."""


class Severity(StrEnum):
    """How much a finding sets apart."""

    RECORD = "record"
    """The whole record: it cannot be matched or created as it is."""
    FIELD = "field"
    """Only this field; the others of the record go on."""
    WARNING = "warning"
    """Nothing: it is written as it is, and a person should look at it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One value that must not be written as it is, or that a person should look at."""

    record_id: str
    field: str
    """The field's name on the side the record was read from."""
    rule: str
    """Stable word: invalid_email, required_empty, …"""
    value_class: str
    """What the value looks like, without showing it: "text of 11 characters, 9 digits"."""
    message: str
    """What is expected and what to do; nothing of the value."""
    suggestion: str = ""
    """The corrected value where one is likely, "" otherwise. It is a person's data like the value
    itself: shown to the operator, never logged, never applied unasked."""
    severity: Severity


@dataclass(frozen=True, slots=True)
class _Fault:
    rule: str
    message: str


def validate(
    record_id: str,
    values: Values,
    rules: Sequence[FieldRule],
    *,
    identity: frozenset[str] = frozenset(),
    region: str | None = None,
    required_any: Sequence[str] = (),
    side: Side = Side.SOURCE,
) -> tuple[Finding, ...]:
    """Return what is wrong with *values*, read on *side*, for writing them to the other side.

    *identity* are the match keys, by the name of either side or the canonical name; *required_any*
    are fields of the other side of which a create needs one. An absent value is unread, not empty
    (I24): it is neither judged nor missed. At most one finding a field, the first that applies; a
    warning only where nothing worse is found. Phone numbers without their country are read with
    *region*; what is offered for one reads it with the record's own country first.
    """
    country = region_of(rules, side, values, region)
    findings = [
        _finding(record_id, rule, values, rules, identity, (region, country), side)
        for rule in rules
        if rule.name(side) in values and (_travels(rule, side) or _is_key(rule, identity))
    ]
    found = tuple(finding for finding in findings if finding is not None)
    return found + _none_of(record_id, values, rules, required_any, side)


def _travels(rule: FieldRule, side: Side) -> bool:
    return rule.direction.writes_to(side.other)


def _is_key(rule: FieldRule, identity: frozenset[str]) -> bool:
    return rule.source in identity or rule.crm in identity or rule.canonical in identity


def _finding(
    record_id: str,
    rule: FieldRule,
    values: Values,
    rules: Sequence[FieldRule],
    identity: frozenset[str],
    regions: tuple[str | None, str | None],
    side: Side,
) -> Finding | None:
    region, country = regions
    name, value = rule.name(side), values[rule.name(side)]
    fault = (
        _text_fault(value, rule.field(side).label)
        or _emptiness(rule, value, side)
        or _conversion_fault(rule, value, region, side)
        or _fake_fault(rule, value, region, side)
        or _stateless_fault(rule, value, region, side)
        or _zip_fault(rule, values, rules, side)
    )
    if fault is None:
        return _warning(record_id, rule, value, country, side)
    is_vital = (_is_key(rule, identity) or _is_required(rule, side)) and fault.rule != STATELESS
    return Finding(
        record_id=record_id,
        field=name,
        rule=fault.rule,
        value_class=value_class(value),
        message=fault.message,
        suggestion=suggest(fault.rule, value, rule.field(side.other), country),
        severity=Severity.RECORD if is_vital else Severity.FIELD,
    )


def _warning(
    record_id: str, rule: FieldRule, value: Value, country: str | None, side: Side
) -> Finding | None:
    warned = warned_of(rule, value, country, side)
    if warned is None:
        return None
    return Finding(
        record_id=record_id,
        field=rule.name(side),
        rule=warned.rule,
        value_class=value_class(value),
        message=warned.message,
        suggestion=warned.suggestion,
        severity=Severity.WARNING,
    )


def _is_required(rule: FieldRule, side: Side) -> bool:
    """Tell whether an empty value is refused: by the other side, or by the operator for this one."""
    return rule.field(side.other).is_required or rule.field(side).is_required


def _is_empty(value: Value) -> bool:
    return not as_text(value)


def _text_fault(value: Value, label: str) -> _Fault | None:
    """Find marks of a broken export, whatever kind of field the text is for."""
    if not isinstance(value, str):
        return None
    if stray_control(value):
        return _Fault(
            "control_characters", f"{label} holds invisible control characters; remove them"
        )
    if is_failed_formula(value):
        return _Fault(
            "spreadsheet_error",
            f"{label} holds the error of a failed formula; correct the formula in the spreadsheet",
        )
    if has_lost_characters(value):
        return _Fault(
            "lost_characters",
            f"{label} holds a mark where a character was lost; export it again as UTF-8",
        )
    if is_mojibake(value):
        return _Fault(
            "mojibake",
            f"{label} was read in the wrong encoding on its way here; export it again as UTF-8",
        )
    if is_mangled_number(value):
        return _Fault(
            "spreadsheet_number",
            f"{label} holds a number a spreadsheet shortened, digits are lost; format the column as"
            " text and enter it again",
        )
    return None


def _emptiness(rule: FieldRule, value: Value, side: Side) -> _Fault | None:
    if not _is_required(rule, side) or not _is_empty(value):
        return None
    return _Fault("required_empty", f"{rule.field(side.other).label} must not be empty; fill it in")


def _conversion_fault(
    rule: FieldRule, value: Value, region: str | None, side: Side
) -> _Fault | None:
    """Find what cannot be written to the other side, or is not what the rule says it is."""
    own, other = rule.field(side), rule.field(side.other)
    try:
        convert(value, own, other, region)
        if own.kind is other.kind is FieldKind.TEXT and rule.kind is not FieldKind.TEXT:
            convert(value, own, _of_kind(other, rule.kind), region)
    except ConversionError as error:
        return _Fault(error.rule, str(error))
    return None


@lru_cache(maxsize=1024)
def _of_kind(definition: Field, kind: FieldKind) -> Field:
    return replace(definition, kind=kind, choices=())


def _fake_fault(rule: FieldRule, value: Value, region: str | None, side: Side) -> _Fault | None:
    if rule.kind is not FieldKind.PHONE or not is_fake(as_text(value), region):
        return None
    label = rule.field(side).label
    return _Fault(
        "invalid_phone", f"{label} holds a filler, not a phone number; correct or empty it"
    )


def _stateless_fault(
    rule: FieldRule, value: Value, region: str | None, side: Side
) -> _Fault | None:
    """Find a number that no country is known for: it could be anybody's, so it is held back."""
    if rule.kind is not FieldKind.PHONE or side is not Side.SOURCE:
        return None
    if not cannot_be_judged(as_text(value), region):
        return None
    return _Fault(
        STATELESS,
        f"{rule.field(side).label} holds a number without its country; set `country` for the sync"
        " or write it with + and the country code",
    )


def _zip_fault(
    rule: FieldRule, values: Values, rules: Sequence[FieldRule], side: Side
) -> _Fault | None:
    if rule.canonical != ZIP:
        return None
    country = next((other.name(side) for other in rules if other.canonical == COUNTRY), "")
    if not has_lost_zero(as_text(values[rule.name(side)]), as_text(values.get(country))):
        return None
    return _Fault(
        "spreadsheet_lost_zeros",
        f"{rule.field(side).label} lost its leading zero, codes of this country have five digits;"
        " format the column as text",
    )


def _none_of(
    record_id: str,
    values: Values,
    rules: Sequence[FieldRule],
    required_any: Sequence[str],
    side: Side,
) -> tuple[Finding, ...]:
    """Find that every field is empty of which the other side needs one; unread is not empty."""
    able = [rule for rule in rules if rule.name(side.other) in required_any]
    names = [rule.name(side) for rule in able if _travels(rule, side)]
    if not names or not all(name in values and _is_empty(values[name]) for name in names):
        return ()
    wanted = " or ".join(names)
    return (
        Finding(
            record_id=record_id,
            field=names[0],
            rule="required_empty",
            value_class=value_class(None),
            message=f"a new record needs {wanted}; fill in one of them",
            severity=Severity.RECORD,
        ),
    )
