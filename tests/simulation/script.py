"""What is to happen in a world, written down beforehand: data that can be kept, cut and replayed.

A seed draws a script; a scenario file holds one. Each act of people and each fault carries luck of
its own, so that leaving one out does not change what the others do. Workload, faults and timing are
drawn from seeds of their own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from pydantic import TypeAdapter

from daemon.core.values import Side
from tests.simulation.mixes import AROUND_WRITES, MERGES, MIXES, Mix
from tests.simulation.people import WEIGHTS
from tests.simulation.profiles import Profile, draw_profile

LUCK = 1_000_000
"""Luck is a number below this."""

OLD = 9 * 86_400.0
"""Seconds after which a state has missed too much to believe in absences."""

USUAL_MIX = "everything"
MIX_SHARE = 0.6
"""Share of seeds that get the usual mix; the others get one of the named ones."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """Something people do."""

    name: str
    luck: int
    after: float = 0.0
    """Seconds that pass afterwards."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Something that may go wrong in the run of a turn, or just before it."""

    kind: int
    luck: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """People work, then the sync runs, and something goes wrong."""

    acts: tuple[Act, ...] = ()
    faults: tuple[Fault, ...] = ()
    timing: int = 0
    pause: float = 300.0
    """Seconds between this run and the next turn."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """A whole history until the quiet time."""

    story: str = ""
    """What it once broke, and why."""
    sides: Mapping[Side, Profile]
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of the sync, as a configuration says them."""
    turns: tuple[Turn, ...] = ()


_JSON: TypeAdapter[Script] = TypeAdapter(Script)


def write_script(script: Script, path: Path) -> None:
    """Keep a script as a file."""
    plain = _JSON.dump_python(script, mode="json", exclude_defaults=True)
    for profile in plain["sides"].values():
        for part in (profile, profile["capabilities"]):  # sets have no order of their own
            part |= {name: sorted(it) for name, it in part.items() if isinstance(it, list)}
    path.write_text(json.dumps(plain, indent=1) + "\n")


def read_script(path: Path) -> Script:
    """Return a script that was kept."""
    return _JSON.validate_json(path.read_bytes())


@dataclass(frozen=True, kw_only=True, slots=True)
class _Chance:
    workload: Random
    faults: Random
    timing: Random


def draw(seed: str, faults: str = "", timing: str = "", mix: str = "") -> Script:
    """Return the script of a seed. *faults* and *timing* replace the seeds derived from it."""
    luck = _Chance(
        workload=Random(f"{seed}/workload"),
        faults=Random(f"{faults or seed}/faults"),
        timing=Random(f"{timing or seed}/timing"),
    )
    sides = {side: draw_profile(luck.workload, is_source=side is Side.SOURCE) for side in Side}
    settings = _settings(luck.workload)
    chosen = MIXES[mix or _mix(luck.faults)]
    turns = [_turn(luck, chosen, most=4 if not number else 3) for number in range(_turns(luck))]
    script = Script(sides=sides, settings=settings, turns=tuple(turns))
    return _with_merges(script, Random(f"{seed}/merges"), share=1.0 if mix == MERGES else 0.25)


def _with_merges(script: Script, luck: Random, *, share: float) -> Script:
    """Let people merge records in a share of the histories, between runs and within them (fault 41).

    Drawn by itself, so that the other acts and faults of a seed are what they were without.
    """
    if luck.random() >= share:
        return script
    manners = {side: luck.random() < 0.5 for side in Side}
    sides = {s: replace(p, answers_for_merged=manners[s]) for s, p in script.sides.items()}
    turns = []
    for turn in script.turns:
        names = luck.choice(((), ("merge",), ("merge",), ("merge", "merge"), ("merge_chain",)))
        acts = tuple(Act(name=name, luck=luck.randrange(LUCK)) for name in names)
        first = luck.random() < 0.5
        inside = (Fault(kind=41, luck=luck.randrange(LUCK)),) if luck.random() < 0.3 else ()
        turns.append(
            replace(
                turn,
                acts=(*acts, *turn.acts) if first else (*turn.acts, *acts),
                faults=(*inside, *turn.faults),
            )
        )
    return replace(script, sides=sides, turns=tuple(turns))


def _turns(luck: _Chance) -> int:
    return luck.workload.randint(3, 6)


def _mix(luck: Random) -> str:
    named = sorted(MIXES.keys() - {MERGES})
    return USUAL_MIX if luck.random() < MIX_SHARE else luck.choice(named)


def _turn(luck: _Chance, mix: Mix, *, most: int) -> Turn:
    acts = tuple(_act(luck) for _ in range(luck.workload.randint(0, most)))
    kinds = mix.draw(luck.faults)
    if AROUND_WRITES & set(kinds):
        acts += tuple(_cause(luck.faults) for _ in range(2))
    return Turn(
        acts=acts,
        faults=tuple(Fault(kind=kind, luck=luck.faults.randrange(LUCK)) for kind in kinds),
        timing=luck.timing.randrange(LUCK),
        pause=luck.timing.choice((0.5, 5.0, 5.0, 300.0, 300.0, 300.0, 300.0, 700.0, OLD)),
    )


def _act(luck: _Chance) -> Act:
    (name,) = luck.workload.choices(list(WEIGHTS), list(WEIGHTS.values()))
    after = luck.timing.choice((0.0, 0.2, 3.0, 40.0))
    return Act(name=name, luck=luck.workload.randrange(LUCK), after=after)


def _cause(luck: Random) -> Act:
    """Give the run something to write, where a fault needs a write to show."""
    return Act(name=luck.choice(("edit", "create", "edit_both")), luck=luck.randrange(LUCK))


def _settings(draw: Random) -> dict[str, Any]:
    """Draw what the sync is told to do."""
    return {
        "direction": draw.choice(("both",) * 8 + ("push", "pull")),
        "create": {"crm": draw.random() < 0.9, "source": draw.random() < 0.7},
        "match": {"found": draw.choice(("update",) * 6 + ("merge", "merge", "skip"))},
        "conflicts": {
            "default": draw.choice(("most_recent",) * 4 + ("source", "crm", "manual")),
            "tie": draw.choice(("source", "crm")),
        },
        "deletes": {
            "source": draw.choice(("unlink", "ignore", "archive", "delete")),
            "crm": draw.choice(("unlink", "ignore", "archive", "delete")),
        },
        "edit_vs_delete": draw.choice(("keep", "keep", "delete")),
        "guards": {"verify_sample": draw.choice((0, 2))},
        "approval": {"first_run": draw.choice(("none",) * 4 + ("required",))},
    }
