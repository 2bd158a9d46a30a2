"""Connections stay open over a change of the configuration, or are exchanged between runs (R16)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from config.snapshot import Config
from daemon.clock import SeededLuck
from daemon.flow.prepare import Link
from daemon.service.connections import Connections
from daemon.use_cases.workspace import read_configuration
from tests.http.doubles import LeapingClock

BOTH = ("crm", "people")


@pytest.fixture
async def connections(tmp_path: Path) -> AsyncIterator[Connections]:
    """Nothing open yet; everything closed at the end."""
    made = Connections(configured(tmp_path), LeapingClock(), SeededLuck(1), lambda _: None)
    yield made
    await made.close()


def configured(
    folder: Path,
    *,
    token: str = "one",
    key: str = "id",
    name: str = "people",
    share: str = "60%",
) -> Config:
    file = folder / "crmsyncd.yaml"
    file.write_text(
        "connections:\n"
        f"  {name}: {{type: csv, path: people.csv, key: {key}}}\n"
        f'  crm: {{type: hubspot, token: {token}, base_url: "http://127.0.0.1:1", '
        f"quota: {{daily_share: {share}}}}}\n"
        "syncs:\n"
        f"  people-to-crm: {{source: {{connection: {name}}}, crm: {{connection: crm}}}}\n"
    )
    return read_configuration(file, {})


async def lent(connections: Connections, config: Config) -> Mapping[str, Link]:
    """What a run would be lent, given back at once."""
    async with connections.lent(config, config.connections) as links:
        return links


async def test_unchanged_connections_stay_open(connections: Connections, tmp_path: Path) -> None:
    """The same adapter, with its rate limiter, over a reload; the changed one is another."""
    before = await lent(connections, configured(tmp_path))
    changed = configured(tmp_path, token="two")
    await connections.take(changed)

    after = await lent(connections, changed)

    assert before["people"].adapter is after["people"].adapter
    assert before["crm"].adapter is not after["crm"].adapter


async def test_a_secret_alone_is_a_change(connections: Connections, tmp_path: Path) -> None:
    """Fingerprints do not count a secret's content; what is open does."""
    one, two = configured(tmp_path), configured(tmp_path, token="two")

    assert one.connections["crm"].fingerprint == two.connections["crm"].fingerprint
    assert (await lent(connections, one))["crm"] is not (await lent(connections, two))["crm"]


async def test_an_exchange_waits_for_the_run_under_way(
    connections: Connections, tmp_path: Path
) -> None:
    """Two adapters of one connection never work at once; a run keeps the one it began with."""
    one, two = configured(tmp_path), configured(tmp_path, token="two")
    order: list[str] = []

    async def successor() -> None:
        async with connections.lent(two, BOTH):
            order.append("successor")

    async with connections.lent(one, BOTH) as links:
        await connections.take(two)
        waiting = asyncio.create_task(successor())
        async with connections.lent(one, ["people"]) as shared:
            assert links["people"] is shared["people"]
        for _ in range(10):
            await asyncio.sleep(0)
        order.append("run")
    await waiting

    assert ["run", "successor"] == order


async def test_a_removed_connection_is_closed_after_its_last_run(
    connections: Connections, tmp_path: Path
) -> None:
    """It stays open as long as a run uses it; a later user opens it anew and leaves nothing."""
    one, renamed = configured(tmp_path), configured(tmp_path, name="others")

    async with connections.lent(one, BOTH) as links:
        await connections.take(renamed)
        assert set(BOTH) == connections.opened()
    assert {"crm"} == connections.opened()

    assert links["people"] is not (await lent(connections, one))["people"]
    assert {"crm"} == connections.opened()


async def test_a_fault_gives_everything_back(connections: Connections, tmp_path: Path) -> None:
    """A connection that is not configured is told, and what was lent before it is free again."""
    config = configured(tmp_path)

    with pytest.raises(KeyError):
        await lent_by_name(connections, config, "crm", "unknown")
    await connections.take(configured(tmp_path, token="two"))

    assert set() == connections.opened()


async def lent_by_name(connections: Connections, config: Config, *names: str) -> None:
    async with connections.lent(config, names):
        pass


async def test_a_quota_counts_at_once_for_a_run_under_way(
    connections: Connections, tmp_path: Path
) -> None:
    """Nothing is opened anew for it, nobody waits, and no approval is needed (R16)."""
    one, two = configured(tmp_path), configured(tmp_path, share="5%")

    async with connections.lent(one, BOTH) as links:
        await connections.take(two)
        quota = links["crm"].spending.quota
        async with connections.lent(two, BOTH) as later:
            assert links["crm"].adapter is later["crm"].adapter

    assert 0.05 == quota.daily_share
    assert one.connections["crm"].fingerprint == two.connections["crm"].fingerprint
    assert {"crm", "people"} == connections.opened()
