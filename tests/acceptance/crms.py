"""The CRMs that the daemon is killed in front of: what differs between them, as data."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.acceptance.history import doubled, faults, history
from tests.acceptance.people import COLUMNS, PROPERTIES, rows_for
from tests.acceptance.processes import Sandbox, configured, sandbox
from tests.acceptance.proxy import TIME_OUT, Exchange, Proxy, changes_objects


class Box(Protocol):
    """A CRM that runs, and a person who works in it."""

    base_url: str
    token: str

    def records(self) -> list[dict[str, Any]]:
        """All live records: each with its ``id`` and its ``values``."""
        ...

    def contact(self, email: str) -> dict[str, Any] | None:
        """The record with that address."""
        ...

    def edit(self, record: str, **properties: str) -> None:
        """Change some fields by hand."""
        ...


Serve = Callable[[int], AbstractContextManager[Box]]


@dataclass(frozen=True, kw_only=True)
class Crm:
    """One CRM."""

    word: str
    serve: Serve
    """Run it with so many people in it."""
    columns: Sequence[str]
    """Of the file that is synced with it."""
    properties: Mapping[str, str]
    """Column → the CRM's field."""
    edited: str
    """The column that people edit in the file."""
    people: int
    """In the CRM before the first run."""
    known: int
    """Of them, those who stand in the file too."""
    file: int
    """Rows of the file, where nobody says otherwise."""
    time_out: float
    """Seconds that the daemon waits for a reply: longer than the CRM takes on a busy machine."""
    rows: Callable[[Sequence[Mapping[str, Any]], int], list[list[str]]]
    configured: Callable[..., str]
    """The configuration's text for an address, lines of the sync and a ``time_out``."""
    variable: str
    """The environment variable that holds the secret."""
    is_write: Callable[[Exchange], bool]
    doubled: Callable[[Sequence[Mapping[str, Any]]], int]
    """Records that share with another one what a person has alone."""
    faults: Callable[[Any, Proxy, str | Path], list[str]]
    """What the history of intents, requests and records says against the daemon (I11, I14)."""


def _hubspot_faults(box: Sandbox, net: Proxy, state: str | Path) -> list[str]:
    return faults(history(box, net, state))


HUBSPOT = Crm(
    word="hubspot",
    serve=sandbox,
    columns=COLUMNS,
    properties=PROPERTIES,
    edited="Job Title",
    people=300,
    known=150,
    file=2000,
    time_out=TIME_OUT,
    rows=rows_for,
    configured=configured,
    variable="HUBSPOT_TOKEN",
    is_write=changes_objects,
    doubled=doubled,
    faults=_hubspot_faults,
)
