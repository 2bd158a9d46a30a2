"""Which law a person is under, and how that was found out.

In this order: what the record itself says, the country of residence, the country of the phone
number, the markets the operator sells in (assumed), and else the strictest: as in the European
Union and in California at once. What stands there and cannot be read adds the strictest to whatever
else is found.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from daemon.core.compliance.countries import country_code, phone_country, state_code
from daemon.core.compliance.person import Person
from daemon.core.compliance.regulation import Regulation

STRICTEST = ("gdpr", "ccpa", "can_spam", "tcpa")
"""Regulations for a person nobody knows the law of: of the European Union and of California."""

AMERICA = "US"

Markets = frozenset[str]

Fitting = tuple[tuple[Regulation, Markets], ...]
"""Regulations that apply, each with the markets it protects a person in."""


class Derivation(StrEnum):
    """How a jurisdiction was found out, surest first."""

    EXPLICIT = "explicit"
    """A field of the record names it."""
    RESIDENCE = "residence"
    PHONE = "phone"
    ASSUMED = "assumed"
    """From the markets of the sync: the record itself tells nothing."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Jurisdiction:
    """Where a person is, as far as known."""

    markets: frozenset[str]
    """``DE``, ``US-CA``; ``US`` alone where the state is not known."""
    how: Derivation
    is_doubtful: bool = False
    """Something stands there that cannot be read: the strictest applies as well."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Book:
    """All regulations, in order of their ids."""

    regulations: tuple[Regulation, ...]
    _known: dict[tuple[Jurisdiction, date], Fitting] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Found before: there are a few hundred places, and a file has many people in each."""

    def fitting(self, found: Jurisdiction, day: date) -> Fitting:
        """Return every regulation that applies on *day*, never none, and where it protects.

        A regulation that stands in for an unknown law protects in no market of its own: nothing
        that holds in some markets only is granted then.
        """
        if (known := self._known.get((found, day))) is None:
            known = self._known[found, day] = self._fitting(found, day)
        return known

    def _fitting(self, found: Jurisdiction, day: date) -> Fitting:
        own = {one.id: _own(one, found.markets, day) for one in self.regulations}
        covered = frozenset[str]().union(*own.values())
        is_strict = found.is_doubtful or not found.markets or covered != found.markets
        strict = frozenset(STRICTEST if is_strict else ())
        return tuple(
            (one, frozenset() if one.id in strict else own[one.id])
            for one in self.regulations
            if own[one.id] or one.id in strict
        )


def _own(regulation: Regulation, markets: Markets, day: date) -> Markets:
    protected = regulation.markets_on(day)
    return frozenset(market for market in markets if _applies(protected, frozenset({market})))


def _applies(protected: frozenset[str], markets: frozenset[str]) -> bool:
    """Tell whether one of *markets* is protected; of a country without its part all parts are."""
    countries = {market.partition("-")[0] for market in markets}
    whole = {market for market in markets if "-" not in market}
    return any(
        market in markets or market in countries or market.partition("-")[0] in whole
        for market in protected
    )


def derive(
    person: Person, assumed: Sequence[str] = (), *, region: str | None = None
) -> Jurisdiction:
    """Return where *person* is. *assumed* are the markets of the sync."""
    is_doubtful = False
    for text, how in (
        (person.jurisdiction, Derivation.EXPLICIT),
        (person.country, Derivation.RESIDENCE),
    ):
        if market := _market(text, person.state):
            return Jurisdiction(markets=frozenset({market}), how=how, is_doubtful=is_doubtful)
        is_doubtful = is_doubtful or bool(text.strip())
    if country := phone_country(person.phone, region):
        market = _with_state(country, person.state)
        return Jurisdiction(
            markets=frozenset({market}), how=Derivation.PHONE, is_doubtful=is_doubtful
        )
    if assumed:
        return Jurisdiction(
            markets=frozenset(assumed), how=Derivation.ASSUMED, is_doubtful=is_doubtful
        )
    return Jurisdiction(markets=frozenset(), how=Derivation.UNKNOWN, is_doubtful=is_doubtful)


def _market(text: str, state: str) -> str:
    plain = text.strip().upper()
    if plain.startswith(f"{AMERICA}-") and (code := state_code(plain)):
        return f"{AMERICA}-{code}"
    country = country_code(text)
    return _with_state(country, state) if country else ""


def _with_state(country: str, state: str) -> str:
    code = state_code(state) if country == AMERICA else ""
    return f"{country}-{code}" if code else country
