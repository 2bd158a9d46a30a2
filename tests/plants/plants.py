"""The bugs that are planted: where, what, and what a suite that misses them would let pass."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Plant:
    """One bug: a text in a file, and what stands there instead."""

    part: str
    """The part of the code it spoils."""
    what: str
    file: str
    before: str
    """Must stand there exactly once."""
    after: str
    suites: tuple[str, ...] = ("unit", "flow", "state", "simulation", "stories")
    """Who is asked, the quick ones first."""


PLANTS = (
    Plant(
        part="reconcile",
        what="both changed: the source wins and nobody is told",
        file="daemon/core/judge.py",
        before='    if moved == [Side.SOURCE, Side.CRM]:\n        return _conflict(facts, "both_changed")\n',
        after="    if moved == [Side.SOURCE, Side.CRM]:\n        return Take(winner=Side.SOURCE)\n",
    ),
    Plant(
        part="reconcile",
        what="an older value beats a newer one",
        file="daemon/core/evidence.py",
        before="    if source.after >= crm.until + margin:\n        return Side.SOURCE\n",
        after="    if source.after >= crm.until + margin:\n        return Side.CRM\n",
    ),
    Plant(
        part="reconcile",
        what="an unread field counts as empty",
        file="daemon/core/reconcile.py",
        before="        if rule.source in withheld or not all(\n"
        "            rule.name(side) in view[side].values for side in Side\n        ):\n"
        "            continue\n        key = rule_key(rule)\n        known = base.get(key)\n"
        "        facts = Facts(\n            rule=rule,\n            terms=terms,\n"
        "            value={side: view[side].values[rule.name(side)] for side in Side},\n",
        after="        if rule.source in withheld:\n"
        "            continue\n        key = rule_key(rule)\n        known = base.get(key)\n"
        "        facts = Facts(\n            rule=rule,\n            terms=terms,\n"
        "            value={side: view[side].values.get(rule.name(side)) for side in Side},\n",
    ),
    Plant(
        part="intents",
        what="an outcome overwrites one that was settled before",
        file="state/intents.py",
        before="    where = and_(_INTENT.c.id == intent, _INTENT.c.state.in_(OPEN))\n",
        after="    where = _INTENT.c.id == intent\n",
    ),
    Plant(
        part="intents",
        what="the request leaves before its intent is stored",
        file="daemon/flow/send.py",
        before="    await run.state.write(intents.open_all, rows)\n",
        after="    run.luck.uniform()\n",
    ),
    Plant(
        part="intents",
        what="records with an open intent are not left alone",
        file="daemon/flow/busy.py",
        before="        if (end, row.id) in self.taken:\n            return True\n",
        after="        if (end, row.id) in self.taken:\n            return False\n",
    ),
    Plant(
        part="recover",
        what="a request that may still arrive counts as lost",
        file="daemon/flow/recover.py",
        before="    return run.clock.now() < row.sent_at + LATE + "
        "part.adapter.capabilities.request_time_out\n",
        after="    return False\n",
    ),
    Plant(
        part="recover",
        what="a look that may be late is believed at once",
        file="daemon/flow/recover.py",
        before="    if not capabilities.lookup_lag:\n        return True\n",
        after="    if not capabilities.lookup_lag or True:\n        return True\n",
    ),
    Plant(
        part="recover",
        what="an unknown update counts as done without a look at its values",
        file="daemon/flow/recover.py",
        before="    if record is not None and not record.is_archived and happened(row, record):\n",
        after="    if record is not None and not record.is_archived:\n",
    ),
    Plant(
        part="guards",
        what="a trip parks nothing",
        file="daemon/flow/guard.py",
        before="    for trip in run.tally.trips:\n        await _park(run, made, trip)\n",
        after="    for trip in ():\n        await _park(run, made, trip)\n",
    ),
    Plant(
        part="guards",
        what="many deletes trip nothing where many are linked",
        file="daemon/core/guards.py",
        before="planned > share * counts.linked:",
        after="planned > share * counts.linked * 10:",
    ),
    Plant(
        part="guards",
        what="an opt-out waits with the rest of a held plan",
        file="daemon/flow/park.py",
        before="        for why in sorted(filter(None, counts)) if measure.opt_outs else ():\n",
        after="        for why in ():\n",
    ),
    Plant(
        part="observe",
        what="a listing that broke off counts as whole",
        file="daemon/flow/observe.py",
        before="    if isinstance(ending, Partial):\n",
        after="    if isinstance(ending, Partial) and not count:\n",
    ),
    Plant(
        part="observe",
        what="what a listing lacks is gone, without asking",
        file="daemon/flow/observe.py",
        before="                mirror.note_absence, end, sorted(reading.missing), needed=ABSENCES_NEEDED\n"
        "            )\n            is_whole = is_whole and not _alive_among(reading, some)\n"
        "            is_whole = is_whole and not merges.unanswered(reading, some)\n",
        after="                mirror.note_absence, end, sorted(some), needed=1\n            )\n",
    ),
    Plant(
        part="observe",
        what="the cursor passes what was not read",
        file="daemon/flow/observe.py",
        before="    if covered.is_full_listing_needed or not (again.is_told and news.is_told):\n",
        after="    if covered.is_full_listing_needed:\n",
    ),
    Plant(
        part="settle",
        what="the base holds what was sent, not what came back",
        file="daemon/flow/returned.py",
        before="    if _is_same(copy, value):\n        return Judged(base=_base(copy, value))\n",
        after="    if _is_same(copy, value):\n        return Judged(base=_base(copy, copy.before))\n",
    ),
    Plant(
        part="settle",
        what="an edit that came back with the reply is taken for ours",
        file="daemon/flow/settle.py",
        before="    mirror.enter_pair(connection, pair=pair, side=side, ids=revisions)\n",
        after="    mirror.enter_pair(connection, pair=pair, side=side, ids={})\n",
    ),
    Plant(
        part="settle",
        what="the half of a decision clears what the other half still needs",
        file="daemon/flow/settle.py",
        before="    whole = [one.operation for one in taken if not one.operation.is_half]\n",
        after="    whole = [one.operation for one in taken]\n",
    ),
    Plant(
        part="look",
        what="nobody looks whether the record moved since the plan",
        file="daemon/flow/look.py",
        before="    still = [operation for operation in ready if holds(operation, found)]\n",
        after="    still = [operation for operation in ready if str(operation.target_id) in found]\n",
    ),
    Plant(
        part="deletes",
        what="one absence is proof enough",
        file="state/mirror.py",
        before="ABSENCES_NEEDED = 2\n",
        after="ABSENCES_NEEDED = 1\n",
    ),
    Plant(
        part="deletes",
        what="a delete beats an edit",
        file="daemon/flow/gone.py",
        before="    if edited and pair.settings.edit_vs_delete is EditVersusDelete.KEEP:\n",
        after="    if edited and pair.settings.edit_vs_delete is EditVersusDelete.DELETE:\n",
    ),
)
