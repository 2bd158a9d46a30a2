"""A Bulk 2.0 job: what it is told to do, how far it is, what came of it (salesforce.md 8)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from adapters.salesforce.sandbox.moments import as_text
from adapters.sandbox.exchange import JsonObject

OPEN_AT_MOST = timedelta(hours=24)
DELIMITERS = {
    "BACKQUOTE": "`",
    "CARET": "^",
    "COMMA": ",",
    "PIPE": "|",
    "SEMICOLON": ";",
    "TAB": "\t",
}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}


class JobState(StrEnum):
    """Where a job is on its way."""

    OPEN = "Open"
    UPLOADED = "UploadComplete"
    RUNNING = "InProgress"
    COMPLETE = "JobComplete"
    FAILED = "Failed"
    ABORTED = "Aborted"


ENDED = frozenset({JobState.COMPLETE, JobState.FAILED, JobState.ABORTED})


@dataclass(frozen=True, kw_only=True, slots=True)
class RowResult:
    """What came of one row: its cells and an id, or an error."""

    cells: dict[str, str]
    id: str = ""
    is_created: bool = False
    error: str = ""


@dataclass(kw_only=True, slots=True)
class Job:
    """One job, of either sort."""

    id: str
    operation: str
    object: str
    version: str
    user_id: str
    created_at: datetime
    changed_at: datetime
    state: JobState
    key: str = ""
    query: str = ""
    delimiter: str = "COMMA"
    line_ending: str = "LF"
    uploaded: bytes | None = None
    closed_at: datetime | None = None
    columns: list[str] = field(default_factory=list)
    done: list[RowResult] = field(default_factory=list)
    left: list[dict[str, str]] = field(default_factory=list)
    error: str = ""

    @property
    def is_query(self) -> bool:
        """Whether it reads rows rather than writing them."""
        return bool(self.query)

    @property
    def failures(self) -> list[RowResult]:
        """The rows that were refused."""
        return [each for each in self.done if each.error]

    def move(self, state: JobState, at: datetime) -> None:
        """Go on to another state."""
        self.state = state
        self.changed_at = at

    def wire(self) -> JsonObject:
        """Return what the vendor tells of it."""
        number = self.version.removeprefix("v")
        told: JsonObject = {
            "id": self.id,
            "operation": self.operation,
            "object": self.object,
            "createdById": self.user_id,
            "createdDate": as_text(self.created_at),
            "systemModstamp": as_text(self.changed_at),
            "state": self.state.value,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(number),
            "lineEnding": self.line_ending,
            "columnDelimiter": self.delimiter,
        }
        if not self.is_query:
            told["contentUrl"] = f"services/data/{self.version}/jobs/ingest/{self.id}/batches"
        if self.key:
            told["externalIdFieldName"] = self.key
        if self.state in ENDED | {JobState.RUNNING}:
            told |= self._figures()
        return told

    def _figures(self) -> JsonObject:
        told: JsonObject = {
            "jobType": "V2Query" if self.is_query else "V2Ingest",
            "numberRecordsProcessed": len(self.done),
            "retries": 0,
            "totalProcessingTime": 100,
        }
        if not self.is_query:
            told |= {
                "numberRecordsFailed": len(self.failures),
                "apiActiveProcessingTime": 80,
                "apexProcessingTime": 0,
            }
        return {**told, "errorMessage": self.error} if self.error else told
