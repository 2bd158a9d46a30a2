"""Field history: when single fields last changed, where an administrator has them tracked.

A value that was set when the record was made leaves no row. A record that was not touched since
then has all its values from that moment; of any other, fields without a row have no known time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from adapters.contract import batches
from adapters.errors import RejectRecord, Unreadable
from adapters.exchange import Json
from adapters.salesforce import codec, profile, querying
from adapters.salesforce.connection import SalesforceConnection
from adapters.salesforce.dialect import FieldsChanged
from adapters.salesforce.ids import long_id
from adapters.salesforce.object_types import Member, Scope
from adapters.salesforce.records import record_id
from adapters.salesforce.soql import Query, among
from daemon.core.record import FieldTime

PURPOSE = "times"
_OWNER_AS = "Owner"
"""What a history calls ``OwnerId``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """Records of one object, and the fields whose times are wanted."""

    member: Member
    ids: Sequence[str]
    fields: Sequence[str]


async def times(
    connection: SalesforceConnection, scope: Scope, ids: Sequence[str], fields: Sequence[str]
) -> Mapping[str, Mapping[str, FieldTime]]:
    """Return id → field → time of its last change; what is not known is absent."""
    told: dict[str, dict[str, FieldTime]] = {}
    for member in scope.members:
        mine = [one for one in map(long_id, ids) if scope.member_of(one) is member]
        for some in batches(list(dict.fromkeys(mine)), profile.READ_BATCH):
            asked = _Asked(member=member, ids=some, fields=fields)
            told |= await _untouched(connection, asked)
            rest = [one for one in some if one not in told]
            told |= await _tracked(connection, _Asked(member=member, ids=rest, fields=fields))
    return {one: told[long_id(one)] for one in ids if long_id(one) in told}


async def _untouched(
    connection: SalesforceConnection, asked: _Asked
) -> dict[str, dict[str, FieldTime]]:
    """Return the times of records that nobody changed since they were made."""
    query = Query(
        of=asked.member.of.name,
        select=("Id", "CreatedDate", "CreatedById", "SystemModstamp"),
        where=(among("Id", asked.ids),),
    )
    found = {}
    for row in await querying.rows(connection, query, PURPOSE):
        made = codec.moment(row.get("CreatedDate"))
        if made is not None and made == codec.moment(row.get("SystemModstamp")):
            at = FieldTime(at=made, is_ours=_is_ours(connection, row))
            found[record_id(row)] = dict.fromkeys(asked.fields, at)
    return found


async def _tracked(
    connection: SalesforceConnection, asked: _Asked
) -> dict[str, dict[str, FieldTime]]:
    """Return what the object's history tells of the fields."""
    of = asked.member.of
    if not of.history or not asked.ids:
        return {}
    query = Query(
        of=of.history,
        select=(of.history_parent, "Field", "CreatedDate", "CreatedById"),
        where=(among(of.history_parent, asked.ids), among("Field", _names(asked))),
        order=("CreatedDate",),
    )
    try:
        rows = await querying.rows(connection, query, PURPOSE)
    except (FieldsChanged, Unreadable, RejectRecord):
        # History is not switched on for the object, or not for this user: no times are known.
        return {}
    found: dict[str, dict[str, FieldTime]] = {}
    fields = {_name_in_history(asked.member, one): one for one in asked.fields}
    for row in rows:
        at = codec.moment(row.get("CreatedDate"))
        name = fields.get(str(row.get("Field")))
        if at is not None and name is not None:
            times_of = found.setdefault(long_id(str(row[of.history_parent])), {})
            if name not in times_of or times_of[name].at <= at:
                times_of[name] = FieldTime(at=at, is_ours=_is_ours(connection, row))
    return found


def _names(asked: _Asked) -> Iterable[str]:
    return dict.fromkeys(_name_in_history(asked.member, one) for one in asked.fields)


def _name_in_history(member: Member, field: str) -> str:
    name = member.api_name(field)
    return _OWNER_AS if name == "OwnerId" else name


def _is_ours(connection: SalesforceConnection, row: Json) -> bool:
    user = long_id(str(row.get("CreatedById") or ""))
    return bool(user) and user == connection.session.user
