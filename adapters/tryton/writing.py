"""Creating and changing batches: one request is one transaction, so all of it happens or nothing.

A change is built on a fresh look at its record and sent with the moments at which the record and
everything that belongs to it were last changed. Tryton compares them inside the transaction: what
moved in between takes the whole request back, and is looked at anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.contract import Accepted, Moved, Outcome, Refused, Verb, Write
from adapters.errors import Failure, RejectRecord
from adapters.exchange import Json
from adapters.tryton import errors, profile
from adapters.tryton.building import UnknownCode, changed, created
from adapters.tryton.connection import TrytonConnection
from adapters.tryton.definitions import Definitions, definitions
from adapters.tryton.reading import carrying, is_absent, rows_of
from adapters.tryton.records import is_archived, our_ids, record, stamps

CREATE, UPDATE = Verb.CREATE.value, Verb.UPDATE.value


async def write(
    connection: TrytonConnection, object_name: str, verb: Verb, writes: Sequence[Write]
) -> Sequence[Outcome]:
    """Create or change a batch and return one outcome a write, in the batch's order."""
    batch = _Batch(connection=connection, known=await definitions(connection, object_name))
    outcomes = await (batch.create(writes) if verb is Verb.CREATE else batch.update(writes))
    return [outcomes[one.token] for one in writes]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Batch:
    """One call of ``write``."""

    connection: TrytonConnection
    known: Definitions

    async def create(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        """Create what no record carries our id of; change what one does (R7)."""
        ours = [one.external_id for one in writes if one.external_id]
        rows = await carrying(self.connection, self.known, ours, (), CREATE)
        there = {key: one for one, row in rows.items() for key in our_ids(self.known.of, row)}
        if not there:
            return await self._create(writes)
        again = [
            Write(token=one.token, values=one.values, id=there[one.external_id])
            for one in writes
            if one.external_id in there
        ]
        outcomes = await self.update(again)
        return outcomes | await self._create([one for one in writes if one.token not in outcomes])

    async def _create(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        built, outcomes = self._built({one.token: (one, None) for one in writes})
        ready = [one for one in writes if one.token in built]
        if ready:
            try:
                ids = await self.connection.put(
                    self.known.of.model,
                    "create",
                    CREATE,
                    [built[one.token] for one in ready],
                    is_whole=lambda told: isinstance(told, list) and len(told) == len(ready),
                )
            except RejectRecord as refused:
                return outcomes | self._refused(ready, refused)
            outcomes |= _accepted(ready, ids)
        return outcomes

    async def update(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        """Change records that are as expected; look again as often as one moved meanwhile."""
        outcomes: dict[str, Outcome] = {}
        for _ in range(profile.STALE_TRIES):
            rest = [one for one in writes if one.token not in outcomes]
            rows = await self._look(rest)
            outcomes |= await self._judge(rest, rows, verb=UPDATE)
            built, unfit = self._built(
                {one.token: (one, rows[str(one.id)]) for one in rest if one.token not in outcomes}
            )
            outcomes |= unfit
            ready = [one for one in rest if one.token in built]
            try:
                await self._send_update(ready, built, rows)
            except RejectRecord as refused:
                if refused.code == errors.CONCURRENCY:
                    continue
                return outcomes | self._refused(ready, refused)
            return outcomes | {one.token: Accepted(id=str(one.id), record=None) for one in ready}
        return outcomes | await self._moving([one for one in writes if one.token not in outcomes])

    async def _send_update(
        self, ready: Sequence[Write], built: Mapping[str, Json], rows: Mapping[str, Json]
    ) -> None:
        changing = [one for one in ready if built[one.token]]
        if not changing:
            return
        parameters: list[Json] = []
        unmoved: dict[str, str] = {}
        for one in changing:
            parameters += [[int(str(one.id))], built[one.token]]
            unmoved |= stamps(self.known.of, rows[str(one.id)])
        await self.connection.put(self.known.of.model, "write", UPDATE, *parameters, stamps=unmoved)

    async def _look(self, writes: Sequence[Write]) -> dict[str, Json]:
        fields = {name for one in writes for name in (*one.values, *one.expected)}
        ids = list(dict.fromkeys(str(one.id) for one in writes))
        return await rows_of(self.connection, self.known, ids, sorted(fields), UPDATE)

    async def _judge(
        self, writes: Sequence[Write], rows: Mapping[str, Json], *, verb: str
    ) -> dict[str, Outcome]:
        """Return what became of writes whose record is gone, put away, or not as expected."""
        outcomes: dict[str, Outcome] = {}
        for one in writes:
            row = rows.get(str(one.id))
            if row is None:
                await is_absent(self.connection, self.known.of, str(one.id), verb)
                outcomes[one.token] = Moved(record=None)
            elif is_archived(row) or not self._is_as_expected(one, row):
                names = list(dict.fromkeys([*one.values, *one.expected]))
                outcomes[one.token] = Moved(record=record(self.known, row, names))
        return outcomes

    def _is_as_expected(self, one: Write, row: Json) -> bool:
        seen = record(self.known, row, list(one.expected)).values
        return all(seen.get(name) == value for name, value in one.expected.items())

    def _built(
        self, asked: Mapping[str, tuple[Write, Json]]
    ) -> tuple[dict[str, Json], dict[str, Outcome]]:
        """Return what to send for each write, and those that cannot be written at all."""
        built: dict[str, Json] = {}
        unfit: dict[str, Outcome] = {}
        for token, (one, row) in asked.items():
            try:
                built[token] = (
                    created(self.known, one.values, one.external_id)
                    if row is None
                    else changed(self.known, row, one.values)
                )
            except UnknownCode as unknown:
                unfit[token] = Refused(failure=Failure.of(unknown))
        return built, unfit

    def _refused(self, ready: Sequence[Write], refused: RejectRecord) -> dict[str, Outcome]:
        """Return the refusal of an only write; raise that of several as one of all of them."""
        if len(ready) > 1:
            raise errors.whole(refused) from None
        return {one.token: Refused(failure=Failure.of(refused)) for one in ready}

    async def _moving(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        """Return what somebody keeps changing while we look: nothing of it was written."""
        rows = await self._look(writes)
        return {
            one.token: Moved(
                record=record(self.known, rows[str(one.id)], list(one.values))
                if str(one.id) in rows
                else None
            )
            for one in writes
        }


def _accepted(ready: Sequence[Write], ids: Json) -> dict[str, Outcome]:
    """Return the outcomes of a creation: Tryton answers with the ids in the order asked."""
    return {
        one.token: Accepted(id=str(id_), record=None) for one, id_ in zip(ready, ids, strict=True)
    }
