"""What a test of the contract needs besides an adapter: a person's hands on the same end."""

from collections.abc import Sequence
from typing import Protocol

from adapters.contract import Adapter
from daemon.clock import Clock
from daemon.core.values import Values
from tests.conformance.causes import Cause


class Harness(Protocol):
    """One adapter, opened and prepared, on an end of its own that is empty at first.

    Everything but ``adapter`` goes around the adapter: it acts and looks as a person would.
    """

    adapter: Adapter
    object_name: str
    clock: Clock
    text_fields: tuple[str, str]
    """Two fields that take any text and identify nothing."""

    def sample(self, number: int) -> Values:
        """Return what a new record is created with: both text fields at least.

        Different numbers give different records.
        """
        ...

    async def put(self, records: Sequence[Values]) -> Sequence[str]:
        """Add records by hand; return their ids in order."""
        ...

    async def edit(self, id_: str, values: Values) -> None:
        """Change some fields of a record by hand."""
        ...

    async def remove(self, id_: str) -> None:
        """Delete a record by hand."""
        ...

    async def look(self, id_: str) -> Values | None:
        """Return what a person sees in both text fields; None when there is no such record."""
        ...

    async def count(self) -> int:
        """Return how many live records a person sees."""
        ...

    async def settle(self) -> None:
        """Let every lag of the system pass."""
        ...

    async def cause(self, what: Cause, *ids: str) -> None:
        """Bring something about; ``Cause`` says what, and which ids it needs.

        Asked only for what the harness's ``Declaration`` has among its causes.
        """
        ...

    def unacceptable(self, number: int) -> Values:
        """Return a sample that the system refuses for its content.

        Asked for only where ``Cause.REFUSED_RECORD`` is declared; else it may return anything.
        """
        ...
