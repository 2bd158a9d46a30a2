"""Which country a text means: ISO codes, and names as people write them.

Takes text; gives ISO 3166-1 alpha-2, or "" for what is not surely one country. Names are known for
the markets that have a regulation here, in English and in the country's own language.
"""

from collections.abc import Mapping
from functools import lru_cache

from phonenumbers import SUPPORTED_REGIONS, NumberParseException, parse, region_code_for_number

from daemon.core.field_names import plain_name

EUROPE = frozenset(
    ["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "IS", "LI", "NO"]
)  # fmt: skip
"""The European Economic Area."""

_NAMES: Mapping[str, tuple[str, ...]] = {
    "AT": ("Austria", "Österreich", "AUT"),
    "BE": ("Belgium", "Belgique", "België", "Belgien", "BEL"),
    "BG": ("Bulgaria", "България", "BGR"),
    "CY": ("Cyprus", "CYP"),
    "CZ": ("Czechia", "Czech Republic", "Česko", "Česká republika", "Tschechien", "CZE"),
    "DE": ("Germany", "Deutschland", "Allemagne", "Alemania", "Germania", "DEU"),
    "DK": ("Denmark", "Danmark", "Dänemark", "DNK"),
    "EE": ("Estonia", "Eesti", "EST"),
    "ES": ("Spain", "España", "Spanien", "Espagne", "ESP"),
    "FI": ("Finland", "Suomi", "Finnland", "FIN"),
    "FR": ("France", "Frankreich", "Francia", "FRA"),
    "GR": ("Greece", "Ελλάδα", "Griechenland", "GRC"),
    "HR": ("Croatia", "Hrvatska", "Kroatien", "HRV"),
    "HU": ("Hungary", "Magyarország", "Ungarn", "HUN"),
    "IE": ("Ireland", "Éire", "Irland", "Republic of Ireland", "IRL"),
    "IS": ("Iceland", "Ísland", "Island", "ISL"),
    "IT": ("Italy", "Italia", "Italien", "Italie", "ITA"),
    "LI": ("Liechtenstein", "LIE"),
    "LT": ("Lithuania", "Lietuva", "Litauen", "LTU"),
    "LU": ("Luxembourg", "Luxemburg", "LUX"),
    "LV": ("Latvia", "Latvija", "Lettland", "LVA"),
    "MT": ("Malta", "MLT"),
    "NL": ("Netherlands", "The Netherlands", "Nederland", "Niederlande", "Holland", "NLD"),
    "NO": ("Norway", "Norge", "Norwegen", "NOR"),
    "PL": ("Poland", "Polska", "Polen", "POL"),
    "PT": ("Portugal", "PRT"),
    "RO": ("Romania", "România", "Rumänien", "ROU"),
    "SE": ("Sweden", "Sverige", "Schweden", "SWE"),
    "SI": ("Slovenia", "Slovenija", "Slowenien", "SVN"),
    "SK": ("Slovakia", "Slovensko", "Slowakei", "SVK"),
    "GB": ("United Kingdom", "UK", "Great Britain", "Britain", "England", "Scotland", "Wales",
           "Northern Ireland", "Großbritannien", "Vereinigtes Königreich", "GBR"),
    "US": ("United States", "United States of America", "USA", "U.S.", "U.S.A.", "Vereinigte Staaten",
           "États-Unis", "Estados Unidos"),
    "CA": ("Canada", "Kanada", "CAN"),
    "BR": ("Brazil", "Brasil", "Brasilien", "BRA"),
    "AU": ("Australia", "Australien", "AUS"),
    "NZ": ("New Zealand", "Aotearoa", "Neuseeland", "NZL"),
    "SG": ("Singapore", "Singapur", "SGP"),
    "IN": ("India", "Bharat", "Indien", "IND"),
    "JP": ("Japan", "Nippon", "日本", "JPN"),
    "KR": ("South Korea", "Korea", "Republic of Korea", "Korea Republic of", "Südkorea", "대한민국",
           "KOR"),
    "ZA": ("South Africa", "Südafrika", "ZAF"),
    "CN": ("China", "PRC", "People's Republic of China", "中国", "CHN"),
    "CH": ("Switzerland", "Schweiz", "Suisse", "Svizzera", "CHE"),
    "TR": ("Turkey", "Türkiye", "Türkei", "TUR"),
    "TH": ("Thailand", "ประเทศไทย", "THA"),
    "SA": ("Saudi Arabia", "Kingdom of Saudi Arabia", "KSA", "Saudi-Arabien", "SAU"),
    "AE": ("United Arab Emirates", "UAE", "Vereinigte Arabische Emirate", "ARE"),
    "HK": ("Hong Kong", "Hongkong", "香港", "HKG"),
    "MY": ("Malaysia", "MYS"),
    "ID": ("Indonesia", "Indonesien", "IDN"),
    "PH": ("Philippines", "Pilipinas", "Philippinen", "PHL"),
    "VN": ("Vietnam", "Viet Nam", "Việt Nam", "VNM"),
    "MX": ("Mexico", "México", "Mexiko", "MEX"),
    "IL": ("Israel", "ישראל", "ISR"),
}  # fmt: skip

_STATES = (
    "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|"
    "DE Delaware|DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|"
    "IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|"
    "MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|"
    "NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|ND North Dakota|"
    "OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island|SC South Carolina|"
    "SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|"
    "WV West Virginia|WI Wisconsin|WY Wyoming"
)


@lru_cache(maxsize=1)
def _codes() -> Mapping[str, str]:
    return {plain_name(name): code for code, names in _NAMES.items() for name in names}


@lru_cache(maxsize=1)
def _state_codes() -> Mapping[str, str]:
    pairs = [entry.split(" ", 1) for entry in _STATES.split("|")]
    names = {plain_name(name): code for code, name in pairs}
    return names | {plain_name(code): code for code, _ in pairs}


@lru_cache(maxsize=16_384)
def country_code(text: str) -> str:
    """Return the country that *text* means, or "" where that is not sure."""
    plain = text.strip()
    if plain.upper() in SUPPORTED_REGIONS:
        return plain.upper()
    return _codes().get(plain_name(plain), "")


@lru_cache(maxsize=16_384)
def state_code(text: str) -> str:
    """Return the postal code of the US state that *text* means, or "" where it is none."""
    return _state_codes().get(plain_name(text.strip().removeprefix("US-")), "")


@lru_cache(maxsize=65_536)
def phone_country(text: str, region: str | None) -> str:
    """Return the country a phone number is from, or "" where the number does not tell.

    *region* reads a number without its country code. Such a number says where the list is from
    rather than where the person lives, so it tells nothing.
    """
    plain = text.strip()
    if not plain.startswith(("+", "00")):
        return ""
    try:
        number = parse("+" + plain.lstrip("+0"), region)
    except NumberParseException:
        return ""
    return region_code_for_number(number) or ""
