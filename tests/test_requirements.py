"""The locked requirements: complete, hashed, and silent about where packages come from."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME = PROJECT["project"]["dependencies"]
DEVELOPMENT = PROJECT["project"]["optional-dependencies"]["dev"]
LOCKS = {
    "runtime.txt": RUNTIME,
    "dev.txt": RUNTIME + DEVELOPMENT,
    "bench.txt": RUNTIME + PROJECT["project"]["optional-dependencies"]["bench"],
    "build.txt": PROJECT["build-system"]["requires"],
}

PIN = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>[0-9a-z.!+]+)(?P<marker> ; [^\\\n]+)? \\\n"
    r"(?:    --hash=sha256:[0-9a-f]{64} \\\n)*    --hash=sha256:[0-9a-f]{64}\n"
)


def name_of(requirement: str) -> str:
    """Return the normalised name that a requirement begins with."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    if found is None:
        raise ValueError(f"no requirement: {requirement!r}")
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def pins(name: str) -> dict[str, str]:
    """Return what a file of requirements pins: name to version."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return {pin["name"]: pin["version"] for pin in PIN.finditer(text)}


@pytest.mark.parametrize("name", LOCKS)
def test_each_dependency_is_locked(name: str) -> None:
    """A dependency added to pyproject.toml reaches the lock: `make lock`."""
    locked = pins(name)

    assert [] == [need for need in LOCKS[name] if name_of(need) not in locked]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_is_nothing_but_hashed_pins(name: str) -> None:
    """No option, no host, no path and no unhashed line stands in a lock."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")

    assert "" == PIN.sub("", text)


def test_tests_run_on_the_versions_that_ship() -> None:
    """What the image installs is what was tested, version by version."""
    shipped, tested = pins("runtime.txt"), pins("dev.txt")

    assert shipped == {name: tested.get(name) for name in shipped}


def test_each_dependency_has_its_reason() -> None:
    """docs/decisions/0002-dependencies.md names every dependency, and none that is gone."""
    text = (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text(encoding="utf-8")
    reasoned = re.findall(r"^\| `([^`]+)` \| \S.{10,} \|$", text, re.MULTILINE)

    assert sorted({name_of(need) for need in RUNTIME + DEVELOPMENT}) == sorted(reasoned)
