"""SOQL cut into words (salesforce.md 4.1).

Takes a query. Gives words with their places. Promises that only the documented escapes pass in a
string, and that what cannot be a word is refused with its place.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from adapters.salesforce.sandbox.problems import Refused, refused


class WordKind(StrEnum):
    """What a word is."""

    NAME = "name"
    STRING = "string"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """One word: what it is, its value, and where it stands."""

    kind: WordKind
    text: str
    at: int

    def is_name(self, *names: str) -> bool:
        """Say whether it is one of these keywords, given in capitals."""
        return self.kind is WordKind.NAME and self.text.upper() in names

    def is_sign(self, *signs: str) -> bool:
        """Say whether it is one of these signs."""
        return self.kind is WordKind.SIGN and self.text in signs


_PATTERN = re.compile(
    r"""(?P<blank>\s+)
    |(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    |(?P<date>\d{4}-\d\d-\d\d)
    |(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
    |(?P<sign><>|!=|<=|>=|[=<>(),:])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {
    "n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\",
    "N": "\n", "R": "\r", "T": "\t", "B": "\b", "F": "\f", "_": "\\_", "%": "\\%",
}  # fmt: skip


def words_of(query: str) -> list[Word]:
    """Cut a query into words, the last one an END. Raises Refused."""
    words: list[Word] = []
    at = 0
    while at < len(query):
        found = _PATTERN.match(query, at)
        if found is None or found.lastgroup is None:
            raise unexpected(query, at, query[at])
        if found.lastgroup != "blank":
            kind = WordKind(found.lastgroup)
            text = found[0]
            if kind is WordKind.STRING:
                text = _unescaped(query, at, text[1:-1])
            words.append(Word(kind=kind, text=text, at=at))
        at = found.end()
    words.append(Word(kind=WordKind.END, text="", at=at))
    return words


def _unescaped(query: str, at: int, text: str) -> str:
    """Replace escapes, but for those of LIKE's two signs: these stay for it to read."""

    def one(found: re.Match[str]) -> str:
        letter = found[1]
        if len(letter) == 5:
            return chr(int(letter[1:], 16))
        if letter not in _ESCAPED:
            raise malformed(query, at, f"Illegal character sequence '\\{letter}' in string literal")
        return _ESCAPED[letter]

    return _ESCAPE.sub(one, text)


def unexpected(query: str, at: int, text: str) -> Refused:
    """Return the refusal of a word that cannot stand here."""
    what = f"'{text}'" if text else "'<EOF>'"
    return malformed(query, at, f"unexpected token: {what}")


def malformed(query: str, at: int, message: str) -> Refused:
    """Return a MALFORMED_QUERY that points to the place."""
    return refused("MALFORMED_QUERY", f"{pointer(query, at)}\n{message}")


def pointer(query: str, at: int) -> str:
    """Return the part of the query around a place, an arrow below it, and its row and column."""
    begin = max(0, at - 30)
    part = query[begin : at + 30].replace("\n", " ")
    row = query.count("\n", 0, at) + 1
    column = at - (query.rfind("\n", 0, at) + 1) + 1
    return f"\n{part}\n{' ' * (at - begin)}^\nERROR at Row:{row}:Column:{column}"
