"""Sort pending records by what is to be decided about them, and decide.

A pending record is busy (left for later), gone, linked (reconciled), or unlinked (validated,
matched, created). The order of the tests is the order of ``_consider_one``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daemon.core.filters import Scope
from daemon.core.match import Match, NoMatch, Review, choose
from daemon.core.operation import Clearance
from daemon.core.values import Side
from daemon.flow.busy import Busy, busy_records
from daemon.flow.comply import look_at_linked, look_at_new
from daemon.flow.decide import (
    Linked,
    PagePlan,
    Times,
    check,
    create,
    decide_link,
    findings_apart,
    keep_decision,
    without_vain,
)
from daemon.flow.filtered import leave_out, scope_here, scope_of_record
from daemon.flow.folded import consider_folded, inherit
from daemon.flow.gone import Widowed, bring_back, consider_gone
from daemon.flow.kin import (
    Holders,
    Keys,
    across,
    has_stronger_rival,
    hits_of,
    is_another,
    rival_keys,
)
from daemon.flow.opt_outs import opt_outs_of
from daemon.flow.parts import PairPart, RunPart
from state import keys, links
from state.attention import Apart
from state.forgotten import forgotten
from state.gathering import Gathered, Kin, gather_kin
from state.keeping import FORGOTTEN, SUCCEEDED
from state.links import LinkRow
from state.mirror import SUSPECT, MirrorRow
from state.relations import Circle

Wanted = dict[Side, dict[str, tuple[str, ...]]]
"""Side → record → fields whose change times must be asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Considering:
    """What one pass over a pair's pending records shares."""

    run: RunPart
    pair: PairPart
    claims: dict[tuple[Side, str], str]
    """Records this plan links already, so that nobody is linked twice (R9)."""
    may_create: bool

    def forget_claims(self, made: PagePlan) -> None:
        """Take back the claims of a page that is considered once more."""
        for operation in made.operations:
            for side, record in ((Side.SOURCE, operation.source_id), (Side.CRM, operation.crm_id)):
                self.claims.pop((side, str(record)), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class _One:
    """One pending record and all that is known around it."""

    row: MirrorRow
    side: Side
    clear: Clearance
    known: Gathered
    keys: Keys
    """What it can be recognised by, while it is not linked."""
    kin: Kin
    rivals: Holders
    """Who of this side holds the keys of the candidates."""
    busy: Busy
    times: Times
    forgotten: Mapping[Side, frozenset[str]]
    """Records that we made in a time which the state has forgotten."""

    @property
    def circle(self) -> Circle:
        """Whom it is linked to by way of other syncs."""
        return self.known.circles.get(self.row.id) or Circle()


async def consider(
    work: Considering, side: Side, known: Gathered, times: Times
) -> tuple[PagePlan, Wanted]:
    """Decide a page. Returns the plan, and the change times without which it is not final."""
    made, wanted = PagePlan(), Wanted()
    ends = {one: part.end for one, part in work.pair.ends.items()}
    loose = [row for record, row in known.rows[side].items() if not _is_active(known, record)]
    indexed = {row.id: work.pair.index(side, row.as_record()) for row in loose}
    own_keys = sorted({key for some in indexed.values() for key in some})
    kin = await work.run.state.read(
        gather_kin,
        pair=work.pair.name,
        side=side,
        ends=ends,
        own_keys=own_keys,
        other_keys=[across(work.pair, side, key) for key in own_keys],
        also=sorted({one for circle in known.circles.values() for one in circle.partners}),
    )
    rivals = await work.run.state.read(keys.holders, ends[side], rival_keys(work.pair, side, kin))
    busy = busy_records(work.pair, known.open_intents, known.held_intents)
    lost = await _forgotten(work, loose, indexed)
    for record in sorted(known.revisions):
        row = known.rows[side].get(record)
        clear = Clearance(side=side, id=record, revision=known.revisions[record])
        if row is None:
            made.cleared.append(clear)
            continue
        one = _One(row=row, side=side, clear=clear, known=known, keys=indexed.get(record, ()),
                   kin=kin, rivals=rivals, busy=busy, times=times, forgotten=lost)  # fmt: skip
        _consider_one(work, one, made, wanted)
    return made, wanted


def _is_active(known: Gathered, record: str) -> bool:
    link = known.links.get(record)
    return link is not None and link.status == links.ACTIVE


def _consider_one(work: Considering, one: _One, made: PagePlan, wanted: Wanted) -> None:
    link = one.known.links.get(one.row.id)
    is_linked = link is not None and link.status == links.ACTIVE
    is_busy = one.busy.is_busy(one.side, one.row, work.pair, is_linked=is_linked)
    if is_busy or one.circle.is_awaited:
        made.skipped.append((one.side, "busy"))
    elif (scope := scope_of_record(work.pair, one.known, one.side, one.row)) is not Scope.IN:
        leave_out(work.pair, one.known, one.kin, (one.side, one.row, one.clear), scope, made)
    elif link is not None and _is_current(one, link, made):
        _consider_link(work, one, link, made, wanted)
    elif not one.row.is_live:
        made.cleared.append(one.clear)
        if one.row.presence != SUSPECT:  # who is gone is nobody's task any more
            made.readmitted.append((one.side, one.row.id))
    elif one.row.id in one.known.keepers:
        made.readmitted.append((one.side, one.row.id))
        consider_folded(work.pair, one.known, one.kin, (one.side, one.row, one.clear), made)
    else:
        _consider_loose(work, one, link, made, wanted)


def _is_current(one: _One, link: LinkRow, made: PagePlan) -> bool:
    """Tell whether a link holds; one whose two records are both back is revived with its base."""
    if link.status == links.ACTIVE:
        return True
    opposite = link.record(one.side.other)
    other = one.known.rows[one.side.other].get(opposite)
    newest = one.known.opposite_links.get(opposite)
    if not (one.row.is_live and other and other.is_live and newest and newest.id == link.id):
        return False
    made.revived.append(link.id)
    return True


def _consider_link(
    work: Considering, one: _One, link: LinkRow, made: PagePlan, wanted: Wanted
) -> None:
    other = one.known.rows[one.side.other].get(link.record(one.side.other))
    opposite = link.record(one.side.other)
    if one.side is Side.CRM and opposite in one.known.pending_opposite:
        return  # decided with its source record in this same plan
    clears: tuple[Clearance, ...] = (one.clear,)
    if opposite in one.known.pending_opposite:
        revision = one.known.pending_opposite[opposite]
        clears += (Clearance(side=one.side.other, id=opposite, revision=revision),)
    rows = {one.side: one.row, **({one.side.other: other} if other else {})}
    if one.busy.is_taken(one.side.other, opposite):
        made.skipped.append((one.side, "busy"))
    elif any(row.presence == SUSPECT for row in rows.values()):
        made.cleared += clears
    elif other is None or not other.is_live or not one.row.is_live:
        if not inherit(one.known, link, rows, clears, made):
            consider_gone(work.pair, link, rows, clears, made, may_create=work.may_create)
    else:
        found = Linked(link=link, rows=rows)
        _reconcile(work, one, found, clears, made, wanted)


def _reconcile(
    work: Considering,
    one: _One,
    found: Linked,
    clears: tuple[Clearance, ...],
    made: PagePlan,
    wanted: Wanted,
) -> None:
    findings = check(work.pair, Side.SOURCE, found.rows[Side.SOURCE])
    apart, is_out, held = findings_apart(work.pair, Side.SOURCE, findings)
    if not found.is_new:  # a record just matched was judged on its own
        made.judged.append((Side.SOURCE, not apart))
        made.found += [(Side.SOURCE, finding) for finding in findings]
    made.readmitted += [(clear.side, clear.id) for clear in clears]
    if is_out and found.is_new:
        made.apart += apart
        # Its partner to be waits with it, lest it is forgotten when the faulty record goes (R1).
        made.cleared += [clear for clear in clears if clear.side is Side.SOURCE]
        return  # once linked, only the faulty field is held back: the link says who it is
    held |= look_at_linked(work.pair, found.rows, made)
    decision = decide_link(
        work.pair, found, times=one.times, verdicts=one.known.verdicts, held=held
    )
    decision, held_back = without_vain(found, decision, one.known.vain)
    for side, names in decision.wanted_times.items():
        wanted.setdefault(side, {})[found.rows[side].id] = names
    made.apart += apart + held_back
    keep_decision(made, work.pair, found, decision, clears)
    if not any(decision.copies.values()) and not found.is_new:
        made.skipped.append((one.side, "conflict" if decision.open else "equal"))


def _consider_loose(
    work: Considering, one: _One, link: LinkRow | None, made: PagePlan, wanted: Wanted
) -> None:
    if (one.side, one.row.id) in work.claims:
        return  # linked by this plan already; what was set apart on the way stays so
    made.readmitted.append((one.side, one.row.id))
    findings = check(work.pair, one.side, one.row)
    apart, is_out, held = findings_apart(work.pair, one.side, findings)
    made.judged.append((one.side, not apart))
    made.found += [(one.side, finding) for finding in findings]
    if is_out and one.side is Side.SOURCE:
        made.apart += apart
        _clear_after_opt_outs(work.pair, one, made)
        return
    verdict = choose(
        one.side,
        one.row.values,
        hits_of(work.pair, one.side, (one.row.id, one.keys), one.kin, one.circle.partners),
        work.pair.name_rules,
        work.pair.email_rules,
        work.pair.region,
    )
    match verdict:
        case Match(id=found, how=how):
            _link(work, one, found, how, made, wanted)
        case Review(rule=rule, message=message):
            _set_aside(work, one, rule, message, made)
        case NoMatch() if one.row.id in one.known.successors:
            after = one.known.successors[one.row.id]
            _set_aside(work, one, SUCCEEDED, f"it was gone and lives on as {after}, and now both "
                       "are there; merge them, or delete one.", made)  # fmt: skip
        case NoMatch() if why := _why_not_made(one):
            _set_aside(work, one, FORGOTTEN, why, made)
        case NoMatch():
            _make(work, one, link, apart, held, is_out=is_out, made=made)


async def _forgotten(
    work: Considering, loose: Sequence[MirrorRow], indexed: Mapping[str, Keys]
) -> Mapping[Side, frozenset[str]]:
    """Return what a restored state has forgotten, where a record of this page could be of it."""
    ours = f"{work.run.instance}-"
    if not any((row.external_id or "").startswith(ours) or not indexed[row.id] for row in loose):
        return {one: frozenset() for one in Side}
    ends = {one: part.end for one, part in work.pair.ends.items()}
    return await work.run.state.read(forgotten, ends=ends, instance=work.run.instance)


def _why_not_made(one: _One) -> str:
    """Say why a record that nobody matches may have its partner already (fault 13)."""
    if one.row.id in one.forgotten[one.side]:
        return (
            "it was made by a sync before the state was restored, and nothing shows for whom; "
            "give it and its partner the same key, or delete it."
        )
    others = len(one.forgotten[one.side.other])
    if others and not one.keys:
        return (
            f"it has no key to be found by, and {others} records over there were made before the "
            "state was restored: one may be its own; give it a key, or delete those."
        )
    return ""


def _link(
    work: Considering, one: _One, found: str, how: str, made: PagePlan, wanted: Wanted
) -> None:
    own, other = (one.side, one.row.id), (one.side.other, found)
    rivals = (one.kin.rows[found], how, one.rivals)
    if other in work.claims or has_stronger_rival(work.pair, one.side, one.row.id, *rivals):
        _set_aside(
            work,
            one,
            "ambiguous_match",
            f"its {how} leads to a record that another one here matches more strongly; "
            "merge them or make them differ.",
            made,
        )
        return
    if one.busy.is_taken(one.side.other, found):
        made.skipped.append((one.side, "busy"))
        return
    scope = scope_here(work.pair, one.side.other, one.kin.rows[found])
    if scope is not Scope.IN:
        made.cleared.append(one.clear)
        made.skipped.append((one.side, scope.value))
        return
    if work.pair.pair.match.found.value == "skip":
        made.cleared.append(one.clear)
        made.skipped.append((one.side, "found"))
        return
    work.claims[own], work.claims[other] = found, one.row.id
    ids = {one.side: one.row.id, one.side.other: found}
    link = LinkRow(
        id=work.run.entity_id(),
        pair=work.pair.name,
        source_id=ids[Side.SOURCE],
        crm_id=ids[Side.CRM],
        status=links.ACTIVE,
        how=how,
        base={},
    )
    rows = {one.side: one.row, one.side.other: one.kin.rows[found]}
    revision = one.kin.rows[found].revision
    clears = (one.clear, Clearance(side=one.side.other, id=found, revision=revision))
    _reconcile(work, one, Linked(link=link, rows=rows, is_new=True), clears, made, wanted)


def _set_aside(work: Considering, one: _One, rule: str, message: str, made: PagePlan) -> None:
    """Leave a record to a person; on a side whose records are not created it is nobody's task."""
    _clear_after_opt_outs(work.pair, one, made)
    if not _may_make(work.pair, one.side) and one.side is Side.CRM:
        made.skipped.append((one.side, rule))
        return
    made.apart.append(
        Apart(pair=work.pair.name, side=one.side, record=one.row.id, rule=rule, message=message)
    )


def _clear_after_opt_outs(pair: PairPart, one: _One, made: PagePlan) -> None:
    """Take a record that is set apart off the list, once its opt-out is where it belongs (R15)."""
    carried = opt_outs_of(pair, one.side, one.row, one.kin, one.clear)
    made.operations += carried
    if not carried:
        made.cleared.append(one.clear)


def _may_make(pair: PairPart, side: Side) -> bool:
    """Tell whether records of *side* may be created on the other one (R10)."""
    scope = pair.settings.create
    return scope.crm if side is Side.SOURCE else scope.source


def _make(
    work: Considering,
    one: _One,
    link: LinkRow | None,
    apart: list[Apart],
    held: frozenset[str],
    *,
    is_out: bool,
    made: PagePlan,
) -> None:
    """Plan the partner of a record nobody matches."""
    direction = work.pair.settings.direction
    if link is not None and link.status == links.REMOVED[one.side.other]:
        back = Widowed(link=link, row=one.row, side=one.side, gone=None, clears=(one.clear,))
        bring_back(work.pair, back, (), made, may_create=work.may_create)  # it was restored
    elif not _may_make(work.pair, one.side) or not direction.writes_to(one.side.other):
        made.cleared.append(one.clear)
        made.skipped.append((one.side, "not_created_there"))
    elif is_out:
        made.apart += apart
        made.cleared.append(one.clear)
    elif link is not None and not is_another(work.pair, one.side, one.row, link):
        made.cleared.append(one.clear)
        made.skipped.append((one.side, "unlinked"))  # a tombstone: R14
    elif not work.may_create:
        made.skipped.append((one.side, "listing_incomplete"))  # stays pending: R5
    else:
        made.apart += apart
        _make_partner(work.pair, one, held, made)


def _make_partner(pair: PairPart, one: _One, held: frozenset[str], made: PagePlan) -> None:
    is_barred, judged = look_at_new(pair, one.side, one.row, made)
    operation, more = create(pair, one.side, one.row, held | judged, one.clear)
    made.apart += more
    if is_barred:
        _clear_after_opt_outs(pair, one, made)
        made.skipped.append((one.side, "compliance"))
    elif operation is None:
        made.cleared.append(one.clear)
        made.skipped.append((one.side, "nothing_to_write"))
    else:
        made.operations.append(operation)
