"""The server's own environment: its packages, installed once, apart from ours.

Takes a folder. Gives the programs of a real Tryton server there. Promises that several processes
which ask at the same time install once, and that what is there was installed from exactly the
locked list.
"""

import asyncio
import fcntl
import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

FOLDER_VARIABLE = "CRMSYNCD_TRYTON_FOLDER"
"""Environment variable that names another folder than the cache of the account."""

_REQUIREMENTS = "requirements.txt"


class NoServerError(OSError):
    """No Tryton server can be had here; the text says what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """An installed server."""

    folder: Path
    digest: str
    """Of the locked list it was installed from."""

    @property
    def programs(self) -> Path:
        """Return where its programs are."""
        return self.folder / "venv" / "bin"

    async def run(self, *words: str | Path, more: Mapping[str, str] | None = None) -> None:
        """Run a program to its end. Raises NoServerError with the last of what it said."""
        await _run(*words, more=more)


def folder_of(given: str = "") -> Path:
    """Return where the server is or will be: *given*, the variable's, or the account's cache."""
    named = given or os.environ.get(FOLDER_VARIABLE, "")
    if named:
        return Path(named).absolute()
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "crmsyncd" / "tryton"


async def environment(folder: Path) -> Environment:
    """Return the server in *folder*; installs it there first, which takes half a minute.

    Raises NoServerError where that cannot be done.
    """
    text = files("adapters.tryton.sandbox").joinpath(_REQUIREMENTS).read_bytes()
    made = Environment(folder=folder, digest=hashlib.sha256(text).hexdigest()[:16])
    stamp = folder / "venv" / ".installed"
    if stamp.is_file() and stamp.read_text("utf-8") == made.digest:
        return made
    locked = folder / _REQUIREMENTS
    locked.write_bytes(text)
    await _run(sys.executable, "-m", "venv", "--clear", folder / "venv")
    await _run(
        made.programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        "--no-input", "--require-hashes", "--only-binary", ":all:", "-r", locked,
    )  # fmt: skip
    stamp.write_text(made.digest, "utf-8")
    return made


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Let one process at a time make something in *folder*; the others wait."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


async def _run(*words: str | Path, more: Mapping[str, str] | None = None) -> None:
    process = await asyncio.create_subprocess_exec(
        *words,
        env={**os.environ, **(more or {})},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode:
        last = "\n".join(said.decode(errors="replace").splitlines()[-5:])
        raise NoServerError(
            f"A Tryton server is needed here, and setting it up failed:\n{last}\nNext: see that pip "
            f"can install packages, or name a folder that holds one in {FOLDER_VARIABLE}."
        )
