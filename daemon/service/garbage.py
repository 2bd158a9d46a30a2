"""Python's cycle collector, told that most of what a run makes is no garbage in cycles.

Decisions make many small objects that die by themselves; looking for cycles after every 700 of them
took a seventh of the processor time of a load (benchmarks/README.md).
"""

import gc

YOUNG = 30_000
"""Objects made before the young ones are looked at; the default is 700."""

MIDDLE, OLD = 50, 100


def collect_seldom() -> None:
    """Look for cycles after many objects instead of few. For the process's entry only."""
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
