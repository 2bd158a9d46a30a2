"""The keys of a Salesforce connection. Defaults are the reference values of the README."""

import re
from datetime import timedelta
from typing import Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from adapters.quota import RemoteSettings
from adapters.setting_types import Duration, SafeAddress

_VERSION = re.compile(r"v?(\d{2,3})(?:\.0)?")
OLDEST_VERSION = 41
"""v31 to v40 are retired in Summer '28 and no longer supported from Summer '27 on."""


class PollSettings(BaseModel):
    """How the change feed reads: two watermarks, and a look at what was deleted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    search_margin: Duration = Field(
        default=timedelta(seconds=5),
        description="The fast watermark stays this far behind Salesforce's clock.",
    )
    overlap: Duration = Field(
        default=timedelta(minutes=10),
        description="How far each window reaches back into the one before: a long transaction "
        "shows rows whose stamp is older than others that were there already.",
    )
    slow_every: Duration = Field(
        default=timedelta(hours=6), description="Distance of the slow, second reading."
    )
    slow_reach: Duration = Field(
        default=timedelta(hours=24), description="How far back the slow reading reaches."
    )
    deleted_every: Duration = Field(
        default=timedelta(minutes=15),
        description="Distance of looks at what was deleted for good, which no query shows.",
    )
    shared_for: Duration = Field(
        default=timedelta(seconds=5),
        description="How long an answer for the other objects of one composite call is used.",
    )


class BulkSettings(BaseModel):
    """From when on large loads go through Bulk API 2.0."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    write_from: int = Field(
        default=2_000,
        ge=1,
        description="Writes at once from which a bulk job is cheaper than collections of 200.",
    )
    query_from: int = Field(
        default=50_000,
        ge=1,
        description="Records of a full listing from which a bulk query is cheaper than pages.",
    )
    patience: Duration = Field(
        default=timedelta(minutes=30),
        description="Longest wait for a bulk job; it is aborted then, and its results are read.",
    )


class SalesforceSettings(RemoteSettings):
    """One Salesforce org, reached as an integration user."""

    # A rejected key may be a secret pasted into the wrong place: no error repeats what was given.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    base_url: SafeAddress = Field(
        default="https://login.salesforce.com",
        description="The org's My Domain, such as https://acme.my.salesforce.com. Only a JWT "
        "log-in works with the default.",
    )
    api_version: str = Field(
        default="v62.0",
        description="Version of the REST API, v41.0 or newer.",
    )
    client_id: str = Field(default="", description="Consumer key of the External Client App.")
    client_secret: SecretStr | None = Field(
        default=None, description="Its consumer secret: the client credentials flow."
    )
    username: str = Field(default="", description="User to log in as by JWT.")
    private_key: SecretStr | None = Field(
        default=None,
        description="PEM of the key whose certificate the app holds: the JWT bearer flow.",
    )
    audience: SafeAddress = Field(
        default="https://login.salesforce.com",
        description="Whom the JWT is for; https://test.salesforce.com for a Salesforce sandbox.",
    )
    token: SecretStr | None = Field(
        default=None,
        description="An access token that is there already, for trials: nobody renews it.",
    )
    external_id_field: str = Field(
        default="crmsyncd_id__c",
        pattern=r"^[A-Za-z]\w*__c$",
        description="The unique external-id field that carries our id.",
    )
    lead_company: str = Field(
        default="[not provided]",
        max_length=255,
        description="Company of a new lead whose record names none, since Salesforce wants one; "
        "it counts as empty when read. Left empty: such a lead is refused.",
    )
    duplicates: Literal["refuse", "save"] = Field(
        default="refuse",
        description="What to do where a duplicate rule only alerts: leave it to matching and "
        "people, or save all the same.",
    )
    assignment: str = Field(
        default="FALSE",
        pattern=r"^(TRUE|FALSE|01Q\w{12}(\w{3})?)$",
        description="Whether assignment rules may change the owner of leads: TRUE, FALSE, or the "
        "id of one rule.",
    )
    request_time_out: Duration = Field(
        default=timedelta(seconds=60),
        le=timedelta(minutes=10),
        description="Longest wait for one reply; triggers of 200 records take their time.",
    )
    lands_within: Duration = Field(
        default=timedelta(minutes=10),
        description="Longest a request may still take effect after its reply was lost: what "
        "Salesforce itself gives a call. Nothing of doubtful outcome is repeated before.",
    )
    connect_time_out: Duration = Field(
        default=timedelta(seconds=10), description="Longest wait for a connection."
    )
    patience: Duration = Field(
        default=timedelta(seconds=120),
        description="Longest a call waits for limits before it gives up until later.",
    )
    page_size: int = Field(
        default=2_000,
        ge=1,
        le=2_000,
        description="Records on one page of a listing or of the change feed.",
    )
    poll: PollSettings = Field(
        default=PollSettings(), description="How the change feed reads (demos shorten it)."
    )
    bulk: BulkSettings = Field(default=BulkSettings(), description="When bulk jobs are used.")

    @field_validator("api_version")
    @classmethod
    def _is_supported(cls, given: str) -> str:
        match = _VERSION.fullmatch(given)
        if match is None or int(match[1]) < OLDEST_VERSION:
            raise ValueError(
                f"must be a version such as v62.0, not older than v{OLDEST_VERSION}.0: older ones "
                "are being retired"
            )
        return f"v{match[1]}.0"

    @model_validator(mode="after")
    def _can_log_in(self) -> "SalesforceSettings":
        has_secret = self.client_id and self.client_secret
        has_key = self.client_id and self.username and self.private_key
        if not (has_secret or has_key or self.token):
            raise ValueError(
                "needs client_id and client_secret (client credentials), or client_id, username "
                "and private_key (JWT bearer)"
            )
        return self
