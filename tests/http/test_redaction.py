"""Nothing personal or secret is said aloud."""

import pytest

from adapters.redaction import word


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("PROPERTY_DOESNT_EXIST", "PROPERTY_DOESNT_EXIST"),
        ("Properties.PROPERTY_WITH_NAME_EXISTS", "Properties.PROPERTY_WITH_NAME_EXISTS"),
        ("firstname", "firstname"),
        ("Ada Lovelace", ""),
        ("ada@example.com", ""),
        ("x4915112345678", ""),
        ("", ""),
        (None, ""),
        (["A"], ""),
    ],
)
def test_a_code_is_one_word(said: object, kept: str) -> None:
    """Only what looks like a code is passed on in a code's place."""
    assert kept == word(said)
