"""A bad net between daemon and CRM: everybody is there once, nothing is lost, all is explained."""

from pathlib import Path

from tests.acceptance.outpost import Outpost, outpost
from tests.acceptance.processes import FLOWING, eventually
from tests.acceptance.proxy import STORM, Fault


def test_a_sync_through_a_storm_ends_as_on_a_calm_day(tmp_path: Path) -> None:
    """Every sixth exchange of a load of 240 rows goes wrong: nothing doubled or lost (I11)."""
    lines = (*FLOWING, "batch_size: 10")
    with outpost(tmp_path, *lines, contacts=80, known=30, rows=240, seed=11) as at:
        at.net.storm(0.17)
        at.daemon.start()
        eventually(lambda: len(at.box.records()) > 200, "most of them are there")
        wanted = {100: "Through the storm", 200: "Against the wind"}
        for number, city in wanted.items():
            at.edit_row(number, city)
        at.edit_contact(1, "From the other side")
        eventually(lambda: len(at.net.hits()) > 4, "it storms")
        at.net.heal()
        at.until_agreed({**wanted, 1: "From the other side"})
        at.ends_well(290)


def test_each_fault_of_the_net_costs_a_while_and_no_more(tmp_path: Path) -> None:
    """Each kind once, to a write, an update or a create: settled by looking, never by sending."""
    with outpost(tmp_path) as at:
        at.first_sync()
        for number, fault in enumerate(STORM):
            _meets(at, fault, 20 + number)
        assert set(STORM) == at.net.hits()
        at.ends_well(60)


def _meets(at: Outpost, fault: Fault, number: int) -> None:
    at.net.add(fault, path="writes")
    at.edit_row(number, f"City of {fault.value}")
    at.until_agreed({number: f"City of {fault.value}"})
    at.net.heal()
