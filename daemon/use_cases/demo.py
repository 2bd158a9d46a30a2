"""The demonstration: a sandbox CRM, a messy file or another CRM, and the real daemon's parts between.

``demo_sides`` tells what the two sides are; here is what happens between them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from adapters.contract import Page
from adapters.http import ask_this_machine
from adapters.registry import adapter_kinds
from config.snapshot import Config
from config.writing import Addition, append
from daemon.cycle import Order
from daemon.flow.report import RunReport
from daemon.use_cases.attend import Answer
from daemon.use_cases.convergence import Convergence, convergence
from daemon.use_cases.demo_sides import EDITABLE, KNOWN, SandboxProcess, SourceSide
from daemon.use_cases.sample import Known
from daemon.use_cases.workspace import Workspace, read_configuration, run_sync

SYNC = "newsletter"

EDITS = 5
"""Records edited on each side between the runs of ``--once``; two of them on both sides."""

RUNS_AT_MOST = 6

LAG_SECONDS = 12.0
"""Longer than the search lag of a sandbox and the margin of its reader together."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """Where the demonstration plays."""

    folder: Path
    source: SourceSide
    crm: SandboxProcess
    seed: int

    @property
    def edited(self) -> str:
        """The canonical field that people edit on both sides."""
        both = self.source.fields.keys() & self.crm.fields.keys()
        return next(name for name in EDITABLE if name in both)


class DemoResult(Answer):
    """What ``demo --once`` did."""

    folder: str
    runs: list[RunReport]
    converged: bool
    duplicates: int
    """People present twice who were not before."""
    second_run_operations: int
    """Operations of a run right after everything was in order; 0."""
    differences: tuple[str, ...] = ()
    """What is not as direction and policy decided, if anything."""


def write_configuration(stage: Stage, environment: Mapping[str, str]) -> Config:
    """Write the demonstration's configuration into its folder and load it."""
    kinds = adapter_kinds()
    path = stage.folder / "crmsyncd.yaml"
    sides = (stage.source, stage.crm)
    append(
        path,
        Addition(
            connections={side.name: dict(side.connection(stage.folder)) for side in sides},
            syncs={
                SYNC: {
                    "source": {"connection": stage.source.name},
                    "crm": {"connection": stage.crm.name},
                    "country": "DE",
                    "schedule": {"every": "3s"},
                    "approval": {"first_run": "none"},
                }
            },
        ),
        {word: kind.settings for word, kind in kinds.items()},
        environment,
        default_objects={word: kind.default_object for word, kind in kinds.items()},
    )
    return read_configuration(path, environment)


async def prepare(workspace: Workspace, stage: Stage) -> None:
    """Let the sides have people in common, and begin counting the sandboxes' calls anew."""
    people, there = await people_in(workspace, stage.crm), set[str]()
    if isinstance(stage.source, SandboxProcess):
        there = {person.email for person in (await people_in(workspace, stage.source)).values()}
    known = {
        record: person for record, person in people.items() if person.email not in {"", *there}
    }
    stage.crm.known[:] = sorted(known)[:KNOWN]
    await stage.source.meet([known[record] for record in stage.crm.known], stage.seed)
    for side in (stage.source, stage.crm):
        if isinstance(side, SandboxProcess):
            await ask_this_machine("DELETE", f"{side.admin}calls")


async def people_in(workspace: Workspace, box: SandboxProcess) -> dict[str, Known]:
    """Return the people of a sandbox, by id."""
    names = {name: box.fields[name] for name in NAMED if name in box.fields}
    listing = workspace.links[box.name].adapter.listing(
        box.kind.default_object, tuple(sorted(names.values()))
    )
    found: dict[str, Known] = {}
    async for item in listing:
        for record in item.records if isinstance(item, Page) else ():
            told = {name: str(record.values.get(field) or "") for name, field in names.items()}
            first, _, last = told.get("full_name", "").partition(" ")
            found[record.id] = Known(
                email=told["email"],
                first_name=told.get("first_name", first),
                last_name=told.get("last_name", last),
                phone=told["phone"],
            )
    return found


NAMED = ("email", "first_name", "last_name", "full_name", "phone")
"""What a person is told by."""


async def once(workspace: Workspace, stage: Stage) -> DemoResult:
    """Sync, edit both sides by script, sync until nothing is left, and prove the result."""
    before = await people_in(workspace, stage.crm)
    first = await _until_quiet(workspace, [])
    await _edit_both(workspace, stage)
    runs = await _until_quiet(workspace, first)
    last = await run_sync(workspace, Order(sync=SYNC, trigger="demo"))
    runs.append(last)
    found: Convergence = await convergence(workspace, SYNC)
    after = await people_in(workspace, stage.crm)
    return DemoResult(
        folder=str(stage.folder),
        runs=runs,
        converged=found.is_converged,
        duplicates=_doubled(after.values()) - _doubled(before.values()),
        second_run_operations=last.plan.writes if last.plan else 0,
        differences=tuple(found.differences),
    )


async def _until_quiet(workspace: Workspace, runs: list[RunReport]) -> list[RunReport]:
    """Run until a run has nothing to do; the change feed may be some seconds late."""
    for _ in range(RUNS_AT_MOST):
        report = await run_sync(workspace, Order(sync=SYNC, trigger="demo"))
        runs.append(report)
        if report.outcome in {"nothing", "failed", "held", "waiting"}:
            return runs
    return runs


async def _edit_both(workspace: Workspace, stage: Stage) -> None:
    """Edit some people on one side, some on the other, and two on both at once."""
    here = {place: f"Edited in the source {place}" for place in range(EDITS)}
    there = {place: f"Edited in the CRM {place}" for place in range(EDITS - 2, 2 * EDITS - 2)}
    for side, texts in ((stage.source, here), (stage.crm, there)):
        await side.edit({place: {stage.edited: text} for place, text in texts.items()})
    await workspace.clock.sleep(LAG_SECONDS)


def _doubled(people: Iterable[Known]) -> int:
    """Return how many records share their address with another one."""
    addresses = [person.email.casefold() for person in people if person.email]
    return len(addresses) - len(set(addresses))
