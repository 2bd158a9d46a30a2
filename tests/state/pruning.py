"""Taking what is due, as the tests of retention do it."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import SQLModel

from state.columns import table
from state.database import State
from state.retention import Kept, due, take_batch
from tests.state.samples import after

DAY = 24 * 60
LATER = after(100 * DAY)


def rows(state: State, model: type[SQLModel]) -> list[dict[str, Any]]:
    chosen = select(table(model)).order_by(*table(model).primary_key.columns)
    return [
        dict(row)
        for row in state.read_now(lambda connection: connection.execute(chosen).mappings().all())
    ]


def take_all(state: State, kept: Kept, before: datetime = LATER, limit: int = 500) -> int:
    """Take what there is of a kind; return how much people would count."""
    told = 0
    while True:
        taken = state.write_now(take_batch, kept, before=before, at=LATER, limit=limit)
        assert taken.rows <= limit
        if not taken.rows:
            return told
        told += taken.told


def count(state: State, kept: Kept, before: datetime = LATER) -> int:
    return state.read_now(due, {kept: before})[kept]
