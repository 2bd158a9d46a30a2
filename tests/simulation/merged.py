"""What the oracle asks of merges: followed, never taken for deletes, never made again (I20, R42)."""

from daemon.core.values import Side
from state import links
from state.links import LinkRow
from tests.simulation.claims import Claims, could_be_held
from tests.simulation.history import Merge


def check_merges(known: Claims) -> None:
    """No link hangs on a record that was merged away, and nobody of a merge is doubled or lost."""
    for merge in known.world.history.merges:
        if known.world.systems[merge.side].merged.get(merge.loser) is None:
            continue  # it was taken back from the bin
        _check_followed(known, merge)
        _check_not_removed(known, merge)
        _check_not_made_again(known, merge)
    _check_told(known)


def is_of_merge(known: Claims, link: LinkRow) -> bool:
    """Tell whether a record of a link took another one over."""
    return any(
        link.record(merge.side) in {merge.survivor, merge.loser}
        for merge in known.world.history.merges
    )


def _check_followed(known: Claims, merge: Merge) -> None:
    for link in known.active():
        if link.record(merge.side) == merge.loser:
            told = (
                f"{merge.side.value} {merge.loser} was merged into {merge.survivor} and is linked"
            )
            known.world.history.violate("I20", told)


def _check_not_removed(known: Claims, merge: Merge) -> None:
    """A merge is no delete: nothing is removed for it (I6)."""
    history, by_id = known.world.history, {intent.id: intent for intent in known.intents}
    for removal in history.removals:
        intent = by_id.get(removal.token)
        if intent is None or removal.side is merge.side or not _is_alive(known, merge):
            continue
        sent = history.sent.get(removal.token, removal.number)
        if intent.operation.origin_id == merge.loser and merge.number < sent:
            told = f"{removal.record} was removed because {merge.loser} was merged away"
            history.violate("I6", told)


def _is_alive(known: Claims, merge: Merge) -> bool:
    """Tell whether the record that survived is still there: else a delete came after the merge."""
    system = known.world.systems[merge.side]
    stored = system.records.get(system.survivor(merge.loser))
    survivors = {merge.survivor, system.survivor(merge.loser)}
    died = any((merge.side, one) in known.world.history.deaths for one in survivors)
    return stored is not None and not stored.is_archived and not died


def _check_not_made_again(known: Claims, merge: Merge) -> None:
    """The partner of a record that was merged away gets no second one (I11, I20)."""
    history, by_id = known.world.history, {intent.id: intent for intent in known.intents}
    if any(loss > merge.number for loss in history.losses):
        return
    partners = {
        link.record(merge.side.other)
        for link in known.links
        if link.record(merge.side) == merge.loser and link.status == links.FOLDED
    }
    for effect in history.effects[merge.effects :]:
        intent = by_id.get(effect.token)
        if intent is None or effect.verb != "create" or effect.side is not merge.side:
            continue
        if str(intent.operation.origin_id) in partners and _is_alive(known, merge):
            told = f"{intent.operation.origin_id} got {effect.record} after its merge"
            history.violate("I20", told)


def _check_told(known: Claims) -> None:
    """Who belongs to a link that another one kept waits for a person, by name (R42)."""
    bound = {(side, link.record(side)) for link in known.active() for side in Side}
    for folded in known.links:
        if folded.status != links.FOLDED or not folded.into:
            continue
        kept = next(link for link in known.links if link.id == folded.into)
        for side in Side:
            place = (side, folded.record(side))
            stored = known.world.systems[side].records.get(place[1])
            twin = known.world.systems[side].records.get(kept.record(side))
            if stored is None or stored.is_archived or place in bound:
                continue
            if twin is None or twin.is_archived or twin.id == stored.id:
                continue
            if could_be_held(known, side, stored.values):
                continue
            if not any((item.side, item.record) == place and item.status == "open"
                       for item in known.apart):  # fmt: skip
                told = f"{side.value} {place[1]} lost its partner by a merge and nobody is told"
                known.world.history.violate("I5", told)
