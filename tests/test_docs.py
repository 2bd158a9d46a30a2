"""The documents tell of what is there: links, files, make targets, commands, decisions."""

import re
from pathlib import Path

import pytest

from tests import commands

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("docs", "deploy", "adapters", "config", "tests", "benchmarks")
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md"))]
)
# What a newcomer reads first must be there; the others are checked where they are.
REQUIRED = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")

LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
CODE = re.compile(r"^```[^\n]*\n.*?^```\s*$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
MAKE = re.compile(r"\bmake ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)")
COMMAND = re.compile(r"\bcrmsyncd ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)")
REPOSITORY_PATH = re.compile(
    r"^(?:daemon|adapters|state|config|tests|deploy|docs|benchmarks|requirements|\.ci)/[\w./-]*$"
)
PLACEHOLDER = re.compile(r"\b(?:NAME|NNNN|TYPE|VENDOR)\b")


def code(text: str) -> list[str]:
    """Return what stands between backticks or fences."""
    return [found[0].strip("`") for found in CODE.finditer(text)]


def broken_links(document: Path, text: str) -> list[str]:
    """Return the links of a document that lead to no file or no heading."""
    links = LINK.findall(CODE.sub("", text))
    return [link for link in links if "://" not in link and not _resolves(document, text, link)]


def _resolves(document: Path, text: str, link: str) -> bool:
    if link.startswith("mailto:"):
        return True
    path, _, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    if not target.exists():
        return False
    content = text if target == document else (target.read_text("utf-8") if anchor else "")
    return not anchor or anchor in {_anchor(title) for title in HEADING.findall(content)}


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def unknown_targets(text: str, known: set[str]) -> list[str]:
    """Return the words after ``make`` that are no target of the Makefile."""
    words = [word for piece in code(text) for run in MAKE.findall(piece) for word in run.split()]
    return [word for word in words if word not in known]


def unknown_commands(text: str, known: set[str]) -> list[str]:
    """Return the words after ``crmsyncd`` that are no command, nor a command of a group."""
    groups = {words.partition(" ")[0] for words in known if " " in words}
    named = [words for piece in code(text) for words in COMMAND.findall(piece)]
    return [
        words
        for words in named
        if words not in known | groups and words.partition(" ")[0] not in known - groups
    ]


def missing_paths(text: str) -> list[str]:
    """Return the paths of this repository that a document names and that are not there."""
    return [
        piece
        for piece in code(text)
        if REPOSITORY_PATH.match(piece) and not PLACEHOLDER.search(piece)
        if not (ROOT / piece).exists()
    ]


def make_targets() -> set[str]:
    """Return every target that `make help` shows."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE))


@pytest.mark.parametrize("name", REQUIRED)
def test_the_document_is_there(name: str) -> None:
    """A newcomer finds the documents every repository of this kind has."""
    assert (ROOT / name).is_file()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_tells_of_what_is_there(document: Path) -> None:
    """Its links lead somewhere, and each path and make target it names exists."""
    text = document.read_text(encoding="utf-8")

    assert [] == broken_links(document, text)
    assert [] == missing_paths(text)
    assert [] == unknown_targets(text, make_targets())


def test_documents_name_commands_that_exist() -> None:
    """Every `crmsyncd X` in any document is a command of the program."""
    known = set(commands.registered())
    unknown = {
        document.name: found
        for document in DOCUMENTS
        if (found := unknown_commands(document.read_text(encoding="utf-8"), known))
    }

    assert {} == unknown


def test_decisions_are_numbered_one_after_the_other() -> None:
    """No number is used twice or left out, and each title repeats its number."""
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [int(path.name.partition("-")[0]) for path in files]
    titles = [path.read_text(encoding="utf-8").partition("\n")[0] for path in files]

    assert list(range(1, len(files) + 1)) == numbers
    assert [] == [
        title for number, title in zip(numbers, titles, strict=True) if f"# {number}. " not in title
    ]


def test_stale_documents_would_be_seen() -> None:
    """The checks above are able to fail."""
    here = ROOT / "CONTRIBUTING.md"

    assert ["gone.md"] == broken_links(here, "[a](gone.md) [b](LICENSE) [c](https://example.com)")
    assert ["#no"] == broken_links(here, "# Yes\n[a](#yes) [b](#no) `[c](gone.md)`")
    assert ["demolish"] == unknown_targets("`make test demolish ONCE=1`, make sense", {"test"})
    assert ["fly", "config fly"] == unknown_commands(
        "`crmsyncd fly` `crmsyncd config fly` `crmsyncd config schema` `crmsyncd run this`",
        {"config schema", "run"},
    )
    assert ["state/gone.py"] == missing_paths("`state/gone.py` `state/` `adapters/NAME/`")
