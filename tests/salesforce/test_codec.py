"""Values and ids: what is read, what is written, and what equals what."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from simple_salesforce.format import format_soql

from adapters.salesforce import codec, ids, soql
from adapters.salesforce.description import Attribute, description_of
from daemon.core.values import Value


def attribute(type_: str, scale: int = 0) -> Attribute:
    field = {"name": "F", "type": type_, "scale": scale, "createable": True}
    return description_of({"name": "X", "fields": [field]}).attributes["F"]


@pytest.mark.parametrize(
    ("type_", "raw", "value"),
    [
        ("string", None, None),
        ("string", "", None),
        ("string", "a\r\nb ", "a\nb"),
        ("boolean", True, True),
        ("boolean", "false", False),
        ("int", 12.0, Decimal(12)),
        ("int", "12", Decimal(12)),
        ("currency", 0.10, Decimal("0.1")),
        ("double", "1e3", Decimal(1000)),
        ("date", "2026-03-02", date(2026, 3, 2)),
        ("datetime", "2026-03-02T09:15:07.000+0000", datetime(2026, 3, 2, 9, 15, 7, tzinfo=UTC)),
        ("datetime", "2026-03-02T09:15:07.000Z", datetime(2026, 3, 2, 9, 15, 7, tzinfo=UTC)),
        ("multipicklist", "Six;Four", ("Four", "Six")),
        ("picklist", "Gone Value", "Gone Value"),
        ("reference", "0019000000B98de", "0019000000B98deAAB"),
        ("phone", " +49 30 1 ", "+49 30 1"),
        ("date", "soon", "soon"),
        ("double", "NaN", "NaN"),
        ("a type of tomorrow", "x", "x"),
    ],
)
def test_values_are_read_by_type(type_: str, raw: object, value: Value) -> None:
    """JSON and CSV alike; what does not fit stays text: Salesforce pitfall 30."""
    assert value == codec.decode(attribute(type_), raw)


@pytest.mark.parametrize(
    ("type_", "scale", "value", "sent"),
    [
        ("string", 0, "  a \r\n", "a"),
        ("string", 0, "   ", None),
        ("textarea", 0, "a\r\nb", "a\nb"),
        ("boolean", 0, False, False),
        ("int", 0, Decimal("12.5"), 13),
        ("currency", 2, Decimal("1.005"), 1.01),
        ("currency", 2, Decimal("-2.50"), -2.5),
        ("double", 0, Decimal("1e30"), 10**30),
        ("date", 0, date(2026, 3, 2), "2026-03-02"),
        (
            "datetime",
            0,
            datetime(2026, 3, 2, 9, 15, 7, 999_000, tzinfo=timezone(timedelta(hours=2))),
            "2026-03-02T07:15:07Z",
        ),
        ("date", 0, datetime(2026, 3, 2, 23, tzinfo=UTC), "2026-03-02"),
        ("multipicklist", 0, ("Four", "Six"), "Four;Six"),
        ("multipicklist", 0, (), None),
        ("reference", 0, "0019000000B98de", "0019000000B98deAAB"),
        ("string", 0, None, None),
    ],
)
def test_values_are_sent_as_they_will_be_stored(
    type_: str, scale: int, value: Value, sent: object
) -> None:
    """Trimmed, in whole seconds, rounded to scale, empty as null: Salesforce pitfall 30."""
    assert sent == codec.encode(attribute(type_, scale), value)


@pytest.mark.parametrize(
    ("short", "long"),
    [("a0D30000001n7Pi", "a0D30000001n7PiEAI"), ("0019000000B98de", "0019000000B98deAAB")],
)
def test_ids_have_one_form(short: str, long: str) -> None:
    """The long one; a wrong check is no id."""
    assert long == ids.long_id(short) == ids.long_id(long)
    assert ids.is_id(short)
    assert ids.is_id(long)
    assert not ids.is_id(long[:-1] + "5")


@pytest.mark.parametrize("text", ["", "12", "0019000000B98d!", "987654321", "0019000000B98deAA"])
def test_what_is_no_id_stays_as_it_is(text: str) -> None:
    """Anything may be asked for; nothing is made of it."""
    assert text == ids.long_id(text)
    assert not ids.is_id(text)


@pytest.mark.parametrize(
    "text", ["plain", "o'hara", 'say "hi"', "back\\slash", "line\nfeed", "tab\t", "100%_", "\r\b\f"]
)
def test_literals_are_quoted_as_the_client_quotes_them(text: str) -> None:
    """An established client is the oracle."""
    assert format_soql("{}", text) == soql.text(text)


def test_a_stamp_has_one_spelling() -> None:
    """JSON and bulk CSV write it differently; versions must be equal."""
    assert "2026-03-02T09:15:07.000Z" == codec.stamp("2026-03-02T09:15:07.000+0000")
    assert codec.stamp("2026-03-02T09:15:07.000Z") == codec.stamp("2026-03-02T09:15:07.000+0000")
    assert "" == codec.stamp(None)
