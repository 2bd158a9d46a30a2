"""Which record on the other side is the same person or thing (R8, R9): exact keys only.

Takes a record, the keys it holds and who else holds them on either side; gives a match, a reason to
ask a person, or nothing. Never guesses: more than one candidate, on either side, is ambiguous.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from daemon.core.field_rules import FieldMap, FieldRule
from daemon.core.normalize import comparable
from daemon.core.values import FieldKind, Side, Values

ROLE_NAMES = frozenset(
    {
        "abuse",
        "accounts",
        "admin",
        "billing",
        "bonjour",
        "buchhaltung",
        "contact",
        "contacto",
        "contato",
        "enquiries",
        "hello",
        "help",
        "hostmaster",
        "hr",
        "info",
        "invoice",
        "jobs",
        "kontakt",
        "mail",
        "marketing",
        "media",
        "no-reply",
        "noreply",
        "office",
        "orders",
        "postmaster",
        "presse",
        "press",
        "privacy",
        "sales",
        "security",
        "service",
        "shop",
        "support",
        "team",
        "verkauf",
        "webmaster",
    }
)
"""Local parts that belong to a desk, not to a person (RFC 2142 and common practice)."""

EXTERNAL = "external-id"
"""Name of the key that holds our own entity id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """One way to recognise a record: fields that must agree as a whole."""

    word: str
    """What the configuration calls it: ``email``, ``last_name+postcode``."""
    rules: tuple[FieldRule, ...]
    has_phone: bool = field(init=False, compare=False)
    """Whether a region changes what it compares by."""
    _names: Mapping[Side, str] = field(init=False, repr=False, compare=False)
    """Without the region. Made once: they are asked for with every record."""

    def __post_init__(self) -> None:
        """Make what is asked for again and again."""
        names = {
            side: "+".join(f"{rule.kind.value}:{rule.name(side)}" for rule in self.rules)
            for side in Side
        }
        object.__setattr__(self, "_names", names)
        has_phone = any(rule.kind is FieldKind.PHONE for rule in self.rules)
        object.__setattr__(self, "has_phone", has_phone)

    @property
    def is_phone(self) -> bool:
        """Whether it is a single phone number, which alone proves little."""
        return len(self.rules) == 1 and self.rules[0].kind is FieldKind.PHONE

    @property
    def is_email(self) -> bool:
        """Whether it is a single e-mail address."""
        return len(self.rules) == 1 and self.rules[0].kind is FieldKind.EMAIL

    def name(self, side: Side, region: str | None) -> str:
        """Return the name under which this key is indexed on *side*."""
        return f"{self._names[side]}@{region}" if region and self.has_phone else self._names[side]

    def values(self, side: Side, values: Values, region: str | None) -> str | None:
        """Return the comparable key of a record, or None where it lacks a part."""
        parts = []
        for rule in self.rules:
            form = comparable(rule.kind, values.get(rule.name(side)), region)
            if form is None:
                return None
            text = str(form)
            parts.append(text if rule.kind is not FieldKind.TEXT else text.casefold())
        return "\x1f".join(parts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A record on the other side that shares a key."""

    id: str
    values: Values
    linked_to: str | None
    """The record on this side that it is linked to already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyHits:
    """Who holds one key value."""

    key: Key
    candidates: Sequence[Candidate]
    """On the other side."""
    twins: int
    """Other records on this side that hold it and are not linked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NoMatch:
    """Nobody on the other side."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """Exactly one, on both sides."""

    id: str
    how: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """A person decides; ``rule`` says why."""

    rule: str
    message: str


Verdict = NoMatch | Match | Review


def keys_for(
    mapping: FieldMap, wanted: Sequence[Sequence[str]]
) -> tuple[tuple[Key, ...], tuple[str, ...]]:
    """Return the keys that *wanted* names, strongest first, and the names nothing maps.

    A name is a canonical name (``email``), a source column or a CRM field.
    """
    keys, lost = [], []
    for words in wanted:
        rules = [_rule_named(mapping, word) for word in words]
        if all(rules):
            keys.append(Key(word="+".join(words), rules=tuple(rule for rule in rules if rule)))
        else:
            lost += [word for word, rule in zip(words, rules, strict=True) if rule is None]
    return tuple(keys), tuple(lost)


def _rule_named(mapping: FieldMap, word: str) -> FieldRule | None:
    ranked = [
        (rank, rule)
        for rule in mapping.rules
        for rank, name in enumerate((rule.canonical, rule.source, rule.crm))
        if name == word
    ]
    return min(ranked, key=lambda item: item[0])[1] if ranked else None


def index_keys(
    keys: Sequence[Key],
    side: Side,
    values: Values,
    region: str | None,
    *,
    external_id: str | None = None,
    other_emails: Sequence[str] = (),
) -> tuple[tuple[str, str], ...]:
    """Return (key name, comparable value) pairs to index for one record."""
    found: list[tuple[str, str]] = []
    for key in keys:
        value = key.values(side, values, region)
        if value is not None:
            found.append((key.name(side, region), value))
        if key.is_email:
            forms = (comparable(FieldKind.EMAIL, email) for email in other_emails)
            found += [(key.name(side, region), str(form)) for form in forms if form]
    if external_id:
        found.append((EXTERNAL, external_id))
    return tuple(dict.fromkeys(found))


def choose(side: Side, values: Values, hits: Sequence[KeyHits], names: Sequence[FieldRule],
           emails: Sequence[FieldRule], region: str | None) -> Verdict:  # fmt: skip
    """Decide who, if anyone, is the same as a record of *side* holding *values*.

    *hits* come strongest key first; *names* and *emails* are the rules of the name and e-mail
    fields, which weaker keys must not contradict.
    """
    for hit in hits:
        verdict = _by_key(side, values, hit, names, emails, region)
        if verdict is not None:
            return verdict
    return NoMatch()


def _by_key(side: Side, values: Values, hit: KeyHits, names: Sequence[FieldRule],
            emails: Sequence[FieldRule], region: str | None) -> Verdict | None:  # fmt: skip
    likely = [
        candidate
        for candidate in hit.candidates
        if not hit.key.is_phone
        or (_agree(side, values, candidate.values, names, region)
            and not _differ(side, values, candidate.values, emails, region))
    ]  # fmt: skip
    if hit.key.is_phone and (len(hit.candidates) > 1 or hit.twins):
        return None
    if not likely:
        return _twins_review(hit)
    if len(likely) > 1:
        return Review(
            rule="ambiguous_match",
            message=f"{len(likely)} records on the other side share its {hit.key.word}; "
            "merge them there or make one differ.",
        )
    return _single(side, values, hit, likely[0], names, region)


def _twins_review(hit: KeyHits) -> Review | None:
    if not hit.twins or hit.key.is_phone:
        return None
    return Review(
        rule="duplicate_in_side",
        message=f"{hit.twins + 1} records here share its {hit.key.word}; "
        "keep one, or make them differ.",
    )


def _single(side: Side, values: Values, hit: KeyHits, found: Candidate,
            names: Sequence[FieldRule], region: str | None) -> Verdict:  # fmt: skip
    if found.linked_to is not None:
        return Review(
            rule="duplicate_of_linked",
            message=f"another record here is already linked to the one with its {hit.key.word}; "
            "merge the two here or make them differ.",
        )
    review = _twins_review(hit)
    if review is not None:
        return review
    is_desk = hit.key.is_email and is_role_address(hit.key.values(side, values, region))
    if is_desk and not _agree(side, values, found.values, names, region):
        return Review(
            rule="role_address",
            message="the shared address belongs to a desk rather than a person, and the names "
            "do not agree; link the two by hand or use a personal address.",
        )
    return Match(id=found.id, how=hit.key.word)


def is_role_address(address: str | None) -> bool:
    """Tell whether an address belongs to a desk (info@, sales@) rather than to a person."""
    return bool(address) and str(address).partition("@")[0].partition("+")[0] in ROLE_NAMES


def _agree(side: Side, values: Values, other: Values, rules: Sequence[FieldRule],
           region: str | None) -> bool:  # fmt: skip
    """Tell whether at least one name is filled on both sides and none contradicts."""
    compared = [_forms(side, values, other, rule, region) for rule in rules]
    filled = [(one, two) for one, two in compared if one and two]
    return bool(filled) and all(one == two for one, two in filled)


def _differ(side: Side, values: Values, other: Values, rules: Sequence[FieldRule],
            region: str | None) -> bool:  # fmt: skip
    compared = [_forms(side, values, other, rule, region) for rule in rules]
    return any(one and two and one != two for one, two in compared)


def _forms(
    side: Side, values: Values, other: Values, rule: FieldRule, region: str | None
) -> tuple[str, str]:
    one = comparable(rule.kind, values.get(rule.name(side)), region)
    two = comparable(rule.kind, other.get(rule.name(side.other)), region)
    return (str(one or "").casefold(), str(two or "").casefold())
