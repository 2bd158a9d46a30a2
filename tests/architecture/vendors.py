"""Where a vendor's name may stand: in its own adapter, and in what operators read or copy."""

import re

from tests.architecture.source import Source

VENDORS = ("hubspot", "salesforce", "zoho", "pipedrive", "tryton")
FREE = ("config/examples/",)

_NAMES = re.compile("|".join(VENDORS), re.IGNORECASE)


def vendor_names(source: Source) -> list[str]:
    """Complain about a vendor's name in a path, an identifier, a string or a comment."""
    if source.path.startswith(FREE):
        return []
    lines = enumerate((source.path, *source.text.splitlines()))
    return [
        source.complain(max(number, 1), f"names {found[0]}")
        for number, line in lines
        for found in _NAMES.finditer(line)
        if not source.path.startswith(f"adapters/{found[0].lower()}/")
    ]
