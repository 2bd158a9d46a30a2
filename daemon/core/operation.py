"""What a plan is made of: operations, and the conflicts a rule decided on the way.

An operation carries everything its settlement needs, so that after a crash the stored intent alone
tells what was meant, what stood there before and what both sides agree on once it happened.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import orjson

from daemon.core.base import Base, BaseField, decode_base, encode_base
from daemon.core.evidence import decode_evidence, encode_evidence
from daemon.core.record import Evidence
from daemon.core.values import FieldKind, Side, Value, decode_value, digest, encode_value


class OperationKind(StrEnum):
    """What an operation does."""

    CREATE = "create"
    UPDATE = "update"
    ARCHIVE = "archive"
    """Carry a delete over: the record goes where a person can take it back from (R14)."""
    DELETE = "delete"
    """Carry a delete over for good (R14)."""
    LINK = "link"
    """Remember that two records are one; writes nothing outside."""

    @property
    def is_write(self) -> bool:
        """Whether the operation changes a record outside of our own state."""
        return self is not OperationKind.LINK

    @property
    def is_removal(self) -> bool:
        """Whether the record is not there any more afterwards."""
        return self in {OperationKind.ARCHIVE, OperationKind.DELETE}


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """One field on its way from one side to the other."""

    rule: str
    """Key of the field rule."""
    field: str
    """The field that is written."""
    value: Value
    """What is written."""
    origin: Value
    """What the other side holds: its half of the base once the write is settled."""
    before: Value
    """What stood in the field when the plan was made (R35)."""
    kind: FieldKind
    """What the value is compared as when a look must tell whether it was written."""
    fingerprint: str
    region: str | None = None
    evidence: Evidence | None = None
    """Of the value that is copied: it travels along (R12)."""


def vain_mark(copy: Copy) -> str:
    """Return what tells one write that came to nothing from the next: its value and the one there."""
    return digest(encode_value(copy.value) + "\x1f" + encode_value(copy.before))


@dataclass(frozen=True, kw_only=True, slots=True)
class Clash:
    """Two values of one field that could not both stay."""

    rule: str
    source: Value
    crm: Value
    base: BaseField | None
    reason: str
    """first_contact, both_changed, stale_save, sent_not_seen, lossy, edit_vs_delete,
    consent_loosened."""
    winner: Side | None
    """None: a person decides."""
    evidence: Mapping[str, Evidence] = field(default_factory=lambda: MappingProxyType({}))
    """By side."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Clearance:
    """A pending record that an operation takes off the list once it is settled."""

    side: Side
    id: str
    revision: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One step of a plan."""

    pair: str
    kind: OperationKind
    side: Side
    """The side that is written to; the crm side where nothing is written."""
    link: str = ""
    """The entity id; empty until a create or a link mints it."""
    source_id: str | None = None
    crm_id: str | None = None
    copies: tuple[Copy, ...] = ()
    """What is written; of a removal what stood there: its values are None."""
    agreed: Base = field(default_factory=lambda: MappingProxyType({}))
    """Base fields that become true with this operation without being written."""
    clashes: tuple[Clash, ...] = ()
    clears: tuple[Clearance, ...] = ()
    how: str = ""
    """Why: the key a link was matched on."""
    is_half: bool = False
    """One of two writes that one decision led to, one to each side: settled alone it clears
    nothing, since the other may never be sent (R1). The next plan finds both equal and clears."""
    replaces: str = ""
    """Of a create: the link whose gone record is made again (R41)."""
    reverses: int = 0
    """The run that this puts back (R24); 0 where it is no part of a rollback."""

    @property
    def values(self) -> dict[str, Value]:
        """Field to value, as it is written."""
        return {copy.field: copy.value for copy in self.copies}

    @property
    def expected(self) -> dict[str, Value]:
        """Field to value, as it must still stand (R35)."""
        return {copy.field: copy.before for copy in self.copies}

    @property
    def target_id(self) -> str | None:
        """Id of the record that is written; None for a create."""
        return self.crm_id if self.side is Side.CRM else self.source_id

    @property
    def origin_id(self) -> str | None:
        """Id of the record that the values come from."""
        return self.source_id if self.side is Side.CRM else self.crm_id

    @property
    def digest(self) -> str:
        """Hash of what a person approves: what is done to which record, old and new values."""
        told = [
            self.pair,
            self.kind.value,
            self.side.value,
            self.source_id,
            self.crm_id,
            sorted([c.field, encode_value(c.before), encode_value(c.value)] for c in self.copies),
            sorted(self.agreed),
        ]
        return digest(orjson.dumps(told).decode())


def encode_operation(operation: Operation) -> str:
    """Return an operation as JSON text."""
    return orjson.dumps(
        {
            "pair": operation.pair,
            "kind": operation.kind.value,
            "side": operation.side.value,
            "link": operation.link,
            "source_id": operation.source_id,
            "crm_id": operation.crm_id,
            "copies": [_plain_copy(copy) for copy in operation.copies],
            "agreed": encode_base(operation.agreed),
            "clashes": [_plain_clash(clash) for clash in operation.clashes],
            "clears": [[c.side.value, c.id, c.revision] for c in operation.clears],
            "how": operation.how,
            "is_half": operation.is_half,
            "replaces": operation.replaces,
            "reverses": operation.reverses,
        }
    ).decode()


def decode_operation(text: str) -> Operation:
    """Return what :func:`encode_operation` wrote."""
    plain = orjson.loads(text)
    return Operation(
        pair=plain["pair"],
        kind=OperationKind(plain["kind"]),
        side=Side(plain["side"]),
        link=plain["link"],
        source_id=plain["source_id"],
        crm_id=plain["crm_id"],
        copies=tuple(_typed_copy(item) for item in plain["copies"]),
        agreed=decode_base(plain["agreed"]),
        clashes=tuple(_typed_clash(item) for item in plain["clashes"]),
        clears=tuple(
            Clearance(side=Side(side), id=record, revision=revision)
            for side, record, revision in plain["clears"]
        ),
        how=plain["how"],
        is_half=plain.get("is_half", False),
        replaces=plain.get("replaces", ""),
        reverses=plain.get("reverses", 0),
    )


def _plain_copy(copy: Copy) -> dict[str, Any]:
    return {
        "rule": copy.rule,
        "field": copy.field,
        "value": encode_value(copy.value),
        "origin": encode_value(copy.origin),
        "before": encode_value(copy.before),
        "kind": copy.kind.value,
        "fingerprint": copy.fingerprint,
        "region": copy.region,
        "evidence": encode_evidence({"": copy.evidence} if copy.evidence else {}),
    }


def _typed_copy(plain: dict[str, Any]) -> Copy:
    return Copy(
        rule=plain["rule"],
        field=plain["field"],
        value=decode_value(plain["value"]),
        origin=decode_value(plain["origin"]),
        before=decode_value(plain["before"]),
        kind=FieldKind(plain["kind"]),
        fingerprint=plain["fingerprint"],
        region=plain["region"],
        evidence=decode_evidence(plain["evidence"]).get(""),
    )


def _plain_clash(clash: Clash) -> dict[str, Any]:
    return {
        "rule": clash.rule,
        "source": encode_value(clash.source),
        "crm": encode_value(clash.crm),
        "base": encode_base({"": clash.base} if clash.base else {}),
        "reason": clash.reason,
        "winner": clash.winner.value if clash.winner else None,
        "evidence": encode_evidence(clash.evidence),
    }


def _typed_clash(plain: dict[str, Any]) -> Clash:
    return Clash(
        rule=plain["rule"],
        source=decode_value(plain["source"]),
        crm=decode_value(plain["crm"]),
        base=decode_base(plain["base"]).get(""),
        reason=plain["reason"],
        winner=Side(plain["winner"]) if plain["winner"] else None,
        evidence=decode_evidence(plain["evidence"]),
    )
