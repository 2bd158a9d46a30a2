"""The Dockerfile agrees with the rest of the repository, where no image can be built to show it."""

import re
import subprocess
import sys
from pathlib import Path

from config.model import Service

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
ADMITTED = [
    line.removeprefix("!")
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    if line.startswith("!")
]


def test_the_linter_has_nothing_to_say() -> None:
    """The linter accepts the Dockerfile, without exceptions."""
    answer = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), ROOT / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "" == answer.stdout + answer.stderr
    assert 0 == answer.returncode


def test_the_health_check_asks_the_default_port() -> None:
    """A container of an untouched configuration is healthy when the daemon is."""
    assert f"EXPOSE {Service().port}\n" in DOCKERFILE
    assert f"http://127.0.0.1:{Service().port}/healthz" in DOCKERFILE


def test_what_the_image_copies_reaches_the_build() -> None:
    """Each copied path exists, and .dockerignore lets it and nothing else through."""
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    copied = [path for line in lines for path in line.split()]

    assert sorted(ADMITTED) == sorted(copied)
    assert [] == [path for path in copied if not (ROOT / path).exists()]


def test_the_process_is_nobody_special() -> None:
    """The last USER before the entry point is a number other than root's."""
    assert ["10001:10001"] == re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE)
