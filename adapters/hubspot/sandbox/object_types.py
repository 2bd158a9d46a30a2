"""The object types a sandbox knows, as data: a further type is one entry here and one YAML file."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectType:
    """What differs between contacts, companies, … (hubspot.md 5, 10.2)."""

    name: str
    type_id: str
    singular: str
    modified_property: str
    default_properties: tuple[str, ...]
    needs_one_of: tuple[str, ...]
    has_unique_email: bool


CONTACTS = ObjectType(
    name="contacts",
    type_id="0-1",
    singular="CONTACT",
    modified_property="lastmodifieddate",
    default_properties=(
        "createdate",
        "email",
        "firstname",
        "hs_object_id",
        "lastmodifieddate",
        "lastname",
    ),
    needs_one_of=("email", "firstname", "lastname"),
    has_unique_email=True,
)

OBJECT_TYPES: tuple[ObjectType, ...] = (CONTACTS,)


def object_type(name: str) -> ObjectType | None:
    """Find a type by its name in paths or by its type id."""
    return next((each for each in OBJECT_TYPES if name in {each.name, each.type_id}), None)
