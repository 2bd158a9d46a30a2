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
    place = connection.paths.objects(object_name, "batch/read")
    for some in batches(list(dict.fromkeys(ids)), profile.HISTORY_BATCH):
        body = {
            "properties": [object_type(object_name).modified],
            "propertiesWithHistory": list(fields),
            "inputs": [{"id": one} for one in some],
        }
        reply = await connection.ask(place, "times", body, answers=_ABSENT)
        for result in found_results(connection, reply):
            told[record_id(result)] = _field_times(result, fields, own)
    return told


def _field_times(result: Json, fields: Sequence[str], own: OwnSource) -> Mapping[str, FieldTime]:
    histories = result.get("propertiesWithHistory") or {}
    latest = {name: own.latest(record_id(result), name, histories.get(name)) for name in fields}
    return {name: at for name, at in latest.items() if at is not None}
