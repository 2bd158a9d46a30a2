"""Duplicates of a sync: inside its source, inside its CRM, and across where nobody is linked.

Takes the state as last seen; asks no system and changes nothing, so it may be done beside a
running daemon. Every pair is for a person: linking is the sync's, by its keys, and a CRM's records
are merged by people only (R8, R9).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from daemon.core.schema import decode_schema
from daemon.core.similarity import (
    LEAST,
    Action,
    Feature,
    Forms,
    Reading,
    feature_of,
    judge,
    profile,
)
from daemon.core.similarity.features import MANY
from daemon.core.values import Side
from daemon.use_cases.attend import Answer, NotFound
from state import observations, pairs
from state.database import State
from state.likeness import Alive, live_records, partners
from state.mirror import End
from state.pairs import PairRow

ACROSS = "across"
_OTHER_EMAIL = "other e-mail {}"


class SyncDuplicate(Answer):
    """Two records of a sync that may be one."""

    pair: str
    place: str
    """source, crm: both are there; across: left is in the source, right in the CRM."""
    left: str
    right: str
    left_partner: str
    """Record on the other side that it is linked to; empty = none."""
    right_partner: str
    score: float
    kind: str
    action: str
    """Always review: a person merges, links or lets be."""
    reasons: list[str]


class SyncDuplicates(Answer):
    """The duplicates of a sync."""

    sync: str
    records: dict[str, int]
    """Side → live records that were compared."""
    columns: dict[str, dict[str, str]]
    """Side → field → the feature it was read as."""
    pairs: list[SyncDuplicate]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Side:
    """The records of one side, ready to be compared."""

    ids: list[str]
    profiles: list[Forms]
    partners: Mapping[str, str]
    columns: Mapping[str, Feature]

    def loose(self) -> list[int]:
        """Return the positions of records without a partner."""
        return [at for at, record in enumerate(self.ids) if record not in self.partners]


async def sync_duplicates(
    state: State, *, sync: str, country: str = "", least: float = LEAST
) -> SyncDuplicates:
    """Return the duplicates of a sync. Raises NotFound for one that never ran here."""
    return await state.read(_sync_duplicates, sync, country.upper() or None, least)


def _sync_duplicates(
    connection: Connection, sync: str, region: str | None, least: float
) -> SyncDuplicates:
    known = [pair for pair in pairs.all_pairs(connection) if pair.sync == sync]
    if not known:
        raise NotFound(f"No sync {sync!r} has run here. See them: crmsyncd status")
    found: list[SyncDuplicate] = []
    counts: dict[str, int] = {}
    columns: dict[str, dict[str, str]] = {}
    for pair in known:
        sides = _sides(connection, pair, region)
        for side, read in sides.items():
            counts[side.value] = counts.get(side.value, 0) + len(read.ids)
            columns.setdefault(side.value, {}).update(
                {name: feature.value for name, feature in read.columns.items()}
            )
            found += _inside(pair.name, side, read, least)
        found += _across(pair.name, sides, least)
    return SyncDuplicates(sync=sync, records=counts, columns=columns, pairs=found)


def _sides(connection: Connection, pair: PairRow, region: str | None) -> dict[Side, _Side]:
    linked = partners(connection, pair.name)
    held = {Side.SOURCE: linked, Side.CRM: {crm: source for source, crm in linked.items()}}
    return {side: _side(connection, pair.end(side), held[side], region) for side in Side}


def _side(connection: Connection, end: End, held: Mapping[str, str], region: str | None) -> _Side:
    records = list(live_records(connection, end))
    names = sorted({name for record in records for name in record.values})
    columns = _columns(connection, end, names)
    most = max((len(record.other_emails) for record in records), default=0)
    more = {_OTHER_EMAIL.format(number): Feature.EMAIL for number in range(most)}
    reading = Reading(columns={**columns, **more}, region=region)
    return _Side(
        ids=[record.id for record in records],
        profiles=[profile(_cells(record), reading) for record in records],
        partners=held,
        columns=columns,
    )


def _cells(record: Alive) -> dict[str, object]:
    more = {_OTHER_EMAIL.format(at): email for at, email in enumerate(record.other_emails)}
    return {**record.values, **more}


def _columns(connection: Connection, end: End, names: Sequence[str]) -> dict[str, Feature]:
    """Return what each field tells: by its name, else by its label."""
    definition = observations.get(connection, end).definition
    fields = decode_schema(definition).fields if definition else {}
    found: dict[str, Feature] = {}
    for name in names:
        label = fields[name].label if name in fields else ""
        feature = feature_of(name) or feature_of(label)
        if feature and (feature in MANY or feature not in found.values()):
            found[name] = feature
    return found


def _inside(pair: str, side: Side, read: _Side, least: float) -> list[SyncDuplicate]:
    return [
        SyncDuplicate(
            pair=pair,
            place=side.value,
            left=read.ids[one.left],
            right=read.ids[one.right],
            left_partner=read.partners.get(read.ids[one.left], ""),
            right_partner=read.partners.get(read.ids[one.right], ""),
            score=one.score,
            kind=one.kind.value,
            action=Action.REVIEW.value,
            reasons=list(one.reasons),
        )
        for one in judge(read.profiles, least=least).pairs
    ]


def _across(pair: str, sides: Mapping[Side, _Side], least: float) -> list[SyncDuplicate]:
    source, crm = sides[Side.SOURCE], sides[Side.CRM]
    ours, theirs = source.loose(), crm.loose()
    if not ours or not theirs:
        return []
    compared = [source.profiles[at] for at in ours] + [crm.profiles[at] for at in theirs]
    return [
        SyncDuplicate(
            pair=pair,
            place=ACROSS,
            left=source.ids[ours[one.left]],
            right=crm.ids[theirs[one.right - len(ours)]],
            left_partner="",
            right_partner="",
            score=one.score,
            kind=one.kind.value,
            action=Action.REVIEW.value,
            reasons=list(one.reasons),
        )
        for one in judge(compared, split=len(ours), least=least).pairs
    ]
