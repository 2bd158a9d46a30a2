"""Whatever is sent, the sandbox answers in the vendor's way: never an accident of its own."""

import random
from datetime import UTC, datetime

import orjson
from hypothesis import given
from hypothesis import strategies as st

from adapters.hubspot.sandbox import AccountSettings, Limits, Sandbox, SandboxSettings
from adapters.hubspot.sandbox.routes import ROUTES
from adapters.hubspot.sandbox.seeding import seed_contacts
from adapters.sandbox.clock import ManualClock
from adapters.sandbox.exchange import Request

KNOWN = st.sampled_from(
    [
        "id",
        "idProperty",
        "inputs",
        "properties",
        "propertiesWithHistory",
        "objectWriteTraceId",
        "filterGroups",
        "filters",
        "propertyName",
        "operator",
        "value",
        "values",
        "highValue",
        "sorts",
        "direction",
        "limit",
        "after",
        "query",
        "options",
        "name",
        "label",
        "type",
        "fieldType",
        "groupName",
        "hasUniqueValue",
        "email",
        "firstname",
        "lifecyclestage",
        "closedate",
        "hubspot_owner_id",
        "hs_buying_role",
        "associations",
        "to",
        "types",
        "primaryObjectId",
        "objectIdToMerge",
    ]
)
WORDS = st.sampled_from(
    [
        "",
        ";",
        "lead",
        "email",
        "0",
        "-1",
        "1e999",
        "EQ",
        "IN",
        "BETWEEN",
        "GTE",
        "LT",
        "a@b.example",
        "2026-10-29",
        "closedate",
        "string",
        "text",
        "lastmodifieddate",
        "hs_object_id",
        "99999999999999999999999999",
        "firstname",
        "DESCENDING",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS | st.text()
BODIES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KNOWN, inner, max_size=6),
    max_leaves=25,
)
QUERIES = st.dictionaries(
    st.sampled_from(
        ["limit", "after", "archived", "idProperty", "properties", "propertiesWithHistory", "email"]
    ),
    (WORDS | st.text(max_size=5)).map(lambda text: (text,)),
    max_size=3,
)


def quiet_sandbox() -> Sandbox:
    limits = Limits(burst=10**9, search_per_second=10**9, daily=10**9)
    settings = SandboxSettings(accounts=(AccountSettings(limits=limits),))
    sandbox = Sandbox(settings, ManualClock(datetime(2026, 11, 20, 12, tzinfo=UTC)))
    seed_contacts(sandbox.account, 20)
    return sandbox


SANDBOX = quiet_sandbox()
IDS = [record.id for record in SANDBOX.contacts.all_live()] + ["1", "x", "email", "a@b.example"]


@given(
    route=st.sampled_from(ROUTES),
    version=st.sampled_from(["v3", "2026-03", "2026-09"]),
    body=BODIES,
    query=QUERIES,
    key=st.sampled_from(IDS),
)
def test_no_request_breaks_the_sandbox(
    route: object, version: str, body: object, query: dict[str, tuple[str, ...]], key: str
) -> None:
    """§7: every answer is one the vendor could give; an error has its shape."""
    assert route in ROUTES
    chosen = ROUTES[ROUTES.index(route)]
    pattern = [part.replace("{type}", "contacts") for part in chosen.pattern]
    rest = [key if part.startswith("{") else part for part in pattern]
    request = Request(
        method=chosen.method,
        path="/" + "/".join(_path(chosen.family, version, rest)),
        query=query,
        headers={"authorization": f"Bearer {SANDBOX.token}"},
        body=_dumped(body),
    )
    reply = SANDBOX.vendor.answer(request)
    assert reply.status in {200, 201, 204, 207, 400, 404, 409, 414, 500}
    if reply.status >= 400:
        assert {"status", "category", "message", "correlationId"} <= set(reply.body)
    orjson.dumps(reply.body)


def _path(family: str, version: str, rest: list[str]) -> list[str]:
    if family == "account-info":
        return [family, version, *rest]
    return ["crm", version, family, *rest] if version == "v3" else ["crm", family, version, *rest]


def _dumped(body: object) -> bytes:
    try:
        return orjson.dumps(body)
    except (TypeError, ValueError):
        return b"{}"


def test_unique_values_hold_under_random_use() -> None:
    """§17: after any mix of writes every address leads to one live contact, and back."""
    sandbox, luck = quiet_sandbox(), random.Random(7)
    addresses = [f"{number}@example.com" for number in range(12)]
    for _ in range(1_500):
        records = sandbox.contacts.all_live()
        record, other = luck.choice(records), luck.choice(records)
        _act(sandbox, luck.choice(addresses), record.id, other.id, luck.randrange(5))
    seen: dict[str, str] = {}
    for record in sandbox.contacts.all_live():
        for address in record.emails():
            assert address not in seen
            seen[address] = record.id
            holder = sandbox.contacts.holder("email", address)
            assert holder is record
    for address in addresses:
        holder = sandbox.contacts.holder("email", address)
        assert seen.get(address) == (None if holder is None else holder.id)


def _act(sandbox: Sandbox, address: str, record_id: str, other_id: str, kind: int) -> None:
    path = "/crm/v3/objects/contacts"
    is_many = len(sandbox.contacts.all_live()) > 15
    write = {"properties": {"email": address, "lastname": "L"}}
    merge = {"primaryObjectId": record_id, "objectIdToMerge": other_id}
    method, where, body = (
        ("POST", path, write),
        ("PATCH", f"{path}/{record_id}", write),
        ("PATCH", f"{path}/{record_id}", {"properties": {"email": "", "lastname": "L"}}),
        ("POST", f"{path}/merge" if is_many else path, merge | write),
        ("DELETE" if is_many else "PATCH", f"{path}/{record_id}", write),
    )[kind]
    headers = {"authorization": f"Bearer {sandbox.token}"}
    reply = sandbox.vendor.answer(
        Request(method=method, path=where, headers=headers, body=orjson.dumps(body))
    )
    assert reply.status != 500
