"""One account: its settings, stores, owners and limits, and nothing global."""

import random
from zoneinfo import ZoneInfo

from adapters.hubspot.sandbox.object_types import OBJECT_TYPES
from adapters.hubspot.sandbox.owners import OwnerBook, first_owners
from adapters.hubspot.sandbox.rates import RateLimits
from adapters.hubspot.sandbox.schema import delivered_catalog
from adapters.hubspot.sandbox.search_index import SearchIndex
from adapters.hubspot.sandbox.settings import AccountSettings, Limits
from adapters.hubspot.sandbox.store import ObjectStore
from adapters.hubspot.sandbox.values import ValueRules
from adapters.sandbox.clock import Clock


class Account:
    """What the rules of the vendor work on."""

    def __init__(self, settings: AccountSettings, clock: Clock, random: random.Random) -> None:
        self.settings = settings
        self.switches = settings.switches
        self.limits = settings.limits
        self.validation = settings.validation
        self.portal_id = settings.portal_id
        self.clock = clock
        self.random = random
        self.zone = ZoneInfo(settings.time_zone)
        self.rates = RateLimits(settings.limits, self.zone)
        self.blocked_emails: set[str] = set()
        opened = clock.now()
        self.owners = OwnerBook(first_owners(opened))
        self.stores = {
            kind.name: ObjectStore(
                kind,
                delivered_catalog(kind.name, opened),
                SearchIndex(settings.search_lag, random),
                random,
            )
            for kind in OBJECT_TYPES
        }

    @property
    def contacts(self) -> ObjectStore:
        """The store tests and the page look at most."""
        return self.stores["contacts"]

    def value_rules(self) -> ValueRules:
        """Return what checking a value needs to know of this account."""
        return ValueRules(
            text_length=self.limits.text_length,
            is_email_lowercased=self.switches.is_email_lowercased,
            is_text_trimmed=self.switches.is_text_trimmed,
            owner_ids=self.owners.active_ids(),
        )

    def correlation_id(self) -> str:
        """Return a fresh id in the form of a UUID."""
        text = f"{self.random.getrandbits(128):032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def set_limits(self, limits: Limits) -> None:
        """Change rates while running; what was used stays used."""
        self.limits = limits
        self.rates.limits = limits
