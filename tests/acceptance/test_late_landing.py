"""A request that left late and is still on the wire when its sender is dead (R22)."""

import time
from pathlib import Path

import pytest

from tests.acceptance.outpost import outpost
from tests.acceptance.processes import eventually
from tests.acceptance.proxy import Fault

TIME_OUT, PATIENCE = 6.0, 7
"""Seconds: of a request; for which the CRM asks the daemon to wait before it repeats it."""


@pytest.mark.slow
def test_a_write_that_waited_for_its_turn_is_waited_out_too(tmp_path: Path) -> None:
    """Put off by the CRM, sent, its sender killed: it lands within its time-out, and costs nothing.

    Whoever takes over counts the time-out from the moment the request left, not from its intent.
    """
    with outpost(tmp_path, time_out=TIME_OUT) as at:
        at.first_sync()
        at.box.fault("throttled_429", retry_after=PATIENCE,
                     match={"method": "POST", "path_prefix": UPDATES})  # fmt: skip
        at.edit_row(30, "First")
        eventually(lambda: at.net.writes()[-1].status == 429, "the write is put off")
        at.net.hold(Fault.HOLD_REQUEST, "writes")
        eventually(lambda: at.net.held, "it is sent again")
        left_at = time.monotonic()
        at.daemon.kill()
        at.edit_row(30, "Second")
        at.daemon.start()
        while time.monotonic() - left_at < TIME_OUT - 0.5 and not at.agree({30: "Second"}):
            time.sleep(0.1)
        at.net.release()
        assert time.monotonic() - left_at < TIME_OUT
        at.ends_well(60)
        assert at.agree({30: "Second"})


UPDATES = "/crm/objects/2026-09/contacts/batch/update"
