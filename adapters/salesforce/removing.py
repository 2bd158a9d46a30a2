"""Removing: into Salesforce's recycle bin, where people find records for 15 days.

Objects without a bin (campaign members) are refused: there a removal would be for good. A record
that is not there any more is gone as wanted; one that was merged away is, and its winner stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from adapters.contract import Accepted, Outcome, Refused, Verb, Write, batches
from adapters.errors import AdapterError, Failure, RejectRecord
from adapters.exchange import Json
from adapters.salesforce import collecting, errors, following, profile
from adapters.salesforce.connection import SalesforceConnection
from adapters.salesforce.drafts import refusal
from adapters.salesforce.errors import Next
from adapters.salesforce.ids import long_id
from adapters.salesforce.object_types import Scope

_NO_BIN = refusal(
    "no_recycle_bin",
    "Salesforce keeps no recycle bin for this object, so removing would be for good. Next: remove "
    "it in Salesforce, or set `deletes` to unlink.",
)


async def remove(
    connection: SalesforceConnection, scope: Scope, writes: Sequence[Write]
) -> Sequence[Outcome]:
    """Move records to the bin and return one outcome a write, in the batch's order.

    An error is raised only while nothing was sent.
    """
    batch = _Batch(connection=connection, scope=scope)
    ids = [long_id(one.id or "") for one in writes]
    for some in batches(await batch.removable(ids), profile.COLLECTION):
        await batch.send(some)
    await batch.follow()
    return [
        Accepted(id=write.id or one, record=None) if _is_gone(batch.told[one]) else batch.told[one]
        for write, one in zip(writes, ids, strict=True)
    ]


def _is_gone(outcome: Outcome) -> bool:
    return isinstance(outcome, Accepted)


@dataclass(kw_only=True, slots=True)
class _Batch:
    """One call of ``remove``; outcomes by the long id."""

    connection: SalesforceConnection
    scope: Scope
    told: dict[str, Outcome] = field(default_factory=dict)
    doubtful: dict[str, Refused] = field(default_factory=dict)
    is_sent: bool = False

    async def removable(self, ids: Sequence[str]) -> list[str]:
        """Return the ids to send; what is no such record is gone, what has no bin is refused."""
        found = []
        for one in dict.fromkeys(ids):
            member = self.scope.member_of(one)
            if member is None:
                self.told[one] = Accepted(id=one, record=None)
            elif (await self.connection.describe(member.of)).is_undeletable:
                found.append(one)
            else:
                self.told[one] = _NO_BIN
        return found

    async def send(self, ids: Sequence[str]) -> None:
        """Send one request; a refused one is halved until the culprit stands alone."""
        try:
            entries = await collecting.remove(self.connection, Verb.ARCHIVE, ids)
        except RejectRecord as refused:
            if len(ids) > 1:
                await self.send(ids[: len(ids) // 2])
                return await self.send(ids[len(ids) // 2 :])
            self.told[ids[0]] = Refused(failure=Failure.of(refused))
        except AdapterError as error:
            if not self.is_sent:
                raise
            self.told |= dict.fromkeys(ids, errors.unsent(error))
        else:
            self.told |= {
                one: self._outcome(one, entry) for one, entry in zip(ids, entries, strict=True)
            }
        self.is_sent = True
        return None

    def _outcome(self, one: str, entry: Json) -> Outcome:
        if entry["success"]:
            return Accepted(id=one, record=None)
        error = errors.error_in(entry)
        row = errors.row_of_entry(error)
        refused = errors.outcome_of(error, row, {})
        if row.next is Next.FOLLOW and isinstance(refused, Refused):
            self.doubtful[one] = refused
        return refused

    async def follow(self) -> None:
        """Look whether what was refused as not there is not."""
        live = await following.live(self.connection, self.scope, list(self.doubtful))
        for one, refused in self.doubtful.items():
            if live is None:
                self.told[one] = errors.untold("not_looked_at")
            else:
                self.told[one] = refused if one in live else Accepted(id=one, record=None)
