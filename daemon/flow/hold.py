"""A sync that a person must let go on before it does anything more."""

from adapters.errors import AdapterError


class PairHeld(AdapterError):
    """The sync is held; the message says why."""


class RunHalted(AdapterError):
    """The operator wants a run to end at the first refused record, and its writes to be undone."""
