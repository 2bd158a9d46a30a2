"""Owners of an account, one of them deactivated (hubspot.md 19.1)."""

from dataclasses import dataclass, replace
from datetime import datetime

from adapters.hubspot.sandbox.moments import as_text
from adapters.sandbox.exchange import JsonObject


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """A person records can be assigned to."""

    id: str
    user_id: int
    email: str
    first_name: str
    last_name: str
    created_at: datetime
    updated_at: datetime
    archived: bool = False
    team: str = "EMEA"

    def wire(self) -> JsonObject:
        """Return the vendor's form; a deactivated owner has lost its user id."""
        body: JsonObject = {
            "id": self.id,
            "email": self.email,
            "firstName": self.first_name,
            "lastName": self.last_name,
            "type": "PERSON",
            "userIdIncludingInactive": self.user_id,
            "archived": self.archived,
            "createdAt": as_text(self.created_at),
            "updatedAt": as_text(self.updated_at),
        }
        if not self.archived:
            body["userId"] = self.user_id
            body["teams"] = [{"id": "77", "name": self.team, "primary": True}]
        return body


class OwnerBook:
    """All owners of an account, by id."""

    def __init__(self, owners: list[Owner]) -> None:
        self._owners = {owner.id: owner for owner in owners}

    def all(self, *, is_archived: bool) -> list[Owner]:
        """Return the active or the deactivated owners, by id."""
        chosen = [owner for owner in self._owners.values() if owner.archived == is_archived]
        return sorted(chosen, key=lambda owner: int(owner.id))

    def get(self, owner_id: str) -> Owner | None:
        """Return an owner, active or not."""
        return self._owners.get(owner_id)

    def by_user(self, user_id: str) -> Owner | None:
        """Find an owner by the user behind it, active or not."""
        return next((each for each in self._owners.values() if str(each.user_id) == user_id), None)

    def active_ids(self) -> frozenset[str]:
        """Return the ids that may be assigned."""
        return frozenset(owner.id for owner in self._owners.values() if not owner.archived)

    def put(self, owner: Owner) -> None:
        """Add or replace an owner."""
        self._owners[owner.id] = owner

    def archive(self, owner: Owner, at: datetime) -> Owner:
        """Deactivate an owner; records keep pointing at it."""
        gone = replace(owner, archived=True, updated_at=at)
        self._owners[owner.id] = gone
        return gone


def first_owners(at: datetime) -> list[Owner]:
    """Return the owners every sandbox account begins with; the last one has left."""
    people = (
        ("96879917", 4321, "rea.pepper@example.com", "Rea", "Pepper", False),
        ("96879918", 4322, "jonas.brandt@example.com", "Jonas", "Brandt", False),
        ("96879919", 4323, "amelie.roux@example.com", "Amélie", "Roux", False),
        ("96879920", 4324, "former.rep@example.com", "Former", "Rep", True),
    )
    return [
        Owner(
            id=owner_id,
            user_id=user_id,
            email=email,
            first_name=first,
            last_name=last,
            created_at=at,
            updated_at=at,
            archived=archived,
        )
        for owner_id, user_id, email, first, last, archived in people
    ]
