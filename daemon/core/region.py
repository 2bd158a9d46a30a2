"""The region of a record: the country that phone numbers without one are read with.

Takes a record's values and the field rules; gives ISO 3166 alpha-2 codes. Never raises. The
record's own country counts first, then the one that the configuration names.
"""

from collections.abc import Mapping, Sequence

from daemon.core.field_rules import FieldRule
from daemon.core.normalize.text import as_text
from daemon.core.places import country_code
from daemon.core.values import Side, Values

COUNTRY = "country"


def region_of(
    rules: Sequence[FieldRule], side: Side, values: Values, default: str | None
) -> str | None:
    """Return the country of a record of *side*, *default* where it tells none that is known."""
    for rule in rules:
        if rule.canonical == COUNTRY:
            return country_code(as_text(values.get(rule.name(side)))) or default
    return default


def shared_region(
    rules: Sequence[FieldRule], values: Mapping[Side, Values], default: str | None
) -> str | None:
    """Return the country of two linked records: the source's, else the CRM's, else *default*."""
    by_crm = region_of(rules, Side.CRM, values.get(Side.CRM, {}), default)
    return region_of(rules, Side.SOURCE, values.get(Side.SOURCE, {}), by_crm)
