"""The rules that a commit hook applies to the files of one commit: ``python -m tests.architecture.hooks FILE…``."""

import sys
from pathlib import Path

from tests.architecture import shape
from tests.architecture.source import PRODUCT, ROOT, Source


def main(paths: list[str]) -> int:
    """Print what is wrong with these files; 1 when anything is."""
    found = [complaint for path in paths for complaint in _complaints(_source(Path(path)))]
    sys.stdout.writelines(f"{complaint}\n" for complaint in found)
    return 1 if found else 0


def _source(path: Path) -> Source:
    return Source(
        path.resolve().relative_to(ROOT).as_posix(),
        path.read_text(encoding="utf-8", errors="replace"),
    )


def _complaints(source: Source) -> list[str]:
    found = shape.index_hosts(source)
    if source.path.startswith(tuple(f"{part}/" for part in PRODUCT)):
        found += shape.unfinished_words(source)
    if source.path.endswith(".py"):
        found += shape.long_files(source) + shape.long_functions(source)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
