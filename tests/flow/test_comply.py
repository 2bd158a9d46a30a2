"""Compliance in the plan: who is held, what goes on all the same, and what the report says."""

from collections.abc import Callable
from typing import Any

from adapters.memory_system import people_fields
from daemon.core.values import Side, Value
from tests.flow.world import World

NewWorld = Callable[..., World]

MAPPED = ("email", "first_name", "phone", "country", "opt_out")
TOLD = ("consent_status", "consent_date", "consent_source", "lawful_basis", "erasure_request")
GRANTED: dict[str, Value] = {
    "consent_status": "granted",
    "consent_date": "2026-03-01",
    "consent_source": "web form",
}


def judging(new_world: NewWorld, **compliance: Any) -> World:
    """Return a world whose file tells consent in columns that the CRM does not have."""
    world = new_world(compliance=compliance)
    world.source.fields = people_fields(*MAPPED, *TOLD)
    world.crm.fields = people_fields(*MAPPED)
    return world


def person(name: str, **values: Value) -> dict[str, Value]:
    """Return somebody in the file."""
    return {"email": f"{name}@example.com", "first_name": name, "country": "FR", **values}


async def test_compliance_is_off_by_itself_and_the_report_says_so(new_world: NewWorld) -> None:
    """Nobody reads into a quiet report that people were judged."""
    world = new_world()
    world.source.make(person("anna"))

    report = await world.run()

    assert ("off", 0) == (report.compliance.on_violation, report.compliance.judged)
    assert 1 == report.by_side["crm"]["created"]


async def test_who_may_not_be_messaged_is_held_with_rule_article_and_remedy(
    new_world: NewWorld,
) -> None:
    """The one with consent goes on, the other one waits; nothing is written for it."""
    world = judging(new_world)
    world.source.make(person("anna", **GRANTED))
    world.source.make(person("bert", lawful_basis="contract"))

    report = await world.run()

    assert ["anna@example.com"] == world.values(Side.CRM, "email")
    (held,) = await world.apart()
    assert ("s2", "compliance_consent", "") == (held.record, held.rule, held.field)
    assert "ePrivacy Directive Art. 13(1)" in held.message
    assert "ask for consent" in held.message
    assert (2, 1) == (report.compliance.judged, report.compliance.held)
    assert {"gdpr.consent": 1, "gdpr.proof_expected": 1} == report.compliance.by_rule
    assert {"residence": 2} == report.compliance.by_derivation
    await world.rest()


async def test_consent_that_arrives_lets_a_record_go_on(new_world: NewWorld) -> None:
    """A column that is mapped nowhere counts as a change of the record."""
    world = judging(new_world)
    world.source.make(person("anna"))
    await world.run()

    world.source.edit("s1", GRANTED)
    await world.run()

    assert ["anna@example.com"] == world.values(Side.CRM, "email")
    assert [] == await world.apart()
    await world.rest()


async def test_the_opt_out_of_a_held_record_goes_on(new_world: NewWorld) -> None:
    """R15: its other changes wait; that somebody opted out does not."""
    world = judging(new_world)
    world.source.make(person("anna", **GRANTED, opt_out="no"))
    await world.run()

    world.source.edit("s1", {"opt_out": "yes", "first_name": "Changed"})
    await world.run()

    assert ["yes"] == world.values(Side.CRM, "opt_out")
    assert ["anna"] == world.values(Side.CRM, "first_name")
    assert ["compliance_stopped"] == [row.rule for row in await world.apart()]
    await world.rest()


async def test_an_opt_out_reaches_a_partner_that_was_not_linked_yet(new_world: NewWorld) -> None:
    """R15: a person who may not be messaged is still recognised, and nothing else is written."""
    world = judging(new_world)
    world.crm.make(person("anna"))
    world.source.make({**person("anna"), "first_name": "Other", "opt_out": "yes"})

    await world.run()

    assert ["yes"] == world.values(Side.CRM, "opt_out")
    assert ["anna"] == world.values(Side.CRM, "first_name")
    await world.rest()


async def test_the_opt_out_of_the_crm_goes_on_though_the_record_is_held(
    new_world: NewWorld,
) -> None:
    """R15: in the other direction too."""
    world = judging(new_world)
    world.source.make(person("anna", **GRANTED))
    await world.run()
    world.source.edit("s1", {"consent_status": "withdrawn"})
    await world.run()

    world.crm.edit("c1", {"opt_out": "yes"})
    await world.run()

    assert ["yes"] == world.values(Side.SOURCE, "opt_out")


async def test_records_are_kept_though_nobody_may_be_messaged(new_world: NewWorld) -> None:
    """Storing is a question of its own; what would allow a message is not written."""
    world = judging(new_world, purpose="records")
    world.source.make(person("anna", lawful_basis="contract", opt_out="no"))
    world.source.make(person("bert", opt_out="no"))

    report = await world.run()

    assert ["anna@example.com"] == world.values(Side.CRM, "email")
    assert [None] == world.values(Side.CRM, "opt_out")
    assert (1, 1) == (report.compliance.held, report.compliance.muted)
    assert ["compliance_basis"] == [row.rule for row in await world.apart()]
    await world.rest()


async def test_an_operator_answers_for_the_basis_of_all_records(new_world: NewWorld) -> None:
    """It allows to store; who asked to be erased is held all the same."""
    world = judging(new_world, purpose="records", lawful_basis="contract")
    world.source.make(person("anna"))
    world.source.make(person("bert", erasure_request="2026-11-01"))

    await world.run()

    assert ["anna@example.com"] == world.values(Side.CRM, "email")
    assert ["compliance_erasure"] == [row.rule for row in await world.apart()]


async def test_warnings_hold_nobody(new_world: NewWorld) -> None:
    """`on_violation: warn` tells the same, and writes."""
    world = judging(new_world, on_violation="warn")
    world.source.make(person("anna"))

    report = await world.run()

    assert ["anna@example.com"] == world.values(Side.CRM, "email")
    assert ({"block": 1}, 0) == (report.compliance.by_severity, report.compliance.held)
    assert {"basis", "consent"} == {one.rule for one in report.compliance.findings}


async def test_a_market_is_assumed_where_the_record_tells_none(new_world: NewWorld) -> None:
    """In the United States no consent to mail is needed, and the report says it was assumed."""
    world = judging(new_world, markets=["US"])
    world.source.make(person("anna", country=""))

    report = await world.run()

    assert ["anna@example.com"] == world.values(Side.CRM, "email")
    assert {"assumed": 1} == report.compliance.by_derivation


async def test_who_tells_no_country_is_judged_as_strictly_as_any(new_world: NewWorld) -> None:
    """Unknown is the European Union and California at once."""
    world = judging(new_world)
    world.source.make(person("anna", country=""))

    report = await world.run()

    assert [] == world.values(Side.CRM, "email")
    assert dict.fromkeys(("can_spam", "ccpa", "gdpr", "tcpa"), 1) == report.compliance.by_regulation


async def test_columns_of_other_names_are_told_in_the_configuration(new_world: NewWorld) -> None:
    """And a column that is not there is refused with the nearest one."""
    world = judging(new_world, columns={"consent_status": "first_nam"})

    report = await world.run()

    assert "failed" == report.outcome
    assert "consent_status" in report.error
    assert "first_name" in report.error


async def test_a_deleted_record_is_not_made_again_for_who_is_held(new_world: NewWorld) -> None:
    """A restored or edited record goes through the same gate as a new one."""
    world = judging(new_world)
    world.configure(deletes={"crm": "archive"}, edit_vs_delete="keep")
    world.source.make(person("anna", **GRANTED, lawful_basis="contract"))
    await world.run()

    world.crm.archive("c1")
    world.source.edit("s1", {"first_name": "Changed", "consent_status": "withdrawn"})
    await world.run()

    assert [] == world.values(Side.CRM, "email")
    assert ["compliance_stopped"] == [row.rule for row in await world.apart()]


async def test_the_preview_tells_who_would_be_held(new_world: NewWorld) -> None:
    """A plan shows the section before anything is written."""
    world = judging(new_world)
    world.source.make(person("anna"))

    report = await world.run(is_preview=True)

    assert 1 == report.compliance.held
    assert {"consent": "ePrivacy Directive Art. 13(1)", "basis": "GDPR Art. 6(1)"} == {
        one.rule: one.article for one in report.compliance.findings
    }


async def test_switched_off_again_everybody_goes_on(new_world: NewWorld) -> None:
    """R16: another rule has every record decided again, and quarantine ends."""
    world = judging(new_world)
    world.source.make(person("anna"))
    await world.run()
    held = await world.apart()

    world.configure(compliance=None)
    await world.run()

    assert 1 == len(held)
    assert ["anna@example.com"] == world.values(Side.CRM, "email")
    assert [] == await world.apart()
    await world.rest()
