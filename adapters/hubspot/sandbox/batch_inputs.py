"""The inputs of a writing batch, read, and the repetitions that make a batch fail as a whole."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.hubspot.sandbox.calling import Call
from adapters.hubspot.sandbox.problems import invalid
from adapters.hubspot.sandbox.store import ObjectStore
from adapters.hubspot.sandbox.writes import properties_of
from adapters.sandbox.exchange import JsonObject


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """One input: whom it is about, what it writes, and the caller's own mark for it."""

    id: str
    id_property: str
    trace_id: str
    properties: Mapping[str, object]
    body: JsonObject


def read_inputs(call: Call) -> list[Input]:
    """Read the inputs of the call. Raises Refused."""
    return [_read(one) for one in call.inputs(call.account.limits.batch_size)]


def refuse_repetitions(store: ObjectStore, inputs: Sequence[Input]) -> None:
    """Refuse a batch that names a record or a unique value twice (hubspot.md 6.2)."""
    repeated = _repeated([_key(one) for one in inputs if one.id])
    if repeated:
        ids = [key.partition("=")[2] for key in repeated]
        raise invalid(
            f"Duplicate IDs found in batch input: [{', '.join(ids)}]. IDs must be unique", ids=ids
        )
    names = [*(["email"] if store.kind.has_unique_email else []), *store.catalog.unique_names]
    for name in names:
        values = [_comparable(one.properties.get(name)) for one in inputs]
        repeated = _repeated([value for value in values if value])
        if repeated:
            raise invalid(
                f"Duplicate values found in batch input for unique property {name}",
                propertyName=[name],
                values=repeated,
            )


def _read(one: JsonObject) -> Input:
    return Input(
        id=str(one.get("id") or ""),
        id_property=str(one.get("idProperty") or ""),
        trace_id=str(one.get("objectWriteTraceId") or ""),
        properties=properties_of(one),
        body=one,
    )


def _key(one: Input) -> str:
    value = _comparable(one.id) if one.id_property == "email" else one.id
    return f"{one.id_property}={value}"


def _repeated(keys: Sequence[str]) -> list[str]:
    return [key for key, count in Counter(keys).items() if count > 1]


def _comparable(value: object) -> str:
    return value.strip().lower() if isinstance(value, str) else ""
