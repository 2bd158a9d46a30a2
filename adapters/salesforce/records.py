"""Rows of a query, turned into :class:`Record` values."""

from collections.abc import Sequence

from adapters.contract import EXTERNAL_ID
from adapters.exchange import Json
from adapters.salesforce import codec
from adapters.salesforce.description import Attribute, Description
from adapters.salesforce.ids import long_id
from adapters.salesforce.object_types import Member
from adapters.salesforce.schema import LEAD_COMPANY
from adapters.salesforce.soql import names
from daemon.core.record import Record
from daemon.core.values import Value

STAMPS = ("SystemModstamp", "LastModifiedDate", "CreatedDate")
"""By which changes are found, best first; not every object lets its first one be filtered by."""
MERGED_INTO = "MasterRecordId"
CONVERTED_INTO = "ConvertedContactId"
_DELETED = "IsDeleted"
PERSON_ACCOUNT = "IsPersonAccount"

_ALWAYS = ("Id", STAMPS[0], _DELETED, MERGED_INTO, PERSON_ACCOUNT, "IsConverted", CONVERTED_INTO)


def stamp_field(description: Description) -> str:
    """Return the field that tells when a record changed, "" where none can be asked by."""
    fits = (name for name in description.existing(STAMPS))
    return next((one for one in fits if description.attributes[one].is_filterable), "")


def record_id(row: Json) -> str:
    """Return a row's id in its long form."""
    return long_id(str(row["Id"]))


def is_deleted(row: Json) -> bool:
    """Whether a row lies in the recycle bin, or was merged away."""
    return row.get(_DELETED) in {True, "true"}


def is_person_account(row: Json) -> bool:
    """Whether a row is half of a person account, which has other rules."""
    return row.get(PERSON_ACCOUNT) in {True, "true"}


def successor(row: Json) -> str:
    """Return the id in which a row lives on: the winner of a merge, a converted lead's contact."""
    return long_id(str(row.get(MERGED_INTO) or row.get(CONVERTED_INTO) or ""))


class RecordReader:
    """Turns one object's rows into records with the fields that were asked for."""

    def __init__(
        self,
        member: Member,
        description: Description,
        fields: Sequence[str],
        *,
        company_filler: str = "",
    ) -> None:
        """Keep which fields were asked for; *company_filler* stands for an empty company."""
        self.member = member
        self._description = description
        self._fields = [
            name for name in names(fields) if member.api_name(name) in description.attributes
        ]
        self._filler = company_filler if member.of.is_convertible else ""

    @property
    def select(self) -> tuple[str, ...]:
        """Return the names to ask for."""
        wanted = [self.member.api_name(name) for name in self._fields]
        always = self._description.existing(
            (*_ALWAYS, stamp_field(self._description), self.member.api_name(EXTERNAL_ID))
        )
        return names([*always, *wanted])

    def record(self, row: Json) -> Record:
        """Return the record a row shows. A field that the row lacks was not read (I24)."""
        said = row.get(stamp_field(self._description))
        return Record(
            id=record_id(row),
            values={
                name: self._value(name, row[self.member.api_name(name)])
                for name in self._fields
                if self.member.api_name(name) in row
            },
            version=codec.stamp(said),
            modified_at=codec.moment(said),
            is_archived=is_deleted(row),
            external_id=str(row.get(self.member.api_name(EXTERNAL_ID)) or "") or None,
        )

    def _value(self, name: str, raw: Json) -> Value:
        attribute: Attribute = self._description.attributes[self.member.api_name(name)]
        value = codec.decode(attribute, raw)
        if name == LEAD_COMPANY and self._filler and value == self._filler:
            return None
        return value
