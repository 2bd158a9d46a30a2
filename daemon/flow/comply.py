"""Compliance in the plan: judge a record before it is written, and hold what may not go on.

Takes a pair and the rows of one person; gives a judgement and what is held for it. Promises: an
opt-out is never held, in either direction (R15); a record that cannot be judged is judged as
strictly as one that tells nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from config.consent import Compliance, OnViolation, Purpose
from config.regulations import regulations
from daemon.core.compliance.finding import Finding, Judgement
from daemon.core.compliance.judge import judge
from daemon.core.compliance.jurisdiction import Book
from daemon.core.compliance.person import Person
from daemon.core.compliance.reading import FACTS, read_person
from daemon.core.compliance.words import ConsentStatus, Question, Severity
from daemon.core.consent import is_opt_out, is_opted_out
from daemon.core.field_names import did_you_mean, plain_name
from daemon.core.field_rules import FieldMap, FieldRule
from daemon.core.schema import Schema
from daemon.core.values import FieldKind, Side, Value
from state.attention import Apart
from state.mirror import MirrorRow

if TYPE_CHECKING:
    from daemon.flow.decide import PagePlan
    from daemon.flow.parts import PairPart

RULE = "compliance_"
"""Begins the reason in quarantine; the rule of the finding follows."""

Names = Mapping[Side, Mapping[str, tuple[str, ...]]]
"""Side → fact → fields that tell it, the surest first."""

_BY_MEANING = {"country": "country", "state": "state", "birthday": "birthday"}
"""Canonical field → the fact it is."""


class UnknownColumn(ValueError):
    """``compliance: {columns}`` names a column that the source does not have."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """What the records of one pair are judged by, the same for a whole run."""

    settings: Compliance
    book: Book
    names: Names
    at: datetime

    def fields(self, side: Side) -> frozenset[str]:
        """Return the fields that have to be read on a side, mapped or not."""
        return frozenset(name for names in self.names[side].values() for name in names)


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """One judged record."""

    pair: str
    side: Side
    record: str
    judgement: Judgement
    bar: Finding | None = None
    """Why the record is held; None where it goes on."""
    is_muted: bool = False
    """It goes on, but no field that allows a message does."""


def gate_of(
    settings: Compliance | None, mapping: FieldMap, schemas: Mapping[Side, Schema], at: datetime
) -> Gate | None:
    """Return what people are judged by; None where compliance is off. Raises UnknownColumn."""
    if settings is None:
        return None
    names = fact_names(settings, mapping, schemas)
    return Gate(settings=settings, book=regulations(), names=names, at=at)


def fact_names(settings: Compliance, mapping: FieldMap, schemas: Mapping[Side, Schema]) -> Names:
    """Return which fields tell which fact. Raises UnknownColumn."""
    columns = schemas[Side.SOURCE].fields
    for fact, column in settings.columns.items():
        if column not in columns:
            hint = did_you_mean(column, columns)
            raise UnknownColumn(
                f"`compliance: {{columns: {{{fact}: {column}}}}}` names no column of the source. "
                f"{hint or 'Correct it, or leave it out.'}"
            )
    return {side: _names(settings, mapping, schemas[side], side) for side in Side}


def _names(
    settings: Compliance, mapping: FieldMap, schema: Schema, side: Side
) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for fact, column in settings.columns.items():
        if side is Side.SOURCE:
            found.setdefault(fact, []).append(column)
        else:
            told = [rule.crm for rule in mapping.rules if rule.source == column]
            found.setdefault(fact, []).extend(told)
    for rule in mapping.rules:
        if fact := _meaning(rule):
            found.setdefault(fact, []).append(rule.name(side))
    facts = {plain_name(fact): fact for fact in FACTS}
    for name in schema.fields:
        if (own := facts.get(plain_name(name))) and own not in settings.columns:
            found.setdefault(own, []).append(name)
    return {fact: tuple(dict.fromkeys(names)) for fact, names in found.items() if names}


def _meaning(rule: FieldRule) -> str:
    """Return the fact that a mapped field tells by what it stands for, or ""."""
    if is_opt_out(rule):
        return "opt_out"
    return "phone" if rule.kind is FieldKind.PHONE else _BY_MEANING.get(rule.canonical, "")


def look(pair: "PairPart", side: Side, rows: Mapping[Side, MirrorRow]) -> Looked | None:
    """Judge the person of *rows*, a record of *side* and its partner; None where nobody asked."""
    gate = pair.gate
    if gate is None:
        return None
    settings = gate.settings
    judgement = judge(
        _person(gate, side, rows, pair.region),
        gate.book,
        channels=settings.channels,
        at=gate.at,
        assumed=settings.markets,
        region=pair.region,
    )
    can_bar = settings.on_violation is OnViolation.BLOCK
    store = _blocking(judgement, Question.STORE)
    message = _blocking(judgement, Question.MESSAGE)
    is_marketing = settings.purpose is Purpose.MARKETING
    return Looked(
        pair=pair.name,
        side=side,
        record=rows[side].id,
        judgement=judgement,
        bar=(store or (message if is_marketing else None)) if can_bar else None,
        is_muted=can_bar and not is_marketing and store is None and message is not None,
    )


def _blocking(judgement: Judgement, question: Question) -> Finding | None:
    findings = judgement.on(question)
    return findings[0] if findings and findings[0].severity is Severity.BLOCK else None


def _person(gate: Gate, side: Side, rows: Mapping[Side, MirrorRow], region: str | None) -> Person:
    """Return the facts of a person: of the record itself first, then of its partner.

    An opt-out, an objection or a request on either side is one.
    """
    order = [side, *(one for one in rows if one is not side)]
    facts = {fact: _told(gate, fact, order, rows) for fact in FACTS}
    person = read_person(facts, region=region)
    settings, consent = gate.settings, person.consent
    if not consent.channels and len(settings.channels) == 1 and not _is_refusal(consent.status):
        told = facts["consent_channels"]
        own = frozenset(settings.channels) if told is None else consent.channels
        person = replace(person, consent=replace(consent, channels=own))
    if person.lawful_basis is None and "lawful_basis" not in person.unread:
        person = replace(person, lawful_basis=settings.lawful_basis)
    return person


def _is_refusal(status: ConsentStatus) -> bool:
    """Tell whether a status is a refusal, which without a channel is one of all channels."""
    return status in {ConsentStatus.WITHDRAWN, ConsentStatus.DENIED}


_AGAINST = frozenset({"opt_out", "objection", "erasure_request", "sale_opt_out", "minor"})
"""Facts that count wherever they stand."""


def _told(gate: Gate, fact: str, order: list[Side], rows: Mapping[Side, MirrorRow]) -> Value:
    """Return the first filled value that tells a fact; of one that counts anywhere, the yes."""
    filled: list[Value] = [
        value
        for one in order
        for name in gate.names[one].get(fact, ())
        if (value := rows[one].values.get(name)) not in (None, "", ())
    ]
    against = [value for value in filled if is_opted_out(value)] if fact in _AGAINST else []
    return next(iter(against or filled), None)


def look_at_new(
    pair: "PairPart", side: Side, row: MirrorRow, made: "PagePlan"
) -> tuple[bool, frozenset[str]]:
    """Judge a record whose partner would be made; return whether it is held, and which fields."""
    looked = look(pair, side, {side: row})
    if looked is None:
        return False, frozenset()
    made.looked.append(looked)
    made.apart += apart_of(looked, is_linked=False)
    return looked.bar is not None, held_by(pair, looked, {side: row})


def look_at_linked(
    pair: "PairPart", rows: Mapping[Side, MirrorRow], made: "PagePlan"
) -> frozenset[str]:
    """Judge two linked records as one person; return which source fields are held."""
    looked = look(pair, Side.SOURCE, rows)
    if looked is None:
        return frozenset()
    made.looked.append(looked)
    made.apart += apart_of(looked, is_linked=True)
    return held_by(pair, looked, rows)


def apart_of(looked: Looked, *, is_linked: bool) -> Iterator[Apart]:
    """Give the quarantine entry of a record that is held."""
    if looked.bar is None:
        return
    bar = looked.bar
    mark = " (confirm this rule before relying on it)" if bar.verify else ""
    what = "its changes do not go on" if is_linked else "it is not made there"
    article = f" [{bar.article}]{mark}" if bar.article else ""
    yield Apart(
        pair=looked.pair,
        side=looked.side,
        record=looked.record,
        rule=f"{RULE}{bar.rule}",
        message=f"{bar.message}{article}; {what}. To go on: {bar.remedy}.",
    )


def held_by(pair: "PairPart", looked: Looked, rows: Mapping[Side, MirrorRow]) -> frozenset[str]:
    """Return the source fields that are held: all, or what would allow a message.

    An opt-out field goes on as soon as either side says out: holding it would hold the opt-out.
    """
    if looked.bar is None and not looked.is_muted:
        return frozenset()
    return frozenset(
        rule.source
        for rule in pair.mapping.rules
        if (
            not any(is_opted_out(row.values.get(rule.name(side))) for side, row in rows.items())
            if is_opt_out(rule)
            else looked.bar is not None
        )
    )
