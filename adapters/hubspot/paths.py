"""The one place that knows where HubSpot keeps what: a version's paths and their log templates.

The version segment moves behind the family's name in dated versions (README), so no other file
spells a path.
"""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A path to call, and the same path without ids for the call log."""

    path: str
    endpoint: str


class Paths:
    """Paths of one API version: ``v3``, or a date such as ``2026-09``."""

    def __init__(self, version: str) -> None:
        """Keep the version."""
        self._version = version
        self._is_numbered = version.startswith("v")

    def account(self) -> Place:
        """Return where the account is described."""
        return _plain(f"/account-info/{self._version}/details")

    def objects(self, object_name: str, action: str = "") -> Place:
        """Return where an object's records are, or an action on them such as ``batch/read``."""
        root = f"{self._crm('objects')}/{object_name}"
        return _plain(f"{root}/{action}" if action else root)

    def record(self, object_name: str, record_id: str) -> Place:
        """Return where one record is."""
        root = self.objects(object_name).path
        return Place(path=f"{root}/{quote(record_id, safe='')}", endpoint=f"{root}/{{id}}")

    def properties(self, object_name: str, action: str = "") -> Place:
        """Return where an object's property definitions are, or an action on them."""
        root = f"{self._crm('properties')}/{object_name}"
        return _plain(f"{root}/{action}" if action else root)

    def _crm(self, family: str) -> str:
        if self._is_numbered:
            return f"/crm/{self._version}/{family}"
        return f"/crm/{family}/{self._version}"


def _plain(path: str) -> Place:
    return Place(path=path, endpoint=path)
