"""Values as the text of cells: plain spelling, and formulas that no spreadsheet runs."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.csv_file.text import escape, is_formula, render, unescape
from daemon.core.values import Value

STARTS = st.sampled_from(["", "'", "''", "=", "+", "-", "@", "\t", "\r", "'=", "''-", "+4"])


@given(start=STARTS, rest=st.text(max_size=8))
def test_escaping_is_undone_exactly(start: str, rest: str) -> None:
    """Every text, escaped ones included, comes back as it was, and none is left to run."""
    written = escape(start + rest)

    assert start + rest == unescape(written)
    assert not is_formula(written)


@pytest.mark.parametrize(
    "text",
    ["=1", "+A1", "-1+2", "@SUM(1)", "\tx", "\rx", "=", "+49|cmd", "-2+3+cmd|' /C calc'!A0", "@me"],
)
def test_formulas_are_escaped(text: str) -> None:
    """Text that a spreadsheet would run gets an apostrophe."""
    assert "'" + text == escape(text)


@pytest.mark.parametrize(
    "text",
    [
        *("-5", "+5", "-1.234,56", "-1.5E+3", "-5%", "-", "--", "1-2", ""),
        *("+49 30 1234-56", "+49 (0)30 123456", "+1 (555) 123-4567", "+49/30/1234"),
        *("a=b", "'quoted", "O'Hara"),
    ],
)
def test_numbers_and_telephone_numbers_are_left_alone(text: str) -> None:
    """Signed numbers, telephone numbers and plain text are written as they are."""
    assert text == escape(text) == unescape(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("x", "x"),
        (True, "true"),
        (False, "false"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.50"), "-0.50"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "2026-01-02T03:04:00+00:00"),
        (
            datetime(2026, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=1))),
            "2026-01-02T02:04:00+00:00",
        ),
        (("a", "b"), "a;b"),
    ],
)
def test_values_are_spelled_plainly(value: Value, text: str) -> None:
    """Each type has one spelling, the one a person would type."""
    assert text == render(value)
