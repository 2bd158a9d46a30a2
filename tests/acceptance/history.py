"""What was promised, sent, done and answered, held against each other (I11, I14).

Three witnesses that know nothing of one another: the state's intents (invoke = sent; ok = settled;
fail = refused, moved, superseded; else unknown), the proxy's record of every request and reply, and
the sandbox's own count of calls with each value's history in its records.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import text

from state.database import open_engine, state_url
from tests.acceptance.people import PROPERTIES
from tests.acceptance.processes import Sandbox
from tests.acceptance.proxy import Exchange, Proxy, is_write

OK, FAILED, OPEN = "settled", ("refused", "moved", "superseded"), ("sent", "unknown")
TOKEN = "crmsyncd_id"


@dataclass(frozen=True, kw_only=True)
class Promise:
    """One intent to write to the CRM."""

    id: str
    verb: str
    link: str
    state: str
    crm_id: str
    values: Mapping[str, str]
    before: Mapping[str, str]
    """Without the fields of which nothing is told."""


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One record in one request that changes records."""

    intent: str
    """The trace id it carried, or of a removal the one intent to remove that record."""
    request: int
    values: Mapping[str, str]
    record: str = ""
    """The record that the CRM says it wrote; empty where it wrote nothing."""
    is_new: bool = False


@dataclass(frozen=True, kw_only=True)
class History:
    """All that the three witnesses say."""

    promises: Mapping[str, Promise]
    deeds: Sequence[Deed]
    """In the order in which they left; only those that reached the CRM."""
    requests: int
    """Requests to change records that the proxy let through."""
    counted: int
    """Such requests by the sandbox's own count."""
    records: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    """The CRM's live records, each with the history of its values."""


def faults(history: History, *, is_over: bool = True) -> list[str]:
    """Return every breach of I11 and I14; with *is_over*, open intents are one."""
    return [
        *_doubled_records(history),
        *_doubled_effects(history),
        *_unpromised(history),
        *_uncounted(history),
        *_unkept(history),
        *_denied(history),
        *_unexplained(history),
        *_untrue_before(history),
        *(_undecided(history) if is_over else ()),
    ]


def _doubled_records(history: History) -> Iterator[str]:
    if number := doubled(history.records):
        yield f"I11: {number} records share an address, an external id or a whole person"


def _doubled_effects(history: History) -> Iterator[str]:
    made: dict[str, list[Deed]] = defaultdict(list)
    for deed in history.deeds:
        if deed.record:
            made[deed.intent].append(deed)
    for intent, deeds in made.items():
        records = {deed.record for deed in deeds}
        if len(records) > 1:
            yield f"I11: intent {intent} wrote the records {sorted(records)}"
        elif len(deeds) > 1:
            yield f"I11: intent {intent} took effect {len(deeds)} times"


def _unpromised(history: History) -> Iterator[str]:
    """I14, from the CRM's side: each write has one intent, which tells before and after."""
    for deed in history.deeds:
        promise = history.promises.get(deed.intent)
        if promise is None:
            yield f"I14: request {deed.request} wrote without an intent ({deed.intent or 'none'})"
            continue
        sent = {name: value for name, value in deed.values.items() if name != TOKEN}
        if sent != promise.values:
            names = sorted(name for name, _ in sent.items() ^ promise.values.items())
            yield f"I14: intent {deed.intent} promised other values than were sent: {names}"
        if promise.before.keys() != promise.values.keys():
            yield f"I14: intent {deed.intent} does not tell what stood there before"


def _uncounted(history: History) -> Iterator[str]:
    if history.requests != history.counted:
        yield f"I14: the sandbox counted {history.counted} writes, {history.requests} went to it"


def _unkept(history: History) -> Iterator[str]:
    """I14, from our side: what we call done, the CRM did, to that record."""
    done = {deed.intent: deed.record for deed in history.deeds if deed.record}
    for promise in history.promises.values():
        if promise.state != OK:
            continue
        if promise.id not in done:
            yield f"I14: intent {promise.id} is settled, and the CRM never did it"
        elif done[promise.id] != promise.crm_id:
            yield f"I14: intent {promise.id} is settled on another record than was written"


def _denied(history: History) -> Iterator[str]:
    """A record that we say we did not make was not made: else it is made again."""
    made = {deed.intent for deed in history.deeds if deed.is_new}
    for promise in history.promises.values():
        if promise.state in FAILED and promise.id in made:
            yield f"I11: intent {promise.id} is {promise.state}, and the CRM made its record"


def _undecided(history: History) -> Iterator[str]:
    for promise in history.promises.values():
        if promise.state in OPEN:
            yield f"I9: intent {promise.id} is still {promise.state}"


def _unexplained(history: History) -> Iterator[str]:
    promised = {
        (who, name, value)
        for promise in history.promises.values()
        for who in (promise.crm_id, promise.link)
        for name, value in promise.values.items()
    }
    for record in history.records:
        token = record["values"].get(TOKEN)
        for name, value, _ in _written(record):
            if not {(record["id"], name, value), (token, name, value)} & promised:
                yield f"I14: record {record['id']} holds a {name} of ours that nobody promised"


def _untrue_before(history: History) -> Iterator[str]:
    """I14: what an intent tells of before is what stood there when its value came."""
    befores: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for promise in history.promises.values():
        for name, value in promise.values.items():
            befores[promise.crm_id, name, value].add(promise.before.get(name, ""))
    for record in history.records:
        for name, value, before in _written(record):
            told = befores.get((record["id"], name, value))
            if told and before not in told:
                yield f"I14: record {record['id']} held another {name} before than its intent tells"


def doubled(records: Sequence[Mapping[str, Any]]) -> int:
    """Return how many contacts share an address, an external id or a whole person with another."""
    count = 0
    for names in (("email",), (TOKEN,), ("firstname", "lastname", "phone")):
        keys = [tuple(record["values"].get(name, "") for name in names) for record in records]
        whole = [key for key in keys if all(key)]
        count += len(whole) - len(set(whole))
    return count


def _written(record: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield (field, value, value before) for the values that the daemon's app wrote."""
    for name in PROPERTIES.values():
        versions = sorted(record["history"].get(name, ()), key=lambda one: str(one["at"]))
        before = ""
        for version in versions:
            source = version["source"]
            if source["type"] == "INTEGRATION" and source["label"] != "Web form":
                yield name, version["value"], before
            before = version["value"]


def promises(state: str | Path) -> dict[str, Promise]:
    """Read the intents to write to the CRM out of a state that is at rest or at work."""
    engine = open_engine(state_url(state), read_only=True)
    try:
        with engine.connect() as connection:
            rows = connection.execute(
                text("SELECT id, verb, link, state, crm_id, payload FROM intent WHERE side = 'crm'")
            )
            return {row.id: _promise(row) for row in rows}
    finally:
        engine.dispose()


def _promise(row: Any) -> Promise:
    copies = json.loads(row.payload)["copies"]
    return Promise(
        id=row.id,
        verb=row.verb,
        link=row.link,
        state=row.state,
        crm_id=row.crm_id or "",
        values={copy["field"]: _text(copy["value"]) for copy in copies},
        before={copy["field"]: _text(copy["before"]) for copy in copies if "before" in copy},
    )


def _text(value: str) -> str:
    return str(json.loads(value) or "")


def deeds(exchanges: Sequence[Exchange], promised: Mapping[str, Promise]) -> Iterator[Deed]:
    """Yield what reached the CRM, record by record."""
    removals: dict[str, list[str]] = defaultdict(list)
    for promise in promised.values():
        if promise.verb in {"archive", "delete"}:
            removals[promise.crm_id].append(promise.id)
    for number, one in enumerate(exchanges):
        if not one.is_arrived:
            continue
        answered = one.answered if isinstance(one.answered, dict) else {}
        results = {
            result.get("objectWriteTraceId"): result for result in answered.get("results", ())
        }
        for item in (one.asked or {}).get("inputs", ()):
            trace = item.get("objectWriteTraceId")
            if trace is None:
                mine = removals.get(item["id"], [])
                yield Deed(intent=mine.pop(0) if mine else "", request=number, values={},
                           record=item["id"] if one.status < 300 else "")  # fmt: skip
                continue
            result = results.get(trace, {})
            yield Deed(
                intent=trace,
                request=number,
                values=item["properties"],
                record=str(result.get("id", "")),
                is_new=bool(result.get("new", one.path.endswith("/create") and bool(result))),
            )


def history(
    box: Sandbox, net: Proxy, state: str | Path, *earlier: Mapping[str, Promise]
) -> History:
    """Hear the witnesses; *earlier* is what states promised that were lost since.

    What a lost state had not decided is never decided any more.
    """
    promised = {
        name: replace(one, state="lost") if one.state in OPEN else one
        for lost in earlier
        for name, one in lost.items()
    }
    promised |= promises(state)
    writes = net.writes()
    counts: Mapping[str, int] = box.calls()["by_endpoint"]
    return History(
        promises=promised,
        deeds=list(deeds(writes, promised)),
        requests=sum(one.is_arrived for one in writes),
        counted=sum(n for name, n in counts.items() if is_write(*name.split(" ", 1))),
        records=box.records(),
    )
