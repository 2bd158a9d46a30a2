"""A sync that a person must let go on before it does anything."""

from adapters.errors import AdapterError


class PairHeld(AdapterError):
    """The sync is held; the message says why."""
