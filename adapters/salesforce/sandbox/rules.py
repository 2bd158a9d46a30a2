"""What an administrator adds to an org: validation rules, duplicate rules, triggers.

Takes them as data, conditions in the words of SOQL's WHERE. Gives them to the writer in order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from adapters.sandbox.exchange import JsonObject


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidationRule:
    """Refuse a row to which the condition applies."""

    object: str
    when: str
    message: str
    field: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DuplicateRule:
    """Refuse, or warn of, a row that has the same values as another one."""

    object: str
    fields: tuple[str, ...] = ("Email",)
    against: str = ""
    """The object searched; the rule's own when left out."""
    is_blocking: bool = True
    name: str = "Standard_Contact_Duplicate_Rule"
    message: str = "Use one of these records?"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trigger:
    """After a save, set fields of the row, or refuse it."""

    object: str
    when: str = ""
    sets: Mapping[str, Any] = field(default_factory=dict)
    refuses: str = ""
    """The code to refuse with; CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY is a trigger's own."""
    message: str = "execution of BeforeSave caused by: System.DmlException"


_Rule = TypeVar("_Rule", ValidationRule, DuplicateRule, Trigger)


@dataclass(slots=True)
class Rules:
    """All rules of an org."""

    validations: list[ValidationRule] = field(default_factory=list)
    duplicates: list[DuplicateRule] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)

    def replace(self, given: JsonObject) -> None:
        """Take the lists named in a JSON object instead of the present ones. Raises ValueError."""
        unknown = set(given) - {"validations", "duplicates", "triggers"}
        if unknown:
            raise ValueError(f"there are no rules named {min(unknown)!r}")
        if "validations" in given:
            self.validations = _read(ValidationRule, given["validations"])
        if "duplicates" in given:
            self.duplicates = _read(DuplicateRule, given["duplicates"])
        if "triggers" in given:
            self.triggers = _read(Trigger, given["triggers"])

    def wire(self) -> JsonObject:
        """Return them as JSON values."""
        return {
            "validations": [_plain(each) for each in self.validations],
            "duplicates": [_plain(each) for each in self.duplicates],
            "triggers": [_plain(each) for each in self.triggers],
        }


def _read(kind: type[_Rule], listed: list[JsonObject]) -> list[_Rule]:
    try:
        return [kind(**{**each, **_tupled(each)}) for each in listed]
    except TypeError as error:
        raise ValueError(f"a rule cannot be read: {error}") from error


def _tupled(given: JsonObject) -> JsonObject:
    return {"fields": tuple(given["fields"])} if "fields" in given else {}


def _plain(rule: ValidationRule | DuplicateRule | Trigger) -> JsonObject:
    return {part.name: getattr(rule, part.name) for part in fields(rule)}
