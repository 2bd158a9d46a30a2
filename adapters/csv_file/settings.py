"""What a person may say about a CSV file in the configuration."""

from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from adapters.contract import EXTERNAL_ID

KEPT_VERSIONS = 10
"""How many earlier contents of the file are kept (R11)."""

VERSIONS_FOLDER = ".crmsyncd-versions"
"""Where they are kept, beside the file."""

_ASCII = bytes(range(128))
_EVERY_BYTE = bytes(range(256))


def _mark(text: str) -> str:
    if len(text) != 1 or not text.isascii() or text.isalnum() or text in "\r\n\0 ":
        raise ValueError("give one ASCII punctuation character or a tab")
    return text


def _encoding(name: str) -> str:
    """Accept encodings in which every ASCII byte means itself: cells can then be cut as bytes."""
    try:
        is_plain = _ASCII.decode(name) == _ASCII.decode("ascii")
        is_single = len(_EVERY_BYTE.decode(name, "replace")) == len(_EVERY_BYTE)
        is_utf_8 = "é".encode(name) == "é".encode()
    except (LookupError, UnicodeError):
        raise ValueError("name an encoding such as utf-8, cp1252 or iso-8859-15") from None
    if not is_plain or not (is_single or is_utf_8):
        raise ValueError("only utf-8 and single-byte encodings can be kept byte for byte")
    return "utf-8" if is_utf_8 else name


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("name an IANA time zone such as Europe/Berlin") from None
    return name


Mark = Annotated[str, AfterValidator(_mark)]
EncodingName = Annotated[str, AfterValidator(_encoding)]
ZoneName = Annotated[str, AfterValidator(_zone)]


class CsvSettings(BaseModel):
    """One CSV file. Only ``path`` and a way to tell rows apart are needed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path = Field(description="The file. A symlink is followed; its target is rewritten.")
    key: str | None = Field(
        default=None,
        min_length=1,
        description="Header of the column whose text identifies a row. Never guessed.",
    )
    id_column: str = Field(
        default=EXTERNAL_ID,
        pattern=r"^[A-Za-z0-9_.\-]+$",
        description="Header of the column of ids that crmsyncd made, used when no key is given.",
    )
    may_add_id_column: bool = Field(
        default=False,
        description="crmsyncd may add id_column, and fill its empty cells, when no key is given.",
    )
    delimiter: Mark | None = Field(
        default=None,
        description="Character between cells. Without it: the one of , ; tab | that fits line 1.",
    )
    quote: Mark = Field(default='"', description="Character around cells; doubled inside them.")
    comment: Mark | None = Field(
        default=None,
        description="Lines that begin with it are kept and ignored. Without it there are none.",
    )
    encoding: EncodingName | None = Field(
        default=None,
        description="The file's encoding, where it must not be found from its bytes.",
    )
    fallback_encoding: EncodingName = Field(
        default="cp1252",
        description="Encoding of a file that has no byte order mark and is not UTF-8.",
    )
    updated_at: str | None = Field(
        default=None,
        min_length=1,
        description="Header of a column with each row's last change (ISO 8601): weak evidence.",
    )
    time_zone: ZoneName = Field(
        default="UTC", description="Time zone of times that name none, by its IANA name."
    )
    keep_versions: int = Field(
        default=KEPT_VERSIONS,
        ge=0,
        le=1000,
        description="How many earlier contents to keep before each write-back; 0 keeps none.",
    )
    versions_folder: Path | None = Field(
        default=None,
        description=f"Where they are kept; {VERSIONS_FOLDER} beside the file when not given.",
    )
    formula_escape: bool = Field(
        default=True,
        description="Write text that a spreadsheet would run as a formula with a leading '.",
    )

    @property
    def identity(self) -> str:
        """The header of the column that identifies a row."""
        return self.key or self.id_column

    @model_validator(mode="after")
    def _marks_differ(self) -> Self:
        marks = [mark for mark in (self.delimiter, self.quote, self.comment) if mark]
        if len(set(marks)) < len(marks):
            raise ValueError("delimiter, quote and comment must be different characters")
        if self.key and self.may_add_id_column:
            raise ValueError("give either key or may_add_id_column: the key already names a row")
        return self
