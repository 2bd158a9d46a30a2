"""The keys of a Tryton connection."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from adapters.quota import RemoteSettings
from adapters.setting_types import Duration, SafeAddress


class PollSettings(BaseModel):
    """How the change feed reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    search_margin: Duration = Field(
        default=timedelta(seconds=5),
        description="The watermark stays this far behind the server's clock.",
    )
    overlap: Duration = Field(
        default=timedelta(minutes=2),
        description="How far each reading reaches back: longer than the server's longest "
        "transaction, since Tryton dates a change by the moment its transaction began.",
    )
    count_every: Duration = Field(
        default=timedelta(minutes=15),
        description="Distance of countings, which show that a record was deleted.",
    )


class TrytonSettings(RemoteSettings):
    """One database of one Tryton server, reached as one of its users."""

    # A rejected key may be a password pasted into the wrong place: no error repeats what was given.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    base_url: SafeAddress = Field(description="Where the server is, without the database's name.")
    database: str = Field(
        pattern=r"^[^/?#\s]+$", description="The database, as the server lists it."
    )
    user: str = Field(
        pattern=r"^[^:\s]+$", description="Login of a user of its own, in the groups it needs."
    )
    password: SecretStr = Field(description="The user's password.")
    request_time_out: Duration = Field(
        default=timedelta(seconds=60),
        le=timedelta(minutes=5),
        description="Longest wait for one reply.",
    )
    connect_time_out: Duration = Field(
        default=timedelta(seconds=10), description="Longest wait for a connection."
    )
    patience: Duration = Field(
        default=timedelta(seconds=120),
        description="Longest a call waits for its turn before it gives up until later.",
    )
    poll: PollSettings = Field(
        default=PollSettings(), description="How the change feed reads (demos shorten it)."
    )
