"""What the two simulated systems are like: data, drawn from the workload's seed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from types import MappingProxyType

from adapters.contract import Capabilities
from adapters.memory import Normalise
from daemon.core.schema import Field
from daemon.core.values import FieldKind, Value

FIELDS = ("email", "first_name", "phone", "company", "note")
KINDS: Mapping[str, FieldKind] = {"email": FieldKind.EMAIL, "phone": FieldKind.PHONE}
REGION = "DE"
CUT = 9
"""Characters a system keeps of a company's name where it cuts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """One simulated system."""

    capabilities: Capabilities
    rewriting: str
    carries_external_id: bool
    is_unique: bool
    skew: timedelta = timedelta(0)

    @property
    def normalise(self) -> Normalise:
        """How the system rewrites what it stores."""
        return REWRITINGS[self.rewriting]

    @property
    def fields(self) -> Mapping[str, Field]:
        """The system's fields."""
        return MappingProxyType(
            {
                name: Field(
                    name=name,
                    label=name,
                    kind=KINDS.get(name, FieldKind.TEXT),
                    is_unique=name == "email" and self.is_unique,
                )
                for name in FIELDS
            }
        )


def _as_is(_name: str, value: Value) -> Value:
    return value


def _tidy(name: str, value: Value) -> Value:
    """Trim texts, write addresses in lower case and phone numbers with blanks."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if name == "email":
        return text.lower() or None
    if name == "phone" and text.startswith("+49"):
        return f"+49 {text[3:6]} {text[6:]}"
    return text or None


def _cut(name: str, value: Value) -> Value:
    """Keep only the beginning of a company's name."""
    if name == "company" and isinstance(value, str):
        return value[:CUT]
    return value


REWRITINGS: Mapping[str, Normalise] = {"as_is": _as_is, "tidy": _tidy, "cut": _cut}


def draw_profile(luck: Random, *, is_source: bool) -> Profile:
    """Return a system; a source is now and then like a file."""
    lag = timedelta(seconds=luck.choice((0, 0, 10, 60)))
    is_file = is_source and luck.random() < 0.4
    capabilities = Capabilities(
        read_batch=luck.choice((2, 4, 50)),
        write_batch=luck.choice((1, 3, 50)),
        page_size=luck.choice((2, 3, 50)),
        hint_page_size=luck.choice((2, 50)),
        is_remote=True,
        has_external_id=luck.random() < 0.8,
        unique_keys=frozenset({"email"}) if luck.random() < 0.8 else frozenset(),
        has_field_times=luck.random() < 0.5,
        has_precondition=luck.random() < 0.5,
        replies_with_values=luck.random() < 0.7,
        index_lag=lag,
        lookup_lag=luck.choice((timedelta(0), lag)),
        time_resolution=timedelta(milliseconds=luck.choice((1, 1000))),
        request_time_out=timedelta(seconds=30),
        full_listing_every=timedelta(minutes=luck.choice((10, 60, 10_080))),
    )
    if is_file:
        capabilities = _as_file(capabilities)
    return Profile(
        capabilities=capabilities,
        rewriting=luck.choice(("as_is", "as_is", "tidy", "cut")),
        carries_external_id=capabilities.has_external_id and luck.random() < 0.9,
        is_unique=not is_file,
        skew=timedelta(seconds=luck.choice((0, 0, 0, -4, 3))),
    )


def _as_file(capabilities: Capabilities) -> Capabilities:
    return replace(
        capabilities,
        is_remote=False,
        has_external_id=False,
        unique_keys=frozenset(),
        has_field_times=False,
        has_precondition=True,
        replies_with_values=True,
        index_lag=timedelta(0),
        lookup_lag=timedelta(0),
        is_saved_whole=True,
        full_listing_every=timedelta(minutes=10),
    )
