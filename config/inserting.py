"""Entries inserted into YAML text without touching a byte of what stands there.

Takes a file's content and new entries by section; gives the new content. Works on the text at the
places the parser reports, because rewriting a whole document moves comments and indentation.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from config.positions import RESOLVED, CoreLoader, parse
from config.problems import ConfigProblems, Problem, Spot

_WIDE = 10_000
"""No line is folded: long paths and descriptions stay on one."""
_INDENT = 2

Entries = Mapping[str, Mapping[str, Any]]


class _CoreDumper(yaml.SafeDumper):
    """Quotes every text that our own reader would take for something else."""


for _word, (_pattern, _firsts) in RESOLVED.items():
    _CoreDumper.add_implicit_resolver(
        f"tag:yaml.org,2002:{_word}", re.compile(_pattern), list(_firsts)
    )


def extended(file: Path, content: bytes, sections: Mapping[str, Entries]) -> bytes:
    """Return *content* of *file* with new entries at the end of its *sections*.

    Raises ConfigProblems where a section is written in braces, or where the result would not hold
    exactly what stood there and what was added.
    """
    text = content.decode("utf-8-sig")
    for section, entries in sections.items():
        if entries:
            text = _with_entries(file, text, section, entries)
    mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
    after = mark + text.encode()
    if parse(file, after).data != _expected(file, content, sections):
        raise _refusal(file, "nothing can be added here safely")
    return after


def _expected(file: Path, content: bytes, sections: Mapping[str, Entries]) -> object:
    data = parse(file, content).data if _root(content.decode("utf-8-sig")) else {}
    if not isinstance(data, dict):
        raise _refusal(file, "the file does not hold keys with values")
    added = {
        name: {**(data.get(name) or {}), **{key: dict(value) for key, value in entries.items()}}
        for name, entries in sections.items()
        if entries
    }
    return {**data, **added}


def _refusal(file: Path, message: str) -> ConfigProblems:
    hint = "Add it by hand, with one entry a line below its section."
    return ConfigProblems([Problem(spot=Spot(file=file), where="", message=message, hint=hint)])


def _root(text: str) -> yaml.Node | None:
    return yaml.compose(text, Loader=CoreLoader)


def _with_entries(file: Path, text: str, section: str, entries: Entries) -> str:
    root = _root(text)
    if root is None:
        return _placed(text, len(text), _lines(section, entries, _INDENT))
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise _refusal(file, "the file is not written as one key a line")
    for key, value in root.value:
        if key.value == section:
            return _with_more(file, text, key, value, entries)
    return _placed(text, len(text), _lines(section, entries, _INDENT))


def _with_more(file: Path, text: str, key: yaml.Node, value: yaml.Node, entries: Entries) -> str:
    if isinstance(value, yaml.ScalarNode) and value.value == "":
        return _placed(text, _line_end(text, key), _dumped(entries, _INDENT))
    if not isinstance(value, yaml.MappingNode) or value.flow_style or not value.value:
        raise _refusal(file, f"`{key.value}` is not written as one entry a line")
    indent = value.value[0][0].start_mark.column
    return _placed(text, _content_end(text, key, value), _dumped(entries, indent))


def _content_end(text: str, key: yaml.Node, value: yaml.Node) -> int:
    """Return where the line after the last one of *value* begins; comments below stay below."""
    if value.start_mark.index < key.start_mark.index:  # an alias: its node stands elsewhere
        return _line_end(text, key)
    if isinstance(value, yaml.MappingNode) and not value.flow_style and value.value:
        return _content_end(text, *value.value[-1])
    if isinstance(value, yaml.SequenceNode) and not value.flow_style and value.value:
        return _content_end(text, value, value.value[-1])
    if isinstance(value, yaml.ScalarNode) and value.style in ("|", ">"):
        return int(value.end_mark.index)
    return _line_end(text, value)


def _line_end(text: str, node: yaml.Node) -> int:
    end = text.find("\n", node.end_mark.index)
    return len(text) if end < 0 else end + 1


def _placed(text: str, index: int, lines: str) -> str:
    line_end = "\r\n" if "\r\n" in text else "\n"
    before, after = text[:index], text[index:]
    if before and not before.endswith("\n"):
        before += line_end
    return before + lines.replace("\n", line_end) + after


def _lines(section: str, entries: Entries, indent: int) -> str:
    return f"{section}:\n{_dumped(entries, indent)}"


def _dumped(entries: Entries, indent: int) -> str:
    plain = {name: dict(keys) for name, keys in entries.items()}
    text = yaml.dump(plain, Dumper=_CoreDumper, sort_keys=False, allow_unicode=True, width=_WIDE)
    return "".join(f"{' ' * indent}{line}" for line in text.splitlines(keepends=True))
