"""Rollback as people and programs ask for it: refusals, the manifest, held fields (R24, E13)."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
from sqlmodel import SQLModel

from adapters.contract import Verb
from daemon.core.values import Side
from daemon.flow.rolled import RollbackReport
from daemon.use_cases import rollback as use_case
from daemon.use_cases.attend import NotFound
from daemon.use_cases.explain import explain
from daemon.use_cases.manifest import Manifest
from daemon.use_cases.rollback import RollbackRequest
from daemon.use_cases.workspace import Workspace
from state import audit, pairs, runs
from state.database import State, open_engine, state_url
from tests.docs import manifest_schema
from tests.flow.world import SOON, SYNC, World, person


@pytest.fixture
def world() -> Iterator[World]:
    """Somebody known on both sides, somebody new, and one run that brought them together."""
    engine = open_engine(state_url("sqlite://"))
    SQLModel.metadata.create_all(engine)
    state = State(engine)
    built = World(state, conflicts={"default": "source", "tie": "source"})
    built.able(Side.CRM, removals=frozenset({Verb.ARCHIVE}))
    built.source.make(person(1))
    built.source.make(person(2))
    built.crm.make(person(1, company="Old Ltd"))
    yield built
    state.close()


def workspace(world: World) -> Workspace:
    ready = world.preparation()
    return Workspace(
        config=ready.config,
        state=world.state,
        links=ready.links,
        clock=world.clock,
        luck=world.luck,
    )


async def rolled_back(world: World, run: int = 1, **asked: Any) -> RollbackReport:
    return await use_case.rollback(workspace(world), RollbackRequest(run=run, by="ana", **asked))


async def test_an_unknown_run_or_one_under_another_configuration_is_refused(world: World) -> None:
    """With what to do instead."""
    with pytest.raises(NotFound, match="no run 7"):
        await rolled_back(world, 7)
    run = await world.state.write(runs.begin, sync="gone", trigger="test", at=world.clock.now())
    with pytest.raises(NotFound, match="not configured any more"):
        await rolled_back(world, run)


async def test_the_manifest_holds_everything_before_it_is_written(
    world: World, tmp_path: Path
) -> None:
    """Ids, values that stand there and values that come back; for its owner's eyes only."""
    await world.run()
    path = tmp_path / "manifest.json"

    report = await rolled_back(world, manifest=path)

    schema = orjson.loads(manifest_schema.PAGE.read_bytes())
    jsonschema_rs.validate(schema, orjson.loads(path.read_bytes()))
    found = Manifest.model_validate_json(path.read_bytes())
    assert str(path) == report.manifest
    assert (1, SYNC, 1) == (found.version, found.sync, found.run)
    assert {("update", "c1"), ("archive", "c2")} == {(w.action, w.record) for w in found.writes}
    (update,) = [write for write in found.writes if write.action == "update"]
    assert [("company", "Company1", "Old Ltd")] == [
        (one.field, one.now, one.back_to) for one in update.fields
    ]
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert not path.with_name(".manifest.json.part").exists()


async def test_a_dry_run_writes_the_manifest_and_nothing_else(world: World, tmp_path: Path) -> None:
    """To look at it before one decides."""
    await world.run()
    written = list(world.crm.writes)

    await rolled_back(world, is_preview=True, manifest=tmp_path / "manifest.json")

    assert written == world.crm.writes
    assert 2 == len(Manifest.model_validate_json((tmp_path / "manifest.json").read_bytes()).writes)


async def test_without_a_manifest_nothing_is_written(world: World, tmp_path: Path) -> None:
    """A folder that is not there stops it before the first write."""
    await world.run()
    written = list(world.crm.writes)

    with pytest.raises(FileNotFoundError):
        await rolled_back(world, manifest=tmp_path / "no" / "manifest.json")

    assert written == world.crm.writes


def test_the_schema_of_the_manifest_is_fresh() -> None:
    """If this fails: python -m tests.docs.manifest_schema."""
    assert manifest_schema.page() == manifest_schema.PAGE.read_text(encoding="utf-8")


async def test_held_fields_are_listed_and_released_by_name(world: World) -> None:
    """Of a record, of a field, of a run; each release is audited."""
    await world.run()
    await rolled_back(world)
    (field,) = await use_case.held(world.state)
    assert ("s1", "c1", "company→company", 1) == (
        field.source_id, field.crm_id, field.field, field.run,
    )  # fmt: skip

    with pytest.raises(NotFound, match="crmsyncd held"):
        await use_case.release_held(world.state, world.clock, record="s9", by="ana")
    found = await use_case.release_held(
        world.state, world.clock, record="crm:c1", field="company", by="ana"
    )

    assert (1, 1) == (found.fields, found.records)
    assert [] == await use_case.held(world.state)
    entries = await world.state.read(audit.latest)
    assert ["release_held", "rollback"] == [entry.action for entry in entries]
    assert {"ana"} == {entry.actor for entry in entries}


async def test_a_released_run_flows_again(world: World) -> None:
    """After resume, the fields are compared as on first contact."""
    await world.run()
    await rolled_back(world)
    await world.state.write(pairs.resume, sync=SYNC)
    await use_case.release_held(world.state, world.clock, run=1)
    world.pass_by(SOON)

    await world.run()

    assert "Company1" == world.crm.records["c1"].values["company"]


async def test_explain_tells_of_the_rollback(world: World) -> None:
    """Which run was taken back, and that the field is held since."""
    await world.run()
    await rolled_back(world)

    found = await explain(world.state, sync=SYNC, record="c1", field="company")

    wrote = [event for event in found.events if event.kind == "wrote"]
    assert ("rollback of run 1", "Company1", "Old Ltd") == (
        wrote[-1].why, wrote[-1].before, wrote[-1].after,
    )  # fmt: skip
    assert 1 == found.held_since_run
    assert "held" in {event.kind for event in found.events}
