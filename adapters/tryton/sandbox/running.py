"""A running Tryton sandbox: the server, its database, and a person's endpoints beside it."""

import random
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.sandbox.exchange import JsonObject
from adapters.sandbox.server import listening
from adapters.sandbox.serving import serve_until_signal
from adapters.tryton.sandbox.acting import ADMIN_PREFIX, Person, application
from adapters.tryton.sandbox.environment import Environment, alone_in, environment, folder_of
from adapters.tryton.sandbox.server import DATABASE, Server, serving
from adapters.tryton.sandbox.template import ADMIN, PERSON, SYNC, copy_database, template
from daemon.clock import SystemClock

IMPORTED_AT_ONCE = 50
FIRST = ("Ada", "Björn", "Chloé", "Dora", "Emre", "Fatima", "Giulia", "Hans", "Ines", "Jürgen")
LAST = ("Abel", "Brandt", "Castro", "Dubois", "Ericsson", "Fischer", "García", "O'Neill")
CITIES = (("Berlin", "DE"), ("Paris", "FR"), ("Wien", "AT"), ("London", "GB"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Sandbox:
    """A server that runs, with a person in front of it."""

    server: Server
    person: Person
    page: str
    records: int

    def announcement(self) -> JsonObject:
        """Return where the server is and how to get in."""
        return {
            "sandbox": "tryton",
            "base_url": self.server.base_url,
            "token": SYNC.password,
            "settings": {"database": DATABASE, "user": SYNC.login},
            "users": {one.login: one.password for one in (ADMIN, PERSON)},
            "records": self.records,
            "page": f"{self.page}/",
            "admin": f"{self.page}{ADMIN_PREFIX}",
        }


async def installed() -> tuple[Environment, Path]:
    """Return the server's environment and its template; makes what is missing."""
    folder = folder_of()
    with alone_in(folder):
        made = await environment(folder)
        return made, await template(made, SystemClock())


@asynccontextmanager
async def run_sandbox(
    *, port: int, records: int, seed: int, state: Path | None
) -> AsyncIterator[Sandbox]:
    """Run a sandbox on loopback while the block lasts; *state* is a database file to go on with."""
    made, blank = await installed()
    with tempfile.TemporaryDirectory(prefix="crmsyncd-tryton-") as name:
        folder = Path(name)
        database = folder / f"{DATABASE}.sqlite"
        is_new = _begin(database, blank, state)
        async with serving(made, folder, SystemClock(), port) as server:
            person = Person(server)
            if is_new:
                await _populate(person, records, seed)
            async with listening(application(person), 0) as page:
                yield Sandbox(server=server, person=person, page=page, records=records)
        if state is not None:
            copy_database(database, state)


def _begin(database: Path, blank: Path, state: Path | None) -> bool:
    """Put a database where the server looks for it; return whether it is a blank one."""
    is_new = state is None or not state.exists()
    copy_database(blank if is_new or state is None else state, database)
    return is_new


async def _populate(person: Person, records: int, seed: int) -> None:
    luck = random.Random(seed)  # noqa: S311 - invented people
    forms = [_form(number, luck) for number in range(records)]
    for start in range(0, records, IMPORTED_AT_ONCE):
        await person.create_all(list(forms[start : start + IMPORTED_AT_ONCE]))


def _form(number: int, luck: random.Random) -> Mapping[str, str]:
    city, country = luck.choice(CITIES)
    return {
        "name": f"{luck.choice(FIRST)} {luck.choice(LAST)}",
        "email": f"party.{number}@example.com",
        "phone": f"+4930{4_000_000 + number}" if luck.random() < 0.9 else "",
        "city": city,
        "country": country,
    }


def serve(*, port: int, records: int, seed: int, state: Path | None = None) -> None:
    """Run a sandbox until SIGTERM or SIGINT, announced in one JSON line on standard output."""
    serve_until_signal(lambda: run_sandbox(port=port, records=records, seed=seed, state=state))
