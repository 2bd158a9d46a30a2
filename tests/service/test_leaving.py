"""A sync that is not configured any more settles what it left open, and then rests (R16, R31)."""

from dataclasses import replace
from pathlib import Path

from daemon.clock import SeededLuck
from daemon.service.live import Live
from daemon.service.workers import take_leave
from state import intents, links, pairs
from tests.acceptance.lab import SYNC, Lab, lab
from tests.state.samples import intent, operation

CRM = ("crm", "contacts")


def without_syncs(at: Lab) -> Live:
    """The daemon's snapshot once the sync is gone from the configuration."""
    gone = replace(at.workspace.config, syncs={})
    return Live(gone, at.state, at.clock, SeededLuck(7), lambda _: None)


async def cut_short(at: Lab) -> None:
    """Sync, and leave what a crash leaves between the promise of a write and its request."""
    await at.sync()
    link = (await at.state.read(links.page, pair=SYNC, after="", limit=1))[0]
    promised = replace(
        operation(link.source_id, pair=SYNC, target=link.crm_id), link=link.id, agreed={}, clears=()
    )
    row = replace(intent(of=promised, end=CRM), link=link.id, sent_at=at.clock.now())
    await at.state.write(intents.open_all, [row])
    assert await at.state.read(pairs.has_open_intents, sync=SYNC)


async def statuses(at: Lab) -> set[str]:
    return {row.status for row in await at.state.read(pairs.all_pairs)}


async def test_what_is_open_is_settled_before_it_rests(tmp_path: Path) -> None:
    """By looking: nothing is sent; then its pair is dormant."""
    async with lab(tmp_path) as at:
        await cut_short(at)
        before = at.values()
        live = without_syncs(at)

        await take_leave(live, at.workspace.config, SYNC)
        await live.close()

        assert not await at.state.read(pairs.has_open_intents, sync=SYNC)
        assert {"dormant"} == await statuses(at)
        assert before == at.values()


async def test_it_goes_on_looking_until_it_can(tmp_path: Path) -> None:
    """An outage puts the rest off; the sync is not given up with a write nobody settled."""
    async with lab(tmp_path) as at:
        await cut_short(at)
        at.fault("unavailable_503", lasts=300.0)
        before = at.clock.now()
        live = without_syncs(at)

        await take_leave(live, at.workspace.config, SYNC)
        await live.close()

        assert 300 <= (at.clock.now() - before).total_seconds()
        assert {"dormant"} == await statuses(at)


async def test_a_paused_sync_may_leave_too(tmp_path: Path) -> None:
    """Looking writes nothing outside, so that a pause does not keep it."""
    async with lab(tmp_path) as at:
        await cut_short(at)
        await at.state.write(pairs.pause, sync=SYNC, by="ana", reason="", at=at.clock.now())
        live = without_syncs(at)

        await take_leave(live, at.workspace.config, SYNC)
        await live.close()

        assert {"dormant"} == await statuses(at)
