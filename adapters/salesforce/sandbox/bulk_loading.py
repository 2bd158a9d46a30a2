"""The work of an ingest job: each row by itself, results in no order (salesforce.md 8.1)."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from adapters.salesforce.sandbox.bulk_csv import NULL, UnreadableCsvError, read_csv
from adapters.salesforce.sandbox.bulk_jobs import Job, JobState, RowResult
from adapters.salesforce.sandbox.fields import Field, Kind
from adapters.salesforce.sandbox.ids import full_id, is_id
from adapters.salesforce.sandbox.org import Actor, Org
from adapters.salesforce.sandbox.problems import (
    Problem,
    Refused,
    malformed_id,
    missing,
    not_found,
    refused,
)
from adapters.salesforce.sandbox.removing import Remover
from adapters.salesforce.sandbox.saving import Writer

_Cells: TypeAlias = Mapping[str, str]


def load_rows(org: Org, job: Job) -> None:
    """Carry out an ingest job."""
    now = org.clock.now()
    kind = org.visible_kind(job.object)
    try:
        job.columns, rows = read_csv(job)
        _check_columns(org, kind, job)
    except UnreadableCsvError as error:
        job.error = str(error)
        job.move(JobState.FAILED, now)
        return
    stop, org.bulk_stops_after = org.bulk_stops_after, None
    todo, job.left = (rows, []) if stop is None else (rows[:stop], rows[stop:])
    work = _Work(org, kind, job)
    job.done = [work.result(row) for row in todo]
    org.random.shuffle(job.done)
    if job.left:
        job.error = "InternalServerError : the job was stopped"
    job.move(JobState.FAILED if job.left else JobState.COMPLETE, now)


def _check_columns(org: Org, kind: Kind, job: Job) -> None:
    for column in job.columns:
        relation, _, name = column.partition(".")
        if not name:
            is_known = column in kind.fields
        else:
            reference = kind.relation(relation)
            target = None if reference is None else org.visible_kind(reference.targets[0])
            is_known = target is not None and name in target.fields
        if not is_known:
            raise UnreadableCsvError(f"InvalidBatch : Field name not found : {column}")


class _Work:
    def __init__(self, org: Org, kind: Kind, job: Job) -> None:
        actor = Actor(user_id=job.user_id, commit_delay=org.settings.commit_delay)
        self._org = org
        self._kind = kind
        self._job = job
        self._writer = Writer(org, actor)
        self._remover = Remover(org, actor)
        deeds: dict[str, Callable[[_Cells], tuple[str, bool]]] = {
            "insert": self._insert,
            "update": self._update,
            "upsert": self._upsert,
            "delete": self._delete,
            "hardDelete": self._delete,
        }
        self._deed = deeds[job.operation]

    def result(self, cells: dict[str, str]) -> RowResult:
        try:
            with self._org.transaction():
                row_id, is_created = self._deed(cells)
        except Refused as refusal:
            return RowResult(cells=cells, error=_as_row(refusal.problem).of_row())
        return RowResult(cells=cells, id=row_id, is_created=is_created)

    def _insert(self, cells: _Cells) -> tuple[str, bool]:
        return self._writer.create(self._kind.name, self._values(cells, "Id")).id, True

    def _update(self, cells: _Cells) -> tuple[str, bool]:
        record_id = self._id(cells)
        self._writer.update(self._kind.name, record_id, self._values(cells, "Id"))
        return record_id, False

    def _upsert(self, cells: _Cells) -> tuple[str, bool]:
        key = self._kind.fields[self._job.key]
        value = cells.get(key.name, "").strip()
        if not value or value == NULL:
            raise missing([key.name])
        values = self._values(cells, key.name)
        found = self._matching(key, value)
        if found:
            self._writer.update(self._kind.name, found[0], values)
            return found[0], False
        if key.name == "Id":
            raise not_found()
        return self._writer.create(self._kind.name, {**values, key.name: value}).id, True

    def _delete(self, cells: _Cells) -> tuple[str, bool]:
        record_id, is_hard = self._id(cells), self._job.operation == "hardDelete"
        if not is_hard:
            self._writer.living(self._org.store(self._kind.name), record_id)
        self._remover.delete(self._kind.name, record_id, is_hard=is_hard)
        return record_id, False

    def _matching(self, key: Field, value: str) -> tuple[str, ...]:
        store = self._org.store(self._kind.name)
        if key.name == "Id":
            row = store.rows.get(full_id(value))
            return () if row is None or row.is_deleted else (row.id,)
        found = store.holders(key.name, value)
        if len(found) > 1:
            raise refused("DUPLICATE_EXTERNAL_ID", f"{len(found)} records match {key.name}")
        return found

    def _id(self, cells: _Cells) -> str:
        text = cells.get("Id", "").strip()
        if not text:
            raise refused("MISSING_ARGUMENT", "Id not specified", "Id")
        if not is_id(text):
            raise malformed_id("Id", text)
        return full_id(text)

    def _values(self, cells: _Cells, key: str) -> dict[str, Any]:
        """Return what the cells say: nothing where empty, null where `#N/A`."""
        values: dict[str, Any] = {}
        for column, cell in cells.items():
            if column == key or not cell.strip():
                continue
            value = None if cell.strip() == NULL else cell
            relation, _, name = column.partition(".")
            reference = self._kind.relation(relation) if name else None
            if reference is None:
                values[column] = value
            elif value is None:
                values[reference.name] = None
            else:
                values[relation] = {name: value}
        return values


def _as_row(problem: Problem) -> Problem:
    """Return a problem as rows tell it: what is no JSON cannot be wrong as JSON."""
    if problem.code != "JSON_PARSER_ERROR":
        return problem
    return Problem(code="INVALID_TYPE_ON_FIELD_IN_RECORD", message=problem.message)
