"""A real Tryton server in front of the daemon: its people, its configuration, its history."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.acceptance.crms import Crm
from tests.acceptance.history import FAILED, OK, OPEN, TOKEN, Promise, promises
from tests.acceptance.people import rows_for
from tests.acceptance.proxy import Exchange, Proxy
from tests.tryton.person import PARTY, Person, seen
from tests.tryton.server import Server, server

COLUMNS = ("id", "E-Mail", "Full Name", "Phone", "Street", "City")
PROPERTIES = {
    "E-Mail": "email",
    "Full Name": "name",
    "Phone": "phone",
    "Street": "street",
    "City": "city",
}
MARK = "crmsyncd:"


class Tryton:
    """The server, and another user of it."""

    def __init__(self, at: Server) -> None:
        self.at = at
        self.base_url = at.base_url
        self.token = at.password
        self.person = Person(at)

    def records(self) -> list[dict[str, Any]]:
        """All live parties."""
        return [_record(row) for row in self.person.rows()]

    def contact(self, email: str) -> dict[str, Any] | None:
        """The party with that address."""
        return next((one for one in self.records() if one["values"].get("email") == email), None)

    def edit(self, record: str, **properties: str) -> None:
        """Change some fields in Tryton's form."""
        self.person.edit(record, **properties)

    def value(self, email: str, name: str) -> str:
        """A field of the party with that address, "" for none."""
        found = self.contact(email)
        return "" if found is None else str(found["values"].get(name, ""))


def _record(row: Any) -> dict[str, Any]:
    codes = [one["code"] for one in row["identifiers."] if one["code"].startswith(MARK)]
    ours = {TOKEN: codes[0].removeprefix(MARK)} if codes else {}
    return {"id": str(row["id"]), "values": {**seen(row), **ours}, "tokens": len(codes)}


@contextmanager
def tryton(people: int) -> Iterator[Tryton]:
    """Serve a database of its own with some people as long as this context lives."""
    with server(people) as at:
        yield Tryton(at)


def rows(known: Sequence[Mapping[str, Any]], count: int) -> list[list[str]]:
    """Return *count* rows: one for each known party, then people nobody knows."""
    told = [{"values": {**one["values"], "firstname": one["values"]["name"]}} for one in known]
    return [
        [key, email, f"{first} {last}".strip(), phone, street, city]
        for key, email, first, last, phone, street, _, city in rows_for(told, count)
    ]


def configured(base_url: str, *more: str, time_out: float = 30.0) -> str:
    """Return the configuration; *more* lines go into the sync."""
    lines = (
        "connections:",
        "  people: {type: csv, path: people.csv, key: id}",
        "  crm:",
        "    type: tryton",
        f'    base_url: "{base_url}"',
        "    database: tryton",
        "    user: crmsyncd",
        '    password: "${env:TRYTON_PASSWORD}"',
        f"    request_time_out: {time_out}s",
        "    poll: {search_margin: 1s, overlap: 15s, count_every: 2s}",
        "syncs:",
        "  people-to-crm:",
        "    source: {connection: people}",
        "    crm: {connection: crm, object: party}",
        *(f"    {line}" for line in more),
        "service: {listen: 127.0.0.1:0}",
    )
    return "\n".join(lines) + "\n"


def changes_parties(one: Exchange) -> bool:
    """Tell whether a request changes parties."""
    method = (one.asked or {}).get("method", "")
    return method in {f"{PARTY}.{verb}" for verb in ("create", "write", "delete")}


def doubled(records: Sequence[Mapping[str, Any]]) -> int:
    """Return how many parties share an address or an id of ours with another, or have two ids."""
    count = sum(max(0, int(one["tokens"]) - 1) for one in records)
    for name in ("email", TOKEN):
        held = [one["values"][name].casefold() for one in records if one["values"].get(name)]
        count += len(held) - len(set(held))
    return count


def faults(box: Tryton, net: Proxy, state: str | Path) -> list[str]:
    """Return every breach of I11 and I14 that intents, requests and parties show together."""
    promised = promises(state)
    done = [one for one in net.writes() if one.is_arrived and "result" in (one.answered or {})]
    made = [link for one in done for link in _created(one)]
    changed = [record for one in done for record in _changed(one)]
    held = {one["values"].get(TOKEN): one["id"] for one in box.records()}
    return [
        *(f"I11: {link} was made {number} times" for link, number in _twice(made)),
        *_unpromised(made, changed, promised),
        *_unkept(held, changed, promised),
        *(f"I9: intent {one.id} is still open" for one in promised.values() if one.state in OPEN),
    ]


def _twice(made: Sequence[str]) -> list[tuple[str, int]]:
    return [(link, number) for link, number in Counter(made).items() if number > 1]


def _created(one: Exchange) -> list[str]:
    """Return the ids of ours under which a request made parties."""
    if not one.asked["method"].endswith(".create"):
        return []
    told = [values.get("identifiers", [["", [{"code": ""}]]]) for values in one.asked["params"][0]]
    return [commands[0][1][0]["code"].removeprefix(MARK) for commands in told]


def _changed(one: Exchange) -> list[str]:
    """Return the ids of parties that a request changed."""
    if not one.asked["method"].endswith(".write"):
        return []
    *pairs, _context = one.asked["params"]
    return [str(ids[0]) for ids in pairs[::2]]


def _unpromised(
    made: Sequence[str], changed: Sequence[str], promised: Mapping[str, Promise]
) -> Iterator[str]:
    """I14, from the CRM's side: each effect has an intent of its own."""
    links = {one.link for one in promised.values() if one.verb == "create"}
    yield from (f"I14: {link} was made without an intent" for link in made if link not in links)
    updates = Counter(one.crm_id for one in promised.values() if one.verb == "update")
    for record, number in Counter(changed).items():
        if number > updates[record]:
            yield f"I14: party {record} was changed {number} times, for {updates[record]} intents"


def _unkept(
    held: Mapping[str | None, str], changed: Sequence[str], promised: Mapping[str, Promise]
) -> Iterator[str]:
    """I14 and I11, from our side: what we call done is so, and what we call refused is not."""
    for one in promised.values():
        if one.verb == "create" and one.state == OK and held.get(one.link) != one.crm_id:
            yield f"I14: intent {one.id} is settled on another party than was made"
        if one.verb == "create" and one.state in FAILED and one.link in held:
            yield f"I11: intent {one.id} is {one.state}, and its party is there"
        if one.verb == "update" and one.state == OK and one.crm_id not in changed:
            yield f"I14: intent {one.id} is settled, and the party was never changed"


TRYTON = Crm(
    word="tryton",
    serve=tryton,
    columns=COLUMNS,
    properties=PROPERTIES,
    edited="Street",
    people=60,
    known=30,
    file=300,
    time_out=10.0,
    rows=rows,
    configured=configured,
    variable="TRYTON_PASSWORD",
    is_write=changes_parties,
    doubled=doubled,
    faults=faults,
)
