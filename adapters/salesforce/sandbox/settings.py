"""What a Salesforce sandbox is told before it starts; all of it plain frozen data.

The switches stand for what Salesforce documents poorly or what differs between orgs; each default
is the documented reading, or the harsher one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

DEFAULT_CLIENT_ID = "3MVG9sandbox.Consumer.Key"
DEFAULT_CLIENT_SECRET = "5A4DB0C5SANDBOX"  # noqa: S105 - opens a sandbox only
DEFAULT_REFRESH_TOKEN = "5Aep861sandbox.refresh"  # noqa: S105 - the same
EXTERNAL_ID = "crmsyncd_id__c"
TRACKED: Mapping[str, tuple[str, ...]] = {
    "Contact": (
        "FirstName", "LastName", "Email", "Phone", "MobilePhone", "Title", "AccountId", "OwnerId",
        "HasOptedOutOfEmail", "DoNotCall", "MailingCity", "MailingPostalCode", "LeadSource",
    ),
    "Lead": (
        "FirstName", "LastName", "Email", "Phone", "MobilePhone", "Title", "Company", "OwnerId",
        "HasOptedOutOfEmail", "DoNotCall", "City", "PostalCode", "Status", "LeadSource",
    ),
    "Account": ("Name", "Website", "Phone", "Industry", "OwnerId"),
    "Opportunity": ("StageName", "Amount", "CloseDate"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Sizes and budgets (salesforce.md 2, 4, 6 to 8, 15)."""

    daily_calls: int = 100_000
    page: int = 2_000
    cursor_life: timedelta = timedelta(days=2)
    uri: int = 16_384
    collection: int = 200
    collection_read: int = 2_000
    chunks: int = 10
    composite: int = 25
    composite_queries: int = 5
    session_idle: timedelta = timedelta(hours=2)
    logins_an_hour: int = 3_600
    bin: timedelta = timedelta(days=15)
    replicated_ids: int = 600_000
    updated_window: timedelta = timedelta(days=30)
    bulk_result_page: int = 50_000
    bulk_query_jobs: int = 10_000
    bulk_upload: int = 150 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Switches:
    """Behaviour that differs between orgs, versions or reports."""

    may_create_fields: bool = True
    may_read_limits: bool = True
    may_see_deleted: bool = True
    is_upsert_answer_200: bool = True
    does_token_rotate: bool = False
    does_assignment_rule_run: bool = False
    are_new_fields_visible: bool = True
    is_app_usage_told: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkTiming:
    """How long a Bulk job stays in each state on its way."""

    queued: timedelta = timedelta(seconds=0.5)
    running: timedelta = timedelta(seconds=0.5)


@dataclass(frozen=True, kw_only=True, slots=True)
class OrgSettings:
    """One org, the app that may enter it, and how many people it has at the start."""

    number: int = 1
    client_id: str = DEFAULT_CLIENT_ID
    client_secret: str = DEFAULT_CLIENT_SECRET
    refresh_token: str = DEFAULT_REFRESH_TOKEN
    jwt_public_key: str = ""
    """PEM of a public key or certificate; without it the sandbox makes a pair of its own."""
    records: int = 0
    lead_share: float = 0.2
    has_external_id: bool = True
    has_person_accounts: bool = False
    tracked: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: TRACKED)
    hidden: frozenset[str] = frozenset()
    """Fields the integration user may not see, as `Contact.DoNotCall`."""
    commit_delay: timedelta = timedelta(0)
    """How long after its statement a person's or a job's write becomes visible (9.2)."""
    limits: Limits = field(default_factory=Limits)
    switches: Switches = field(default_factory=Switches)
    bulk: BulkTiming = field(default_factory=BulkTiming)


@dataclass(frozen=True, kw_only=True, slots=True)
class SandboxSettings:
    """The whole sandbox: one org, a seed and a port."""

    org: OrgSettings = field(default_factory=OrgSettings)
    seed: int = 1
    port: int = 0
