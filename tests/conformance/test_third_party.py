"""An adapter of another package: found by its entry point, held to the suite from outside."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

KIND = """
from pydantic import BaseModel

from adapters.contract import AdapterKind
from adapters.memory import OBJECT


class Settings(BaseModel, extra="forbid", frozen=True):
    pass


KIND = AdapterKind(
    word="acme",
    title="Acme CRM",
    settings=Settings,
    create=lambda settings, around: None,
    default_object=OBJECT,
)
"""
HARNESS = """
from dataclasses import replace

from tests.conformance import harness_memory
from tests.conformance.harness_memory import open_harness

DECLARATION = replace(harness_memory.DECLARATION, title="acme", word="acme")
"""
LAZY = """
from tests.conformance.causes import Cause

DECLARATION = replace(DECLARATION, causes=DECLARATION.causes - {Cause.LOST_REPLY})
"""


def package(folder: Path, harness: str) -> None:
    """Install a package as an installer would: its modules, and what it tells of itself."""
    (folder / "acme_crm").mkdir()
    (folder / "acme_crm" / "__init__.py").touch()
    (folder / "acme_crm" / "kind.py").write_text(KIND)
    (folder / "acme_crm" / "conformance.py").write_text(harness)
    about = folder / "acme_crm-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-crm\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[crmsyncd.adapters]\nacme = acme_crm.kind:KIND\n")


def suite(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the suite as the author of that package would."""
    return subprocess.run(
        [sys.executable, "-m", "tests.conformance", "--adapter", "acme_crm.conformance", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_adapter_of_another_package_is_held_to_the_contract(tmp_path: Path) -> None:
    """Its author gets the whole table for it alone, its type included."""
    package(tmp_path, HARNESS)

    done = suite(tmp_path, "--json")

    assert 0 == done.returncode, done.stderr
    told = json.loads(done.stdout)
    assert ["acme"] == told["adapters"]
    assert (0, len(told["cases"])) == (told["failed"], told["passed"] + told["not_applicable"])
    (type_,) = [one for one in told["cases"] if one["name"] == "its type leads to it"]
    assert "passed" == type_["cells"]["acme"]["result"]


def test_who_leaves_out_what_is_claimed_fails(tmp_path: Path) -> None:
    """A harness that does not try to lose a reply is no proof that losing one is harmless."""
    package(tmp_path, HARNESS + LAZY)

    done = suite(tmp_path, "--declared")

    assert 1 == done.returncode
    assert "lost_reply: claimed (is an adapter), but the harness cannot cause it" in done.stderr
