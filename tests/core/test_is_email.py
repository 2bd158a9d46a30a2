"""Which addresses count as e-mail addresses."""

import pytest

from daemon.core.normalize import is_email


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.com",
        " ann@example.com ",
        "ann@mail.example",
        "ann@corp.test",
        "o'neil+news@example.co.uk",
        "müller@bücher.example",
    ],
)
def test_addresses_mail_could_go_to(address: str) -> None:
    """Real syntax passes, and so do the domains set aside for examples and tests."""
    assert is_email(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "ann@",
        "@example.com",
        "ann@example",
        "ann@test",
        "ann@localhost",
        "ann@host.local",
        "ann@example..com",
        "ann@@example.com",
        "a b@example.com",
        '"a b"@example.com',
        "ann@[127.0.0.1]",
        "ann\x00@example.com",
        "ann\ud800@example.com",
        "a" * 65 + "@example.com",
    ],
)
def test_what_is_no_address(address: str) -> None:
    """Broken syntax, dotless and private hosts do not pass, and nothing is raised."""
    assert not is_email(address)
