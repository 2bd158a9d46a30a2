"""What a HubSpot sandbox is told before it starts; all of it plain frozen data.

The switches stand for behaviour that HubSpot documents poorly, changes between accounts, or is
reported in two ways: each default is the harsher reading or the documented one.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

DEFAULT_TOKEN = "pat-eu1-5a4db0c5-0000-4000-8000-00000000c0de"  # noqa: S105 - opens a sandbox only
DEFAULT_PORTAL_ID = 1_234_567
DEFAULT_APP_ID = 987_654
ALL_SCOPES = frozenset(
    {
        "crm.objects.contacts.read",
        "crm.objects.contacts.write",
        "crm.objects.owners.read",
        "crm.schemas.contacts.read",
        "crm.schemas.contacts.write",
    }
)


class PartialEmailUpsert(StrEnum):
    """What an upsert by e-mail does to an existing contact when it names only some properties."""

    REFUSE = "refuse"
    CLEAR = "clear"
    ACCEPT = "accept"


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenSettings:
    """One credential: what it may do, as which app, and until when."""

    token: str = DEFAULT_TOKEN
    scopes: frozenset[str] = ALL_SCOPES
    app_id: int = DEFAULT_APP_ID
    app_name: str = "Sync app"
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Rates and sizes (hubspot.md 6, 8.1, 9)."""

    burst: int = 190
    burst_window: timedelta = timedelta(seconds=10)
    daily: int = 625_000
    search_per_second: int = 5
    search_counts_toward_day: bool = True
    batch_size: int = 100
    history_size: int = 50
    page_size: int = 100
    search_page_size: int = 200
    search_total: int = 10_000
    search_body: int = 3_000
    url_length: int = 8_000
    unique_properties: int = 10
    custom_properties: int = 1_000
    text_length: int = 65_536


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchLag:
    """How late search learns of a change: always, by chance, and for a share of changes."""

    usual: timedelta = timedelta(seconds=3)
    jitter: timedelta = timedelta(seconds=1)
    straggler: timedelta = timedelta(minutes=1)
    straggler_share: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ConditionalRequirement:
    """`required` must have a value where `when` has one of `values`."""

    required: str
    when: str
    values: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteValidation:
    """The administrator's rules, applied to API writes from 2026-09 on (hubspot.md 2.4)."""

    required: tuple[str, ...] = ()
    conditional: tuple[ConditionalRequirement, ...] = ()
    versions: frozenset[str] = frozenset({"2026-09"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Switches:
    """Behaviour that differs between accounts, versions or reports."""

    is_email_lowercased: bool = True
    is_text_trimmed: bool = False
    are_results_shuffled: bool = True
    is_all_missing_404: bool = True
    is_primary_id_preserved: bool = True
    is_merged_id_read_in_batch: bool = True
    is_secondary_email_read_in_batch: bool = False
    is_lifecycle_forward_only: bool = True
    does_restore_move_modified_date: bool = True
    partial_email_upsert: PartialEmailUpsert = PartialEmailUpsert.REFUSE


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountSettings:
    """One HubSpot account and the tokens that open it."""

    portal_id: int = DEFAULT_PORTAL_ID
    time_zone: str = "Europe/Berlin"
    account_type: str = "STANDARD"
    currency: str = "EUR"
    hosting: str = "eu1"
    tokens: tuple[TokenSettings, ...] = (TokenSettings(),)
    records: int = 0
    limits: Limits = field(default_factory=Limits)
    switches: Switches = field(default_factory=Switches)
    validation: WriteValidation = field(default_factory=WriteValidation)
    search_lag: SearchLag = field(default_factory=SearchLag)


@dataclass(frozen=True, kw_only=True, slots=True)
class SandboxSettings:
    """The whole sandbox: its accounts (the first is the one shown on the page) and its seed."""

    accounts: tuple[AccountSettings, ...] = (AccountSettings(),)
    seed: int = 1
    port: int = 0
