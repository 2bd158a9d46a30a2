"""The manifest of a rollback: ids and values as they stand, kept before anything is written (R24).

A JSON document after ``docs/rollback-manifest.schema.json``. It holds people's data: only its owner
may read it.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field

from daemon.core.operation import Copy, Operation, OperationKind
from daemon.core.values import Side, Value, encode_value
from state.pairs import PairRow

VERSION = 1

Plain = None | bool | str | list[str] | dict[str, str]
"""A value: text, truth, choices; {"n": number}, {"d": day}, {"t": moment}; null is empty."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ManifestField(_Part):
    """One field."""

    field: str = Field(description="The side's own name of the field.")
    now: Plain = Field(description="What stands there before the rollback.")
    back_to: Plain = Field(
        description="What the rollback puts there: what stood there before the run."
    )


class ManifestWrite(_Part):
    """One record that the rollback writes."""

    pair: str
    side: Literal["source", "crm"]
    connection: str
    object: str
    record: str = Field(description="Its id; of a record that is made again, the id it had.")
    action: Literal["update", "create", "archive", "delete"]
    fields: list[ManifestField]


class Manifest(_Part):
    """Everything that a rollback is about to write."""

    version: Literal[1]
    run: int = Field(description="The run that is rolled back.")
    sync: str
    made_at: datetime
    writes: list[ManifestWrite]


def manifest_schema() -> dict[str, object]:
    """Return the JSON Schema of a manifest."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Manifest.model_json_schema(),
    }


class ManifestFile:
    """Writes a manifest piece by piece; it takes its name once it is whole and on disk."""

    def __init__(self, path: Path, pairs: Sequence[PairRow], head: Mapping[str, object]) -> None:
        """Write to *path*; *head* holds run, sync and made_at."""
        self._path = path
        self._part = path.with_name(f".{path.name}.part")
        self._pairs = {pair.name: pair for pair in pairs}
        self._head = orjson.dumps({"version": VERSION, **head}).decode()
        self._written = 0

    def __enter__(self) -> Self:
        """Open it for its owner alone."""
        self._part.unlink(missing_ok=True)
        number = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(number, "w", encoding="utf-8")
        self._file.write(self._head[:-1] + ', "writes": [')
        return self

    def add(self, operations: Sequence[Operation]) -> None:
        """Append what is about to be written."""
        for operation in operations:
            self._file.write(",\n" if self._written else "\n")
            self._file.write(_write(operation, self._pairs[operation.pair]).model_dump_json())
            self._written += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give it its name, unless something went wrong."""
        with self._file:
            self._file.write("\n]}\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        if problem is None:
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)


def _write(operation: Operation, pair: PairRow) -> ManifestWrite:
    end = pair.end(operation.side)
    return ManifestWrite(
        pair=operation.pair,
        side="crm" if operation.side is Side.CRM else "source",
        connection=end[0],
        object=end[1],
        record=operation.target_id or operation.replaces,
        action=_action(operation.kind),
        fields=[_field(copy) for copy in operation.copies],
    )


def _action(kind: OperationKind) -> Literal["update", "create", "archive", "delete"]:
    match kind:
        case OperationKind.CREATE:
            return "create"
        case OperationKind.ARCHIVE:
            return "archive"
        case OperationKind.DELETE:
            return "delete"
        case OperationKind.UPDATE | OperationKind.LINK:
            return "update"


def _field(copy: Copy) -> ManifestField:
    return ManifestField(field=copy.field, now=_plain(copy.before), back_to=_plain(copy.value))


def _plain(value: Value) -> Plain:
    plain: Plain = orjson.loads(encode_value(value))
    return plain
