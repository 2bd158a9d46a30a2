"""Writing: which requests a batch becomes, and which outcome belongs to which write.

Up to 200 records go in one sObject Collections call; a large load goes through a bulk job
(`bulk_writing`). A record is sent again here only when Salesforce says that it was not written
because its parent was locked. Replies show no values, so the engine reads what was written.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from adapters.contract import Accepted, Moved, Outcome, Refused, Verb, Write, batches
from adapters.errors import AdapterError, Failure, RejectRecord
from adapters.exchange import Json
from adapters.salesforce import (
    bulk_text,
    bulk_writing,
    collecting,
    errors,
    following,
    profile,
    querying,
)
from adapters.salesforce.connection import SalesforceConnection
from adapters.salesforce.dialect import FieldsChanged
from adapters.salesforce.drafts import Draft, Drafting, requests
from adapters.salesforce.errors import Next
from adapters.salesforce.ids import long_id
from adapters.salesforce.object_types import Scope
from adapters.salesforce.records import record_id
from adapters.salesforce.soql import Query, among

_BY_RULE = "DUPLICATES_DETECTED"
_DOUBLE = "DUPLICATE_VALUE"
_MEMBER = "CampaignMember"
Sender = Callable[[Sequence[Draft]], Awaitable[list[Outcome]]]


async def write(
    connection: SalesforceConnection, scope: Scope, verb: Verb, writes: Sequence[Write]
) -> Sequence[Outcome]:
    """Write a batch and return one outcome a write, in the batch's order.

    An error is raised only while nothing was sent; once something was, it is the outcome of the
    writes it concerns.
    """
    batch = _Batch(connection=connection, scope=scope, verb=verb)
    await batch.prepare(writes)
    await batch.send()
    if batch.stale:
        # Nothing of these was written: a field is gone. With today's fields they are told apart.
        for member in scope.members:
            connection.forget(member.of)
        await batch.prepare(batch.stale)
        await batch.send(is_second=True)
    await batch.follow()
    return [batch.told[one.token] for one in writes]


def _groups(drafts: Sequence[Draft]) -> list[list[Draft]]:
    """Return drafts by what one request can carry: one object, keyed or not."""
    groups: dict[tuple[str, bool], list[Draft]] = {}
    for one in drafts:
        groups.setdefault((one.member.of.name, bool(one.key)), []).append(one)
    return list(groups.values())


@dataclass(kw_only=True, slots=True)
class _Batch:
    """One call of ``write``."""

    connection: SalesforceConnection
    scope: Scope
    verb: Verb
    drafts: list[Draft] = field(default_factory=list)
    told: dict[str, Outcome] = field(default_factory=dict)
    """Token → outcome."""
    doubtful: dict[str, tuple[str, Refused]] = field(default_factory=dict)
    """Token → id of a record that may be gone or elsewhere, and how its write was refused."""
    stale: list[Write] = field(default_factory=list)
    """Writes of a request that named a field which is no longer there."""
    is_sent: bool = False
    stopped: AdapterError | None = None
    """Why nothing more is sent."""

    async def prepare(self, writes: Sequence[Write]) -> None:
        """Make drafts; what cannot be sent has its outcome at once."""
        described = {
            member.of.name: await self.connection.describe(member.of)
            for member in self.scope.members
        }
        keyed = [
            member.of.name
            for member in self.scope.members
            if await self.connection.carries_external_id(member.of)
        ]
        drafting = Drafting(
            scope=self.scope,
            verb=self.verb,
            described=described,
            keyed=frozenset(keyed),
            company_filler=self.connection.settings.lead_company,
        )
        self.drafts = []
        for one in writes:
            made = drafting.draft(one)
            if not isinstance(made, Draft):
                self.told[one.token] = made
            elif made.id and not made.body:
                # Nothing of it can be set by an update; the read that follows shows that.
                self.told[one.token] = Accepted(id=made.id, record=None)
            else:
                self.drafts.append(made)

    async def send(self, *, is_second: bool = False) -> None:
        """Send drafts, each group in as few calls as it takes."""
        for group in _groups(self.drafts):
            large, small = self._divided(group)
            for some in requests(large, profile.BULK_BATCH):
                await self._note(some, self._bulk, is_second=is_second)
            for some in requests(small, profile.COLLECTION):
                await self._note(some, self._collection, is_second=is_second)

    def _divided(self, group: Sequence[Draft]) -> tuple[Sequence[Draft], Sequence[Draft]]:
        """Return what goes by a job, where that is cheaper and harmless if it lands late."""
        is_harmless = self.verb is Verb.UPDATE or bool(group[0].key)
        if not is_harmless or len(group) < self.connection.settings.bulk.write_from:
            return (), group
        unfit = [one for one in group if bulk_text.has_clear(one.body.values())]
        return [one for one in group if one not in unfit] if unfit else group, unfit

    async def _note(self, drafts: Sequence[Draft], send: Sender, *, is_second: bool) -> None:
        """Send, and note what came of it. Raises only while nothing was sent before."""
        if self.stopped is not None:
            return self._keep(drafts, [errors.unsent(self.stopped)] * len(drafts))
        try:
            outcomes = await send(drafts)
        except RejectRecord as refused:
            if isinstance(refused, FieldsChanged) and not is_second:
                self.stale += [one.write for one in drafts]
                return None
            if len(drafts) > 1:
                middle = len(drafts) // 2
                await self._note(drafts[:middle], send, is_second=is_second)
                return await self._note(drafts[middle:], send, is_second=is_second)
            failure = Failure.of(refused)
            outcomes = [Refused(failure=failure, existing_id=refused.existing_id)]
        except AdapterError as error:
            if not self.is_sent:
                raise
            self.stopped = error
            outcomes = [errors.unsent(error)] * len(drafts)
        self.is_sent = True
        return self._keep(drafts, outcomes)

    def _keep(self, drafts: Sequence[Draft], outcomes: Sequence[Outcome]) -> None:
        told = zip(drafts, outcomes, strict=True)
        self.told |= {one.write.token: outcome for one, outcome in told}

    async def _bulk(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Send by a job; by collections what a job cannot do, or all where none is to be had.

        A job neither says whom a duplicate rule found nor can be told to save all the same.
        """
        again: Sequence[Draft] = drafts
        try:
            entries = await bulk_writing.send(self.connection, self.verb, drafts)
        except bulk_writing.NoBulk:
            pass
        else:
            pairs = list(zip(drafts, entries, strict=True))
            again = [one for one, entry in pairs if _is_duplicate(entry)]
            self._keep(drafts, [self._outcome(one, entry) for one, entry in pairs])
            self.is_sent = True
        for some in batches(again, profile.COLLECTION):
            await self._note(some, self._collection, is_second=True)
        return [self.told[one.write.token] for one in drafts]

    async def _collection(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Send one request; what was locked is sent again, with growing waits."""
        entries: dict[str, Json] = {}
        left = list(drafts)
        for number in range(profile.LOCK_TRIES):
            if number:
                wait = profile.LOCK_WAIT.total_seconds() * 2**number
                await self.connection.clock.sleep(wait * (1 + self.connection.luck.uniform()))
            try:
                answers = await collecting.send(self.connection, self.verb, left)
            except AdapterError:
                if not entries:
                    raise
                break  # what was told before stands
            told = zip(left, answers, strict=True)
            entries |= {one.write.token: entry for one, entry in told}
            left = [one for one in left if _is_locked(entries[one.write.token])]
            if not left:
                break
        return [self._outcome(one, entries[one.write.token]) for one in drafts]

    def _outcome(self, draft: Draft, entry: Json | None) -> Outcome:
        """Return what an entry says of its record; None: the reply has no entry."""
        if entry is None:
            return errors.untold()
        if entry["success"]:
            written = long_id(str(entry.get("id") or draft.id))
            return Accepted(id=written, record=None) if written else errors.untold()
        error = errors.error_in(entry)
        row = errors.row_of_entry(error)
        names = {draft.member.api_name(name): name for name in draft.write.values}
        refused = errors.outcome_of(error, row, names)
        is_elsewhere = row.next is Next.FOLLOW and draft.id
        if is_elsewhere and isinstance(refused, Refused):
            self.doubtful[draft.write.token] = (draft.id, refused)
        return refused

    async def follow(self) -> None:
        """Look at records that were refused as gone or elsewhere: is it so? (§10)."""
        live = await following.live(
            self.connection, self.scope, [one for one, _ in self.doubtful.values()]
        )
        for token, (one, refused) in self.doubtful.items():
            if live is None:
                self.told[token] = errors.untold("not_looked_at")
            else:
                self.told[token] = refused if one in live else Moved(record=None)
        await self._find_members()

    async def _find_members(self) -> None:
        """Name the campaign members that stand in the way of others of the same person."""
        for one in self.drafts:
            outcome = self.told.get(one.write.token)
            if isinstance(outcome, Refused) and _is_taken(one, outcome):
                found = await self._member(one)
                self.told[one.write.token] = replace(outcome, existing_id=found)

    async def _member(self, draft: Draft) -> str:
        person = "ContactId" if draft.body.get("ContactId") else "LeadId"
        query = Query(
            of=_MEMBER,
            select=("Id",),
            where=(
                among("CampaignId", [str(draft.body.get("CampaignId") or "")]),
                among(person, [str(draft.body.get(person) or "")]),
            ),
        )
        try:
            rows = await querying.rows(self.connection, query, self.verb.value)
        except AdapterError:
            return ""
        return record_id(rows[0]) if len(rows) == 1 else ""


def _is_taken(draft: Draft, outcome: Refused) -> bool:
    is_double = outcome.failure.code == _DOUBLE and not outcome.existing_id
    return is_double and draft.member.of.name == _MEMBER


def _is_duplicate(entry: Json | None) -> bool:
    is_refused = entry is not None and not entry["success"]
    return is_refused and errors.code_of(errors.error_in(entry)) == _BY_RULE


def _is_locked(entry: Json) -> bool:
    if entry is None:
        return False
    return not entry["success"] and errors.row_of_entry(errors.error_in(entry)).next is Next.AGAIN
