"""Kill the daemon with ``kill -9`` at random moments of a sync, start it again, compare the end.

    python -m tests.acceptance.kills --times 20 [--seed S] [--records 2000] [--state sqlite|postgres]
                                     [--fault-proxy] [--crm hubspot|tryton]

Every round has a CRM (a sandbox, or a real Tryton server) of its own, a CSV file of its own, the real daemon and real HTTP. The
moments are spread uniformly over the time that an undisturbed sync takes; in every second round
people edit both sides meanwhile, in every third the daemon is killed again while it recovers. With
--fault-proxy the net between daemon and sandbox is bad until the last kill. At the end of a round
the history of intents, requests and records is checked (I11, I14). Prints one line of JSON; exits 1
when anything is wrong or differs from what the undisturbed sync leaves.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

from tests.acceptance.crms import HUBSPOT, Box, Crm
from tests.acceptance.people import as_csv, edit_row, table
from tests.acceptance.processes import FLOWING, Daemon, daemon, eventually
from tests.acceptance.proxy import Proxy, proxy
from tests.acceptance.tryton import TRYTON
from tests.postgres import new_database, running_server

CRMS = {one.word: one for one in (HUBSPOT, TRYTON)}
EDITS = 3
"""People edited on each side in a round with edits."""
ROUND_PATIENCE = 90.0
BAD_NET = 0.1
"""Share of the exchanges that go wrong behind --fault-proxy."""
SMALL_BATCHES = (*FLOWING, "batch_size: 20")
"""There, so that there are exchanges enough to go wrong."""
FOUND = ("duplicates", "lost_edits", "unexplained", "differences")


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What both sides hold: contacts by address (or id) with their mapped fields, and the file."""

    contacts: Mapping[str, Mapping[str, str]]
    file: bytes


@dataclass(kw_only=True)
class Room:
    """Where one round takes place."""

    crm: Crm
    folder: Path
    box: Box
    net: Proxy
    daemon: Daemon
    known: Sequence[Mapping[str, Any]]

    @property
    def file(self) -> Path:
        return self.folder / "people.csv"

    @property
    def state(self) -> str | Path:
        place = self.daemon.state
        return place if "://" in place else self.folder / place

    def picture(self) -> Picture:
        contacts = {
            record["values"].get("email") or record["id"]: {
                name: record["values"].get(name, "") for name in self.crm.properties.values()
            }
            for record in self.box.records()
        }
        return Picture(contacts=contacts, file=self.file.read_bytes())


@dataclass(kw_only=True)
class Edit:
    """One person's edit, on one side, that must be on both in the end."""

    row: str
    email: str
    column: str
    value: str

    def do(self, room: Room) -> None:
        if self.column == "City":
            found = room.box.contact(self.email)
            assert found is not None
            room.box.edit(found["id"], **{room.crm.properties["City"]: self.value})
        else:
            edit_row(room.file, self.row, self.column, self.value)

    def is_kept(self, room: Room, picture: Picture) -> bool:
        row = table(room.file).get(self.row, {})
        contact = picture.contacts.get(self.email, {})
        return self.value == row.get(self.column) == contact.get(room.crm.properties[self.column])


@dataclass(kw_only=True)
class Tally:
    """What the rounds came to."""

    kills: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    moments: list[float] = field(default_factory=list)


@contextmanager
def room(
    crm: Crm, records: int, place: Callable[[], str], bad_net: float = 0.0, seed: int = 1
) -> Iterator[Room]:
    """Give a CRM, a net, a file and a configured daemon that is not started."""
    with (
        tempfile.TemporaryDirectory(prefix="crmsyncd-kills-") as name,
        crm.serve(crm.people) as box,
        proxy(box.base_url, seed, crm.is_write) as net,
    ):
        folder = Path(name)
        lines = SMALL_BATCHES if bad_net else FLOWING
        text = crm.configured(net.base_url, *lines, time_out=crm.time_out)
        (folder / "crmsyncd.yaml").write_text(text, encoding="utf-8")
        net.storm(bad_net)
        known = [one for one in box.records() if one["values"].get("email")][: crm.known]
        (folder / "people.csv").write_bytes(as_csv(crm.rows(known, records), crm.columns))
        with daemon(folder, {crm.variable: box.token}, place()) as process:
            yield Room(crm=crm, folder=folder, box=box, net=net, daemon=process, known=known)


def undisturbed(crm: Crm, records: int, place: Callable[[], str]) -> tuple[Picture, float]:
    """Return what an undisturbed sync leaves, and how long it takes from its start."""
    with room(crm, records, place) as here:
        started = time.monotonic()
        here.daemon.start()
        eventually(here.daemon.is_quiet, "an undisturbed sync ends", ROUND_PATIENCE)
        length = time.monotonic() - started
        here.daemon.settle()
        assert 0 == here.daemon.stop()
        return here.picture(), length


def edits_for(here: Room, records: int, luck: random.Random) -> list[Edit]:
    """People new to the CRM are edited in the file, known ones in the CRM: nothing conflicts."""
    new = luck.sample(range(len(here.known), records), EDITS)
    old = luck.sample(range(len(here.known)), EDITS)
    return [
        *(
            Edit(row=f"K{n:05d}", email=f"row.{n}@example.com", column=here.crm.edited,
                 value=f"Edited in the file {n}")
            for n in new
        ),
        *(
            Edit(row=f"K{n:05d}", email=here.known[n]["values"]["email"], column="City",
                 value=f"Edited in the CRM {n}")
            for n in old
        ),
    ]  # fmt: skip


def disturb(here: Room, length: float, edits: Sequence[Edit], kills: int, luck: random.Random,
            tally: Tally) -> None:  # fmt: skip
    """Start the daemon; kill it and start it again, with edits at moments of their own."""
    moment = luck.uniform(0.0, length)
    tally.moments.append(round(moment / length, 3))
    deeds: list[tuple[float, Callable[[], None]]] = [
        (luck.uniform(0.0, 1.2 * length), partial(edit.do, here)) for edit in edits
    ]
    for number in range(kills):
        at = moment + number * luck.uniform(0.5, length)
        deeds.append((at, here.daemon.kill))
        deeds.append((at + luck.uniform(0.0, 0.5), here.daemon.start))
    began = time.monotonic()
    here.daemon.start()
    for at, deed in sorted(deeds, key=lambda pair: pair[0]):
        time.sleep(max(0.0, began + at - time.monotonic()))
        deed()
    here.net.heal()
    tally.kills += kills


def expected(crm: Crm, plain: Picture, edits: Sequence[Edit], folder: Path) -> Picture:
    """Return what the undisturbed sync leaves, with the edits on both sides."""
    contacts = {email: dict(fields) for email, fields in plain.contacts.items()}
    path = folder / "expected.csv"
    path.write_bytes(plain.file)
    for edit in edits:
        contacts[edit.email][crm.properties[edit.column]] = edit.value
        edit_row(path, edit.row, edit.column, edit.value)
    return Picture(contacts=contacts, file=path.read_bytes())


def judge(here: Room, wanted: Picture, edits: Sequence[Edit]) -> Counter[str]:
    """Wait until both sides are as *wanted*; return what is wrong if they never are."""
    ends_at = time.monotonic() + ROUND_PATIENCE
    while not here.daemon.is_quiet() and time.monotonic() < ends_at:
        time.sleep(0.1)
    if not edits:  # what is not there when nothing waits never comes
        ends_at = 0.0
    while (found := here.picture()) != wanted and time.monotonic() < ends_at:
        time.sleep(1.0)
    here.daemon.settle()
    found = here.picture()
    wrong = Counter(
        duplicates=here.crm.doubled(here.box.records()),
        lost_edits=sum(not edit.is_kept(here, found) for edit in edits),
        differences=len(differences(found, wanted)),
    )
    for difference in differences(found, wanted):
        sys.stderr.write(f"{difference}\n")
    assert 0 == here.daemon.stop(), here.daemon.errors()
    broken = here.crm.faults(here.box, here.net, here.state)
    sys.stderr.write("".join(f"{one}\n" for one in broken))
    wrong["unexplained"] = len(broken)
    return wrong


def differences(found: Picture, wanted: Picture) -> list[str]:
    """Tell which contacts and lines of the file differ, and how; everybody in it is invented."""
    people = found.contacts.keys() | wanted.contacts.keys()
    contacts = [
        f"contact {one}: {found.contacts.get(one)} and not {wanted.contacts.get(one)}"
        for one in sorted(people)
        if found.contacts.get(one) != wanted.contacts.get(one)
    ]
    lines = zip_longest(found.file.split(b"\r\n"), wanted.file.split(b"\r\n"))
    return contacts + [f"line {one!r} and not {meant!r}" for one, meant in lines if one != meant]


def rounds(
    times: int,
    records: int,
    luck: random.Random,
    place: Callable[[], str],
    *,
    crm: Crm = HUBSPOT,
    bad_net: float = 0.0,
) -> Tally:
    """Kill *times* times, in as many rounds as that needs; *bad_net* is its share of faults."""
    tally = Tally()
    plain, length = undisturbed(crm, records, place)
    number = 0
    while tally.kills < times:
        with room(crm, records, place, bad_net, luck.randrange(1 << 30)) as here:
            edits = edits_for(here, records, luck) if number % 2 else []
            kills = min(2 if number % 3 == 2 else 1, times - tally.kills)
            disturb(here, length, edits, kills, luck, tally)
            wrong = judge(here, expected(crm, plain, edits, here.folder), edits)
            tally.faults += wrong
            told = {"round": number, "kills": kills, "at": tally.moments[-1], **wrong}
            told |= {"net": len([one for one in here.net.exchanges if one.fault])}
            sys.stderr.write(json.dumps(told) + "\n")
        number += 1
    return tally


@contextmanager
def places(kind: str) -> Iterator[Callable[[], str]]:
    """Give a source of places for states: a folder in the round's own, or a fresh database."""
    if kind == "sqlite":
        yield lambda: "state"
        return
    with running_server() as server, ExitStack() as stack:
        made: list[str] = []

        def database() -> str:
            name = f"crmsyncd_kills_{len(made)}"
            made.append(name)
            url = stack.enter_context(new_database(server, name))
            return url.set(drivername="postgresql").render_as_string(hide_password=False)

        yield database


def main(words: Sequence[str] | None = None) -> int:
    """Run the rounds, print one line of JSON, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.kills", description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--records", type=int, help="rows of the CSV file (2000; 300 for tryton)")
    parser.add_argument("--state", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--fault-proxy", action="store_true", help="kill behind a bad net")
    parser.add_argument("--crm", choices=sorted(CRMS), default=HUBSPOT.word)
    given = parser.parse_args(words)
    started, bad_net = time.monotonic(), BAD_NET if given.fault_proxy else 0.0
    crm = CRMS[given.crm]
    records = given.records or crm.file
    with places(given.state) as place:
        luck = random.Random(given.seed)
        tally = rounds(given.times, records, luck, place, crm=crm, bad_net=bad_net)
    told: dict[str, object] = {"crm": given.crm, "kills": tally.kills}
    told |= {name: tally.faults[name] for name in FOUND}
    told |= {"state": given.state, "seed": given.seed, "records": records}
    told |= {"fault_proxy": given.fault_proxy}
    told |= {"seconds": round(time.monotonic() - started, 1)}
    sys.stdout.write(json.dumps(told) + "\n")
    return int(any(tally.faults[name] for name in FOUND))


if __name__ == "__main__":
    sys.exit(main())
