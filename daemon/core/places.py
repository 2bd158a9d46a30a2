"""Countries, their parts and their money: what a written place means (ISO 3166, ISO 4217).

Takes text, gives codes; never raises and never guesses: a name that is not known is None, and the
nearest one is only offered. Country names in eighteen languages lie beside it in
``countries.csv``: two-letter code, three-letter code, names.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType

from rapidfuzz.distance import Indel
from rapidfuzz.process import extract

from daemon.core.field_names import plain_name
from daemon.core.normalize.text import clean

LIKENESS = 0.8
"""Least likeness of a name worth offering."""

_LONGEST = 80
"""Characters of the longest name of a place; more is a text."""

_AMERICAN = (
    "AL Alabama;AK Alaska;AZ Arizona;AR Arkansas;CA California;CO Colorado;CT Connecticut;"
    "DE Delaware;DC District of Columbia;FL Florida;GA Georgia;HI Hawaii;ID Idaho;IL Illinois;"
    "IN Indiana;IA Iowa;KS Kansas;KY Kentucky;LA Louisiana;ME Maine;MD Maryland;"
    "MA Massachusetts;MI Michigan;MN Minnesota;MS Mississippi;MO Missouri;MT Montana;"
    "NE Nebraska;NV Nevada;NH New Hampshire;NJ New Jersey;NM New Mexico;NY New York;"
    "NC North Carolina;ND North Dakota;OH Ohio;OK Oklahoma;OR Oregon;PA Pennsylvania;"
    "RI Rhode Island;SC South Carolina;SD South Dakota;TN Tennessee;TX Texas;UT Utah;VT Vermont;"
    "VA Virginia;WA Washington;WV West Virginia;WI Wisconsin;WY Wyoming;AS American Samoa;"
    "GU Guam;MP Northern Mariana Islands;PR Puerto Rico;VI Virgin Islands;"
    "AA Armed Forces Americas;AE Armed Forces Europe;AP Armed Forces Pacific"
)
_CANADIAN = (
    "AB Alberta;BC British Columbia;MB Manitoba;NB New Brunswick;NL Newfoundland and Labrador;"
    "NS Nova Scotia;NT Northwest Territories;NU Nunavut;ON Ontario;PE Prince Edward Island;"
    "QC Quebec;QC Québec;SK Saskatchewan;YT Yukon"
)
_AUSTRALIAN = (
    "ACT Australian Capital Territory;NSW New South Wales;NT Northern Territory;QLD Queensland;"
    "SA South Australia;TAS Tasmania;VIC Victoria;WA Western Australia"
)
_BRAZILIAN = (
    "AC Acre;AL Alagoas;AP Amapá;AM Amazonas;BA Bahia;CE Ceará;DF Distrito Federal;"
    "ES Espírito Santo;GO Goiás;MA Maranhão;MT Mato Grosso;MS Mato Grosso do Sul;"
    "MG Minas Gerais;PA Pará;PB Paraíba;PR Paraná;PE Pernambuco;PI Piauí;RJ Rio de Janeiro;"
    "RN Rio Grande do Norte;RS Rio Grande do Sul;RO Rondônia;RR Roraima;SC Santa Catarina;"
    "SP São Paulo;SE Sergipe;TO Tocantins"
)
_STATES = {"US": _AMERICAN, "CA": _CANADIAN, "AU": _AUSTRALIAN, "BR": _BRAZILIAN}
"""Countries whose addresses always name a state, by one set of codes everybody uses."""

CURRENCIES = frozenset(
    [
        "AED",
        "AFN",
        "ALL",
        "AMD",
        "ANG",
        "AOA",
        "ARS",
        "AUD",
        "AWG",
        "AZN",
        "BAM",
        "BBD",
        "BDT",
        "BGN",
        "BHD",
        "BIF",
        "BMD",
        "BND",
        "BOB",
        "BRL",
        "BSD",
        "BTN",
        "BWP",
        "BYN",
        "BZD",
        "CAD",
        "CDF",
        "CHF",
        "CLF",
        "CLP",
        "CNY",
        "COP",
        "CRC",
        "CUP",
        "CVE",
        "CZK",
        "DJF",
        "DKK",
        "DOP",
        "DZD",
        "EGP",
        "ERN",
        "ETB",
        "EUR",
        "FJD",
        "FKP",
        "GBP",
        "GEL",
        "GHS",
        "GIP",
        "GMD",
        "GNF",
        "GTQ",
        "GYD",
        "HKD",
        "HNL",
        "HTG",
        "HUF",
        "IDR",
        "ILS",
        "INR",
        "IQD",
        "IRR",
        "ISK",
        "JMD",
        "JOD",
        "JPY",
        "KES",
        "KGS",
        "KHR",
        "KMF",
        "KPW",
        "KRW",
        "KWD",
        "KYD",
        "KZT",
        "LAK",
        "LBP",
        "LKR",
        "LRD",
        "LSL",
        "LYD",
        "MAD",
        "MDL",
        "MGA",
        "MKD",
        "MMK",
        "MNT",
        "MOP",
        "MRU",
        "MUR",
        "MVR",
        "MWK",
        "MXN",
        "MYR",
        "MZN",
        "NAD",
        "NGN",
        "NIO",
        "NOK",
        "NPR",
        "NZD",
        "OMR",
        "PAB",
        "PEN",
        "PGK",
        "PHP",
        "PKR",
        "PLN",
        "PYG",
        "QAR",
        "RON",
        "RSD",
        "RUB",
        "RWF",
        "SAR",
        "SBD",
        "SCR",
        "SDG",
        "SEK",
        "SGD",
        "SHP",
        "SLE",
        "SOS",
        "SRD",
        "SSP",
        "STN",
        "SVC",
        "SYP",
        "SZL",
        "THB",
        "TJS",
        "TMT",
        "TND",
        "TOP",
        "TRY",
        "TTD",
        "TWD",
        "TZS",
        "UAH",
        "UGX",
        "USD",
        "UYU",
        "UZS",
        "VED",
        "VES",
        "VND",
        "VUV",
        "WST",
        "XAF",
        "XCD",
        "XCG",
        "XOF",
        "XPF",
        "YER",
        "ZAR",
        "ZMW",
        "ZWG",
    ]
)
"""Codes in use (ISO 4217)."""

_SIGNS = MappingProxyType(
    {"€": "EUR", "£": "GBP", "us$": "USD", "euro": "EUR", "euros": "EUR", "dollar": "USD",
     "dollars": "USD", "us dollar": "USD", "pound": "GBP", "pounds": "GBP", "chf": "CHF",
     "yen": "JPY", "₹": "INR", "rupee": "INR", "₩": "KRW", "₪": "ILS", "zł": "PLN", "r$": "BRL",
     "swiss franc": "CHF", "franken": "CHF"}
)  # fmt: skip
"""Signs and words that mean one currency; ``$`` and ``kr`` mean several."""


@lru_cache(maxsize=4096)
def country_code(text: str) -> str | None:
    """Return the two-letter code of the country that *text* names, or None.

    Codes of two and three letters and names count; so does "England", which has no code of its own.
    """
    if len(text) > _LONGEST:
        return None
    return _countries().get(plain_name(clean(text)))


def state_code(text: str, country: str) -> str | None:
    """Return the code of the state of *country* (its code) that *text* names, or None."""
    return _states(country).get(plain_name(clean(text))) if len(text) <= _LONGEST else None


def has_states(country: str | None) -> bool:
    """Tell whether the states of a country are known here."""
    return country in _STATES


def near_country(text: str) -> str:
    """Return the known country name most like *text*, "" when none is."""
    return _near(text, _names())


def near_state(text: str, country: str) -> str:
    """Return the state of *country* most like *text*, "" when none is."""
    return _near(text, {plain_name(one): one for _, one in _parts(country)})


def currency_code(text: str) -> str:
    """Return the currency that *text* surely means, "" when none is sure."""
    plain = clean(text)
    return plain.upper() if plain.upper() in CURRENCIES else _SIGNS.get(plain.casefold(), "")


def _near(text: str, names: Mapping[str, str]) -> str:
    if len(text) > _LONGEST:
        return ""
    found = extract(
        plain_name(clean(text)),
        list(names),
        scorer=Indel.normalized_similarity,
        score_cutoff=LIKENESS,
        limit=2,
    )
    if not found or (len(found) > 1 and found[0][1] == found[1][1]):
        return ""
    return names[found[0][0]]


@cache
def _rows() -> tuple[tuple[str, ...], ...]:
    text = files("daemon.core").joinpath("countries.csv").read_text("utf-8")
    return tuple(tuple(line.split(";")) for line in text.splitlines())


@cache
def _countries() -> Mapping[str, str]:
    names = {plain_name(name): code for code, _, *names in _rows() for name in names}
    codes = {plain_name(word): row[0] for row in _rows() for word in row[:2]}
    return MappingProxyType(names | codes)


@cache
def _names() -> Mapping[str, str]:
    spelled = [(plain_name(name), name) for row in _rows() for name in row[2:]]
    return MappingProxyType(dict(reversed(spelled)))


@cache
def _parts(country: str) -> tuple[tuple[str, str], ...]:
    words = (one.partition(" ") for one in _STATES.get(country, "").split(";") if one)
    return tuple((code, name) for code, _, name in words)


@cache
def _states(country: str) -> Mapping[str, str]:
    codes = {plain_name(code): code for code, _ in _parts(country)}
    return MappingProxyType({plain_name(name): code for code, name in _parts(country)} | codes)
