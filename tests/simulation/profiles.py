"""What simulated systems are like: data. Some have a name, others are drawn trait by trait."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from types import MappingProxyType

from adapters.contract import Capabilities
from adapters.memory import CAPABILITIES, Normalise
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
    rewriting: str = "as_is"
    """How it rewrites what it stores: a key of ``REWRITINGS``."""
    carries_external_id: bool = True
    is_unique: bool = True
    """It refuses a second record with the same address."""
    skew: timedelta = timedelta(0)
    """How far its clock is ahead of ours."""
    ignores: frozenset[str] = frozenset()
    """Fields it accepts from us and does not change (R19)."""
    answers: str = ""
    """Field that a workflow of the system sets after each write of ours."""
    listing_cap: int = 0
    """Records after which a listing breaks off; 0 = never."""
    answers_for_merged: bool = True
    """A record that was merged away is answered by the one that survived; else it is in the bin."""

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


def _composed(_name: str, value: Value) -> Value:
    """Write characters and their accents as one, as many databases do."""
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


REWRITINGS: Mapping[str, Normalise] = {
    "as_is": _as_is,
    "tidy": _tidy,
    "cut": _cut,
    "composed": _composed,
}

NOTHING, SOON, LATE = timedelta(0), timedelta(seconds=10), timedelta(seconds=60)

PLAIN = Capabilities(
    read_batch=50,
    write_batch=50,
    page_size=50,
    hint_page_size=50,
    is_remote=True,
    has_external_id=True,
    unique_keys=frozenset({"email"}),
    has_field_times=True,
    removals=CAPABILITIES.removals,
    full_listing_every=timedelta(hours=1),
)

FILE = replace(
    PLAIN,
    is_remote=False,
    has_external_id=False,
    unique_keys=frozenset(),
    has_field_times=False,
    has_precondition=True,
    is_saved_whole=True,
    full_listing_every=timedelta(minutes=10),
)

_SMALL = replace(PLAIN, read_batch=2, write_batch=3, page_size=2, hint_page_size=2)

PROFILES: Mapping[str, Profile] = {
    "file": Profile(capabilities=FILE, carries_external_id=False, is_unique=False),
    "plain CRM": Profile(capabilities=PLAIN),
    "strict CRM with preconditions": Profile(
        capabilities=replace(_SMALL, has_precondition=True), rewriting="composed"
    ),
    "lagging search CRM": Profile(
        capabilities=replace(
            _SMALL, index_lag=LATE, lookup_lag=LATE, full_listing_every=timedelta(days=7)
        ),
        rewriting="tidy",
    ),
    "coarse CRM": Profile(
        capabilities=replace(
            PLAIN,
            index_lag=SOON,
            has_field_times=False,
            time_resolution=timedelta(seconds=1),
            write_batch=1,
        ),
        skew=timedelta(seconds=3),
    ),
    "silent CRM": Profile(
        capabilities=replace(PLAIN, replies_with_values=False, write_batch=3), rewriting="cut"
    ),
    "CRM without our id": Profile(
        capabilities=replace(PLAIN, has_external_id=False, index_lag=SOON),
        carries_external_id=False,
    ),
    "CRM without any key": Profile(
        capabilities=replace(PLAIN, has_external_id=False, unique_keys=frozenset()),
        carries_external_id=False,
        is_unique=False,
    ),
    "stubborn CRM": Profile(capabilities=PLAIN, ignores=frozenset({"company"})),
    "busy CRM": Profile(capabilities=replace(PLAIN, has_precondition=True), answers="note"),
    "capped CRM": Profile(
        capabilities=replace(PLAIN, full_listing_every=timedelta(days=7)), listing_cap=12
    ),
}
"""Systems by their manners. A source may be any of them, a file among them."""

NAMED_SHARE = 0.4


def draw_profile(luck: Random, *, is_source: bool) -> Profile:
    """Return a system: one with a name, or one drawn trait by trait."""
    if luck.random() < NAMED_SHARE:
        # Two systems that answer each other's every write never come to rest.
        elsewhere = {"busy CRM"} if is_source else {"file"}
        return PROFILES[luck.choice(sorted(PROFILES.keys() - elsewhere))]
    return _drawn(luck, is_source=is_source)


def _drawn(luck: Random, *, is_source: bool) -> Profile:
    """Return a system; a source is now and then like a file."""
    lag = luck.choice((NOTHING, NOTHING, SOON, LATE))
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
        removals=CAPABILITIES.removals,
        index_lag=lag,
        lookup_lag=luck.choice((NOTHING, lag)),
        time_resolution=timedelta(milliseconds=luck.choice((1, 1000))),
        request_time_out=timedelta(seconds=30),
        full_listing_every=timedelta(minutes=luck.choice((10, 60, 10_080))),
    )
    if is_file:
        capabilities = _as_file(capabilities)
    ignores = frozenset({"company"}) if luck.random() < 0.05 else frozenset()
    # With either of these it never comes to rest yet: see scenarios/open.
    may_answer = not is_source and not ignores and capabilities.replies_with_values
    answers = "note" if may_answer and luck.random() < 0.05 else ""
    return Profile(
        capabilities=capabilities,
        rewriting=luck.choice(("as_is", "as_is", "tidy", "cut", "composed")),
        carries_external_id=capabilities.has_external_id and luck.random() < 0.9,
        is_unique=not is_file,
        skew=timedelta(seconds=luck.choice((0, 0, 0, -4, 3))),
        ignores=ignores,
        answers=answers,
    )


def _as_file(drawn: Capabilities) -> Capabilities:
    """Return a file with the batch sizes of what was drawn."""
    return replace(
        FILE,
        read_batch=drawn.read_batch,
        write_batch=drawn.write_batch,
        page_size=drawn.page_size,
        hint_page_size=drawn.hint_page_size,
        removals=FILE.removals,
    )
