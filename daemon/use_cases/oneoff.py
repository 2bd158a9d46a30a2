"""A sync without a configuration: ``crmsyncd sync --from FILE --to TYPE:OBJECT``.

Makes the configuration such a sync would have, so that it runs, reports and can be saved exactly as
one that was written by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from adapters.contract import AdapterKind
from adapters.registry import adapter_kinds
from config.snapshot import Config
from config.writing import Addition, append
from daemon.use_cases.workspace import read_configuration

SOURCE = "source"
FILE_TYPE = "csv"


class Unusable(Exception):
    """The command line does not say enough; the message says what is missing and how to add it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OneOff:
    """What the command line says."""

    file: Path
    key: str
    target: str
    """``TYPE`` or ``TYPE:OBJECT``."""
    base_url: str = ""
    country: str = ""
    name: str = "one-off"
    needs_approval: bool = True

    def kind(self) -> AdapterKind:
        """Return the type of the target. Raises Unusable for an unknown one."""
        word = self.target.partition(":")[0]
        kinds = adapter_kinds()
        remote = sorted(name for name, kind in kinds.items() if kind.credential_variable)
        if word not in remote:
            raise Unusable(
                f"--to {self.target!r}: there is no CRM of type {word!r}. "
                f"Give one of: {', '.join(remote)}, optionally with an object (TYPE:OBJECT)."
            )
        return kinds[word]

    @property
    def object(self) -> str:
        """The object after the colon; empty = the type's main one."""
        return self.target.partition(":")[2]


def addition(order: OneOff) -> Addition:
    """Return the connections and the sync that *order* means; the secret stays a reference."""
    kind = order.kind()
    target: dict[str, object] = {
        "type": kind.word,
        kind.credential_setting: f"${{env:{kind.credential_variable}}}",
    }
    if order.base_url:
        target["base_url"] = order.base_url
    sync: dict[str, object] = {
        "source": {"connection": f"{order.name}-{SOURCE}"},
        "crm": {"connection": kind.word, **({"object": order.object} if order.object else {})},
        "direction": "push",
        "schedule": {"once": True},
    }
    if order.country:
        sync["country"] = order.country
    if not order.needs_approval:
        sync["approval"] = {"first_run": "none"}
    return Addition(
        connections={
            f"{order.name}-{SOURCE}": {
                "type": FILE_TYPE,
                "path": str(order.file),
                "key": order.key,
            },
            kind.word: target,
        },
        syncs={order.name: sync},
    )


def configure(order: OneOff, folder: Path, environment: Mapping[str, str]) -> Config:
    """Return the configuration of *order*, written into *folder* for the record.

    Raises Unusable when the credential is not in the environment, ConfigProblems when the result
    is not right.
    """
    kind = order.kind()
    if not environment.get(kind.credential_variable):
        raise Unusable(
            f"No credential for {kind.title}: set {kind.credential_variable} in the environment."
        )
    path = folder / f"{order.name}.yaml"
    path.unlink(missing_ok=True)
    write(path, order, environment)
    return read_configuration(path, environment)


def write(path: Path, order: OneOff, environment: Mapping[str, str]) -> Path:
    """Append the connections and the sync of *order* to a configuration file."""
    kinds = adapter_kinds()
    return append(
        path,
        addition(order),
        {word: kind.settings for word, kind in kinds.items()},
        environment,
        default_objects={word: kind.default_object for word, kind in kinds.items()},
    )


def key_column(headers: list[str], wanted: str) -> str:
    """Return the key column of a file: the one asked for, else ``id``. Raises Unusable."""
    if wanted:
        if wanted not in headers:
            raise Unusable(f"--key {wanted!r} is no column. Columns: {', '.join(headers)}.")
        return wanted
    for name in headers:
        if name.strip().casefold() in {"id", "key"}:
            return name
    raise Unusable(
        "Which column tells the rows apart for ever? Say it with --key COLUMN. "
        f"Columns: {', '.join(headers)}."
    )
