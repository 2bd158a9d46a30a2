"""Archiving batches: into HubSpot's recycle bin, where people find them for 90 days.

A whole batch is answered by 204 without a body, ids that are not there (any more) included. A body
is looked through for errors all the same, since other batches of HubSpot's have them. What neither
is said to be done nor refused is Unknown.
"""

from collections.abc import Sequence

from adapters.contract import Accepted, Outcome, Refused, Verb, Write
from adapters.errors import Failure, RejectRecord
from adapters.exchange import Json, Reply
from adapters.hubspot import errors
from adapters.hubspot.connection import HubSpotConnection

_NO_CONTENT = 204


async def archive(
    connection: HubSpotConnection, object_name: str, writes: Sequence[Write]
) -> Sequence[Outcome]:
    """Archive a batch in one request and return one outcome a write, in the batch's order.

    Raises what is true of all of them. The request is never sent twice without a proof that nothing
    happened: in between a person may have taken a record back out of the bin.
    """
    ids = [one.id or "" for one in writes]
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    try:
        reply = await connection.put(
            connection.paths.objects(object_name, "batch/archive"),
            Verb.ARCHIVE.value,
            {"inputs": [{"id": one} for one in wanted]},
            is_whole=_is_whole,
        )
    except RejectRecord as refused:
        if len(wanted) > 1:
            raise errors.whole(refused) from None
        return [_alone(wanted[0], refused)] * len(writes)
    outcomes = _outcomes(wanted, reply)
    return [outcomes[one] for one in ids]


def _alone(one: str, refused: RejectRecord) -> Outcome:
    if refused.code == errors.NOT_FOUND:
        return Accepted(id=one, record=None)
    return Refused(failure=Failure.of(refused))


def _is_whole(body: Json) -> bool:
    """Whether a success is HubSpot's: nothing, or a finished batch."""
    if body is None:
        return True
    return body["status"] == "COMPLETE" and isinstance(body.get("errors") or [], list)


def _outcomes(wanted: Sequence[str], reply: Reply) -> dict[str, Outcome]:
    """Return what became of each id."""
    entries = (reply.body or {}).get("errors") or []
    told = {one: [entry for entry in entries if _is_about(entry, one, wanted)] for one in wanted}
    is_all_told = all(any(entry in said for said in told.values()) for entry in entries)
    is_done = is_all_told and (reply.body is not None or reply.status == _NO_CONTENT)
    return {one: _outcome(one, said, is_done=is_done) for one, said in told.items()}


def _is_about(entry: Json, one: str, wanted: Sequence[str]) -> bool:
    # An only id is meant without being named.
    return one in errors.record_ids(entry) or len(wanted) == 1


def _outcome(one: str, said: Sequence[Json], *, is_done: bool) -> Outcome:
    """Return what errors that name an id make of it; *is_done*: those not named are archived."""
    if not all(errors.is_absence(entry) for entry in said):
        return errors.outcome_of(said[0]) if len(said) == 1 else errors.untold()
    return Accepted(id=one, record=None) if said or is_done else errors.untold()
