"""One seed from its beginning to rest: the workload, the faults, the quiet time, the checks."""

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import Engine

from daemon.core.values import Side
from tests.simulation.oracle import check
from tests.simulation.profiles import draw_profile
from tests.simulation.steps import memory_engine
from tests.simulation.world import Chance, Terms, World, chance

QUIET_RUNS = 6
"""Fault-free runs, five minutes apart, after which everything must be at rest (I5)."""

WEEK = 8 * 86_400.0
"""Longer than the longest distance between full listings."""


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


def new_world(luck: Chance) -> World:
    """Return a world whose systems and terms are drawn from the workload's luck."""
    draw = luck.workload
    profiles = {side: draw_profile(draw, is_source=side is Side.SOURCE) for side in Side}
    terms = Terms(
        settings={
            "direction": draw.choice(("both",) * 8 + ("push", "pull")),
            "create": {"crm": draw.random() < 0.9, "source": draw.random() < 0.7},
            "match": {"found": draw.choice(("update",) * 6 + ("merge", "merge", "skip"))},
            "conflicts": {
                "default": draw.choice(("most_recent",) * 4 + ("source", "crm", "manual")),
                "tie": draw.choice(("source", "crm")),
            },
            "deletes": {
                "source": draw.choice(("unlink", "unlink", "ignore")),
                "crm": draw.choice(("unlink", "unlink", "ignore")),
            },
            "guards": {"verify_sample": draw.choice((0, 2))},
        }
    )
    return World(database(), profiles, terms, luck)


def simulate(seed: str, faults: str = "", timing: str = "") -> Outcome:
    """Run one seed. *faults* and *timing* replace the seeds derived from it."""
    luck = chance(seed, faults, timing)
    world = new_world(luck)
    _count_profile(world)
    for _ in range(luck.workload.randint(0, 4)):
        world.people.act()
    for _ in range(luck.workload.randint(3, 6)):
        _busy_time(world, luck)
    return finish(world, seed)


def _count_profile(world: World) -> None:
    for side, profile in sorted(world.profiles.items()):
        able = profile.capabilities
        if able.index_lag or able.lookup_lag:
            world.mischief.happened(33, side.value)
        if profile.rewriting != "as_is":
            world.mischief.happened(44, side.value)
        if profile.skew:
            world.mischief.happened(46, side.value)


def _busy_time(world: World, luck: Chance) -> None:
    """People work, then the sync runs, and something goes wrong."""
    for _ in range(luck.workload.randint(0, 3)):
        world.people.act()
        world.pass_by(luck.timing.choice((0.0, 0.2, 3.0, 40.0)))
    if luck.faults.random() < 0.015:
        world.lose_state()
    world.mischief.arm()
    world.run()
    world.mischief.disarm()
    world.pass_by(luck.timing.choice((0.5, 5.0, 300.0, 300.0, 700.0)))


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
    world.mischief.disarm()
    world.mischief.is_on = False
    world.history.tell("quiet")
    quiet = 0
    for _ in range(QUIET_RUNS):
        world.pass_by(300)
        report = world.run()
        quiet += 1
        if report is not None and report.outcome == "nothing":
            break
    for _ in range(2):
        world.pass_by(WEEK)
        world.run()
    run_quietly(world)
    return quiet


def run_quietly(world: World) -> None:
    """Run once more: nothing may be planned (I4)."""
    world.pass_by(300)
    report = world.run()
    if report is not None and "shows no record at all" in report.error:
        world.history.tell("everything was erased: the guard waits for a person")
        world.is_guarded = True
    elif report is None or report.outcome != "nothing":
        outcome = report.outcome if report else "dead"
        told = f"{report.error} {report.plan}" if report else ""
        world.history.violate("I4", f"a second run is {outcome}: {told}")
