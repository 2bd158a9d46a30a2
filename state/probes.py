"""What live accounts answered to open questions, and which test record may still be there."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import orjson
from sqlalchemy import Connection, delete, insert, select

from state.columns import table
from state.observations import known_fact, set_fact
from state.safety import ProbeFinding

_FINDING = table(ProbeFinding)


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingRow:
    """One answer."""

    connection: str
    object: str
    question: str
    asked: str
    answer: str
    seen_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenProbe:
    """A test record that was made, or may have been, and is not known to be gone."""

    object: str
    mark: str
    made_at: str
    """When its create left, ISO 8601."""
    id: str = ""
    """Its id, once that is known."""


def begin(connection: Connection, name: str, probe: OpenProbe) -> None:
    """Remember a test record before it is made, and its id once that is known."""
    set_fact(connection, _fact(name), orjson.dumps(asdict(probe)).decode())


def end(connection: Connection, name: str) -> None:
    """Note that the test record is gone."""
    set_fact(connection, _fact(name), "")


def still_open(connection: Connection, name: str) -> OpenProbe | None:
    """Return the test record that may still be there."""
    told = known_fact(connection, _fact(name))
    return OpenProbe(**orjson.loads(told)) if told else None


def keep(connection: Connection, rows: Sequence[FindingRow]) -> None:
    """Replace what was known of the objects that *rows* are about."""
    for name, object_name in {(row.connection, row.object) for row in rows}:
        where = (_FINDING.c.connection == name, _FINDING.c.object == object_name)
        connection.execute(delete(_FINDING).where(*where))
    if rows:
        connection.execute(insert(_FINDING), [asdict(row) for row in rows])


def findings(connection: Connection, name: str) -> list[FindingRow]:
    """Return what a connection's account answered, in order of the questions' words."""
    chosen = select(_FINDING).where(_FINDING.c.connection == name)
    rows = connection.execute(chosen.order_by(_FINDING.c.object, _FINDING.c.question)).mappings()
    return [FindingRow(**row) for row in rows]


def _fact(name: str) -> str:
    return f"probe:{name}"
