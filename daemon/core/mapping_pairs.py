"""Pairing: the rounds in which source fields and CRM fields find each other.

Each round takes only fields that are still free, in sorted order, and pairs two only when neither
has another equally good partner. What an operator asked for and cannot have becomes a problem
with the next step in its message.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from daemon.core.field_names import did_you_mean, likeness, plain_name
from daemon.core.field_rules import Direction, How, MappingProblem, Override
from daemon.core.schema import Field, Schema
from daemon.core.values import FieldKind, Side

ALIKE = 0.9
"""Least likeness at which two names are paired without being asked; "Adress" and "Address" pass,
"state" and "status" do not."""
SYNONYM_SCORE = 0.95
"""Both names are known words for one thing: nearly as sure as the same name."""


@dataclass(frozen=True, order=True)
class Pair:
    """Two fields that found each other."""

    source: str
    crm: str
    canonical: str
    direction: Direction
    how: How
    score: float


@dataclass(kw_only=True)
class Pairing:
    """The state of the rounds: who is paired, and what could not be done."""

    source: Schema
    crm: Schema
    standard: Mapping[str, str]
    source_standard: Mapping[str, str]
    synonyms: Mapping[str, Sequence[str]]
    direction: Direction
    exclude: frozenset[str]
    pairs: list[Pair] = field(default_factory=list)
    problems: list[MappingProblem] = field(default_factory=list)
    _canonical: Mapping[str, str] = field(init=False)
    _rank: Mapping[str, int] = field(init=False)
    _declared: Mapping[Side, Mapping[str, str]] = field(init=False)
    _meanings: Mapping[Side, Mapping[str, str]] = field(init=False)
    _free_source: set[str] = field(init=False)
    _free_crm: set[str] = field(init=False)

    def __post_init__(self) -> None:
        spellings = sorted(
            (plain_name(spelling), rank, canonical)
            for canonical, others in self.synonyms.items()
            for rank, spelling in enumerate((canonical, *others))
        )
        self._canonical = {plain: canonical for plain, _, canonical in reversed(spellings)}
        self._rank = {plain: rank for plain, rank, _ in reversed(spellings)}
        self._declared = {
            Side.SOURCE: self._in_our_words(self.source_standard),
            Side.CRM: self._in_our_words(self.standard),
        }
        self._meanings = {side: self._read_meanings(side) for side in Side}
        self._free_source = self._automatic(self.source, Side.SOURCE)
        self._free_crm = self._automatic(self.crm, Side.CRM)

    def _automatic(self, schema: Schema, side: Side) -> set[str]:
        """Return the fields that may be paired unasked.

        Not the excluded ones; not those the direction would have to write and cannot; and no
        references, because an id of one account means nothing in another.
        """
        return {
            name
            for name, definition in schema.fields.items()
            if name not in self.exclude
            and definition.kind is not FieldKind.REFERENCE
            and (definition.is_writable or not self.direction.writes_to(side))
        }

    def _pair(self, source: str, crm: str, canonical: str, how: How, score: float) -> None:
        self._add(Pair(source, crm, canonical, self.direction, how, round(score, 3)))

    def _add(self, pair: Pair) -> None:
        self.pairs.append(pair)
        self._free_source.discard(pair.source)
        self._free_crm.discard(pair.crm)

    def _refuse(self, code: str, name: str, message: str) -> None:
        self.problems.append(MappingProblem(code=code, name=name, message=message))

    def by_override(self, overrides: Mapping[str, Override | None]) -> None:
        """Pair what the operator paired; keep out what the operator kept out."""
        for name in sorted(overrides):
            override = overrides[name]
            if name not in self.source:
                hint = did_you_mean(name, self.source.fields)
                self._refuse(
                    "unknown_source", name, f"fields: the source has no column {name!r}{hint}"
                )
            elif override is None:
                self._free_source.discard(name)
            else:
                self._override(name, override)

    def _override(self, name: str, override: Override) -> None:
        self._free_source.discard(name)
        if override.to not in self.crm:
            known = [*self.crm.fields, *self.standard]
            hint = did_you_mean(override.to, known)
            message = f"fields: {name!r} goes to {override.to!r}, which the CRM does not have{hint}"
            self._refuse("unknown_crm", override.to, message)
            return
        taken = next((pair.source for pair in self.pairs if pair.crm == override.to), None)
        if taken is not None:
            message = f"fields: {taken!r} and {name!r} both go to {override.to!r}; keep one"
            self._refuse("taken", name, message)
            return
        direction = self._direction(name, override)
        if direction is not None:
            canonical = self._meaning(name, override.to)
            self._add(Pair(name, override.to, canonical, direction, How.OVERRIDE, 1.0))

    def _direction(self, name: str, override: Override) -> Direction | None:
        """Return the way an override's values may travel; a read-only end narrows it."""
        wanted = override.direction or self.direction
        if not self.direction.covers(wanted):
            message = f"fields: {name!r} asks for {wanted}, the sync only does {self.direction}"
            self._refuse("direction", name, message)
            return None
        narrowed: Direction | None = wanted
        for end, side in ((self.source[name], Side.SOURCE), (self.crm[override.to], Side.CRM)):
            if not end.is_writable and wanted.writes_to(side):
                narrowed = self._narrowed(narrowed, side, is_asked=override.direction is not None)
        if narrowed is None:
            message = (
                f"fields: {name!r} to {override.to!r} with direction {wanted} would write a"
                " read-only field; give it the direction that only reads it, or leave it out"
            )
            self._refuse("read_only", name, message)
        return narrowed

    @staticmethod
    def _narrowed(wanted: Direction | None, side: Side, *, is_asked: bool) -> Direction | None:
        if wanted is not Direction.BOTH or is_asked:
            return None
        return Direction.PULL if side is Side.CRM else Direction.PUSH

    def by_canonical_name(self) -> None:
        """Pair fields that both stand for the same canonical name."""
        for canonical in sorted(self._canonicals()):
            sources = self._standing_for(canonical, Side.SOURCE)
            fields = self._standing_for(canonical, Side.CRM)
            if len(sources) == 1 and len(fields) == 1:
                is_standard = self._declared[Side.CRM].get(canonical) == fields[0]
                score = 1.0 if is_standard else SYNONYM_SCORE
                self._pair(sources[0], fields[0], canonical, How.STANDARD, score)
            elif len(sources) > 1 and fields:
                self._ambiguous(canonical, sources)

    def _ambiguous(self, canonical: str, sources: Sequence[str]) -> None:
        columns = ", ".join(map(repr, sources))
        message = (
            f"the columns {columns} could each be {canonical}; say which under fields,"
            " and set the others to null"
        )
        self._refuse("ambiguous", canonical, message)
        self._free_source.difference_update(sources)

    def _canonicals(self) -> set[str]:
        return {*self.synonyms, *self._declared[Side.SOURCE], *self._declared[Side.CRM]}

    def _standing_for(self, canonical: str, side: Side) -> list[str]:
        """Return the best free fields that stand for *canonical*: one, or equally good ones."""
        schema, free = self._end(side)
        declared = self._declared[side].get(canonical)
        if declared is not None and declared in schema:
            return [declared] if declared in free else []
        ranked: dict[int, list[str]] = {}
        for name in sorted(free):
            if self._meanings[side].get(name) == canonical:
                ranked.setdefault(self._name_rank(schema[name]), []).append(name)
        return ranked[min(ranked)] if ranked else []

    def _name_rank(self, definition: Field) -> int:
        """Return how near a field's name, else its label, is to the canonical name; 0 is best."""
        plain, label = plain_name(definition.name), plain_name(definition.label)
        if plain in self._rank:
            return self._rank[plain]
        return len(self._rank) + self._rank.get(label, 0)

    def _end(self, side: Side) -> tuple[Schema, set[str]]:
        if side is Side.SOURCE:
            return self.source, self._free_source
        return self.crm, self._free_crm

    def _in_our_words(self, table: Mapping[str, str]) -> Mapping[str, str]:
        """Return a vendor's standard table, its canonical names in the words of the synonyms."""
        return {
            self._canonical.get(plain_name(canonical), canonical): name
            for canonical, name in sorted(table.items(), reverse=True)
        }

    def _read_meanings(self, side: Side) -> Mapping[str, str]:
        """Return field → canonical name, for fields that stand for one by name or label."""
        schema = self.source if side is Side.SOURCE else self.crm
        read = {
            name: self._canonical.get(plain_name(name))
            or self._canonical.get(plain_name(definition.label), "")
            for name, definition in schema.fields.items()
        }
        return read | {name: canonical for canonical, name in self._declared[side].items()}

    def _meaning(self, source: str, crm: str) -> str:
        """Return the canonical name of a pair; the CRM's word counts first."""
        return self._meanings[Side.CRM][crm] or self._meanings[Side.SOURCE][source]

    def by_same_name(self) -> None:
        """Pair fields whose names, else whose labels, differ in spelling only."""
        for spell in (_by_name, _by_label):
            sources = _unique(self._free_source, self.source, spell)
            fields = _unique(self._free_crm, self.crm, spell)
            for plain in sorted(sources.keys() & fields.keys()):
                source, crm = sources[plain], fields[plain]
                self._pair(source, crm, self._meaning(source, crm), How.SAME_NAME, 1.0)

    def by_likeness(self) -> None:
        """Pair fields with very similar names when neither has a second candidate."""
        scores = {
            (source, crm): score
            for source in sorted(self._free_source)
            for crm in sorted(self._free_crm)
            if (score := _likeness(self.source[source], self.crm[crm])) >= ALIKE
        }
        for (source, crm), score in scores.items():
            rivals = sum(source == one or crm == other for one, other in scores)
            if rivals == 1:
                self._pair(source, crm, self._meaning(source, crm), How.ALIKE, score)


def _by_name(definition: Field) -> str:
    return plain_name(definition.name)


def _by_label(definition: Field) -> str:
    return plain_name(definition.label)


def _unique(
    names: Iterable[str], schema: Schema, spell: Callable[[Field], str]
) -> Mapping[str, str]:
    """Return plain spelling → name, leaving out spellings that several fields share."""
    found: dict[str, list[str]] = {}
    for name in sorted(names):
        found.setdefault(spell(schema[name]), []).append(name)
    return MappingProxyType(
        {plain: owners[0] for plain, owners in found.items() if plain and len(owners) == 1}
    )


def _likeness(left: Field, right: Field) -> float:
    return max(likeness(left.name, right.name), likeness(left.label, right.label))
