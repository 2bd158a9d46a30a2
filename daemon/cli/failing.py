"""Errors at the command's edge: one clear message on standard error and the right exit code."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

DONE, FAILED_RECORDS, USAGE, APPROVAL_NEEDED, HELD, HALTED = range(6)

OUTCOME_CODES = {
    "done": DONE,
    "nothing": DONE,
    "preview": DONE,
    "unfinished": FAILED_RECORDS,
    "waiting": APPROVAL_NEEDED,
    "held": HELD,
    "put_off": HELD,
    "failed": HALTED,
    "halted": HALTED,
}

_BY_NAME = {
    "ConfigProblems": USAGE,
    "NotFound": USAGE,
    "Unusable": USAGE,
    "BackupUnusable": USAGE,
    "UnknownSandboxError": USAGE,
    "MappingUnusable": USAGE,
    "StateUnavailable": USAGE,
    "StateLocked": USAGE,
    "NewerState": USAGE,
    "NoReason": USAGE,
    "KeyUnusable": USAGE,
    "CannotOpen": USAGE,
    "PairHeld": HELD,
    "AdapterError": HALTED,
}
"""By class name, walking up the bases, so that nothing is imported to say what went wrong."""


def exit_code(error: BaseException) -> int | None:
    """Return the exit code of an error people are told plainly about, or None for our own bugs."""
    names = (base.__name__ for base in type(error).__mro__)
    return next((_BY_NAME[name] for name in names if name in _BY_NAME), None)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Tell expected errors in one message; let our own bugs show their trace."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        if error.filename is None and error.strerror is None:
            raise
        print(f"crmsyncd: {error}", file=sys.stderr)
        sys.exit(USAGE)
    except Exception as error:
        code = exit_code(error)
        if code is None:
            raise
        print(f"crmsyncd: {error}", file=sys.stderr)
        sys.exit(code)
