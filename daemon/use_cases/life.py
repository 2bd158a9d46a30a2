"""The story of a record as events: what each part of the state tells of it, in order of time (F2)."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from daemon.core.operation import OperationKind
from daemon.core.values import Side, Value
from daemon.flow.report import shown
from daemon.use_cases.life_writes import (
    OURSELVES,
    REASONS,
    Event,
    approved_by,
    place_of,
    quoted,
    writes,
)
from state.history import Change
from state.lives import Dispute, Exile, Life


def events(life: Life) -> list[Event]:
    """Return everything that is known to have happened, oldest first."""
    found = [
        *_first_sights(life),
        *_links(life),
        *(event for promise in life.promises for event in writes(life, promise)),
        *(event for side in Side for event in _changes(life, side)),
        *(event for dispute in life.disputes for event in _dispute(life, dispute)),
        *(event for exile in life.exiles for event in _exile(exile)),
        *_holds(life),
        *_redirects(life),
    ]
    return sorted(found, key=lambda event: event.at)


def rules_of(life: Life) -> list[str]:
    """Return the rule keys that were ever at work on this record."""
    keys = {name for bond in life.bonds for name in bond.fields}
    keys |= {copy.rule for promise in life.promises for copy in promise.operation.copies}
    return sorted(keys | {dispute.field for dispute in life.disputes})


def is_about(key: str, name: str) -> bool:
    """Tell whether a rule key, or a side's own field, is what a person calls *name*."""
    source, _, crm = key.partition("→")
    return name.casefold() in {key.casefold(), source.casefold(), crm.casefold()}


def _key_of(life: Life, side: Side, field: str) -> str:
    """Return the rule key of a field of one side; its own name where no rule has it."""
    part = 0 if side is Side.SOURCE else 2
    return next((key for key in rules_of(life) if key.partition("→")[part] == field), field)


def _first_sights(life: Life) -> Iterator[Event]:
    made = {
        (promise.operation.side, promise.operation.target_id)
        for promise in life.promises
        if promise.operation.kind is OperationKind.CREATE and promise.state == "settled"
    }
    for side in Side:
        row = life.rows[side]
        if row is not None and (side, row.id) not in made:
            yield Event(
                at=row.first_seen_at,
                kind="seen",
                side=side.value,
                record=row.id,
                told=f"{place_of(life, side)} {row.id} was seen for the first time",
            )


def _links(life: Life) -> Iterator[Event]:
    for bond in life.bonds:
        how = "made by us" if bond.how == "created" else f"matched by {bond.how}"
        ended = "" if bond.status == "active" else f"; the link is {bond.status} now"
        yield Event(
            at=bond.linked_at,
            kind="linked",
            run=bond.run,
            by=OURSELVES,
            why=bond.how,
            approved_by=approved_by(life, bond.run),
            told=f"{bond.source_id} ↔ {bond.crm_id} were linked: {how}, run {bond.run}{ended}",
        )


def _changes(life: Life, side: Side) -> Iterator[Event]:
    """Return what others changed; our own writes are told by their intents."""
    row = life.rows[side]
    if row is None:
        return
    values, presence = dict(row.values), row.presence
    for change in reversed(life.changes[side]):
        yield from _field_changes(life, side, change, values)
        if change.presence != presence:
            yield _presence(life, side, change, presence)
        for name in change.added:
            values.pop(name, None)
        values.update(change.before)
        presence = change.presence


def _field_changes(
    life: Life, side: Side, change: Change, values: Mapping[str, Value]
) -> Iterator[Event]:
    place = place_of(life, side)
    for name, before in sorted(change.before.items()):
        after = values.get(name)
        if name not in values or _is_ours(life, side, name, after, change.at):
            continue
        since = f"between {change.since:%Y-%m-%d %H:%M:%S} and then" if change.since else "by then"
        yield Event(
            at=change.at,
            since=change.since,
            kind="changed",
            side=side.value,
            record=str(life.ids[side]),
            field=_key_of(life, side, name),
            by=f"somebody in {place}",
            before=shown(before),
            after=shown(after),
            told=f"somebody changed {place} {name}: {quoted(shown(before))} → "
            f"{quoted(shown(after))} ({since})",
        )


def _is_ours(life: Life, side: Side, field: str, after: Value, at: datetime) -> bool:
    return any(
        promise.operation.side is side
        and promise.settled_at is not None
        and promise.state == "settled"
        and promise.sent_at <= at <= promise.settled_at
        and any(
            copy.field == field and after in (copy.value, promise.result.get(field, copy.value))
            for copy in promise.operation.copies
        )
        for promise in life.promises
    )


def _presence(life: Life, side: Side, change: Change, after: str) -> Event:
    return Event(
        at=change.at,
        since=change.since,
        kind="presence",
        side=side.value,
        record=str(life.ids[side]),
        before=change.presence,
        after=after,
        told=f"{place_of(life, side)} {life.ids[side]} was {change.presence}, and is {after} since",
    )


def _dispute(life: Life, dispute: Dispute) -> Iterator[Event]:
    is_told = any(
        clash.rule == dispute.field and clash.winner is not None
        for promise in life.promises
        if promise.run == dispute.run and promise.state == "settled"
        for clash in promise.operation.clashes
    )
    values = {"source": shown(dispute.source), "crm": shown(dispute.crm)}
    reason = REASONS.get(dispute.reason, dispute.reason)
    sides = f"source {quoted(values['source'])}, crm {quoted(values['crm'])}"
    if not (dispute.winner and is_told and dispute.status in {"decided", "reversed"}):
        result = f"{dispute.winner} won" if dispute.winner else "left to a person"
        yield Event(
            at=dispute.found_at,
            kind="conflict",
            field=dispute.field,
            run=dispute.run,
            by=OURSELVES,
            why=reason,
            told=f"conflict {dispute.id} in {dispute.field}: {sides}; {reason}; {result} "
            f"(run {dispute.run})",
        )
    if dispute.resolved_at is not None and dispute.resolved_by:
        yield Event(
            at=dispute.resolved_at,
            kind="verdict",
            field=dispute.field,
            by=dispute.resolved_by,
            after=values.get(dispute.winner),
            over=values["crm" if dispute.winner == "source" else "source"],
            told=f"{dispute.resolved_by} decided conflict {dispute.id} in {dispute.field}: the "
            f"{dispute.winner} value, {quoted(values.get(dispute.winner))}",
        )


def _exile(exile: Exile) -> Iterator[Event]:
    what = f"{exile.side} {exile.record}" + (f" ({exile.field})" if exile.field else "")
    yield Event(
        at=exile.found_at,
        kind="quarantined",
        side=exile.side,
        record=exile.record,
        field=exile.field,
        run=exile.run,
        by=OURSELVES,
        why=exile.rule,
        told=f"{what} was set apart: {exile.message} ({exile.rule}, run {exile.run})",
    )
    if exile.ended_at is not None:
        yield Event(
            at=exile.ended_at,
            kind="readmitted",
            side=exile.side,
            record=exile.record,
            field=exile.field,
            why=exile.status,
            told=f"{what} was let out of quarantine: {exile.status}",
        )


def _holds(life: Life) -> Iterator[Event]:
    for hold in life.holds:
        yield Event(
            at=hold.at,
            kind="held",
            field=hold.field,
            run=hold.run,
            by=OURSELVES,
            told=f"{hold.field} is held since run {hold.run} was rolled back: it stays as it is "
            "until either side changes or somebody releases it (crmsyncd held)",
        )


_BECAME = {"recreated": "was made again as", "merged": "was merged into"}


def _redirects(life: Life) -> Iterator[Event]:
    for side in Side:
        for old, new, why, at in life.redirects[side]:
            yield Event(
                at=at,
                kind="renamed",
                side=side.value,
                record=new,
                before=old,
                after=new,
                why=why,
                told=f"{place_of(life, side)} {old} {_BECAME[why]} {new}",
            )
