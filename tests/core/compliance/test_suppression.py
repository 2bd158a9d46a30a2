"""Suppression entries: the same for the same address, and nothing of it in them."""

from datetime import UTC, datetime

import pytest

from daemon.core.compliance.suppression import BlockList, suppress, suppression_hash
from daemon.core.values import FieldKind

KEY = b"k" * 32
AT = datetime(2026, 11, 20, tzinfo=UTC)


def test_an_address_has_one_hash_however_it_is_written() -> None:
    """Letter case and spaces of a mail, spelling of a number."""
    mails = {
        suppression_hash(text, FieldKind.EMAIL, key=KEY)
        for text in ("Anna@Example.com", " anna@example.com ")
    }
    phones = {
        suppression_hash(text, FieldKind.PHONE, key=KEY, region="DE")
        for text in ("030 901820", "+49 30 901820")
    }

    assert (1, 1) == (len(mails), len(phones))
    assert not mails & phones


def test_another_key_gives_another_hash() -> None:
    """Without the key nobody finds an address by trying."""
    one, other = (suppression_hash("a@b.com", FieldKind.EMAIL, key=key) for key in (KEY, b"x" * 32))

    assert one != other


def test_an_entry_holds_nothing_of_the_address() -> None:
    """Hash, list, reason and date are all that stays."""
    entry = suppress(
        "anna@example.com",
        FieldKind.EMAIL,
        key=KEY,
        list_=BlockList.HARD_BOUNCE,
        reason="550",
        at=AT,
    )

    assert "anna" not in repr(entry)
    assert (BlockList.HARD_BOUNCE, "550", AT) == (entry.list, entry.reason, entry.at)


def test_five_of_the_lists_block() -> None:
    """Competitors and who was written to just now are told apart from who must not be."""
    assert 5 == sum(one.blocks for one in BlockList)


@pytest.mark.parametrize(("address", "key"), [("a@b.com", b"short"), ("  ", KEY)])
def test_what_cannot_be_hashed_well_is_refused(address: str, key: bytes) -> None:
    """A short key, or no address."""
    with pytest.raises(ValueError, match=r"needs|cannot"):
        suppression_hash(address, FieldKind.EMAIL, key=key)
