"""The country a record tells of itself: what corrections of its numbers and states are offered by.

Takes a record's values and the field rules; gives ISO 3166 alpha-2 codes. Never raises.
"""

from collections.abc import Sequence

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
