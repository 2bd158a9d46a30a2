"""A record as the sandbox keeps it, with the history of every property (hubspot.md 5.2, 12)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from adapters.hubspot.sandbox.moments import as_text
from adapters.sandbox.exchange import JsonObject


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Who wrote: an app, a person at the screen, or HubSpot itself."""

    type: str
    id: str | None = None
    label: str | None = None
    user_id: int | None = None


def user_source(user_id: int) -> Source:
    """Return the source of a person's edit in HubSpot's own pages."""
    return Source(type="CRM_UI", id=f"userId:{user_id}", user_id=user_id)


def app_source(app_id: int, label: str) -> Source:
    """Return the source of a write by a token."""
    return Source(type="INTEGRATION", id=str(app_id), label=label)


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One past or present value of one property."""

    value: str
    at: datetime
    source: Source

    def wire(self) -> JsonObject:
        """Return a `ValueWithTimestamp`."""
        body: JsonObject = {
            "value": self.value,
            "timestamp": as_text(self.at),
            "sourceType": self.source.type,
        }
        optional = {
            "sourceId": self.source.id,
            "sourceLabel": self.source.label,
            "updatedByUserId": self.source.user_id,
        }
        return body | {name: value for name, value in optional.items() if value is not None}


@dataclass(slots=True)
class Record:
    """One contact, company, …; changed only by its store."""

    id: str
    created_at: datetime
    updated_at: datetime
    values: dict[str, str] = field(default_factory=dict)
    history: dict[str, list[Version]] = field(default_factory=dict)
    archived_at: datetime | None = None

    @property
    def number(self) -> int:
        """The id as a number, for ordering."""
        return int(self.id)

    def get(self, name: str) -> str:
        """Return a value, "" for none."""
        return self.values.get(name, "")

    def put(self, name: str, version: Version) -> None:
        """Set a value and remember it; "" clears."""
        if version.value:
            self.values[name] = version.value
        else:
            self.values.pop(name, None)
        self.history.setdefault(name, []).append(version)

    def versions(self, name: str) -> list[Version]:
        """Return the values a property has had, newest first."""
        return list(reversed(self.history.get(name, ())))

    def emails(self) -> list[str]:
        """Return the primary address, then the secondary ones."""
        secondary = self.get("hs_additional_emails").split(";")
        return [address for address in (self.get("email"), *secondary) if address]


def joined(parts: Iterable[str]) -> str:
    """Return a multiple value's text, without repetitions, in order."""
    return ";".join(dict.fromkeys(part for part in parts if part))
