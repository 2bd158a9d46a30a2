"""Records that stand alone because their partner was deleted: list them, give them a new one."""

from datetime import datetime

from sqlalchemy import Connection

from daemon.clock import Clock
from daemon.use_cases.attend import Answer, NotFound
from state import audit, pairs
from state.database import State
from state.unlinked import Unlinked, find, forget
from state.unlinked import unlinked as stand_alone


class UnlinkedEntry(Answer):
    """One record that stands alone."""

    link: str
    pair: str
    side: str
    record: str
    gone: str
    """The id its partner had on the other side."""
    linked_at: datetime


async def unlinked(state: State, *, sync: str = "") -> list[UnlinkedEntry]:
    """Return the records whose partner is gone, of one sync or of all. Raises NotFound."""
    return await state.read(_unlinked, sync)


def _unlinked(connection: Connection, sync: str) -> list[UnlinkedEntry]:
    known = [pair for pair in pairs.all_pairs(connection) if sync in {"", pair.sync}]
    if sync and not known:
        raise NotFound(f"There is no sync {sync!r} in this state. See: crmsyncd status")
    return [_entry(one) for pair in known for one in stand_alone(connection, pair=pair.name)]


async def renew(state: State, clock: Clock, *, link: str, by: str) -> UnlinkedEntry:
    """Let the next run match or create a partner for the record of an ended link (R14).

    Raises NotFound where nobody stands alone since that link ended.
    """
    return await state.write(_renew, link, by, clock.now())


def _renew(connection: Connection, link: str, by: str, at: datetime) -> UnlinkedEntry:
    item = find(connection, link)
    if item is None:
        raise NotFound(f"No record stands alone since link {link!r}. See: crmsyncd unlinked")
    forget(connection, item)
    subject = f"{item.pair} {item.side.value} {item.record}"
    audit.note(connection, at=at, actor=by, action="renew", subject=subject)
    return _entry(item)


def _entry(item: Unlinked) -> UnlinkedEntry:
    return UnlinkedEntry(
        link=item.link,
        pair=item.pair,
        side=item.side.value,
        record=item.record,
        gone=item.gone,
        linked_at=item.linked_at,
    )
