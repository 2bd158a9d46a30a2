"""The planted bugs still have their place; ``make plants`` shows who finds them."""

from pathlib import Path

import pytest

from tests.plants.__main__ import SUITES
from tests.plants.adapter_plants import ADAPTER_PLANTS
from tests.plants.plants import PLANTS, Plant

ROOT = Path(__file__).parents[2]
ALL = (*PLANTS, *ADAPTER_PLANTS)
PARTS = {"adapters", "reconcile", "intents", "recover", "guards", "observe", "settle"}


@pytest.mark.parametrize("plant", ALL, ids=[plant.what for plant in ALL])
def test_every_plant_has_its_place(plant: Plant) -> None:
    """What is to be spoiled stands in the code exactly once, and the spoilt code is still Python."""
    text = (ROOT / plant.file).read_text("utf-8")

    assert 1 == text.count(plant.before)
    assert set(plant.suites) <= {suite for suite, _ in SUITES}
    compile(text.replace(plant.before, plant.after), plant.file, "exec")


def test_every_part_is_spoiled() -> None:
    """No part is without a plant."""
    assert set() == PARTS - {plant.part for plant in ALL}
