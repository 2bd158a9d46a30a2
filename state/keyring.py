"""Where the keys of stored credentials come from: the environment, a mounted file, a file of ours.

Asked in this order: ``CRMSYNCD_KEY`` holds the keys themselves; ``CRMSYNCD_KEY_FILE`` names a file;
systemd hands one over as the credential ``crmsyncd.key``; else it is a file in the state folder,
made when the first secret is stored. A key is 32 bytes in base64; of several the first one seals
and all of them open. A file that others can read is refused. No message holds a key.
"""

import base64
import binascii
import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from state.database import is_in_memory, state_url
from state.sealing import KEY_BYTES, Key, KeyRing, new_key

VARIABLE = "CRMSYNCD_KEY"
FILE_VARIABLE = "CRMSYNCD_KEY_FILE"
SYSTEMD_VARIABLE = "CREDENTIALS_DIRECTORY"
FILE_NAME = "crmsyncd.key"
"""Of the file in the state folder, and of systemd's credential."""

MAX_BYTES = 64 * 1024

HOW_TO_MAKE = "python3 -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())'"

_OUR_FILE = stat.S_IRWXG | stat.S_IRWXO
"""What nobody else may do with a key file of this account."""
_MOUNTED_FILE = stat.S_IWGRP | stat.S_IXGRP | stat.S_IRWXO
"""Of a file that another account put there: systemd and Kubernetes let our group read it."""

_HEAD = """\
# Key of the credentials that crmsyncd has stored. Whoever has it and the state has the credentials.
# Keep a copy where backups of the state are not: without it they have to be given anew.
# One key a line; the first one seals, all of them open.
"""


class KeyUnusable(Exception):
    """The key cannot be had, or cannot be trusted; the arguments are why and the next step."""

    def __init__(self, reason: str, next_step: str) -> None:
        super().__init__(f"{reason[:1].upper()}{reason[1:]}. {next_step}")
        self.reason = reason
        self.next_step = next_step


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyPlace:
    """Where the keys are."""

    text: str | None = field(repr=False)
    """The keys themselves, where the environment holds them."""
    file: Path | None
    """The file that holds them else; None where there is no place for one."""
    is_ours: bool
    """We may make the file and write it anew."""

    def __str__(self) -> str:
        if self.text is not None:
            return f"the environment variable {VARIABLE}"
        return f"the key file {self.file}" if self.file else "no key file"

    def ring(self) -> KeyRing:
        """Return the keys. Raises KeyUnusable."""
        text = self.text if self.text is not None else self._content()
        lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
        words = [word for line in lines for word in re.split(r"[\s,]+", line) if word]
        if not words:
            raise KeyUnusable(f"{self} holds no key", f"Make one: {HOW_TO_MAKE}")
        return KeyRing(keys=tuple(self._key(word) for word in words))

    def exists(self) -> bool:
        """Tell whether there is a key, or something in its place."""
        return self.text is not None or (self.file is not None and self.file.exists())

    def make(self) -> bool:
        """Make a key where there is none and a file of ours can hold it; tell whether it did."""
        if self.exists() or self.file is None or not self.is_ours:
            return False
        self.write(KeyRing(keys=(new_key(),)))
        return True

    def write(self, ring: KeyRing) -> None:
        """Replace the file as a whole: after a crash it is the old one or the new one.

        Raises KeyUnusable where it is not ours, or cannot be written.
        """
        if self.file is None or not self.is_ours:
            raise KeyUnusable(
                f"{self} is not written by crmsyncd", "Change it where it comes from."
            )
        try:
            _replace(self.file, _HEAD + "".join(f"{_word(key)}\n" for key in ring.keys))
        except OSError as error:
            raise KeyUnusable(
                f"{self} cannot be written ({_reason(error)})", "Let this account write there."
            ) from None

    def set_apart(self, ring: KeyRing, at: datetime) -> Path:
        """Keep keys that seal nothing any more beside the file: older backups open with them."""
        if self.file is None:
            raise KeyUnusable(f"{self} has no place for former keys", "Keep them yourself.")
        former = self.file.with_name(f"{self.file.name}.before-{at:%Y%m%dT%H%M%SZ}")
        KeyPlace(text=None, file=former, is_ours=True).write(ring)
        return former

    def _content(self) -> str:
        if self.file is None:
            raise KeyUnusable("no key is at hand", f"Set {VARIABLE} or {FILE_VARIABLE}.")
        try:
            with self.file.open("rb") as opened:
                self._distrust(os.fstat(opened.fileno()))
                content = opened.read(MAX_BYTES + 1)
        except FileNotFoundError:
            raise KeyUnusable(
                f"{self} is not there",
                f"Put your copy of it back (mode 600), or name it: {FILE_VARIABLE}.",
            ) from None
        except OSError as error:
            raise KeyUnusable(
                f"{self} cannot be read ({_reason(error)})",
                "Let the account that runs crmsyncd read it.",
            ) from None
        if len(content) > MAX_BYTES:
            raise KeyUnusable(f"{self} is too large", "Is it the right file?")
        return content.decode("ascii", errors="replace")

    def _distrust(self, found: os.stat_result) -> None:
        """Refuse a file that more people can read than may."""
        forbidden = _OUR_FILE if found.st_uid == os.geteuid() else _MOUNTED_FILE
        if stat.S_IMODE(found.st_mode) & forbidden:
            raise KeyUnusable(
                f"{self} can be read or written by others (mode {stat.S_IMODE(found.st_mode):o})",
                f"Nothing was read of it. Next: chmod 600 {self.file}, and if somebody may have "
                "read it: crmsyncd connect --rotate-key",
            )

    def _key(self, word: str) -> Key:
        try:
            value = base64.b64decode(word.replace("-", "+").replace("_", "/"), validate=True)
        except (binascii.Error, ValueError):
            value = b""
        if len(value) != KEY_BYTES:
            raise KeyUnusable(
                f"{self} holds something that is no key: expected {KEY_BYTES} bytes in base64",
                f"Make one: {HOW_TO_MAKE}",
            )
        return Key(value=value)


def key_place(environment: Mapping[str, str], place: str | Path) -> KeyPlace:
    """Return where the keys of the state at *place* are.

    A file of ours stands beside the state's file, or in ``.crmsyncd`` where a server keeps it.
    """
    if environment.get(VARIABLE, "").strip():
        return KeyPlace(text=environment[VARIABLE], file=None, is_ours=False)
    named = environment.get(FILE_VARIABLE, "").strip()
    if named:
        return KeyPlace(text=None, file=Path(named), is_ours=True)
    handed = environment.get(SYSTEMD_VARIABLE, "").strip()
    if handed and (mounted := Path(handed) / FILE_NAME).exists():
        return KeyPlace(text=None, file=mounted, is_ours=False)
    return KeyPlace(text=None, file=_folder(place) / FILE_NAME, is_ours=True)


def _folder(place: str | Path) -> Path:
    url = state_url(place)
    is_file = url.get_backend_name() == "sqlite" and not is_in_memory(url)
    return Path(str(url.database)).parent if is_file else Path(".crmsyncd")


def _word(key: Key) -> str:
    return base64.b64encode(key.value).decode()


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _replace(file: Path, text: str) -> None:
    target = file.resolve()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = target.with_name(f".{target.name}.{os.getpid()}.new")
    with suppress(FileNotFoundError):
        draft.unlink()
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w", encoding="ascii") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
