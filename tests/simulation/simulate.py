"""One seed from its beginning to rest: the workload, the faults, the quiet time, the checks."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from sqlalchemy import Engine

from daemon.core.values import Side
from daemon.flow.report import RunReport
from state import mirror
from tests.simulation.accidents import ACCIDENTS
from tests.simulation.oracle import check
from tests.simulation.script import Script, Turn, draw
from tests.simulation.steps import memory_engine
from tests.simulation.world import Terms, World

RESTORED = 13
DAY = 86_400.0

QUIET_RUNS = 6
"""Fault-free runs, five minutes apart, after which everything must be at rest (I5)."""

QUIET_WEEKS = 3
"""Enough for the two full listings that an absence needs (I6)."""

WEEK = 7.5 * 86_400.0
"""Longer than the longest distance between full listings, shorter than what makes a state old."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a seed."""

    seed: str
    violations: list[str]
    faults: Counter[int]
    trace: list[str] = field(repr=False)
    quiet_runs: int = 0
    """Runs until nothing more was planned."""
    in_window: int = 0
    is_guarded: bool = False


_engines: list[Engine] = []


def database() -> Engine:
    """Return this process's in-memory database; a world empties it before use."""
    if not _engines:
        _engines.append(memory_engine())
    return _engines[0]


def simulate(seed: str, faults: str = "", timing: str = "", mix: str = "") -> Outcome:
    """Run one seed. *faults* and *timing* replace the seeds derived from it."""
    return play(draw(seed, faults, timing, mix), seed)


def play(script: Script, name: str = "") -> Outcome:
    """Run a script to its end and check the promises."""
    world = World(database(), script.sides, Terms(settings=dict(script.settings)))
    _count_profile(world)
    keeps_copies = any(fault.kind == RESTORED for turn in script.turns for fault in turn.faults)
    for turn in script.turns:
        _play_turn(world, turn)
        if keeps_copies:
            world.keep_copy()
    return finish(world, name)


def _count_profile(world: World) -> None:
    for side, profile in sorted(world.profiles.items()):
        able = profile.capabilities
        if able.index_lag or able.lookup_lag:
            world.mischief.happened(33, side.value)
        if profile.rewriting != "as_is":
            world.mischief.happened(44, side.value)
        if profile.skew:
            world.mischief.happened(46, side.value)


def _play_turn(world: World, turn: Turn) -> None:
    """People work, then the sync runs, and something goes wrong."""
    world.around.timing = Random(turn.timing)
    for act in turn.acts:
        world.people.act(act.name, act.luck)
        world.pass_by(act.after)
    for fault in turn.faults:
        if fault.kind in ACCIDENTS:
            ACCIDENTS[fault.kind](world, Random(fault.luck))
    for fault in turn.faults:
        if fault.kind not in ACCIDENTS:
            world.mischief.arm(fault.kind, fault.luck)
    world.run()
    world.mischief.disarm()
    world.pass_by(turn.pause)


def finish(world: World, seed: str) -> Outcome:
    """Let everything come to rest and check the promises."""
    quiet = settle(world)
    if not world.is_guarded:
        check(world)
    return Outcome(
        seed=seed,
        violations=list(world.history.violations),
        faults=world.mischief.counts,
        trace=world.history.lines,
        quiet_runs=quiet,
        in_window=len(world.history.in_window),
        is_guarded=world.is_guarded,
    )


def settle(world: World) -> int:
    """Run without faults until nothing is planned; then see that nothing ever is (I4, I5)."""
    _calm_down(world)
    quiet, is_quiet = 0, False
    while quiet < QUIET_RUNS and not is_quiet:
        world.pass_by(300)
        quiet, is_quiet = quiet + 1, not _has_work(world.run())
    for _ in range(QUIET_WEEKS):
        world.pass_by(WEEK)
        if not _has_work(world.run()) and is_quiet and not _is_doubtful(world):
            break
    run_quietly(world)
    return quiet


def _has_work(report: RunReport | None) -> bool:
    return report is None or report.outcome != "nothing"


def _is_doubtful(world: World) -> bool:
    """Tell whether somebody's absence waits for its second listing."""
    ends = [(world.name(side), "people") for side in Side]
    return any(world.state.read_now(mirror.has_unconfirmed_absence, end) for end in ends)


def _calm_down(world: World) -> None:
    world.mischief.disarm()
    for wire in world.wires.values():
        if wire.drift is not None:  # the schema is as it was, and will be noticed
            wire.drift = None
            world.pass_by(DAY)
    world.history.tell("quiet")


def run_quietly(world: World) -> None:
    """Run once more: nothing may be planned (I4)."""
    world.pass_by(300)
    report = world.run()
    tripped = {trip.guard for trip in report.guards} if report is not None else set()
    if "empty_side" in tripped or tripped == {"link_storm"}:
        world.history.tell(
            "everything was erased, or systems answer each other: a person is awaited"
        )
        world.is_guarded = True
    elif report is None or report.outcome != "nothing":
        outcome = report.outcome if report else "dead"
        told = f"{report.error} {report.plan}" if report else ""
        world.history.violate("I4", f"a second run is {outcome}: {told}")
