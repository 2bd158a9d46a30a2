"""A new content for the file, all of it or none of it.

Takes a snapshot and splices; gives a file that holds either its old or its new content after a
crash at any moment. The order is what makes it so: the new content is whole and on disk in a
temporary file, and the old one is kept, before one rename swaps them. Nothing is swapped when the
file is no longer what the snapshot saw.
"""

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from adapters.csv_file.cells import Splice
from adapters.csv_file.encoding import CHUNK
from adapters.csv_file.settings import VERSIONS_FOLDER, CsvSettings
from adapters.csv_file.snapshot import Snapshot, content_hash, signature_now
from adapters.errors import AdapterError, GrantAccess, RetryLater, UnknownOutcome

Step = Callable[[str], None]
"""Told the name of each step before it is taken; tests stop the process there."""

_SUFFIX = ".crmsyncd-tmp"
_VERSION_NAME = f".{'?' * 8}T{'?' * 6}.{'?' * 6}Z-{'?' * 16}.csv"
_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700


def no_step(_name: str) -> None:
    """Take every step."""


def lock_of(path: Path) -> Path | None:
    """Return the lock file of a spreadsheet program that has *path* open, if there is one."""
    locks = (path.with_name(f".~lock.{path.name}#"), path.with_name(f"~${path.name}"))
    return next((lock for lock in locks if os.path.lexists(lock)), None)


def versions_folder(settings: CsvSettings, real: Path) -> Path:
    """Return where earlier contents of the file are kept."""
    return settings.versions_folder or real.parent / VERSIONS_FOLDER


def remove_leftovers(real: Path, folder: Path) -> None:
    """Remove temporary files of a crash; what cannot be listed or removed is left."""
    for place in (real.parent, folder):
        with suppress(OSError):
            for path in place.glob(f".{_glob_safe(real.name)}.*{_SUFFIX}"):
                path.unlink(missing_ok=True)


def _glob_safe(name: str) -> str:
    return "".join(f"[{character}]" if character in "[*?" else character for character in name)


class Replacement:
    """Swaps one file's content, keeping mode and owner, and the old content as a version."""

    def __init__(self, settings: CsvSettings, *, token: str, now: datetime, step: Step) -> None:
        """Take what makes names unique: a token and the moment."""
        self._settings = settings
        self._token = token
        self._now = now
        self._step = step

    def swap(self, snapshot: Snapshot, splices: Sequence[Splice]) -> bool:
        """Put the new content in place; False if the file is no longer what was read.

        Raises GrantAccess or RetryLater when nothing was changed, UnknownOutcome when the swap
        happened but may not survive a power cut.
        """
        try:
            with self._temporary(snapshot.path.parent, snapshot.path.name) as temporary:
                self._write(temporary, snapshot, splices)
                self._keep_version(snapshot)
                return self._rename(temporary, snapshot)
        except OSError as error:
            raise _not_written(self._settings.path, error) from error

    @contextmanager
    def _temporary(self, folder: Path, name: str) -> Iterator[Path]:
        """Give a name for a temporary file, which is removed unless it was renamed."""
        path = folder / f".{name}.{self._token}{_SUFFIX}"
        try:
            yield path
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _write(self, temporary: Path, snapshot: Snapshot, splices: Iterable[Splice]) -> None:
        self._step("create the temporary file")
        with _created(temporary) as target:
            self._step("write the new content")
            for piece in spliced(snapshot.stream, splices):
                target.write(piece)
            self._step("set mode and owner")
            # The owner first: changing it clears set-id bits of the mode.
            with suppress(PermissionError):
                os.fchown(target.fileno(), snapshot.owner, snapshot.group)
            os.fchmod(target.fileno(), snapshot.mode)
            self._step("sync the temporary file")
            target.flush()
            os.fsync(target.fileno())

    def _keep_version(self, snapshot: Snapshot) -> None:
        if not self._settings.keep_versions:
            return
        folder = versions_folder(self._settings, snapshot.path)
        kept = self._versions(folder, snapshot.path.name)
        mark = snapshot.hash[:16]
        if not kept or not kept[-1].stem.endswith(mark):
            self._step("make the folder of versions")
            folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
            self._copy(snapshot, folder, mark)
        self._step("remove old versions")
        for path in self._versions(folder, snapshot.path.name)[: -self._settings.keep_versions]:
            path.unlink(missing_ok=True)

    def _versions(self, folder: Path, name: str) -> list[Path]:
        """Return the kept versions of one file, oldest first."""
        return sorted(folder.glob(_glob_safe(name) + _VERSION_NAME))

    def _copy(self, snapshot: Snapshot, folder: Path, mark: str) -> None:
        stamp = self._now.strftime("%Y%m%dT%H%M%S.%fZ")
        with self._temporary(folder, snapshot.path.name) as temporary:
            self._step("write the version")
            with _created(temporary) as target:
                for piece in spliced(snapshot.stream, ()):
                    target.write(piece)
                target.flush()
                os.fsync(target.fileno())
            self._step("name the version")
            temporary.replace(folder / f"{snapshot.path.name}.{stamp}-{mark}.csv")

    def _rename(self, temporary: Path, snapshot: Snapshot) -> bool:
        with _locked_folder(snapshot.path.parent) as folder:
            self._step("compare")
            if not _is_unchanged(snapshot) or lock_of(snapshot.path):
                return False
            self._step("swap")
            temporary.replace(snapshot.path)
            self._sync_folder(folder)
        return True

    def _sync_folder(self, folder: int) -> None:
        try:
            self._step("sync the folder")
            os.fsync(folder)
        except OSError as error:
            raise UnknownOutcome(
                f"{self._settings.path} was rewritten, but its folder could not be synced.",
                code="input_output",
                next_step="Look at the disk.",
            ) from error


def _is_unchanged(snapshot: Snapshot) -> bool:
    """Return whether the file is still what was read. The hash decides, the signature is last.

    A save that begins while the hash is being made shows in the signature; what remains open is
    the moment between that look and the rename.
    """
    try:
        return (
            content_hash(snapshot.path) == snapshot.hash
            and signature_now(snapshot.path) == snapshot.signature
        )
    except AdapterError:
        # Gone or unreadable now: the next reading says so, with the reason.
        return False


def spliced(stream: BinaryIO, splices: Iterable[Splice]) -> Iterator[bytes]:
    """Yield the stream's content with *splices* applied; they are in order of offset."""
    position = 0
    for splice in splices:
        yield from _copied(stream, position, splice.offset)
        yield splice.content
        position = splice.offset + splice.size
    yield from _copied(stream, position, None)


def _copied(stream: BinaryIO, start: int, end: int | None) -> Iterator[bytes]:
    stream.seek(start)
    while end is None or start < end:
        piece = stream.read(CHUNK if end is None else min(CHUNK, end - start))
        if not piece:
            return
        start += len(piece)
        yield piece


@contextmanager
def _created(path: Path) -> Iterator[BinaryIO]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as target:
        yield target


@contextmanager
def _locked_folder(folder: Path) -> Iterator[int]:
    """Hold the folder, so that two daemons never compare and swap at once."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _not_written(path: Path, error: OSError) -> AdapterError:
    if isinstance(error, PermissionError):
        return GrantAccess(
            f"{path} cannot be rewritten: its folder or the folder of versions refuses new files.",
            code="no_permission",
            next_step="Give the user that crmsyncd runs as the right to write there.",
        )
    return RetryLater(
        f"{path} could not be rewritten and is as it was: {error.strerror}.",
        code="input_output",
        next_step="Look at the disk and its free space.",
    )
