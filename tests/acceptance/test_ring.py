"""A ring of systems settles: a file, HubSpot, and a third CRM that knows both (A13, R7, R12)."""

from pathlib import Path

import pytest

from adapters.sandbox.faults import parse_rule
from tests.acceptance.rings import Ring, SalesforceScreen, ring

THIRD = pytest.mark.parametrize("third", ["hubspot", "salesforce"])

UPDATES = "/crm/objects/2026-09/contacts/batch/update"

CHAIN = {"file-hub": ("file", "hub"), "hub-third": ("hub", "third")}


def told(systems: Ring) -> dict[str, dict[str, str]]:
    """Address → what the file says of somebody, by the words of the screens."""
    words = {
        "first": "First Name", "last": "Last Name", "title": "Job Title", "city": "City"
    }  # fmt: skip
    return {
        row["E-Mail"].lower(): {word: row[column] for word, column in words.items()}
        for row in systems.rows().values()
    }


@THIRD
async def test_the_second_round_has_no_operation(tmp_path: Path, third: str) -> None:
    """I4, I11: everybody of the file is in both CRMs once, whatever made them there."""
    async with ring(tmp_path, third) as systems:
        await systems.round()
        second = await systems.round()

        assert ["nothing"] * 3 == [report.outcome for report in second]
        assert [{}] * 3 == [report.plan.operations for report in second if report.plan]
        wanted = told(systems)
        for screen in (systems.hub, systems.third):
            found = systems.by_email(screen)
            assert wanted.keys() == found.keys()
            assert wanted == {
                email: {word: person[word] for word in wanted[email]}
                for email, person in found.items()
            }


@THIRD
@pytest.mark.parametrize("where", ["file", "hub", "third"])
async def test_an_edit_goes_round_once(tmp_path: Path, third: str, where: str) -> None:
    """I2: two writes carry it to the other two, and nothing comes back."""
    async with ring(tmp_path, third) as systems:
        await systems.settle()
        email = systems.rows()["K00001"]["E-Mail"]
        if where == "file":
            systems.edit_row("K00001", "City", "Rom")
        else:
            screen = systems.hub if where == "hub" else systems.third
            screen.edit(systems.id_of(screen, email), city="Rom")

        reports = [*await systems.round(), *await systems.round()]
        await systems.settle()

        assert "Rom" == systems.rows()["K00001"]["City"]
        for screen in (systems.hub, systems.third):
            assert "Rom" == systems.by_email(screen)[email]["city"]
        assert 2 == sum(report.counts["updated"] for report in reports)


@THIRD
async def test_a_copied_old_value_does_not_beat_a_newer_edit(tmp_path: Path, third: str) -> None:
    """R12: the file's value of 10:01 reaches HubSpot at 10:05; a rep's edit of 10:03 wins over it."""
    async with ring(tmp_path, third, ends=CHAIN) as systems:
        await systems.settle()
        email = systems.rows()["K00001"]["E-Mail"]
        contact = systems.id_of(systems.third, email)

        systems.edit_row("K00001", "City", "Old")
        systems.hub.box.faults.add(
            parse_rule({"kind": "locked_423", "lasts": 200.0,
                        "match": {"method": "POST", "path_prefix": UPDATES}})
        )  # fmt: skip
        await systems.sync("file-hub")
        assert "Old" != systems.by_email(systems.hub)[email]["city"]
        systems.clock.elapsed += 120
        systems.third.edit(contact, city="New")
        systems.clock.elapsed += 120
        systems.hub.box.faults.clear()
        await systems.sync("file-hub")
        assert "Old" == systems.by_email(systems.hub)[email]["city"]
        await systems.settle()

        assert "New" == systems.rows()["K00001"]["City"]
        for screen in (systems.hub, systems.third):
            assert "New" == systems.by_email(screen)[email]["city"]


@THIRD
@pytest.mark.parametrize("where", ["hub", "third"])
async def test_a_merge_at_one_screen_is_followed_all_round(
    tmp_path: Path, third: str, where: str
) -> None:
    """R9, R42, I20: nobody is deleted, made again or doubled; the others wait for a person."""
    async with ring(tmp_path, third) as systems:
        await systems.settle()
        screen = systems.hub if where == "hub" else systems.third
        other = systems.third if where == "hub" else systems.hub
        one, two = (systems.rows()[key]["E-Mail"] for key in ("K00001", "K00002"))

        screen.merge(systems.id_of(screen, one), systems.id_of(screen, two))
        await systems.settle()

        assert 7 == len(screen.everybody())
        assert (8, 8) == (len(other.everybody()), len(systems.rows()))
        found = await systems.apart()
        assert {("K00002", "merged_there")} <= {(entry.record, entry.rule) for entry in found}
        assert 2 == len(found)


@pytest.mark.parametrize("into_known", [False, True], ids=["a new contact", "one that is linked"])
async def test_a_converted_lead_is_followed_to_its_contact(
    tmp_path: Path, into_known: bool
) -> None:
    """I20: the same path as a merge; the row goes on with the contact, and nobody is made again."""
    ends = {"file-third": ("file", "third")}
    async with ring(tmp_path, "salesforce", ends=ends, people="lead+contact") as systems:
        screen = systems.third
        assert isinstance(screen, SalesforceScreen)
        await systems.settle()
        one, two = (systems.rows()[key]["E-Mail"] for key in ("K00001", "K00002"))
        leads = {email: screen.leads()[email] for email in (one, two)}
        contact = screen.convert(leads[two]) if into_known else ""
        await systems.settle()

        contact = screen.convert(leads[one], contact)
        await systems.settle()
        systems.edit_row("K00001", "City", "Rom")
        systems.edit_row("K00002", "City", "Bonn")
        await systems.settle()

        assert one not in screen.leads()
        assert [contact] == list(screen.everybody())
        waiting = [(entry.record, entry.rule) for entry in await systems.apart()]
        if into_known:
            assert [("K00001", "merged_there")] == waiting
            assert "Bonn" == screen.everybody()[contact]["city"]
        else:
            assert [] == waiting
            assert "Rom" == screen.everybody()[contact]["city"]


@THIRD
async def test_merged_on_both_screens_and_in_the_file_it_is_one_person(
    tmp_path: Path, third: str
) -> None:
    """R42: when the duplicates are gone everywhere, nobody waits and the next round has no work."""
    async with ring(tmp_path, third) as systems:
        await systems.settle()
        one, two = (systems.rows()[key]["E-Mail"] for key in ("K00001", "K00002"))
        for screen in (systems.hub, systems.third):
            screen.merge(systems.id_of(screen, one), systems.id_of(screen, two))
            await systems.settle()
        content = systems.file.read_bytes().splitlines(keepends=True)
        left = [line for line in content if not line.startswith(b"K00002")]
        systems.file.write_bytes(b"".join(left))

        await systems.settle()
        await systems.settle()  # an absence counts from the second listing on (I6)

        assert (7, 7, 7) == (
            len(systems.hub.everybody()), len(systems.third.everybody()), len(systems.rows())
        )  # fmt: skip
        assert [] == await systems.apart()
