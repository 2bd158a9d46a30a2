"""Property history: when single fields last changed, 50 records a call."""

from collections.abc import Mapping, Sequence

from adapters.contract import batches
from adapters.exchange import Json
from adapters.hubspot import profile
from adapters.hubspot.connection import HubSpotConnection
from adapters.hubspot.object_types import object_type
from adapters.hubspot.provenance import OwnSource
from adapters.hubspot.reading import found_results
from adapters.hubspot.records import record_id
from daemon.core.record import FieldTime

_ABSENT = frozenset({404})


async def times(
    connection: HubSpotConnection,
    object_name: str,
    ids: Sequence[str],
    fields: Sequence[str],
    own: OwnSource,
) -> Mapping[str, Mapping[str, FieldTime]]:
    """Return id → field → time of its newest value; what has no history is absent."""
    told: dict[str, Mapping[str, FieldTime]] = {}
    wanted = list(dict.fromkeys(ids))
    # One record of our own writing more teaches how HubSpot names us, where it costs no call.
    specimen = own.specimen(fields) if len(wanted) % profile.HISTORY_BATCH else ""
    asked = list(dict.fromkeys([*([specimen] if specimen else []), *wanted]))
    for some in batches(asked, profile.HISTORY_BATCH):
        results = await _histories(connection, object_name, some, fields)
        for one, histories in results.items():
            own.learn(one, histories)
        for one in (one for one in results if one in wanted or one not in asked):
            latest = {name: own.latest(results[one].get(name)) for name in fields}
            told[one] = {name: at for name, at in latest.items() if at is not None}
    return told


async def _histories(
    connection: HubSpotConnection, object_name: str, ids: Sequence[str], fields: Sequence[str]
) -> dict[str, Mapping[str, Json]]:
    """Return id → property → its history, for the records there are."""
    body = {
        "properties": [object_type(object_name).modified],
        "propertiesWithHistory": list(fields),
        "inputs": [{"id": one} for one in ids],
    }
    place = connection.paths.objects(object_name, "batch/read")
    reply = await connection.ask(place, "times", body, answers=_ABSENT)
    told = {record_id(one): one for one in found_results(connection, reply)}
    histories = {one: told[one].get("propertiesWithHistory") for one in told}
    return {one: some if isinstance(some, dict) else {} for one, some in histories.items()}
