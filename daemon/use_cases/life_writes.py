"""What our own writes tell of a record: what, over what, why, from where, approved by whom (F2)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from daemon.core.operation import Clash, Copy, Operation, OperationKind
from daemon.core.record import Evidence, Strength
from daemon.core.values import Side, Value
from daemon.flow.report import shown
from daemon.use_cases.attend import Answer
from state.lives import Life, Promise

Kind = Literal[
    "seen", "changed", "presence", "linked", "wrote", "refused", "unknown", "conflict", "verdict",
    "quarantined", "readmitted", "held", "renamed",
]  # fmt: skip

OURSELVES = "crmsyncd"

WORDS = {
    OperationKind.CREATE: "created",
    OperationKind.UPDATE: "wrote",
    OperationKind.ARCHIVE: "archived",
    OperationKind.DELETE: "deleted",
    OperationKind.LINK: "linked",
}

REASONS = {
    "first_contact": "the two differed when they were linked",
    "both_changed": "both sides had changed",
    "stale_save": "the file brought back the value from before our write",
    "sent_not_seen": "nobody saw whether our write was stored",
    "lossy": "the other side could not hold the whole value",
    "edit_vs_delete": "one side was edited, the other deleted",
    "by_value": "the rule compares the values",
}


class Event(Answer):
    """One thing that happened to a record."""

    at: datetime
    since: datetime | None = None
    """Of what was seen later than it happened: it happened after this moment."""
    kind: Kind
    side: str = ""
    record: str = ""
    field: str = ""
    """Rule key, ``source field→crm field``; the side's own name where no rule has it; empty = the
    whole record."""
    run: int | None = None
    by: str = ""
    before: object = None
    after: object = None
    is_value_kept: bool = True
    """False: the values were there once, and were deleted when their time was over."""
    why: str = ""
    over: object = None
    """The competing value that lost."""
    approved_by: str = ""
    told: str
    """All of this as a sentence."""


def quoted(value: object) -> str:
    """Return a value as a sentence shows it."""
    return "(empty)" if value is None else f"{value!s}" if value is True or value is False else (
        f'"{value}"'
    )  # fmt: skip


def place_of(life: Life, side: Side) -> str:
    """Return what people call a side: its connection."""
    return life.pair.end(side)[0]


def approved_by(life: Life, run: int) -> str:
    """Return who approved what a run did; empty where nobody had to."""
    return life.runs[run].approved_by if run in life.runs else ""


def writes(life: Life, promise: Promise) -> Iterator[Event]:
    """Return what one write of ours did, field by field; nothing of one that did not happen."""
    operation = promise.operation
    if promise.state == "settled":
        if operation.kind.is_removal or not operation.copies:
            yield _whole(life, promise)
            return
        for copy in operation.copies:
            yield _written(life, promise, copy)
    elif promise.state in {"refused", "unknown", "sent", "held"}:
        yield _unsettled(life, promise)


def _whole(life: Life, promise: Promise) -> Event:
    operation = promise.operation
    record = str(operation.target_id)
    why = _why(life, promise, None)
    return Event(
        at=promise.settled_at or promise.sent_at,
        kind="wrote",
        side=operation.side.value,
        record=record,
        run=promise.run,
        by=OURSELVES,
        why=why,
        approved_by=approved_by(life, promise.run),
        told=f"{OURSELVES} {WORDS[operation.kind]} {place_of(life, operation.side)} {record}"
        f"{_in_run(life, promise.run)}: {why}",
    )


def _written(life: Life, promise: Promise, copy: Copy) -> Event:
    operation = promise.operation
    clash = next((one for one in operation.clashes if one.rule == copy.rule), None)
    loser = _loser(clash)
    after = promise.result.get(copy.field, copy.value)
    why = _why(life, promise, clash)
    is_kept = not promise.is_pruned
    before, now = shown(copy.before), shown(after)
    told = f"{quoted(before)} → {quoted(now)}" if is_kept else "(the values are not kept any more)"
    over = f", over {quoted(shown(loser))}" if clash and loser is not None and is_kept else ""
    return Event(
        at=promise.settled_at or promise.sent_at,
        kind="wrote",
        side=operation.side.value,
        record=str(operation.target_id),
        field=copy.rule,
        run=promise.run,
        by=OURSELVES,
        before=before,
        after=now,
        is_value_kept=is_kept,
        why=why,
        over=shown(loser),
        approved_by=approved_by(life, promise.run),
        told=f"{OURSELVES} {WORDS[operation.kind]} {place_of(life, operation.side)} {copy.field}: "
        f"{told}{over}{_in_run(life, promise.run)}: {why}{_source(life, operation, copy.evidence)}",
    )


def _loser(clash: Clash | None) -> Value:
    if clash is None or clash.winner is None:
        return None
    return clash.crm if clash.winner is Side.SOURCE else clash.source


def _why(life: Life, promise: Promise, clash: Clash | None) -> str:
    operation, facts = promise.operation, life.runs.get(promise.run)
    if facts is not None and facts.reverses is not None:
        return f"rollback of run {facts.reverses}"
    if operation.kind.is_removal:
        return f"the {operation.side.other.value} record was gone"
    if clash is not None:
        policy = facts.policies.get(clash.rule, "") if facts else ""
        winner = clash.winner.value if clash.winner else "nobody"
        rule = f"rule {policy}" if policy else "the rule of the field"
        return f"{REASONS.get(clash.reason, clash.reason)}; {rule} let {winner} win"
    if operation.kind is OperationKind.CREATE:
        return f"{operation.side.other.value} {operation.origin_id} had no partner"
    return f"only the {operation.side.other.value} side had something new"


def _source(life: Life, operation: Operation, evidence: Evidence | None) -> str:
    """Return since when the copied value had stood where it came from (R12)."""
    if evidence is None:
        return ""
    place = place_of(life, operation.side.other)
    if evidence.after is None:
        return f"; in {place} since {evidence.until:%Y-%m-%d %H:%M:%S} at the latest"
    if evidence.strength is Strength.FIELD:
        return f"; in {place} since {evidence.until:%Y-%m-%d %H:%M:%S}"
    return (
        f"; in {place} since some moment between {evidence.after:%Y-%m-%d %H:%M:%S} and "
        f"{evidence.until:%Y-%m-%d %H:%M:%S}"
    )


def _in_run(life: Life, run: int) -> str:
    facts = life.runs.get(run)
    who = f", approved by {facts.approved_by}" if facts and facts.approved_by else ""
    sync = f" of {facts.sync}" if facts and facts.sync != life.pair.sync else ""
    return f" (run {run}{sync}{who})"


def _unsettled(life: Life, promise: Promise) -> Event:
    operation = promise.operation
    is_refused = promise.state == "refused"
    word = "was refused" if is_refused else "has no reply yet"
    place = place_of(life, operation.side)
    return Event(
        at=promise.settled_at or promise.sent_at,
        kind="refused" if is_refused else "unknown",
        side=operation.side.value,
        record=operation.target_id or "",
        run=promise.run,
        by=OURSELVES,
        told=f"a write ({operation.kind.value}) to {place} {word} (run {promise.run})",
    )
