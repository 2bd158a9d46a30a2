"""Which encoding a file is in: found from its bytes or told, never guessed.

A byte order mark decides; else the configured encoding; else strict UTF-8; else the configured
fallback. A file that is UTF-8 but for some bytes stays UTF-8, and only the rows with those bytes
are faulty: reading all of it in the fallback would garble every other umlaut and sync the garble.
"""

import codecs
import re
from dataclasses import dataclass
from typing import BinaryIO

from adapters.csv_file.settings import CsvSettings
from adapters.errors import Unreadable

CHUNK = 1024 * 1024
"""Bytes read at a time."""

_WIDE_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_BROKEN = re.compile("[\udc80-\udcff]")
_MULTIBYTE = re.compile("[^\x00-\x7f\udc80-\udcff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Encoding:
    """How bytes mean characters in one file."""

    name: str
    origin: str
    """How that is known, for people: "byte order mark", "valid UTF-8", …"""
    mark_size: int = 0
    """Bytes of byte order mark before the first cell."""

    def decode(self, content: bytes) -> str:
        """Return the characters. Raises UnicodeDecodeError."""
        return content.decode(self.name)

    def encode(self, text: str) -> bytes:
        """Return the bytes. Raises UnicodeEncodeError."""
        return text.encode(self.name)


def find_encoding(stream: BinaryIO, settings: CsvSettings) -> Encoding:
    """Return the encoding of a whole file. Raises Unreadable for UTF-16 and contradictions."""
    stream.seek(0)
    start = stream.read(4)
    _refuse_wide(start, settings)
    if start.startswith(codecs.BOM_UTF8):
        if settings.encoding not in {None, "utf-8"}:
            raise Unreadable(
                f"{settings.path}: line 1 begins with the byte order mark of UTF-8, but the "
                f"configuration says encoding: {settings.encoding}.",
                code="wrong_encoding",
                next_step="Remove the encoding setting, or save the file in that encoding.",
            )
        return Encoding(name="utf-8", origin="byte order mark", mark_size=len(codecs.BOM_UTF8))
    if settings.encoding:
        return Encoding(name=settings.encoding, origin="configured")
    stream.seek(0)
    return _from_content(stream, settings.fallback_encoding)


def _refuse_wide(start: bytes, settings: CsvSettings) -> None:
    for mark, name in _WIDE_MARKS.items():
        if start.startswith(mark):
            raise Unreadable(
                f"{settings.path}: line 1 begins with the byte order mark of {name}, and a CSV "
                "file must be UTF-8 or a single-byte encoding.",
                code="wrong_encoding",
                next_step='Save it as "CSV UTF-8".',
            )


def _from_content(stream: BinaryIO, fallback: str) -> Encoding:
    has_multibyte, is_broken = _survey(stream)
    if not is_broken:
        return Encoding(name="utf-8", origin="valid UTF-8")
    if has_multibyte:
        return Encoding(name="utf-8", origin="UTF-8 but for some rows")
    return Encoding(name=fallback, origin="configured fallback, not UTF-8")


def _survey(stream: BinaryIO) -> tuple[bool, bool]:
    """Return whether there are characters of several bytes, and bytes that are no UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    has_multibyte = is_broken = False
    while chunk := stream.read(CHUNK):
        if chunk.isascii() and not decoder.getstate()[0]:
            continue
        text = decoder.decode(chunk)
        has_multibyte = has_multibyte or bool(_MULTIBYTE.search(text))
        is_broken = is_broken or bool(_BROKEN.search(text))
    is_broken = is_broken or bool(_BROKEN.search(decoder.decode(b"", final=True)))
    return has_multibyte, is_broken
