"""Fingerprints: whether a change of the configuration changes what a sync does (R16).

The rule of a single field has its own, made where the rule is complete
(``daemon.core.field_rules.FieldRule.fingerprint``). Here are those of a connection and of a whole
sync, which a plan's approval and an envelope refer to (R17). Schedule, batch size, approval,
verification sample, former name and the service do not count. Keys left at their default are left
out, so that a release with new keys changes no fingerprint.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import BaseModel

from config.model import Sync
from daemon.core.values import digest

if TYPE_CHECKING:
    from config.snapshot import Config

_NOT_COUNTED = {"schedule", "batch_size", "errors", "approval", "guards", "was"}
_EXTRA = "fingerprint"
"""A settings field with ``json_schema_extra={"fingerprint": False}`` does not count either."""


def sync_fingerprint(config: "Config", name: str) -> str:
    """Return the hash of all that decides what the sync *name* does."""
    sync = config.syncs[name]
    return _hash(
        {
            "sync": _counted(sync),
            "connections": {
                end.connection: config.connections[end.connection].fingerprint
                for pair in sync.pairs
                for end in (pair.source, pair.crm)
            },
        }
    )


def connection_fingerprint(type_word: str, settings: BaseModel) -> str:
    """Return the hash of a connection's keys; a secret counts as being there, not by content."""
    uncounted = {
        name
        for name, info in type(settings).model_fields.items()
        if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get(_EXTRA) is False
    }
    keys = settings.model_dump(mode="json", exclude_defaults=True, exclude=uncounted)
    return _hash({"type": type_word, "keys": keys})


def _counted(sync: Sync) -> Mapping[str, Any]:
    """Return what counts of *sync*, in one form whichever form was written."""
    shared = sync.model_dump(
        mode="json",
        exclude_defaults=True,
        exclude=_NOT_COUNTED
        | {"source", "crm", "several", "fields", "match", "required", "filters"},
    )
    pairs = [pair.model_dump(mode="json", exclude_defaults=True) for pair in sync.pairs]
    return {**shared, "pairs": pairs}


def _hash(content: Mapping[str, Any]) -> str:
    return digest(orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode())
