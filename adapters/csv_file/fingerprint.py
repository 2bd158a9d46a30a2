"""Whether a file is the content that was seen before, at the price of one ``stat`` where possible."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.csv_file.snapshot import Signature, content_hash, real_path, signature_now
from daemon.clock import Clock

RACY = timedelta(seconds=2)
"""A content hashed this soon after its modified time may be followed by another one with the same
time (two seconds is the coarsest step of a file system), so such a signature proves nothing."""


class Fingerprint:
    """The hash of a file's content; hashed again only when the file's signature changed."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Watch the file at *path*, wherever it leads at the time."""
        self._path = path
        self._clock = clock
        self._seen: tuple[Signature, str] | None = None

    def now(self) -> str:
        """Return the hash of the present content. Raises Unreadable, RetryLater."""
        real = real_path(self._path)
        begun = self._clock.now()
        signature = signature_now(real)
        if self._seen and self._seen[0] == signature:
            return self._seen[1]
        hash_ = content_hash(real)
        is_settled = signature == signature_now(real) and begun - _modified_at(signature) > RACY
        self._seen = (signature, hash_) if is_settled else None
        return hash_


def _modified_at(signature: Signature) -> datetime:
    newest = max(signature.modified_ns, signature.changed_ns)
    return datetime.fromtimestamp(newest / 1e9, UTC)
