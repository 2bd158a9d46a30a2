"""How far a run came: what its report tells, even of a run whose steps failed on the way."""

from dataclasses import dataclass

from daemon.flow.approve import Verdict
from daemon.flow.plan import PlanMade


@dataclass(kw_only=True, slots=True)
class HowFar:
    """The last plan of a run that held something, what was decided of it, and what went wrong."""

    made: PlanMade | None = None
    verdict: Verdict | None = None
    error: Exception | None = None
    still_open: int = 0

    def take(self, made: PlanMade, verdict: Verdict | None = None) -> None:
        """Keep a plan; one that holds nothing only where there was none before it."""
        if made.total or self.verdict is None:
            self.made, self.verdict = made, verdict
