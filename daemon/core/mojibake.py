"""Mojibake: text that was read in the wrong encoding on its way here, such as ``MÃ¼ller``.

Takes text; tells whether it bears the mark, and gives the likely original. Never raises. Only
what is provable counts: a pair of letters that occurs in no language and is, in UTF-8, one letter.
"""

import re

REPLACEMENT = "\ufffd"
"""Stands where an earlier program could not read a character: what was there is lost."""

_LEADS = "ÂÃÄÅÎÏÐÑ×ØÙ"  # noqa: RUF001 - the very letters are meant
"""First bytes of Latin, Greek, Cyrillic, Hebrew and Arabic letters, read as single letters."""
_QUOTES = "‘’“”‚„…–—‹›«»\u00a0"  # noqa: RUF001 - the very marks are meant
"""Marks that may follow a capital letter in healthy text: no proof by themselves."""
_BYTES = {chr(number): number for number in range(128, 160)} | {
    bytes([number]).decode("cp1252", "ignore") or chr(number): number for number in range(128, 256)
}
"""Letter → the byte it stands for in the encoding that such text was read with."""
_TAILS = "".join(letter for letter, number in _BYTES.items() if number < 0xC0)  # noqa: PLR2004 - UTF-8's own bound
_SURE_TAILS = "".join(letter for letter in _TAILS if letter not in _QUOTES)
_SURE = re.compile(f"[{_LEADS}][{re.escape(_SURE_TAILS)}]|â[€‚„][{re.escape(_TAILS)}]|ðŸ")  # noqa: RUF001
_RUN = re.compile(
    f"[{_LEADS}][{re.escape(_TAILS)}]|â[{re.escape(_TAILS)}]{{2}}|ð[{re.escape(_TAILS)}]{{3}}"
)


def is_mojibake(text: str) -> bool:
    """Tell whether *text* was provably read in the wrong encoding."""
    return not text.isascii() and _SURE.search(text) is not None and repaired(text) != text


def has_lost_characters(text: str) -> bool:
    """Tell whether a character of *text* was replaced by the mark for unreadable ones."""
    return REPLACEMENT in text


def repaired(text: str) -> str:
    """Return *text* as it was most likely meant; unchanged where nothing can be proven."""
    return _RUN.sub(_letter, text)


def _letter(found: re.Match[str]) -> str:
    try:
        return bytes(_BYTES[letter] for letter in found[0]).decode("utf-8")
    except UnicodeDecodeError:
        return found[0]
