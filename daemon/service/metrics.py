"""What Prometheus sees: the meaning of the sync, with labels bounded by the configuration."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from adapters.contract import Call
from daemon.flow.report import RunReport
from daemon.use_cases.overview import Status

RUN_SECONDS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600)
CALL_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
RESULTS = ("created", "updated", "merged", "failed", "invalid", "quarantined", "conflicts")


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
        self._paused = self._gauge("sync_paused", "1 while a person has paused the sync.")
        self._reloads = self._counter(
            "config_reloads", "Changes of the configuration by what came of them.", "result"
        )
        self._reload_failed = Gauge(
            "crmsync_config_reload_failed",
            "1 while the configuration as written is refused and the former one stays live.",
            registry=self.registry,
        )
        info = Gauge("crmsync_build_info", "Always 1.", ["version"], registry=self.registry)
        info.labels(version).set(1)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"crmsync_{name}", meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(f"crmsync_{name}", meaning, ["sync"], registry=self.registry)

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
        for side, counts in report.by_side.items():
            for result in RESULTS:
                self._records.labels(report.sync, side, result).inc(counts.get(result, 0))
        if report.outcome in {"done", "nothing"}:
            self._success.labels(report.sync).set(report.ended_at.timestamp())

    def stand(self, status: Status) -> None:
        """Show how every sync stands."""
        for sync in status.syncs:
            self._pending.labels(sync.sync).set(sync.pending)
            self._links.labels(sync.sync).set(sync.links)
            self._conflicts.labels(sync.sync).set(sync.conflicts)
            self._quarantine.labels(sync.sync).set(sync.quarantined)
            self._held.labels(sync.sync).set(bool(sync.hold))
            self._waiting.labels(sync.sync).set(bool(sync.waiting_plan))
            self._paused.labels(sync.sync).set(bool(sync.paused))

    def exposition(self) -> bytes:
        """Return all series in Prometheus' text format."""
        return generate_latest(self.registry)
