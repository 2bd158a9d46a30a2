"""Normalising: the one comparable form of a value, and the form the other side is written with.

Takes typed values and live field definitions, gives values. ``comparable`` is total: it never
raises, whatever a system sent. ``convert`` raises ``ConversionError`` rather than write something
that only resembles what was meant. Nothing here decides which side wins.
"""

from daemon.core.normalize.address import is_email
from daemon.core.normalize.comparable import (
    Comparable,
    agrees,
    comparable,
    registered_normalisation,
)
from daemon.core.normalize.convert import ConversionError, convert
from daemon.core.normalize.phone import e164

__all__ = [
    "Comparable",
    "ConversionError",
    "agrees",
    "comparable",
    "convert",
    "e164",
    "is_email",
    "registered_normalisation",
]
