"""Stored values, bases and schemas: one spelling each, and nothing lost."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType

import pytest

from daemon.core.base import BaseField, decode_base, encode_base
from daemon.core.schema import Choice, Field, Schema, decode_schema, encode_schema
from daemon.core.values import (
    FieldKind,
    Side,
    Value,
    Values,
    decode_value,
    decode_values,
    digest,
    encode_value,
    encode_values,
)
from tests.core.deciding import a_base, a_rule

VALUES: list[Value] = [
    None,
    "",
    "Zoë 𝄞",
    True,
    False,
    Decimal("1.50"),
    Decimal("1E+30"),
    date(2026, 11, 20),
    datetime(2026, 11, 20, 9, 0, 0, 1, tzinfo=UTC),
    (),
    ("b", "a"),
]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_comes_back_as_it_was(value: Value) -> None:
    """Every type survives storing, as itself and inside a record."""
    assert value == decode_value(encode_value(value))
    assert type(value) is type(decode_value(encode_value(value)))
    assert {"f": value} == decode_values(encode_values({"f": value}))


def test_every_type_has_its_own_text() -> None:
    """Text, number, truth and day that look alike stay apart."""
    alike: list[Value] = ["1", Decimal(1), True, ("1",), "2026-11-20", date(2026, 11, 20)]

    assert len(alike) == len({encode_value(value) for value in alike})


def test_equal_records_have_equal_text() -> None:
    """The order of fields and the zone of a time do not show."""
    berlin = timezone(timedelta(hours=1))
    one: Values = {"a": "x", "t": datetime(2026, 11, 20, 9, tzinfo=UTC)}
    two: Values = {"t": datetime(2026, 11, 20, 10, tzinfo=berlin), "a": "x"}

    assert encode_values(one) == encode_values(two)


@pytest.mark.parametrize("stored", ['{"z":"1"}', "7", "1.5"])
def test_a_type_of_a_later_release_is_refused(stored: str) -> None:
    """What this release does not know is not taken for something else."""
    with pytest.raises(ValueError, match="was the state newer"):
        decode_value(stored)


def test_a_digest_is_stable() -> None:
    """The scheme is fixed: what was approved yesterday is recognised today."""
    assert "e94098dd123ca0dee8c5461d21ebea31" == digest("Zoë")
    assert digest("a") != digest("b")


def test_each_side_has_another() -> None:
    """The two ends of a pair face each other."""
    assert (Side.CRM, Side.SOURCE) == (Side.SOURCE.other, Side.CRM.other)


@pytest.mark.parametrize(
    "item",
    [
        a_base(a_rule(), "Ann", Decimal(2)),
        a_base(a_rule(), None, "x", is_unseen=True),
        a_base(a_rule(), "x", "x", source_before="old", wrote_source=True),
        a_base(a_rule(), "x", "x", source_before=None, wrote_source=True),
    ],
)
def test_a_base_comes_back_as_it_was(item: BaseField) -> None:
    """Both halves, the rule, and what our last write did are kept (R11, R36)."""
    assert {"s→c": item} == decode_base(encode_base({"s→c": item}))


@pytest.mark.parametrize(
    ("is_unseen", "wrote_source", "expected"),
    [(False, True, None), (True, True, Side.SOURCE), (True, False, Side.CRM)],
)
def test_the_unseen_half_is_the_one_we_wrote(
    expected: Side | None, *, is_unseen: bool, wrote_source: bool
) -> None:
    """Only what was sent and not seen stored is doubtful (R36)."""
    item = a_base(a_rule(), "x", "x", is_unseen=is_unseen, wrote_source=wrote_source)

    assert expected == item.unseen_side


STAGE = Field(
    name="stage",
    label="Stage",
    kind=FieldKind.CHOICE,
    choices=(Choice(value="l", label="Lead"), Choice(value="c", label="Customer")),
    is_forward_only=True,
)
NAME = Field(name="name", label="Name", kind=FieldKind.TEXT, max_length=40, is_required=True)


def test_a_schema_comes_back_as_it_was() -> None:
    """Fields with their choices and limits, and what a create needs."""
    schema = Schema(
        object="people",
        fields=MappingProxyType({"stage": STAGE, "name": NAME}),
        required_any=("name", "email"),
    )

    stored = decode_schema(encode_schema(schema))

    assert schema == stored
    assert list(schema.fields) == list(stored.fields)
    assert ("stage" in stored, "other" in stored, STAGE) == (True, False, stored["stage"])


def test_a_changed_schema_has_another_text() -> None:
    """Any change of a field shows, so that it is noticed."""
    texts = {
        encode_schema(Schema(object="people", fields=MappingProxyType({"name": field})))
        for field in (NAME, replace(NAME, max_length=41), replace(NAME, is_writable=False))
    }

    assert 3 == len(texts)
