"""Disks that are full, small or read-only: real ones, mounted as long as a test lasts."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import IN_CI

BLOCK = bytes(4096)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount an empty disk of that size on *folder*.

    Skips, with the kernel's words, where mounting is forbidden; in CI that is a failure for root.
    """
    folder.mkdir(parents=True, exist_ok=True)
    problem = _mount("-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder)
    if problem:
        assert not (IN_CI and os.geteuid() == 0), problem
        pytest.skip(f"this kernel lets nobody of us mount a disk: {problem}")
    try:
        yield folder
    finally:
        _as_root("umount", "--lazy", folder)


def read_only(folder: Path) -> None:
    """Make a mounted disk read-only; nobody may have a file of it open for writing."""
    assert "" == _mount("-o", "remount,ro", folder)


def writable(folder: Path) -> None:
    """Let a mounted disk be written to again."""
    assert "" == _mount("-o", "remount,rw", folder)


def fill(folder: Path) -> Path:
    """Leave not one free block on the disk; return the file that takes them."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(BLOCK)
        except OSError:
            return ballast


def _mount(*words: object) -> str:
    done = _as_root("mount", *words)
    return (done.stderr.strip() or "mount failed") if done.returncode else ""


def _as_root(*words: object) -> "subprocess.CompletedProcess[str]":
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    try:
        return subprocess.run(
            [*prefix, *map(str, words)], capture_output=True, text=True, check=False, timeout=20
        )
    except FileNotFoundError as missing:
        return subprocess.CompletedProcess([], 1, "", str(missing))
