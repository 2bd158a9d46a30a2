"""What a run leaves of its accounts' days, and what its plan will take of them (E2)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from adapters.budget import Headroom, Spending


class Budget(BaseModel):
    """How the day of a connection's account stands, in API calls."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connection: str
    calls: int = 0
    """What the plan costs there."""
    used: int
    """What all of our connections to the account used today."""
    left: int | None
    """What ordinary work may still use today; None while the account's limit is not known."""
    share: int | None
    """What ordinary work may use of a day (`quota.daily_share`)."""
    urgent_left: int | None
    """What opt-outs and edits by people may still use today, the reserve included."""
    most: int | None
    """What the account takes in a day."""
    account_left: int | None
    """What the account still takes today, other tools counted, as it told last."""
    resets_at: datetime
    """When the count starts afresh."""
    resets: int = 0
    """How often it has to start afresh until the plan is carried out."""

    def told(self) -> str:
        """Return it as one sentence."""
        until = f"{self.resets_at:%Y-%m-%d %H:%M} UTC"
        if self.left is None:
            left = "and how many the account takes in a day is not known"
        else:
            left = f"of {self.left} that may still be made until {until}"
        later = f"; the rest goes on after it, {self.resets} days in all" if self.resets else ""
        return f"{self.connection}: this plan costs {self.calls} API calls {left}{later}."


def budgets_of(
    spendings: Sequence[Spending], costs: Mapping[str, int], now: datetime
) -> list[Budget]:
    """Return how the days stand of the connections whose systems count by the day."""
    return [
        budget_of(one.connection, one.headroom(now), costs.get(one.connection, 0))
        for one in spendings
        if one.is_by_the_day
    ]


def budget_of(connection: str, found: Headroom, calls: int = 0) -> Budget:
    """Return how a day stands for a connection that is to make *calls*."""
    return Budget(
        connection=connection,
        calls=calls,
        used=found.used,
        left=found.left,
        share=found.share,
        urgent_left=found.urgent_left,
        most=found.most,
        account_left=found.account_left,
        resets_at=found.resets_at,
        resets=_resets(found, calls),
    )


def _resets(found: Headroom, calls: int) -> int:
    """Return in how many later days the calls that today has no room for are made."""
    if found.left is None or not found.share or calls <= found.left:
        return 0
    return -(-(calls - found.left) // found.share)
