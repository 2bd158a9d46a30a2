"""Logs as events: one JSON object a line, a stable word, ids as fields, never a payload.

What cannot be written is lost: a log on a full disk stops no sync.
"""

import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TextIO

import orjson
import structlog
from structlog.typing import FilteringBoundLogger


def _as_json(value: Mapping[str, object], **_: object) -> str:
    return orjson.dumps(value, default=str).decode()


class _Lines:
    """Writes events to a stream, past its buffer.

    A buffer would try again at the process' end what failed once, and spoil the exit code.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._raw = getattr(getattr(stream, "buffer", None), "raw", None)

    def msg(self, event: str) -> None:
        """Write one event; never raises for a stream that takes no more."""
        with suppress(OSError):
            self._write(f"{event}\n")

    debug = info = warning = error = critical = exception = msg

    def _write(self, line: str) -> None:
        if self._raw is None:
            self._stream.write(line)
            self._stream.flush()
            return
        left = line.encode()
        while left and (written := self._raw.write(left)):
            left = left[written:]


def configure_logs(level: str) -> None:
    """Send events of at least *level* (debug, info, warning, error) to standard error."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.JSONRenderer(serializer=_as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: _Lines(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)


def logger() -> FilteringBoundLogger:
    """Return the log of the process."""
    found: FilteringBoundLogger = structlog.get_logger()
    return found
