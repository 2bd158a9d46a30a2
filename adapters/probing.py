"""What a live account can be asked that its vendor's documents leave open: data of each adapter.

``crmsyncd check --probe`` makes one test record, asks about it, removes it, and keeps the answers.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from daemon.core.values import Values

NAME = "crmsyncd probe, please delete"
"""What a test record is called, for a person who finds one."""

DOMAIN = "example.com"
"""Nobody's: no mail to a test record reaches anybody (RFC 2606)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Specimen:
    """The test record."""

    object: str
    id: str
    mark: str
    """The one word in its name, address and external id by which it is found again."""

    @property
    def email(self) -> str:
        """Its address."""
        return address_of(self.mark)


class Stage(StrEnum):
    """When a question can be asked."""

    ALIVE = "alive"
    REMOVED = "removed"
    """After the test record was removed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inquiry:
    """One open question, and the way to ask it."""

    word: str
    """Stable name."""
    asks: str
    """The question as people read it."""
    ask: Callable[[Specimen], Awaitable[str]]
    """Returns the answer: short, and without anybody's data. What it raises of ``AdapterError`` is
    an answer too."""
    stage: Stage = Stage.ALIVE


@runtime_checkable
class Probing(Protocol):
    """An adapter that has questions to a live account."""

    def specimen(self, object_name: str, mark: str) -> Values:
        """Return the fields of a test record. Raises Unreadable for an object without questions."""
        ...

    def inquiries(self, object_name: str) -> Sequence[Inquiry]:
        """Return the questions, in the order in which they are asked."""
        ...


def address_of(mark: str) -> str:
    """Return the address of the test record with a mark."""
    return f"{mark}@{DOMAIN}"
