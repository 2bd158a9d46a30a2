"""Writing batches: what to send, and which outcome belongs to which write.

Every input carries a trace id of its own, without which one bad record fails its whole batch.
Outcomes are matched by trace id, then by our external id or a unique field, then by id; never by
position, since HubSpot shuffles results. What a success does not mention is Unknown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adapters.contract import EXTERNAL_ID, Accepted, Outcome, Refused, Unknown, Verb, Write
from adapters.errors import AdapterError, Failure, RejectRecord
from adapters.exchange import Json
from adapters.hubspot import codec, errors
from adapters.hubspot.connection import HubSpotConnection
from adapters.hubspot.object_types import object_type
from adapters.hubspot.provenance import OwnSource
from adapters.hubspot.records import RecordReader, record_id
from daemon.core.schema import Schema
from daemon.core.values import FieldKind, Value


async def write(
    connection: HubSpotConnection,
    object_name: str,
    verb: Verb,
    writes: Sequence[Write],
    own: OwnSource,
) -> Sequence[Outcome]:
    """Write a batch and return one outcome a write, in the batch's order.

    Writes that would collide in one request (the same record, the same address) and, of a mixed
    batch, those without an external id are sent after it, each by itself.
    """
    batch = _Batch(
        connection=connection,
        object_name=object_name,
        verb=verb,
        schema=await connection.schema(object_name),
        has_external_id=await connection.carries_external_id(object_name),
        own=own,
    )
    together, alone = batch.split(writes)
    outcomes = await batch.send(together)
    for one in alone:
        outcomes |= await batch.send_alone(one)
    return [outcomes[one.token] for one in writes]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Batch:
    """One call of ``write``."""

    connection: HubSpotConnection
    object_name: str
    verb: Verb
    schema: Schema
    has_external_id: bool
    own: OwnSource

    def split(self, writes: Sequence[Write]) -> tuple[list[Write], list[Write]]:
        """Return what may share a request, and the rest."""
        taken: set[tuple[str, str]] = set()
        together: list[Write] = []
        alone: list[Write] = []
        for one in writes:
            claims = self._claims(one)
            fits = not together or self._action(one) == self._action(together[0])
            (together if fits and not claims & taken else alone).append(one)
            taken |= claims
        return together, alone

    async def send(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        """Send writes in one request. Raises what is true of all of them."""
        if not writes:
            return {}
        place = self.connection.paths.objects(self.object_name, self._action(writes[0]))
        try:
            reply = await self.connection.put(
                place, self.verb.value, {"inputs": [self._input(one) for one in writes]}
            )
        except RejectRecord as refused:
            self._mind(refused.code)
            if len(writes) > 1:
                raise errors.whole(refused) from None
            failure = Failure.of(refused)
            return {writes[0].token: Refused(failure=failure, existing_id=refused.existing_id)}
        return self._outcomes(writes, reply.body)

    async def send_alone(self, one: Write) -> dict[str, Outcome]:
        """Send one write after others are done: nothing may be raised that hides their outcomes."""
        try:
            return await self.send([one])
        except AdapterError as error:
            return {one.token: Unknown(failure=Failure.of(error))}

    def _action(self, one: Write) -> str:
        if self.verb is Verb.UPDATE:
            return "batch/update"
        return "batch/upsert" if self._is_upsert(one) else "batch/create"

    def _is_upsert(self, one: Write) -> bool:
        return self.verb is Verb.CREATE and self.has_external_id and bool(one.external_id)

    def _input(self, one: Write) -> Json:
        properties = {name: self._text(name, value) for name, value in one.values.items()}
        asked: Json = {"objectWriteTraceId": one.token, "properties": properties}
        if self.verb is Verb.UPDATE:
            asked["id"] = one.id
        elif self._is_upsert(one):
            properties[EXTERNAL_ID] = str(one.external_id)
            asked |= {"idProperty": EXTERNAL_ID, "id": one.external_id}
        return asked

    def _text(self, name: str, value: Value) -> str:
        kind = self.schema[name].kind if name in self.schema else FieldKind.TEXT
        return codec.encode(kind, value)

    def _claims(self, one: Write) -> set[tuple[str, str]]:
        """Return what no other write of the same request may claim too."""
        unique = {name for name, field in self.schema.fields.items() if field.is_unique}
        claims = {(name, str(value).lower()) for name, value in one.values.items() if value}
        claims = {claim for claim in claims if claim[0] in unique}
        return claims | {("id", one.id or ""), (EXTERNAL_ID, one.external_id or "")} - {
            ("id", ""),
            (EXTERNAL_ID, ""),
        }

    def _outcomes(self, writes: Sequence[Write], body: Json) -> dict[str, Outcome]:
        told: dict[str, list[Outcome]] = {one.token: [] for one in writes}
        for result in body["results"]:
            if written := self._written_by(result, writes):
                told[written.token].append(self._accepted(written, result))
        for entry in body.get("errors") or []:
            for token in self._refused_in(entry, writes):
                told[token].append(errors.outcome_of(entry))
        for refusal in (one for said in told.values() for one in said if isinstance(one, Refused)):
            self._mind(refusal.failure.code)
        # Told nothing, or two things that differ: nobody can say what happened.
        return {
            token: said[0] if len(said) == 1 else errors.untold() for token, said in told.items()
        }

    def _written_by(self, result: Json, writes: Sequence[Write]) -> Write | None:
        """Return the write a result belongs to."""
        shown = result.get("properties") or {}
        trace, external = result.get("objectWriteTraceId"), shown.get(EXTERNAL_ID)
        found = [one for one in writes if trace and one.token == trace]
        found = found or [one for one in writes if external and one.external_id == external]
        found = found or self._sharing_unique(shown, writes)
        found = found or [one for one in writes if one.id == record_id(result)]
        return found[0] if len(found) == 1 else None

    def _sharing_unique(self, shown: Json, writes: Sequence[Write]) -> list[Write]:
        unique = object_type(self.object_name).unique
        held = {(name, str(shown[name]).lower()) for name in unique if shown.get(name)}
        return [one for one in writes if self._claims(one) & held]

    def _refused_in(self, entry: Json, writes: Sequence[Write]) -> Iterable[str]:
        """Return the tokens an error entry is about."""
        traced = set(errors.trace_ids(entry)) & {one.token for one in writes}
        if traced:
            return traced
        named = set(errors.record_ids(entry))
        by_id = {one.token for one in writes if {one.id, one.external_id} & named}
        # An only write is meant without being named.
        return by_id or ({writes[0].token} if len(writes) == 1 else ())

    def _accepted(self, one: Write, result: Json) -> Accepted:
        of = object_type(self.object_name)
        record = RecordReader(of, self.schema, ()).written(result, one.values)
        if record is not None and record.version:
            self.own.wrote(record.id, record.version, one.values)
        return Accepted(id=record_id(result), record=record)

    def _mind(self, code: str) -> None:
        if code == errors.UNKNOWN_PROPERTY:
            self.connection.forget_schema(self.object_name)
