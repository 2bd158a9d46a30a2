"""A world of three systems: two sources share one CRM, by two pairs of one sync.

What one source enters reaches the other by way of the CRM, and one look at the CRM serves both. A
third pair, between the two sources, makes a ring of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine

from adapters.contract import Surroundings
from adapters.memory import MemorySystem
from config.model import Sync
from config.snapshot import Config
from daemon.core.values import Side, Value
from daemon.flow.prepare import Link, Preparation
from tests.simulation.profiles import REGION
from tests.simulation.scenarios import CRM, SOURCE
from tests.simulation.wire import Wire
from tests.simulation.world import NAMES, Terms, World

THIRD = "third"

Person = Mapping[str, Value]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pairs(Terms):
    """A sync of two pairs that meet in one CRM, or of three that form a ring."""

    is_ring: bool = False

    def sync(self) -> Sync:
        """Return the validated sync."""
        crm = {"connection": NAMES[Side.CRM]}
        sources = (NAMES[Side.SOURCE], THIRD)
        pairs = [{"source": {"connection": name}, "crm": crm} for name in sources]
        if self.is_ring:
            ends = {"source": {"connection": sources[0]}, "crm": {"connection": THIRD}}
            pairs.append(ends)
        usual = {"approval": {"first_run": "none"}, "country": REGION, "pairs": pairs}
        return Sync.model_validate({**usual, **self.settings})


class Hub(World):
    """Left and third on one side, right between them."""

    def __init__(
        self, engine: Engine, settings: Mapping[str, object], *, is_ring: bool = False
    ) -> None:
        """Begin with three empty systems."""
        self.third: MemorySystem | None = None
        terms = _Pairs(settings={"create": {"source": True}, **settings}, is_ring=is_ring)
        super().__init__(engine, {Side.SOURCE: SOURCE, Side.CRM: CRM}, terms)

    def _work(self, by_side: Mapping[Side, Link]) -> Preparation:
        work = super()._work(by_side)
        if self.third is None:
            self.third = self._system(Side.SOURCE)
            self.third.prefix, self.third.account_id = "t", "account-third"
        place = Surroundings(
            connection=THIRD, clock=self.clock, luck=self.luck, on_call=self.calls.append
        )
        wire = Wire(Side.SOURCE, self.third, SOURCE, self.around, place)
        link = self._link_to(THIRD, wire)
        config = Config(
            connections={**work.config.connections, THIRD: link.connection},
            syncs=work.config.syncs,
            service=work.config.service,
        )
        links = {**work.links, THIRD: link}
        return Preparation(config=config, links=links, state=self.state, clock=self.clock)

    def systems_by_name(self) -> Mapping[str, MemorySystem]:
        """Return all three systems."""
        if self.third is None:
            raise RuntimeError("the hub was not built")
        named = {NAMES[side]: system for side, system in self.systems.items()}
        return {**named, THIRD: self.third}

    def everybody(self) -> Mapping[str, list[Person]]:
        """Return who is in each system, whatever the ids are."""
        return {
            name: sorted((dict(stored.values) for stored in system.live()), key=repr)
            for name, system in self.systems_by_name().items()
        }
