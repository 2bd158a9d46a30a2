"""docs/commands.md tells of the commands that there are."""

import re

from tests import commands
from tests.docs.commands_page import PAGE, page


def test_the_page_is_fresh() -> None:
    """If this fails: python -m tests.docs.commands_page."""
    assert page() == PAGE.read_text(encoding="utf-8")


def test_every_command_has_its_section_and_every_option_its_meaning() -> None:
    """The generator leaves nothing out and nothing unexplained."""
    text = page()

    titles = re.findall(r"^## `crmsyncd ([a-z ]*[a-z])", text, re.MULTILINE)
    assert [words for words in commands.registered() if words] == titles
    assert [] == [
        line for line in text.splitlines() if line.startswith("|") and line.endswith("|  |")
    ]
