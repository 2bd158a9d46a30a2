"""Links are one-to-one, keep their base field by field, and are never forgotten."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from daemon.core.values import Side
from state import links
from state.database import State
from state.links import ACTIVE, DETACHED, FOLDED
from tests.state.samples import PAIR, base, link, linked


@pytest.fixture
def connection(state: State) -> Iterator[Connection]:
    """One transaction over an empty state."""
    with state.engine.begin() as opened:
        yield opened


@pytest.mark.parametrize(
    ("source_id", "crm_id"),
    [("1", "200"), ("2", "100"), ("1", "100")],
    ids=["source", "crm", "both"],
)
def test_the_database_keeps_links_one_to_one(
    connection: Connection, source_id: str, crm_id: str
) -> None:
    """A record that is linked takes no second link in its pair (I19), but may in another."""
    link(connection)

    with pytest.raises(IntegrityError), connection.begin_nested():
        link(connection, "L2", source_id, crm_id)

    link(connection, "L3", source_id, crm_id, pair="second")
    assert 1 == links.count(connection, pair=PAIR)


def test_reviving_and_moving_keep_links_one_to_one(connection: Connection) -> None:
    """Neither way may lead to two active links on one record."""
    link(connection)
    links.set_status(connection, link="L1", status=DETACHED)
    link(connection, "L2", "1", "200")
    link(connection, "L3", "3", "300")

    with pytest.raises(IntegrityError), connection.begin_nested():
        links.set_status(connection, link="L1", status=ACTIVE)
    with pytest.raises(IntegrityError), connection.begin_nested():
        links.move(connection, link="L3", side=Side.CRM, to="200")


def test_a_detached_link_is_remembered(connection: Connection) -> None:
    """A detached link keeps its ids and base, and makes room for another (R34)."""
    link(connection)
    links.set_status(connection, link="L1", status=DETACHED)
    link(connection, "L2", "1", "200")

    row = linked(connection)
    assert (DETACHED, "1", "100", {"name": base()}) == (
        row.status,
        row.source_id,
        row.crm_id,
        row.base,
    )
    assert (1, 1) == (
        links.count(connection, pair=PAIR),
        links.count(connection, pair=PAIR, status=DETACHED),
    )


def test_agreeing_keeps_the_other_fields(connection: Connection) -> None:
    """Only the named base fields are replaced; the base is per side and keeps its marks (R1)."""
    link(connection, fields={"name": base("Ada"), "city": base("Oslo", "OSLO")})

    links.agree(connection, link="L1", fields={"name": base("Grace", None), "zip": base("01067")})
    links.agree(connection, link="L1", fields={})

    assert {
        "name": base("Grace", None),
        "city": base("Oslo", "OSLO"),
        "zip": base("01067"),
    } == linked(connection).base


def test_a_page_of_links_agrees_at_once(connection: Connection) -> None:
    """Many links agree in one go, each on its own fields, and one named twice on both."""
    for number in range(600):
        link(connection, f"L{number}", f"{number}", f"c{number}")

    agreed = [(f"L{number}", {"zip": base(f"{number}")}) for number in range(600)]
    links.agree_all(connection, [*agreed, ("L0", {"city": base("Oslo")}), ("L1", {})])

    assert {"name": base(), "zip": base("0"), "city": base("Oslo")} == linked(connection, "L0").base
    assert {"name": base(), "zip": base("599")} == linked(connection, "L599").base


def test_an_unknown_link_cannot_agree(connection: Connection) -> None:
    """A base without a link would be lost in silence, so it is refused."""
    with pytest.raises(KeyError, match="unknown"):
        links.agree(connection, link="unknown", fields={"name": base()})


def test_the_active_link_of_a_record_is_preferred(connection: Connection) -> None:
    """Asked for a record, its active link is told, else the one linked last; never a folded one."""
    link(connection, "older", "1", "100", minutes=1)
    links.set_status(connection, link="older", status=DETACHED)
    link(connection, "newer", "1", "200", minutes=2)
    links.set_status(connection, link="newer", status=DETACHED)
    link(connection, "folded", "2", "300", minutes=3)
    links.set_status(connection, link="folded", status=FOLDED)

    assert {"1": "newer"} == of(connection, Side.SOURCE, "1", "2", "3")
    assert {"100": "older", "200": "newer"} == of(connection, Side.CRM, "100", "200", "300")

    links.set_status(connection, link="older", status=ACTIVE)
    assert {"1": "older"} == of(connection, Side.SOURCE, "1", "1")
    assert {} == of(connection, Side.SOURCE, "1", pair="second")


def test_a_link_follows_a_record_to_its_new_id(connection: Connection) -> None:
    """After a move the record is found by its new id only."""
    link(connection)

    links.move(connection, link="L1", side=Side.SOURCE, to="1b")
    links.move(connection, link="L1", side=Side.CRM, to="100b")

    row = linked(connection)
    assert ("1b", "100b") == (row.record(Side.SOURCE), row.record(Side.CRM))
    assert {"1b": "L1"} == of(connection, Side.SOURCE, "1", "1b")


def test_active_links_are_paged_in_order(connection: Connection) -> None:
    """Pages follow one another by link id and hold active links of the pair only."""
    for number in range(4):
        link(connection, f"L{number}", f"{number}", f"c{number}", minutes=-number)
    links.set_status(connection, link="L1", status=DETACHED)
    link(connection, "L9", pair="second")

    assert ["L0", "L2"] == [row.id for row in links.page(connection, pair=PAIR, after="", limit=2)]
    assert ["L3"] == [row.id for row in links.page(connection, pair=PAIR, after="L2", limit=2)]


def of(connection: Connection, side: Side, *ids: str, pair: str = PAIR) -> dict[str, str]:
    found = links.of_records(connection, pair=pair, side=side, ids=ids)
    return {record: row.id for record, row in found.items()}
