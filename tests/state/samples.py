"""Small made-up facts that the tests of the state are told with."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from daemon.core.base import BaseField
from daemon.core.operation import Clash, Clearance, Copy, Operation, OperationKind
from daemon.core.record import Record
from daemon.core.values import FieldKind, Side, Value
from state import intents, links, mirror, pairs, pending
from state.columns import table
from state.intents import IntentRow
from state.mirror import MirrorRow, Seen, Sighting
from state.tables import Link

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FILE = ("file", "people")
CRM = ("crm", "contact")
PAIR = "people"


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def seen(
    record: str = "1",
    values: Mapping[str, Value] | None = None,
    keys: tuple[tuple[str, str], ...] = (),
    *,
    version: str = "v1",
    modified_at: datetime | None = None,
    is_archived: bool = False,
    external_id: str | None = None,
    other_emails: tuple[str, ...] = (),
) -> Seen:
    return Seen(
        record=Record(
            id=record,
            values=values if values is not None else {"name": "Ada"},
            version=version,
            modified_at=modified_at,
            is_archived=is_archived,
            external_id=external_id,
            other_emails=other_emails,
        ),
        keys=keys,
    )


def sighting(
    end: tuple[str, str] = FILE,
    minutes: float = 0,
    *,
    listing: int | None = None,
    quiet: str = "",
    unchanged_until: datetime | None = None,
    resolution: timedelta = timedelta(0),
) -> Sighting:
    return Sighting(
        end=end,
        seen_at=after(minutes),
        listing=listing,
        quiet=quiet,
        unchanged_until=unchanged_until,
        resolution=resolution,
    )


def register(
    connection: Connection,
    name: str = PAIR,
    *,
    source: tuple[str, str] = FILE,
    crm: tuple[str, str] = CRM,
    fingerprint: str = "rules-1",
    sync: str = "",
) -> bool:
    return pairs.register(
        connection,
        name=name,
        sync=sync or name,
        source=source,
        crm=crm,
        fingerprint=fingerprint,
        key_names=["email"],
    )


def mirrored(connection: Connection, record: str = "1", end: tuple[str, str] = FILE) -> MirrorRow:
    return mirror.get(connection, end, [record])[record]


def waiting(connection: Connection, pair: str = PAIR, side: Side = Side.SOURCE) -> dict[str, int]:
    return pending.page(connection, pair=pair, side=side, after="", limit=10_000)


def base(source: Value = "Ada", crm: Value = "Ada") -> BaseField:
    return BaseField(source=source, crm=crm, fingerprint="rule-1")


def link(
    connection: Connection,
    name: str = "L1",
    source_id: str = "1",
    crm_id: str = "100",
    *,
    pair: str = PAIR,
    minutes: float = 0,
    fields: Mapping[str, BaseField] | None = None,
) -> None:
    links.add(
        connection,
        link=name,
        pair=pair,
        source_id=source_id,
        crm_id=crm_id,
        how="email",
        run=1,
        at=after(minutes),
        base=fields if fields is not None else {"name": base()},
    )


def linked(connection: Connection, name: str = "L1") -> links.LinkRow:
    return links.get(connection, [name])[name]


def link_names(connection: Connection) -> list[str]:
    return sorted(connection.execute(select(table(Link).c.id)).scalars())


def operation(
    record: str = "1",
    kind: OperationKind = OperationKind.UPDATE,
    *,
    value: Value = "Grace",
    pair: str = PAIR,
    target: str | None = "100",
    side: Side = Side.CRM,
) -> Operation:
    copy = Copy(
        rule="name→firstname",
        field="firstname",
        value=value,
        origin=value,
        before="Ada",
        kind=FieldKind.TEXT,
        fingerprint="rule-1",
    )
    return Operation(
        pair=pair,
        kind=kind,
        side=side,
        link="L1",
        source_id=record,
        crm_id=target,
        copies=(copy,),
        agreed={"mail→email": base("a@b.example", "a@b.example")},
        clears=(Clearance(side=Side.SOURCE, id=record, revision=1),),
        how="email",
    )


def intent(
    name: str = "i1",
    *,
    run: int = 1,
    minutes: float = 0,
    end: tuple[str, str] = CRM,
    of: Operation | None = None,
) -> IntentRow:
    return IntentRow(
        id=name,
        run=run,
        connection=end[0],
        object=end[1],
        verb="update",
        link="L1",
        operation=of or operation(),
        state=intents.SENT,
        carries_token=True,
        sent_at=after(minutes),
    )


def clash(rule: str = "name→firstname", winner: Side | None = None, crm: Value = "Ada L.") -> Clash:
    return Clash(
        rule=rule, source="Ada", crm=crm, base=base(), reason="both_changed", winner=winner
    )
