"""Each test gets a world on an empty state of its own."""

from collections.abc import Callable, Iterator

import pytest
from sqlmodel import SQLModel

from state.database import State, open_engine, state_url
from tests.flow.world import World


@pytest.fixture
def new_world() -> Iterator[Callable[..., World]]:
    """Build a world; settings of the sync may be given."""
    states: list[State] = []

    def build(**settings: object) -> World:
        engine = open_engine(state_url("sqlite://"))
        SQLModel.metadata.create_all(engine)
        states.append(State(engine))
        return World(states[-1], **settings)

    yield build
    for state in states:
        state.close()


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A world with the settings most syncs have."""
    return new_world()
