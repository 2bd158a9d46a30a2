"""The keys of a HubSpot connection. Defaults are the reference values of the README."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from adapters.quota import RemoteSettings
from adapters.setting_types import Duration, SafeAddress


class PollSettings(BaseModel):
    """How the change feed reads: two watermarks and a pass over archived records."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    search_margin: Duration = Field(
        default=timedelta(seconds=5),
        description="The fast watermark stays this far behind HubSpot's clock.",
    )
    overlap: Duration = Field(
        default=timedelta(minutes=2),
        description="How far each fast window reaches back into the one before (search lag).",
    )
    slow_every: Duration = Field(
        default=timedelta(minutes=10), description="Distance of the slow, second reading."
    )
    slow_distance: Duration = Field(
        default=timedelta(minutes=60),
        description="How far behind the slow reading is: later than any known search lag.",
    )
    archived_every: Duration = Field(
        default=timedelta(minutes=15),
        description="Distance of passes over archived records, which no search tells of.",
    )


class HubSpotSettings(RemoteSettings):
    """One HubSpot account, reached with a service key or another static token."""

    # A rejected key may be a token pasted into the wrong place: no error repeats what was given.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    token: SecretStr = Field(
        description="Service key or private app token; needs the scopes the README lists."
    )
    base_url: SafeAddress = Field(
        default="https://api.hubapi.com",
        description="Where the API is; another address only for a sandbox.",
    )
    api_version: str = Field(
        default="2026-09",
        pattern=r"^(v3|\d{4}-\d{2}(-beta)?)$",
        description="HubSpot's API version: a date, or v3 for the numbered paths.",
    )
    app_id: str = Field(
        default="",
        pattern=r"^\w*$",
        description="Source id HubSpot's history shows for this key's own changes, where known.",
    )
    request_time_out: Duration = Field(
        default=timedelta(seconds=30),
        le=timedelta(seconds=30),
        description="Longest wait for one reply.",
    )
    connect_time_out: Duration = Field(
        default=timedelta(seconds=10), description="Longest wait for a connection."
    )
    patience: Duration = Field(
        default=timedelta(seconds=120),
        description="Longest a call waits for rate limits before it gives up until later.",
    )
    poll: PollSettings = Field(
        default=PollSettings(), description="How the change feed reads (demos shorten it)."
    )

    @field_validator("token")
    @classmethod
    def _is_one_word(cls, token: SecretStr) -> SecretStr:
        text = token.get_secret_value().strip()
        if not text.isascii() or not text.isprintable() or not text or " " in text:
            raise ValueError("must be the key as HubSpot shows it: one word, no spaces")
        return SecretStr(text)
