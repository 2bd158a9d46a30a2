"""One consistent reading of a file that people may save at any moment.

Takes a path; gives a private copy whose bytes all belong to one content of the file, with its hash.
Everything is parsed from such a copy, so that a save half-way through can never mix two contents,
and so that a truncated file is noticed before its first record is told.
"""

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from adapters.csv_file.encoding import CHUNK
from adapters.errors import AdapterError, RetryLater, Unreadable

LARGEST_HEADER = 1024 * 1024
"""A first line that is longer is not a header: the file has no line ends."""

IN_MEMORY = 8 * 1024 * 1024
"""Copies up to this many bytes stay in memory; larger ones go to an unnamed temporary file."""

_ATTEMPTS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """What tells cheaply that a file is another one or was written to."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Signature":
        """Return the signature in *status*."""
        return cls(
            device=status.st_dev,
            inode=status.st_ino,
            size=status.st_size,
            modified_ns=status.st_mtime_ns,
            changed_ns=status.st_ctime_ns,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A private copy of one content of a file."""

    path: Path
    """The real file, symlinks followed."""
    stream: BinaryIO
    hash: str
    """SHA-256 of the content, as ``sha256sum`` prints it."""
    signature: Signature
    mode: int
    owner: int
    group: int


def explain(path: Path, error: OSError) -> AdapterError:
    """Return what a failed reading of *path* means for the caller."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return Unreadable(
            f"{path} does not exist.",
            code="missing_file",
            next_step="Put the file back, or correct path in the configuration.",
        )
    if isinstance(error, PermissionError):
        return Unreadable(
            f"{path} may not be read by the user that crmsyncd runs as.",
            code="no_permission",
            next_step="Give that user the right to read the file and to enter its folder.",
        )
    if isinstance(error, IsADirectoryError):
        return _not_a_file(path)
    return RetryLater(
        f"{path} could not be read: {error.strerror}.",
        code="input_output",
        next_step="Look at the disk and the free space of the temporary folder.",
    )


def _not_a_file(path: Path) -> Unreadable:
    return Unreadable(
        f"{path} is a folder or a device, and a CSV file was expected.",
        code="not_a_file",
        next_step="Correct path in the configuration.",
    )


def real_path(path: Path) -> Path:
    """Return where the content lies: symlinks followed. Raises Unreadable for a looping one."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        raise Unreadable(
            f"{path} is a symlink that leads to itself.",
            code="missing_file",
            next_step="Correct the symlink.",
        ) from None


def signature_now(path: Path) -> Signature:
    """Return the signature of a regular file that is not empty, or raise what is wrong with it."""
    try:
        status = path.stat()
    except OSError as error:
        raise explain(path, error) from error
    if not stat.S_ISREG(status.st_mode):
        raise _not_a_file(path)
    if not status.st_size:
        raise Unreadable(
            f"{path} is empty (0 bytes), so line 1 lacks the column names. Was it truncated?",
            code="empty_file",
            next_step="Restore it, from the folder of kept versions perhaps.",
        )
    return Signature.of(status)


def content_hash(path: Path) -> str:
    """Return the SHA-256 of a file's present content."""
    try:
        with path.open("rb") as stream:
            return _digest(stream)
    except OSError as error:
        raise explain(path, error) from error


def _digest(stream: BinaryIO, copy: BinaryIO | None = None) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
        if copy:
            copy.write(chunk)
    return digest.hexdigest()


@contextmanager
def snapshot(path: Path) -> Iterator[Snapshot]:
    """Copy the file while it holds still; the copy lives as long as the context.

    Raises Unreadable when the file is missing, forbidden, empty, without line ends, or saved again
    during each of three attempts; RetryLater when the disk fails.
    """
    real = real_path(path)
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
        copy = cast("BinaryIO", spool)
        for _ in range(_ATTEMPTS):
            taken = _attempt(path, real, copy)
            if taken:
                yield taken
                return
    raise Unreadable(
        f"{path} was written to while it was read, {_ATTEMPTS} times.",
        code="changing",
        next_step="Wait until the program that writes it has finished.",
    )


def _attempt(path: Path, real: Path, copy: BinaryIO) -> Snapshot | None:
    before = signature_now(real)
    copy.seek(0)
    copy.truncate()
    try:
        with real.open("rb") as stream:
            status = os.fstat(stream.fileno())
            _refuse_endless_line(path, stream)
            hash_ = _digest(stream, copy)
    except OSError as error:
        raise explain(real, error) from error
    # Two equal hashes around equal signatures: no save began, ran or ended in between.
    if content_hash(real) != hash_ or not before == signature_now(real) == Signature.of(status):
        return None
    return Snapshot(
        path=real,
        stream=copy,
        hash=hash_,
        signature=before,
        mode=stat.S_IMODE(status.st_mode),
        owner=status.st_uid,
        group=status.st_gid,
    )


def _refuse_endless_line(path: Path, stream: BinaryIO) -> None:
    """Look at the head only: a huge file without line ends is refused before it is copied."""
    head = stream.read(LARGEST_HEADER + 1)
    stream.seek(0)
    if len(head) > LARGEST_HEADER and b"\n" not in head and b"\r" not in head:
        raise Unreadable(
            f"{path}: line 1 is longer than {LARGEST_HEADER // 1024} KiB, so it cannot be the "
            "column names.",
            code="no_line_ends",
            next_step="Save it as a CSV file with one row on each line.",
        )
