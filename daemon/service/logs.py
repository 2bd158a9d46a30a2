"""Logs as events: one JSON object a line, a stable word, ids as fields, never a payload."""

import logging
import sys
from collections.abc import Mapping

import orjson
import structlog
from structlog.typing import FilteringBoundLogger


def _as_json(value: Mapping[str, object], **_: object) -> str:
    return orjson.dumps(value, default=str).decode()


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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)


def logger() -> FilteringBoundLogger:
    """Return the log of the process."""
    found: FilteringBoundLogger = structlog.get_logger()
    return found
