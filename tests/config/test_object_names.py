"""How an end names its object: one name, or several objects that stand together."""

import pytest
import yaml
from pydantic import ValidationError

from config.pair import End


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("contacts", "contacts"),
        ("{lead, contact}", "lead+contact"),
        ("[lead, contact]", "lead+contact"),
        ("{lead: , contact: }", "lead+contact"),
        ("lead+contact", "lead+contact"),
    ],
)
def test_several_objects_are_one_name(written: str, expected: str) -> None:
    """As YAML has it, a set in braces is a mapping of empty values."""
    given = yaml.safe_load(f"connection: crm\nobject: {written}")

    assert expected == End.model_validate(given).object


@pytest.mark.parametrize("written", ["{lead: 1}", "[]", "[1]", "{}"])
def test_anything_else_is_refused(written: str) -> None:
    """A mapping that says something of its keys is no set of objects."""
    given = yaml.safe_load(f"connection: crm\nobject: {written}")

    with pytest.raises(ValidationError):
        End.model_validate(given)


def test_the_default_is_the_main_object() -> None:
    """Nothing named stays empty; the connection's kind fills it in."""
    assert "" == End(connection="crm").object
