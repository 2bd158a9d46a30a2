"""Rotate the key in a process that dies at its nth step, for every n: ``python -m … FOLDER``.

A step is anything that reaches the disk: a file opened or renamed, a statement, a commit. After each
death every secret is read as a configuration reads it. Prints how many deaths there were, how many
of them left both keys in the file, and how many left a secret that did not open.
"""

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event

from daemon.clock import SystemClock
from daemon.use_cases.credentials import StoredSecrets, rotate
from state.keyring import key_place
from state.opening import open_state

SECRETS = {"crm": "the first secret", "other": "the second secret"}
_SEEN = {"open", "os.rename"}


class Countdown:
    """Kills this process at the nth step."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def step(self, *_told: Any) -> None:
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)

    def hear(self, name: str, _arguments: object) -> None:
        if name in _SEEN:
            self.step()


def turn(place: str, steps: int = 0) -> None:
    """Rotate; die at a step, 0 = never."""
    state = open_state(place, inline=True)
    countdown = Countdown(steps)
    for moment in ("before_cursor_execute", "commit"):
        event.listen(state.engine, moment, countdown.step)
    sys.addaudithook(countdown.hear)
    asyncio.run(rotate(state, SystemClock(), key_place({}, place), by="test"))
    state.close()


def is_killed(place: str, steps: int) -> bool:
    """Rotate in a child that dies at a step; tell whether it did, or came to its end."""
    child = os.fork()
    if not child:
        turn(place, steps)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def is_whole(place: str) -> bool:
    """Tell whether every secret opens."""
    safe = StoredSecrets(place, {})
    return SECRETS == {name: safe.secret(name, "system", "token") for name in SECRETS}


def main(folder: Path) -> None:
    """Die at each step in turn; then rotate to the end, which must mend everything."""
    deaths = between = lost = 0
    while True:
        here = folder.with_name(f"{folder.name}-{deaths + 1}")
        shutil.copytree(folder, here)
        killed = is_killed(str(here), deaths + 1)
        lost += not is_whole(str(here))
        if not killed:
            break
        deaths += 1
        between += 2 == len(key_place({}, here).ring().keys)
        turn_again = os.fork()
        if not turn_again:
            turn(str(here))
            os._exit(0)
        os.waitpid(turn_again, 0)
        lost += not is_whole(str(here)) or 1 != len(key_place({}, here).ring().keys)
        shutil.rmtree(here)
    print(deaths, between, lost)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
