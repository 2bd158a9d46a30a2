"""HubSpot's error bodies (hubspot.md 3.3, 7.1, 7.2): one value, two renderings.

Takes what went wrong. Gives the body of a whole response, or one entry of a batch's `errors`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from adapters.sandbox.exchange import JsonObject

VALIDATION = "VALIDATION_ERROR"


@dataclass(frozen=True, kw_only=True, slots=True)
class Detail:
    """One thing wrong with one property."""

    code: str
    message: str
    property_name: str

    def wire(self) -> JsonObject:
        """Return an `ErrorDetail`."""
        return {
            "message": self.message,
            "code": self.code,
            "in": None,
            "subCategory": None,
            "context": {"propertyName": [self.property_name]},
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """An error with everything both renderings need."""

    status: int
    category: str
    message: str
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)
    details: tuple[Detail, ...] = ()
    sub_category: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[JsonObject, ...] = ()

    def whole(self, correlation_id: str) -> JsonObject:
        """Return the body of a response that failed as a whole."""
        body = {**self._common(), "correlationId": correlation_id}
        if self.sub_category is not None:
            body["subCategory"] = self.sub_category
        return body

    def entry(self, trace_ids: Sequence[str] = ()) -> JsonObject:
        """Return an entry of a batch's `errors`."""
        body = self._common()
        if trace_ids:
            body.setdefault("context", {})["objectWriteTraceId"] = list(trace_ids)
        if self.sub_category is not None:
            body["subCategory"] = self.sub_category
        return body

    def _common(self) -> JsonObject:
        body: JsonObject = {
            "status": "error",
            "category": self.category,
            "message": self.message,
        }
        if self.context:
            body["context"] = {name: list(values) for name, values in self.context.items()}
        if self.links:
            body["links"] = dict(self.links)
        errors = [*(detail.wire() for detail in self.details), *self.errors]
        if errors:
            body["errors"] = errors
        return body


class Refused(Exception):
    """The vendor says no; carries the body to say it with."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def invalid(message: str, **context: Sequence[str]) -> Refused:
    """Return a 400 without a property behind it."""
    return Refused(Problem(status=400, category=VALIDATION, message=message, context=context))


def invalid_values(details: Sequence[Detail]) -> Refused:
    """Return the 400 for property values; its message holds the details as JSON text."""
    listed = [
        {
            "isValid": False,
            "message": detail.message,
            "error": detail.code,
            "name": detail.property_name,
        }
        for detail in details
    ]
    text = json.dumps(listed, ensure_ascii=False, separators=(",", ":"))
    return Refused(
        Problem(
            status=400,
            category=VALIDATION,
            message=f"Property values were not valid: {text}",
            details=tuple(details),
        )
    )


def rules_broken(details: Sequence[Detail]) -> Refused:
    """Return the 400 of a write against the administrator's rules."""
    return Refused(
        Problem(
            status=400,
            category=VALIDATION,
            message="Property values were not valid",
            details=tuple(details),
        )
    )


def not_found(message: str = "resource not found", **context: Sequence[str]) -> Refused:
    """Return a 404."""
    return Refused(
        Problem(status=404, category="OBJECT_NOT_FOUND", message=message, context=context)
    )


def email_taken(holder: str) -> Refused:
    """Return the 409 of an e-mail address that another contact has."""
    return Refused(
        Problem(
            status=409,
            category="CONFLICT",
            message=f"Contact already exists. Existing ID: {holder}",
        )
    )


def value_taken(property_name: str, value: str, holder: str) -> Refused:
    """Return the 409 of a unique property's value that another record has."""
    return Refused(
        Problem(
            status=409,
            category="CONFLICT",
            message=(
                f"{property_name} with value '{value}' already belongs to another object. "
                f"Existing ID: {holder}"
            ),
            context={"propertyName": [property_name], "existingId": [holder]},
        )
    )
