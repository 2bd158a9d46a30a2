"""What Salesforce says when it says no (salesforce.md 14).

A problem has one code and shows it under two names: `errorCode` where a whole call fails,
`statusCode` where a record of many does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from adapters.sandbox.exchange import JsonObject


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One refusal: its code, its words, the fields it is about, and the status of the call."""

    code: str
    message: str
    fields: tuple[str, ...] = ()
    status: int = 400
    more: Mapping[str, object] = field(default_factory=dict)

    def of_call(self) -> list[JsonObject]:
        """Return the body of a failed call."""
        told: JsonObject = {**self.more, "message": self.message, "errorCode": self.code}
        return [{**told, "fields": list(self.fields)} if self.fields else told]

    def of_record(self) -> JsonObject:
        """Return the entry in `errors` of a failed record."""
        told = {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}
        return {**self.more, **told}

    def of_row(self) -> str:
        """Return the text of `sf__Error` in the result of a Bulk job."""
        return f"{self.code}:{self.message}:{' '.join(self.fields)} --"


class Refused(Exception):
    """The call, or one record of it, is refused."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code}: {problem.message}")
        self.problem = problem


class ManyMatch(Exception):
    """An external id leads to several records; nothing was written."""

    def __init__(self, ids: Iterable[str]) -> None:
        super().__init__("several records match")
        self.ids = tuple(ids)


def refused(code: str, message: str, *fields: str, status: int = 400) -> Refused:
    """Return a refusal to raise."""
    return Refused(Problem(code=code, message=message, fields=fields, status=status))


def not_found(message: str = "The requested resource does not exist") -> Refused:
    """Return the 404 of a path, a record or a key that is not there."""
    return refused("NOT_FOUND", message, status=404)


def no_such_column(name: str, kind: str) -> Refused:
    """Return the refusal of a field that is not there, or not to be seen."""
    return refused("INVALID_FIELD", f"No such column '{name}' on sobject of type {kind}")


def bad_json(message: str) -> Refused:
    """Return the refusal of a body that cannot be read."""
    return refused("JSON_PARSER_ERROR", message)


def missing(names: Iterable[str]) -> Refused:
    """Return the refusal of a record without what it needs."""
    listed = sorted(names)
    return refused(
        "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(listed)}]", *listed
    )


def malformed_id(name: str, value: str) -> Refused:
    """Return the refusal of a reference that has no id's shape."""
    return refused("MALFORMED_ID", f"{name}: id value of incorrect type: {value}", name)


def is_deleted() -> Refused:
    """Return the refusal of a write to a record in the bin."""
    return refused("ENTITY_IS_DELETED", "entity is deleted", status=404)
