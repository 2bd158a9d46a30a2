"""Guards: which counts of a plan stop which part of it (I17, R18).

Takes what a plan would do to one pair and the limits; gives trips. Pure: the same counts always
give the same trips. Small numbers are no accident a guard can tell from a day's work, so each share
counts from a floor on, named here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from daemon.core.values import Side

LINKED_FROM = 20
"""Linked records from which a share of deletes means something."""
CREATES_FROM = 50
"""Creates up to this many are a day's work however few records are linked."""
UPDATES_FROM = 50
"""Changed records from which a burst is one."""
BLANKS_FROM = 10
"""Emptied fields from which a burst is one: one of ten is an edit, not a wiped column."""
DECIDED_FROM = 20
"""Decided records from which a share of failures means something (R18)."""


class Scope(StrEnum):
    """What a tripped guard stops; everything else goes on (R18)."""

    PAIR = "pair"
    CREATES = "creates"
    DELETES = "deletes"
    FIELD = "field"
    LINK = "link"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trip:
    """A guard that stops what lies in its scope."""

    pair: str
    guard: str
    scope: Scope
    subject: str = ""
    """``side.field``, the link's id, or the side; empty where the scope says it all."""
    reason: str
    """What a person reads: the figures and what is allowed."""
    measured: float
    allowed: float

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same trip in the next run."""
        return (self.pair, self.guard, self.subject)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How much is too much; None = the guard is off."""

    shrunk_listing: float | None = 0.10
    delete_share: float | None = 0.05
    delete_count: int | None = 100
    delete_count_day: int | None = 500
    create_burst: float | None = 0.20
    update_burst: float | None = 0.30
    one_value: float | None = 0.20
    blank_burst: float | None = 0.05
    link_storm: int | None = 3
    quarantine_share: float | None = 0.10


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldCount:
    """What a plan does to one field of linked records on one side."""

    blanks: int = 0
    """Records whose value is emptied."""
    filled: int = 0
    """Records that hold a value now, as far as it was counted; never too low."""
    same: int = 0
    """Records that get the one most frequent value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """What a plan would do to one pair, and what it is compared with."""

    pair: str
    linked: int
    is_first: bool = False
    """No plan of it was ever carried out to the end."""
    creates: Mapping[Side, int] = field(default_factory=dict)
    updates: Mapping[Side, int] = field(default_factory=dict)
    """Records that were linked before this plan and change."""
    removals: int = 0
    removed_this_run: int = 0
    removed_today: int = 0
    """Within 24 hours, by runs before and this one."""
    unproven: int = 0
    """Removals of records whose partner is not proven gone."""
    fields: Mapping[tuple[Side, str], FieldCount] = field(default_factory=dict)
    decided: int = 0
    failed: int = 0


def tripped(counts: Counts, limits: Limits) -> tuple[Trip, ...]:
    """Return the trips of one pair's part of a plan."""
    return (
        *_deletes(counts, limits),
        *_creates(counts, limits),
        *_updates(counts, limits),
        *_fields(counts, limits),
        *failures(counts, limits),
    )


def _deletes(counts: Counts, limits: Limits) -> Iterator[Trip]:
    planned, share = counts.removals, limits.delete_share
    if counts.unproven:
        yield _stop(counts, "delete_proof", Scope.DELETES, "",
                    f"{counts.unproven} deletes would follow records that are not proven gone.",
                    counts.unproven, 0)  # fmt: skip
    if share is not None and counts.linked >= LINKED_FROM and planned > share * counts.linked:
        allowed = int(share * counts.linked)
        yield _stop(counts, "delete_share", Scope.DELETES, "",
                    f"{planned} of {counts.linked} linked records would be deleted; "
                    f"{share:.0%}, that is {allowed}, may be.", planned, allowed)  # fmt: skip
    a_run, a_day = planned + counts.removed_this_run, planned + counts.removed_today
    most, most_a_day = limits.delete_count, limits.delete_count_day
    if planned and most is not None and a_run > most:
        yield _stop(counts, "delete_count", Scope.DELETES, "run",
                    f"{a_run} records would be deleted in one run; {most} may be.",
                    a_run, most)  # fmt: skip
    if planned and most_a_day is not None and a_day > most_a_day:
        yield _stop(counts, "delete_count", Scope.DELETES, "day",
                    f"{a_day} records would be deleted within 24 hours; {most_a_day} may be.",
                    a_day, most_a_day)  # fmt: skip


def _creates(counts: Counts, limits: Limits) -> Iterator[Trip]:
    share = limits.create_burst
    if share is None or counts.is_first:
        return
    allowed = max(CREATES_FROM, int(share * counts.linked))
    for side, planned in sorted(counts.creates.items()):
        if planned > allowed:
            yield _stop(counts, "create_burst", Scope.CREATES, side.value,
                        f"{planned} records would be created on the {side.value} side beside "
                        f"{counts.linked} linked ones; {allowed} may be. A changed key or a lost "
                        "link table looks like this.", planned, allowed)  # fmt: skip


def _updates(counts: Counts, limits: Limits) -> Iterator[Trip]:
    share = limits.update_burst
    if share is None or counts.is_first:
        return
    allowed = max(UPDATES_FROM - 1, int(share * counts.linked))
    for side, planned in sorted(counts.updates.items()):
        if planned > allowed:
            yield _stop(counts, "update_burst", Scope.PAIR, side.value,
                        f"{planned} of {counts.linked} linked records would change on the "
                        f"{side.value} side; {allowed} may.", planned, allowed)  # fmt: skip


def _fields(counts: Counts, limits: Limits) -> Iterator[Trip]:
    for (side, name), count in sorted(counts.fields.items()):
        if not counts.is_first:
            yield from _one_value(counts, limits.one_value, f"{side.value}.{name}", count)
        yield from _blanks(counts, limits.blank_burst, f"{side.value}.{name}", count)


def _one_value(
    counts: Counts, share: float | None, subject: str, count: FieldCount
) -> Iterator[Trip]:
    if share is None:
        return
    allowed = max(UPDATES_FROM - 1, int(share * counts.linked))
    if count.same > allowed:
        yield _stop(counts, "update_burst", Scope.PAIR, subject,
                    f"{subject} would get one and the same value in {count.same} of "
                    f"{counts.linked} linked records; {allowed} may.",
                    count.same, allowed)  # fmt: skip


def _blanks(counts: Counts, share: float | None, subject: str, count: FieldCount) -> Iterator[Trip]:
    if share is None:
        return
    allowed = max(BLANKS_FROM - 1, int(share * count.filled))
    if count.blanks > allowed:
        yield _stop(counts, "blank_burst", Scope.FIELD, subject,
                    f"{subject} would be emptied in {count.blanks} records; {allowed} may be.",
                    count.blanks, allowed)  # fmt: skip


def failures(counts: Counts, limits: Limits) -> Iterator[Trip]:
    """Yield the trip of a run in which too much fails; a first run only shows what was bad."""
    share = limits.quarantine_share
    if share is None or counts.is_first or counts.decided < DECIDED_FROM:
        return
    allowed = int(share * counts.decided)
    if counts.failed > share * counts.decided:
        yield _stop(counts, "quarantine_share", Scope.PAIR, "",
                    f"{counts.failed} of {counts.decided} records failed in one run; "
                    f"{share:.0%}, that is {allowed}, may.", counts.failed, allowed)  # fmt: skip


def shrunk(pair: str, side: Side, *, former: int, lacking: int, limits: Limits) -> Trip | None:
    """Return the trip of a listing that lacks too many of the records known before."""
    share = limits.shrunk_listing
    if share is None or former < LINKED_FROM or lacking <= share * former:
        return None
    allowed = int(share * former)
    return Trip(
        pair=pair,
        guard="shrunk_listing",
        scope=Scope.DELETES,
        subject=side.value,
        reason=f"{lacking} of {former} records known on the {side.value} side are not in its "
        f"listing any more; {allowed} may be. The listing counts as incomplete.",
        measured=lacking,
        allowed=allowed,
    )


ANSWERS_FOR_RETURN = 2
"""Answers in a row that a link may have for each write with a value that returns: a new value each
time can be people's work on both sides, and takes longer to tell."""


def storm(pair: str, link: str, *, writes: int, returns: int, limits: Limits) -> Trip | None:
    """Return the trip of a link whose values go to and fro (*returns* counts A→B→A)."""
    most = limits.link_storm
    if most is None or not returns or writes <= most:
        return None
    return Trip(
        pair=pair,
        guard="link_storm",
        scope=Scope.LINK,
        subject=link,
        reason=f"the records of link {link} would be written for the {writes}th time in ten "
        f"minutes, and {returns} times with a value they had before; {most} may be. Two systems "
        "that answer each other look like this.",
        measured=writes,
        allowed=most,
    )


def answered(pair: str, link: str, *, answers: int, limits: Limits) -> Trip | None:
    """Return the trip of a link in which write after write is answered with another value."""
    most = limits.link_storm and limits.link_storm * ANSWERS_FOR_RETURN
    if not most or answers <= most:
        return None
    return Trip(
        pair=pair,
        guard="link_storm",
        scope=Scope.LINK,
        subject=link,
        reason=f"a field of link {link} was written again and again within a day, and {answers} "
        f"times in a row another value stood there before the next write; {most} may be. Two "
        "systems that answer each other look like this.",
        measured=answers,
        allowed=most,
    )


def _stop(
    counts: Counts,
    guard: str,
    scope: Scope,
    subject: str,
    reason: str,
    measured: int,
    allowed: int,
) -> Trip:
    return Trip(
        pair=counts.pair,
        guard=guard,
        scope=scope,
        subject=subject,
        reason=reason,
        measured=measured,
        allowed=allowed,
    )
