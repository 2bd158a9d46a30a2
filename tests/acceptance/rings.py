"""A file and two CRMs in a ring: real HTTP, real files, a real state, and a time that leaps.

The third system is another HubSpot account or a Salesforce org; what a person does there goes by its
sandbox's own screen.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from adapters.hubspot import sandbox as hubspot
from adapters.hubspot.sandbox.person import DEFAULT_USER_ID
from adapters.hubspot.sandbox.person import Person as HubSpotPerson
from adapters.salesforce import sandbox as salesforce
from adapters.salesforce.sandbox.person import Person as SalesforcePerson
from daemon.clock import SeededLuck
from daemon.cycle import Order
from daemon.flow.report import RunReport
from daemon.use_cases import attend
from daemon.use_cases.workspace import Workspace, open_workspace, read_configuration, run_sync
from state.database import State
from state.opening import open_state
from tests.acceptance.people import as_csv, edit_row, rows_for, table
from tests.http.doubles import LeapingClock

A_MINUTE = 60.0

ROWS = 8
"""People in the file."""

RING = {"file-hub": ("file", "hub"), "hub-third": ("hub", "third"), "file-third": ("file", "third")}

FIELDS = ("email", "first", "last", "phone", "title", "city")


class Screen(Protocol):
    """What a person at a CRM's screen sees and does, by the words of ``FIELDS``."""

    token: str
    connection: str
    """The connection's line of configuration, without its name."""
    object: str

    def everybody(self) -> dict[str, dict[str, str]]:
        """Id → values of everybody who is there."""
        ...

    def edit(self, record: str, **values: str) -> None:
        """Change somebody."""
        ...

    def merge(self, survivor: str, loser: str) -> None:
        """Make one of two."""
        ...


class HubSpotScreen:
    """An account of HubSpot."""

    words: Mapping[str, str] = {
        "email": "email", "first": "firstname", "last": "lastname",
        "phone": "phone", "title": "jobtitle", "city": "city",
    }  # fmt: skip

    def __init__(self, box: hubspot.Sandbox, variable: str) -> None:
        self.box, self.token, self.object = box, box.token, "contacts"
        self.connection = (
            f'{{type: hubspot, token: "${{env:{variable}}}", base_url: "{box.base_url}", '
            "poll: {search_margin: 1s, overlap: 15s}}"
        )

    def _person(self) -> HubSpotPerson:
        account = self.box.account
        return HubSpotPerson(account=account, store=account.contacts, user_id=DEFAULT_USER_ID)

    def everybody(self) -> dict[str, dict[str, str]]:
        return {
            record.id: {word: record.get(name) or "" for word, name in self.words.items()}
            for record in self.box.contacts.all_live()
        }

    def edit(self, record: str, **values: str) -> None:
        self._person().edit(record, {self.words[word]: value for word, value in values.items()})

    def merge(self, survivor: str, loser: str) -> None:
        self._person().merge(survivor, loser)


class SalesforceScreen:
    """A Salesforce org: its contacts."""

    words: Mapping[str, str] = {
        "email": "Email", "first": "FirstName", "last": "LastName",
        "phone": "Phone", "title": "Title", "city": "MailingCity",
    }  # fmt: skip

    def __init__(self, box: salesforce.Sandbox, variable: str) -> None:
        self.box, self.token, self.object = box, box.org.settings.client_secret, "contact"
        self.connection = (
            f'{{type: salesforce, base_url: "{box.base_url}", '
            f'client_id: "{box.org.settings.client_id}", client_secret: "${{env:{variable}}}", '
            "poll: {search_margin: 1s, overlap: 15s}}"
        )

    def everybody(self) -> dict[str, dict[str, str]]:
        return {
            row.id: {word: str(row.get(name) or "") for word, name in self.words.items()}
            for row in self.box.org.store("Contact").all_live()
        }

    def edit(self, record: str, **values: str) -> None:
        given = {self.words[word]: value for word, value in values.items()}
        SalesforcePerson(org=self.box.org).edit("Contact", record, given)

    def merge(self, survivor: str, loser: str) -> None:
        SalesforcePerson(org=self.box.org).merge("Contact", survivor, [loser])

    def leads(self) -> dict[str, str]:
        """Address → lead of those who are not converted yet."""
        live = self.box.org.store("Lead").all_live()
        return {str(row.get("Email")).lower(): row.id for row in live if not row.get("IsConverted")}

    def convert(self, lead: str, contact: str = "") -> str:
        """Convert a lead, into a contact where one is named; return the contact."""
        row = SalesforcePerson(org=self.box.org).convert(lead, contact_id=contact)
        return str(row.get("ConvertedContactId"))


@dataclass(kw_only=True)
class Ring:
    """The three systems, one state, one open configuration."""

    folder: Path
    clock: LeapingClock
    hub: HubSpotScreen
    third: Screen
    state: State
    workspace: Workspace
    syncs: Sequence[str]

    @property
    def file(self) -> Path:
        return self.folder / "people.csv"

    async def sync(self, name: str) -> RunReport:
        """Run one sync a minute later."""
        self.clock.elapsed += A_MINUTE
        return await run_sync(self.workspace, Order(sync=name, trigger="test"))

    async def round(self) -> list[RunReport]:
        """Run every sync once."""
        return [await self.sync(name) for name in self.syncs]

    async def settle(self) -> None:
        """Let rounds go by until one has nothing to do anywhere."""
        for _ in range(8):
            told = [report.outcome for report in await self.round()]
            if {"nothing"} == set(told):
                return
        raise AssertionError(told)

    async def apart(self) -> list[attend.QuarantineEntry]:
        """Return who waits for a person."""
        return list(await attend.quarantine(self.state))

    def rows(self) -> dict[str, dict[str, str]]:
        return table(self.file)

    def edit_row(self, key: str, column: str, value: str) -> None:
        edit_row(self.file, key, column, value)

    def by_email(self, screen: Screen) -> dict[str, dict[str, str]]:
        """Address → values; fails where one address comes twice."""
        people = list(screen.everybody().values())
        found = {person["email"].lower(): person for person in people}
        assert len(found) == len(people), sorted(person["email"] for person in people)
        return found

    def id_of(self, screen: Screen, email: str) -> str:
        (found,) = [k for k, v in screen.everybody().items() if v["email"].lower() == email]
        return found


@asynccontextmanager
async def ring(
    folder: Path, third: str, *, ends: Mapping[str, tuple[str, str]] = RING, people: str = ""
) -> AsyncIterator[Ring]:
    """Give a ring, or what *ends* makes of the three; nothing has been synced in it.

    *people* is the object of the third system, where it is not its contacts.
    """
    clock = LeapingClock()
    async with AsyncExitStack() as stack:
        empty = hubspot.SandboxSettings(accounts=(hubspot.AccountSettings(records=0),))
        hub = HubSpotScreen(
            await stack.enter_async_context(hubspot.run_sandbox(empty, clock=clock)), "HUB"
        )
        other: Screen
        if third == "salesforce":
            org = await stack.enter_async_context(
                salesforce.run_sandbox(salesforce.SandboxSettings(), clock=clock)
            )
            other = SalesforceScreen(org, "THIRD")
        else:
            second = await stack.enter_async_context(
                hubspot.run_sandbox(
                    hubspot.SandboxSettings(
                        accounts=(hubspot.AccountSettings(records=0, portal_id=7654321),)
                    ),
                    clock=clock,
                )
            )
            other = HubSpotScreen(second, "THIRD")
        other.object = people or other.object
        (folder / "people.csv").write_bytes(as_csv(rows_for([], ROWS)))
        text = _configuration({"hub": hub, "third": other}, ends)
        (folder / "crmsyncd.yaml").write_text(text, encoding="utf-8")
        config = read_configuration(
            folder / "crmsyncd.yaml", {"HUB": hub.token, "THIRD": other.token}
        )
        state = open_state(folder / "state", inline=True)
        stack.callback(state.close)
        workspace = await stack.enter_async_context(
            open_workspace(config, state, clock, SeededLuck(7))
        )
        yield Ring(folder=folder, clock=clock, hub=hub, third=other, state=state,
                   workspace=workspace, syncs=tuple(ends))  # fmt: skip


def _configuration(screens: Mapping[str, Screen], ends: Mapping[str, tuple[str, str]]) -> str:
    def end(name: str) -> str:
        object_of = f", object: {screens[name].object}" if name in screens else ""
        return f"{{connection: {name}{object_of}}}"

    lines = ["connections:", "  file: {type: csv, path: people.csv, key: id}"]
    lines += [f"  {name}: {screen.connection}" for name, screen in screens.items()]
    lines += ["syncs:"]
    for name, (source, crm) in ends.items():
        lines += [
            f"  {name}:",
            f"    source: {end(source)}",
            f"    crm: {end(crm)}",
            "    approval: {first_run: none}",
        ]
    return "\n".join([*lines, "service: {listen: 127.0.0.1:0}"]) + "\n"
