"""What Prometheus sees: the meaning of the sync, with labels bounded by the configuration."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from adapters.contract import Call
from daemon.flow.forecast import Budget
from daemon.flow.report import RunReport
from daemon.service.upkeep import Kept
from daemon.use_cases.meaning import Now
from state.meaning import Meaning

RUN_SECONDS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600)
CALL_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
Labels = tuple[str, ...]
RESULTS = ("created", "updated", "merged", "failed", "invalid", "quarantined", "conflicts")

REASONS = frozenset(
    {"both_changed", "edit_vs_delete", "first_contact", "lossy", "sent_not_seen", "stale_save"}
)
"""Why values are in conflict, as a label."""

RULES = frozenset(
    {
        "ambiguous_date", "ambiguous_list", "ambiguous_match", "control_characters", "duplicate_in_side",
        "duplicate_of_linked", "forgotten_create", "has_successor", "ignored_write",
        "invalid_email", "invalid_phone", "key_taken",
        "lost_characters", "mojibake", "not_a_date", "not_a_number", "not_an_option", "not_yes_or_no", "phone_without_country",
        "required_empty", "role_address", "spreadsheet_error", "spreadsheet_lost_zeros", "spreadsheet_number",
        "too_long", "unknown_create",
    }
)  # fmt: skip
"""Why records are set apart, as a label. A system's own codes are ``other``: there is no end of
them."""


def _moment(labels: Labels, at: datetime) -> tuple[Labels, float]:
    return labels, at.timestamp()


def _bounded(found: Mapping[tuple[str, str], int], known: frozenset[str]) -> dict[Labels, float]:
    """Return figures by (sync, word) with words that nobody foresaw as ``other``."""
    total: dict[Labels, float] = {}
    for (sync, word), number in found.items():
        labels = (sync, word if word in known else "other")
        total[labels] = total.get(labels, 0) + number
    return total


class Metrics:
    """The metrics of one process, on a registry of its own."""

    def __init__(self, version: str) -> None:
        """Declare every metric; series appear as things happen."""
        disable_created_metrics()  # type: ignore[no-untyped-call]  # untyped there
        self.registry = CollectorRegistry()
        self._runs = self._counter("runs", "Runs by how they ended.", "sync", "outcome")
        self._records = self._counter(
            "records", "Records by what became of them.", "sync", "side", "result"
        )
        self._calls = self._counter(
            "api_calls", "API calls sent, retries included.", "connection", "purpose", "status"
        )
        self._call_seconds = Histogram(
            "crmsync_api_call_seconds",
            "Time from sending a call to its reply.",
            ["connection"],
            buckets=CALL_SECONDS,
            registry=self.registry,
        )
        self._run_seconds = Histogram(
            "crmsync_run_seconds",
            "Length of runs.",
            ["sync"],
            buckets=RUN_SECONDS,
            registry=self.registry,
        )
        self._mismatches = self._counter(
            "verification_mismatches", "Records that read back differently.", "sync"
        )
        self._pending = self._gauge("pending_records", "Records that wait for a decision.")
        self._links = self._gauge("linked_records", "Pairs of records kept the same.")
        self._conflicts = self._gauge("conflicts_open", "Conflicts that wait for a person.")
        self._quarantine = self._gauge("quarantine_open", "Records and fields set apart.")
        self._held = self._gauge("sync_held", "1 while a sync waits for its release.")
        self._waiting = self._gauge("plan_waiting", "1 while a plan waits for its approval.")
        self._running = self._gauge("run_in_progress", "1 while a run is under way.")
        self._success = self._gauge(
            "last_success_timestamp_seconds", "When a run last ended well, Unix time."
        )
        self._declare_configuration()
        self._declare_finds()
        self._declare_standing()
        self._declare_budgets()
        self._declare_state()
        info = Gauge("crmsync_build_info", "Always 1.", ["version"], registry=self.registry)
        info.labels(version).set(1)

    def _declare_configuration(self) -> None:
        """Declare what people did: pauses, and changes of the configuration."""
        self._paused = self._gauge("sync_paused", "1 while a person has paused the sync.")
        self._reloads = self._counter(
            "config_reloads", "Changes of the configuration by what came of them.", "result"
        )
        self._reload_failed = Gauge(
            "crmsync_config_reload_failed",
            "1 while the configuration as written is refused and the former one stays live.",
            registry=self.registry,
        )

    def _declare_finds(self) -> None:
        """Declare what runs found on their way."""
        self._late = self._counter(
            "late_edits", "Records that moved between plan and write; planned anew.", "sync"
        )
        self._recovered = self._counter(
            "recovered_writes", "Writes without a reply of which a look told the outcome.", "sync"
        )
        self._echoes = self._counter(
            "echoes", "Hints of change feeds that told what was known already.", "sync"
        )

    def _declare_standing(self) -> None:
        """Declare what is read from the state at each scrape."""
        self._pending_since = self._gauge(
            "pending_since_timestamp_seconds", "Since when something has waited for a decision."
        )
        self._plan_since = self._gauge(
            "plan_waiting_since_timestamp_seconds", "When the plan that waits was made."
        )
        self._envelope = self._gauge(
            "envelope_expires_timestamp_seconds", "When plans begin to wait for a person again."
        )
        self._seen_until = self._gauge(
            "seen_until_timestamp_seconds", "Changes up to here have been seen.",
            "connection", "object",
        )  # fmt: skip
        self._reasons = self._gauge(
            "conflicts_open_by_reason", "Open conflicts by their reason.", "sync", "reason"
        )
        self._rules = self._gauge(
            "quarantine_open_by_rule", "What is set apart, by the rule.", "sync", "rule"
        )
        self._trips = self._gauge("guard_open", "What a guard stops now.", "sync", "guard")
        self._unknown = self._gauge(
            "writes_unknown", "Writes whose outcome is not known.", "connection"
        )
        self._circuits = self._gauge(
            "circuit_open", "1 while a connection is left alone since it fails.", "connection"
        )
        self._shown: dict[Gauge, set[Labels]] = {}
        self._waits: dict[str, datetime] = {}

    def _declare_budgets(self) -> None:
        """Declare how accounts' days stand; no series while nobody told an account's limit."""
        self._budget = {
            field: self._gauge(f"api_budget_{name}", meaning, "connection")
            for field, name, meaning in (
                ("most", "limit", "API calls the account takes in a day."),
                ("used", "used", "API calls of ours to the account today."),
                ("share", "share", "API calls a day that ordinary work may use."),
                ("left", "left", "API calls that ordinary work may still use today."),
                ("urgent_left", "urgent_left", "API calls still there for what is urgent."),
                ("account_left", "account_left", "API calls the account still takes today."),
            )
        }
        self._budget_resets = self._gauge(
            "api_budget_resets_timestamp_seconds", "When the count starts afresh.", "connection"
        )

    def _declare_state(self) -> None:
        """Declare what is known of the state itself."""
        self._up = Gauge(
            "crmsync_state_up", "1 while the state can be read.", registry=self.registry
        )
        self._bytes = self._gauge("state_bytes", "Size of the state.", "what")
        self._rows = self._gauge("state_rows", "Rows of the state.", "table")
        self._pruned = Gauge(
            "crmsync_last_prune_timestamp_seconds",
            "When the state was last pruned.",
            registry=self.registry,
        )

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"crmsync_{name}", meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"crmsync_{name}", meaning, labels or ("sync",), registry=self.registry)

    def call(self, call: Call) -> None:
        """Count an API call."""
        status = str(call.status) if call.status is not None else "none"
        self._calls.labels(call.connection, call.purpose, status).inc()
        self._call_seconds.labels(call.connection).observe(call.duration.total_seconds())

    def reloaded(self, result: str) -> None:
        """Count a change of the configuration: taken or refused."""
        self._reloads.labels(result).inc()
        self._reload_failed.set(result == "refused")

    def run_began(self, sync: str) -> None:
        """Note that a run is under way."""
        self._running.labels(sync).set(1)

    def run_broken(self, sync: str) -> None:
        """Count a run that a fault of our own ended."""
        self._running.labels(sync).set(0)
        self._runs.labels(sync, "broken").inc()

    def run_ended(self, report: RunReport) -> None:
        """Count a run and what it did."""
        self._running.labels(report.sync).set(0)
        self._runs.labels(report.sync, report.outcome).inc()
        length = report.ended_at - report.started_at
        self._run_seconds.labels(report.sync).observe(length.total_seconds())
        self._mismatches.labels(report.sync).inc(report.verified.mismatched)
        self._late.labels(report.sync).inc(report.late_edits)
        self._recovered.labels(report.sync).inc(report.recovered)
        self._echoes.labels(report.sync).inc(report.echoes)
        for side, counts in report.by_side.items():
            for result in RESULTS:
                self._records.labels(report.sync, side, result).inc(counts.get(result, 0))
        if report.outcome in {"done", "nothing"}:
            self._success.labels(report.sync).set(report.ended_at.timestamp())

    def stand(self, now: Now, circuits: Mapping[str, str]) -> None:
        """Show how everything stands; *circuits*: connection → how its circuit stands."""
        self._up.set(1)
        waiting = {sync.sync for sync in now.status.syncs if sync.pending}
        self._waits = {sync: self._waits.get(sync, now.at) for sync in waiting}
        self._show(self._pending_since, (_moment((s,), at) for s, at in self._waits.items()))
        self._mean(now.meaning)
        open_ones = (((name,), float(word != "closed")) for name, word in circuits.items())
        self._show(self._circuits, open_ones)
        self._stand_of_days(now.status.budgets)
        for sync in now.status.syncs:
            self._pending.labels(sync.sync).set(sync.pending)
            self._links.labels(sync.sync).set(sync.links)
            self._conflicts.labels(sync.sync).set(sync.conflicts)
            self._quarantine.labels(sync.sync).set(sync.quarantined)
            self._held.labels(sync.sync).set(bool(sync.hold))
            self._waiting.labels(sync.sync).set(bool(sync.waiting_plan))
            self._paused.labels(sync.sync).set(bool(sync.paused))

    def _stand_of_days(self, budgets: Sequence[Budget]) -> None:
        for field, gauge in self._budget.items():
            known = ((b.connection, getattr(b, field)) for b in budgets)
            self._show(gauge, (((name,), value) for name, value in known if value is not None))
        resets = (_moment((b.connection,), b.resets_at) for b in budgets)
        self._show(self._budget_resets, resets)

    def _mean(self, found: Meaning) -> None:
        self._show(self._reasons, _bounded(found.conflicts, REASONS).items())
        self._show(self._rules, _bounded(found.quarantine, RULES).items())
        self._show(self._trips, found.trips.items())
        self._show(self._unknown, (((name,), n) for name, n in found.unknown.items()))
        self._show(self._seen_until, (_moment(*one) for one in found.seen_until.items()))
        self._show(self._plan_since, (_moment((s,), at) for s, at in found.waiting_since.items()))
        self._show(self._envelope, (_moment((s,), at) for s, at in found.envelopes.items()))

    def _show(self, gauge: Gauge, found: Iterable[tuple[Labels, float]]) -> None:
        """Set what is there and take away what is there no more."""
        now = dict(found)
        for labels in self._shown.get(gauge, set()) - now.keys():
            gauge.remove(*labels)
        for labels, value in now.items():
            gauge.labels(*labels).set(value)
        self._shown[gauge] = set(now)

    def state_lost(self) -> None:
        """Show that the state cannot be read; everything read from it stands as it was last."""
        self._up.set(0)

    def kept(self, kept: Kept) -> None:
        """Show how large the state is and when it was pruned."""
        self._show(self._bytes, (((what,), size) for what, size in kept.size.bytes.items()))
        self._show(self._rows, (((name,), number) for name, number in kept.size.rows.items()))
        if kept.pruned_at is not None:
            self._pruned.set(kept.pruned_at.timestamp())

    def exposition(self) -> bytes:
        """Return all series in Prometheus' text format."""
        return generate_latest(self.registry)
