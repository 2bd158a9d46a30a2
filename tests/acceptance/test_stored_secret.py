"""A daemon that works with a stored secret takes up its successor (R16), and never shows either."""

import asyncio
from pathlib import Path

from adapters.hubspot.sandbox import (
    AccountSettings,
    Sandbox,
    SandboxSettings,
    TokenSettings,
    run_sandbox,
)
from tests.acceptance.people import as_csv, edit_row, plain_people, rows_for
from tests.acceptance.processes import FLOWING, Daemon, crmsyncd, daemon, eventually

FIRST, SECOND = "pat-eu1-the-first-secret", "pat-eu1-the-second-secret"
TOKENS = (TokenSettings(token=FIRST), TokenSettings(token=SECOND))


async def test_a_replaced_secret_is_taken_up_while_it_runs(tmp_path: Path) -> None:
    """The first one is revoked, a person connects with a second one, and the sync goes on."""
    settings = SandboxSettings(accounts=(AccountSettings(records=5, tokens=TOKENS),))
    async with run_sandbox(settings) as box:
        await asyncio.to_thread(_live_through, tmp_path, box)


def _live_through(folder: Path, box: Sandbox) -> None:
    (folder / "people.csv").write_bytes(as_csv(rows_for(plain_people([], 0), 6)))
    _connect(folder, box, FIRST)
    with (folder / "crmsyncd.yaml").open("a") as opened:
        opened.write(REST + "".join(f"    {line}\n" for line in FLOWING))
    with daemon(folder, {}) as process:
        process.start()
        eventually(process.is_quiet, "the first sync ends")
        box.vendor.tokens.expire(FIRST, box.clock.now())
        edit_row(folder / "people.csv", "K00001", "City", "Oberammergau")
        eventually(lambda: _taken(process, "run_failed"), "the refusal is seen")

        _connect(folder, box, SECOND)

        try:
            eventually(
                lambda: _taken(process, "configuration_taken", connections=["crm"]), "the news"
            )
        except AssertionError as error:
            error.add_note(process.errors())  # invented secrets; no log line holds one anyway
            raise
        eventually(lambda: _cities(box) >= {"Oberammergau"}, "the edit arrives")
        assert 0 == process.stop()
        told = process.errors()
    files = [one.read_bytes() for one in folder.rglob("*") if one.is_file()]
    for secret in (FIRST, SECOND):
        assert secret not in told
        assert not any(secret.encode() in content for content in files)


REST = """\
  people: {type: csv, path: people.csv, key: id}
service: {listen: 127.0.0.1:0}
syncs:
  people-to-crm:
    source: {connection: people}
    crm: {connection: crm, object: contacts}
"""


def _connect(folder: Path, box: Sandbox, secret: str) -> None:
    done = crmsyncd(
        "connect", "hubspot", "crm", "--base-url", box.base_url, "--token-stdin", "--yes",
        "--state", "state", folder=folder, stdin=secret.encode(),
    )  # fmt: skip
    assert 0 == done.code, done.err
    assert secret not in done.out + done.err


def _taken(process: Daemon, event: str, **said: object) -> bool:
    return any(
        event == line["event"] and all(value == line.get(name) for name, value in said.items())
        for line in process.log()
    )


def _cities(box: Sandbox) -> set[str]:
    return {str(one.get("city")) for one in box.contacts.all_live()}
