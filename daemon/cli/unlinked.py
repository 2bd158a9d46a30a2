"""``unlinked``: records whose partner is gone."""

import asyncio

from daemon.cli.opening import a_state
from daemon.cli.output import moment, out, print_json, table
from daemon.clock import SystemClock
from daemon.use_cases import unlinked as use_case
from daemon.use_cases.unlinked import UnlinkedEntry


def unlinked(*, sync: str, state: str, as_json: bool) -> None:
    """List records that stand alone."""

    async def work() -> list[UnlinkedEntry]:
        async with a_state(state) as opened:
            return await use_case.unlinked(opened, sync=sync)

    found = asyncio.run(work())
    if as_json:
        print_json(found)
        return
    if not found:
        out.print("No record stands alone.")
        return
    table(
        "Records whose partner is gone",
        ["link", "sync", "side", "record", "partner was", "linked"],
        [[one.link, one.pair, one.side, one.record, one.gone, moment(one.linked_at)]
         for one in found],
    )  # fmt: skip
    out.print("Give one a new partner: crmsyncd unlinked renew LINK")


def renew(*, link: str, by: str, state: str, as_json: bool) -> None:
    """Give a record a new partner."""

    async def work() -> UnlinkedEntry:
        async with a_state(state) as opened:
            return await use_case.renew(opened, SystemClock(), link=link, by=by)

    found = asyncio.run(work())
    if as_json:
        print_json(found)
    else:
        out.print(f"The next run finds or makes a partner for {found.record} ({found.side}).")
