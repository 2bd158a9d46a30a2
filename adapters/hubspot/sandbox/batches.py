"""Batch endpoints (hubspot.md 6.1 to 6.4).

Promises HubSpot's two ways of failing: with a distinct `objectWriteTraceId` on each input every
input has its own outcome (207 where some failed); without, the first problem fails the batch and
nothing is applied. Results come in no order.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adapters.hubspot.sandbox.batch_inputs import Input, read_inputs, refuse_repetitions
from adapters.hubspot.sandbox.calling import Call, required_text, text_list
from adapters.hubspot.sandbox.moments import as_text
from adapters.hubspot.sandbox.problems import Refused, invalid, not_found
from adapters.hubspot.sandbox.records import Record
from adapters.hubspot.sandbox.rendering import rendered, rendered_write
from adapters.hubspot.sandbox.settings import PartialEmailUpsert
from adapters.hubspot.sandbox.singles import refuse_associations
from adapters.hubspot.sandbox.store import ObjectStore
from adapters.hubspot.sandbox.writes import checked_create, checked_update
from adapters.sandbox.exchange import JsonObject, Reply


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """An input found in order: where it goes (None: a new record) and what will be kept."""

    target: Record | None
    values: dict[str, str]


def create(call: Call) -> Reply:
    """`POST O/batch/create`."""

    def check(one: Input) -> Checked:
        refuse_associations(one.body)
        return Checked(target=None, values=checked_create(call.writing, one.properties))

    return _write(call, check, success=201)


def update(call: Call) -> Reply:
    """`POST O/batch/update`."""

    def check(one: Input) -> Checked:
        record = _target(call.store, one)
        if record is None:
            raise _missing(call.store, [one.id])
        return Checked(target=record, values=checked_update(call.writing, record, one.properties))

    return _write(call, check, success=200)


def upsert(call: Call) -> Reply:
    """`POST O/batch/upsert`: by e-mail or by a unique property."""

    def check(one: Input) -> Checked:
        name = one.id_property or "hs_object_id"
        if not call.store.is_unique(name):
            raise _non_unique(call.store, name)
        record = call.store.holder(name, one.id)
        given = {name: one.id, **one.properties}
        if record is None:
            return Checked(target=None, values=checked_create(call.writing, given))
        if name == "email":
            given = _whole(call, record, given)
        return Checked(target=record, values=checked_update(call.writing, record, given))

    return _write(call, check, success=200, tells_new=True)


def archive(call: Call) -> Reply:
    """`POST O/batch/archive`: ids that are not there are passed over, merged-away ones too."""
    ids = [required_text(one, "id") for one in call.inputs(call.account.limits.batch_size)]
    for one in ids:
        record = call.store.live(one)
        if record is not None:
            call.store.archive(record, call.now)
    return Reply(status=204)


def read(call: Call) -> Reply:
    """`POST O/batch/read`: 207 where some are missing."""
    body = call.body()
    history = text_list(body, "propertiesWithHistory")
    limits = call.account.limits
    inputs = call.inputs(limits.history_size if history else limits.batch_size)
    name = str(body.get("idProperty") or "hs_object_id")
    if name != "hs_object_id" and not call.store.is_unique(name):
        raise invalid(f"{name} is not a unique property of {call.store.kind.name}")
    keys = list(dict.fromkeys(required_text(one, "id") for one in inputs))
    hits = {key: _read_one(call, name, key) for key in keys}
    missing = [key for key in keys if hits[key] is None]
    if len(missing) == len(keys) and call.account.switches.is_all_missing_404:
        raise _missing(call.store, missing)
    wanted = text_list(body, "properties")
    records = {record.id: record for record in hits.values() if record is not None}
    results = [
        rendered(call.account, call.store, record, wanted=wanted, with_history=history)
        for record in records.values()
    ]
    errors = [_missing(call.store, missing).problem.entry()] if missing else []
    return _reply(call, results, errors, success=200)


def _read_one(call: Call, name: str, key: str) -> Record | None:
    store, switches = call.store, call.account.switches
    if name != "hs_object_id":
        record = store.holder(name, key)
        if record is None or name != "email" or switches.is_secondary_email_read_in_batch:
            return record
        return record if record.get("email").lower() == key.strip().lower() else None
    record_id = store.surviving_id(key) if switches.is_merged_id_read_in_batch else key
    if call.wants_archived:
        return store.in_bin(record_id, call.now)
    return store.live(record_id)


def _write(
    call: Call, check: Callable[[Input], Checked], *, success: int, tells_new: bool = False
) -> Reply:
    inputs = read_inputs(call)
    refuse_repetitions(call.store, inputs)
    is_traced = _is_traced(inputs)
    passed: list[tuple[Input, Checked]] = []
    errors: list[JsonObject] = []
    for one in inputs:
        try:
            passed.append((one, check(one)))
        except Refused as refused:
            if not is_traced:
                raise
            errors.append(refused.problem.entry([one.trace_id]))
    results = [_apply(call, one, checked, tells_new=tells_new) for one, checked in passed]
    return _reply(call, results, errors, success=success)


def _is_traced(inputs: Sequence[Input]) -> bool:
    counts = Counter(one.trace_id for one in inputs)
    return "" not in counts and len(counts) == len(inputs)


def _apply(call: Call, one: Input, checked: Checked, *, tells_new: bool) -> JsonObject:
    record = checked.target
    if record is None:
        record = call.store.create(checked.values, call.now, call.source)
    else:
        call.store.update(record, checked.values, call.now, call.source)
    written = [*one.properties, *([one.id_property] if one.id_property else [])]
    body = rendered_write(call.account, call.store, record, written)
    if one.trace_id:
        body["objectWriteTraceId"] = one.trace_id
    if tells_new:
        body["new"] = checked.target is None
    return body


def _target(store: ObjectStore, one: Input) -> Record | None:
    name = one.id_property or "hs_object_id"
    if name == "hs_object_id":
        return store.live(one.id)
    if name == "email" or not store.is_unique(name):
        raise _non_unique(store, name)
    return store.holder(name, one.id)


def _whole(call: Call, record: Record, given: dict[str, object]) -> dict[str, object]:
    """Deal with an upsert by e-mail that leaves out properties the contact has."""
    writable = {each.name for each in call.store.catalog.all() if each.is_writable}
    left_out = sorted(writable & set(record.values) - set(given))
    choice = call.account.switches.partial_email_upsert
    if not left_out or choice is PartialEmailUpsert.ACCEPT:
        return given
    if choice is PartialEmailUpsert.CLEAR:
        return {**dict.fromkeys(left_out, ""), **given}
    raise invalid(
        "Partial upserts are not supported when `email` is the idProperty",
        propertyName=left_out,
    )


def _non_unique(store: ObjectStore, name: str) -> Refused:
    type_id = store.kind.type_id
    return invalid(
        f"Unable to perform update/upsert by non-unique {type_id} property", propertyName=[name]
    )


def _missing(store: ObjectStore, ids: Sequence[str]) -> Refused:
    return not_found(
        f"Could not get some {store.kind.singular} objects, they may be deleted or not exist."
        " Check that ids are valid.",
        ids=ids,
    )


def _reply(
    call: Call, results: list[JsonObject], errors: list[JsonObject], *, success: int
) -> Reply:
    if call.account.switches.are_results_shuffled:
        call.account.random.shuffle(results)
    now = as_text(call.now)
    body: JsonObject = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": now,
        "completedAt": now,
    }
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    return Reply(status=207 if errors else success, body=body)
