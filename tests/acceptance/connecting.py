"""What tests of ``crmsyncd connect`` share: a place to work in, scopes to tick, a terminal."""

import os
import pty
import select
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.processes import COMMAND, Done, Sandbox, crmsyncd_here, surroundings

READ, WRITE = "crm.objects.contacts.read", "crm.objects.contacts.write"
READ_FIELDS, MAKE_FIELDS = "crm.schemas.contacts.read", "crm.schemas.contacts.write"
ALL = (READ, WRITE, READ_FIELDS, MAKE_FIELDS)


def grant(box: Sandbox, *scopes: str) -> None:
    box.admin("POST", "tokens/grant", {"scopes": list(scopes)})


@dataclass(frozen=True)
class Place:
    """A folder to work in."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "crmsyncd.yaml"

    @property
    def key(self) -> Path:
        return self.folder / "state" / "crmsyncd.key"

    def run(self, *words: object, **environment: str) -> Done:
        """Run the command here, in this process; nobody is at its standard input."""
        places = {"CRMSYNCD_CONFIG": str(self.config), "CRMSYNCD_STATE": str(self.folder / "state")}
        return crmsyncd_here(*words, environment={"USER": "ana", **places, **environment})

    def connect(self, box: Sandbox, *words: object, token: str = "") -> Done:
        return self.run(
            "connect", "hubspot", "--base-url", box.base_url, *words,
            HUBSPOT_TOKEN=token or box.token,
        )  # fmt: skip

    def everything(self) -> bytes:
        """The content of every file, the state's and its log's included."""
        return b"".join(one.read_bytes() for one in self.folder.rglob("*") if one.is_file())


ASKS, CONFIRMS, TICKS = "Service key: ", "Is it the right one? [y/N]: ", "press Enter []: "

Answer = str | Callable[[], str]


def typed(folder: Path, box: Sandbox, *answers: tuple[str, Answer], option: str = "") -> Done:
    """Run ``connect`` on a terminal of its own; each answer is typed once its question is shown."""
    ours, its = pty.openpty()
    words = [COMMAND, "connect", "hubspot", "--base-url", box.base_url, "--state", "state"]
    words += [option] if option else []
    with subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL, *words],
        cwd=folder, env=surroundings({"NO_COLOR": "1"}), stdin=its, stdout=its, stderr=its,
    ) as process:  # fmt: skip
        os.close(its)
        shown = ""
        for question, answer in answers:
            shown += read_until(ours, question)
            os.write(ours, f"{answer if isinstance(answer, str) else answer()}\n".encode())
        shown += read_until(ours)
        code = process.wait(60)
    os.close(ours)
    return Done(code=code, out=shown, err="")


ON_A_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def read_until(terminal: int, question: str = "") -> str:
    """Return what is shown up to a question, or to the end."""
    shown = b""
    while not (question and shown.endswith(question.encode())):
        ready, _, _ = select.select([terminal], [], [], 60)
        assert ready, shown.decode()
        try:
            shown += os.read(terminal, 1 if question else 4096)
        except OSError:  # nobody is at the other end any more
            assert not question, shown.decode()
            break
    return shown.decode("utf-8", "replace")
