"""Whether the running daemon obeys the configuration as it is written: kept beside its state.

So a command beside the daemon can tell what the daemon itself only logged.
"""

from datetime import datetime

import orjson
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from config.problems import ConfigProblems
from state import observations
from state.database import State

_FACT = "configuration"


class Standing(BaseModel):
    """How far the daemon follows its configuration."""

    model_config = ConfigDict(frozen=True)

    refused_at: datetime | None = None
    """Since when files lie there that are refused; the former configuration stays live."""
    problems: list[str] = []
    """What is wrong with them, each with file, line and column."""
    restart_needed: list[str] = []
    """Keys whose change takes effect at the next start."""

    @property
    def is_followed(self) -> bool:
        """Whether what is written is what is done."""
        return self.refused_at is None and not self.restart_needed


def refused(error: ConfigProblems, at: datetime, *, restart_needed: list[str]) -> Standing:
    """Return the standing while the configuration as written is refused."""
    problems = [str(problem) for problem in error.problems]
    return Standing(refused_at=at, problems=problems, restart_needed=restart_needed)


async def note_standing(state: State, standing: Standing) -> None:
    """Keep how far the daemon follows its configuration."""
    await state.write(observations.set_fact, _FACT, standing.model_dump_json())


def standing(connection: Connection) -> Standing:
    """Return how far the daemon that ran last follows its configuration."""
    text = observations.known_fact(connection, _FACT)
    return Standing.model_validate(orjson.loads(text)) if text else Standing()
