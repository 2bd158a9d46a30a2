"""A validated configuration: what the rest of the product reads. It never changes (R16)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel

from config.model import Service, Sync
from config.problems import Problem, Spot
from config.retention import Retention


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """An account on one system, or a file."""

    name: str
    type: str
    """The word that chose the settings model."""
    settings: BaseModel
    """The connection's keys, validated by its type's settings model; secrets are filled in and
    relative paths stand below the configuration's folder."""
    fingerprint: str
    """Hash of type and keys as written, without the content of secrets (R16)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """One immutable snapshot of everything an operator wrote."""

    connections: Mapping[str, Connection]
    syncs: Mapping[str, Sync]
    service: Service
    retention: Retention = field(default_factory=Retention)
    warnings: Sequence[Problem] = ()
    """What works but should be put right, in order of place."""
    files: Sequence[Path] = ()
    """The configuration files read."""
    secret_files: Sequence[Path] = ()
    """Files that secrets came from; a change of one is a change of the configuration."""
    places: Mapping[str, Spot] = field(default_factory=lambda: MappingProxyType({}))
    """Where each sync's name stands, for what shows only beside the state (R16)."""
