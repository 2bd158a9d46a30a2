"""How long things may be, and what no finished line says."""

import re

from tests.architecture.source import GENERATED, Source, definitions

FILE_LINES = 400
FUNCTION_LINES = 50

# Spelled so that the pattern does not match itself.
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError|for[ ]now|stub(?:bed)?)\b")
INDEX_HOSTS = re.compile(
    r"(?:test\.)?py[p]i\.org|py[t]honhosted\.org|registry\.np[m]js\.org|d[e]b\.debian\.org"
    r"|--(?:extra-)?index-u[r]l|--find-l[i]nks"
)


def long_files(source: Source) -> list[str]:
    """Complain about a file of more than 400 lines."""
    count = len(source.text.splitlines())
    return [source.complain(1, f"{count} lines; at most {FILE_LINES}")] * (count > FILE_LINES)


def long_functions(source: Source) -> list[str]:
    """Complain about a function of more than 50 lines, from its ``def`` to its last line."""
    if source.path.startswith(GENERATED):
        return []
    return [
        source.complain(node, f"{node.name} has {count} lines; at most {FUNCTION_LINES}")
        for node in definitions(source.tree)
        if (count := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    ]


def unfinished_words(source: Source) -> list[str]:
    """Complain about words that promise work instead of doing it."""
    return _matches(UNFINISHED, source, "says")


def index_hosts(source: Source) -> list[str]:
    """Complain about a package index's host: where packages come from is each machine's own affair."""
    return _matches(INDEX_HOSTS, source, "names a package index:")


def _matches(pattern: re.Pattern[str], source: Source, verb: str) -> list[str]:
    return [
        source.complain(number, f"{verb} {found[0]!r}")
        for number, line in enumerate(source.text.splitlines(), start=1)
        if (found := pattern.search(line))
    ]
