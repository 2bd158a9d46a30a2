"""Two kills in every change's tests; ``make kills N=20`` does many, on a calm net or a bad one."""

import random

from tests.acceptance.kills import BAD_NET, FOUND, rounds


def test_a_sync_killed_at_random_ends_as_the_undisturbed_one() -> None:
    """``kill -9`` at a random moment, behind a bad net: nothing doubled, lost or unexplained."""
    tally = rounds(2, 300, random.Random(7), lambda: "state", bad_net=BAD_NET)
    assert 2 == tally.kills
    assert {} == {name: tally.faults[name] for name in FOUND if tally.faults[name]}
