"""Whose change a property's history tells of, and when it was made.

HubSpot names a source with each value. Which pair of type and id stands for our own key is not
documented for service keys, so it is learnt: the entry that bears the very time our write was
answered with is ours, and so is every other entry of the same source. Nothing is learnt from
entries without a source id, and nothing is kept across restarts.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping

from adapters.exchange import Json
from adapters.hubspot import codec
from daemon.core.record import FieldTime

_PROGRAMS = frozenset({"INTEGRATION", "API", "BATCH_UPDATE", "INTEGRATIONS_PLATFORM"})
_REMEMBERED_WRITES = 1_000


class OwnSource:
    """What this connection knows of its own name in property histories."""

    def __init__(self, app_id: str) -> None:
        """Start with the configured source id, where there is one."""
        self._ids = {app_id} if app_id else set()
        self._pairs: set[tuple[str, str]] = set()
        self._writes: OrderedDict[str, tuple[str, frozenset[str]]] = OrderedDict()

    def wrote(self, record_id: str, version: str, fields: Iterable[str]) -> None:
        """Remember a write of ours: the record, the time it was answered with, its fields."""
        self._writes[record_id] = (version, frozenset(fields))
        self._writes.move_to_end(record_id)
        if len(self._writes) > _REMEMBERED_WRITES:
            self._writes.popitem(last=False)

    def specimen(self, fields: Iterable[str]) -> str:
        """Return a record whose history would teach our source, "" where none is needed or known."""
        asked = set(fields)
        if self._pairs:
            return ""
        written = (one for one, (_, names) in reversed(self._writes.items()) if names & asked)
        return next(written, "")

    def learn(self, record_id: str, histories: Mapping[str, Json]) -> None:
        """Take our source from the history of a record that we wrote."""
        version, fields = self._writes.get(record_id, ("", frozenset()))
        written_at = codec.moment(version)
        entries = [one for name in fields for one in _entries(histories.get(name))]
        for entry in entries:
            source = _source(entry)
            is_written_then = written_at and codec.moment(entry.get("timestamp")) == written_at
            if is_written_then and source[0] in _PROGRAMS and source[1]:
                self._pairs.add(source)

    def latest(self, history: Json) -> FieldTime | None:
        """Return when a property last changed and whether by us; None without any history."""
        entries = _entries(history)
        dated = [(at, one) for one in entries if (at := codec.moment(one.get("timestamp")))]
        if not dated:
            return None
        # Newest first in every example, promised nowhere.
        at, newest = max(dated, key=lambda pair: pair[0])
        return FieldTime(at=at, is_ours=self._is_ours(newest))

    def _is_ours(self, entry: Json) -> bool:
        source = _source(entry)
        return source in self._pairs or (source[0] in _PROGRAMS and source[1] in self._ids)


def _entries(history: Json) -> list[Json]:
    """Return the entries of one property's history; nothing of any other shape."""
    return [one for one in history if isinstance(one, dict)] if isinstance(history, list) else []


def _source(entry: Json) -> tuple[str, str]:
    return str(entry.get("sourceType") or ""), str(entry.get("sourceId") or "")
