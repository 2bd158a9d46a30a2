"""Whatever is asked, the answer is one the vendor could give; promises hold under random use."""

import random
from datetime import UTC, datetime
from urllib.parse import quote

import orjson
from hypothesis import given
from hypothesis import strategies as st

from adapters.salesforce.sandbox import OrgSettings, Sandbox, SandboxSettings
from adapters.salesforce.sandbox.routes import ROUTES
from adapters.sandbox.clock import ManualClock
from adapters.sandbox.exchange import Reply, Request

WORDS = st.sampled_from(
    [
        *("attributes", "type", "Contact", "Lead", "Id", "LastName", "Email", "records", "ids"),
        *("fields", "allOrNone", "compositeRequest", "batchRequests", "inputs", "method", "url"),
        *("operation", "query", "object", "state", "externalIdFieldName", "crmsyncd_id__c", "body"),
        *(
            "referenceId",
            "a@b.example",
            "UploadComplete",
            "insert",
            "upsert",
            "SELECT Id FROM Lead",
        ),
        *("FullName", "Metadata", "Contact.A__c", "Text", "Account", "@{a.id}", "MailingAddress"),
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | WORDS
    | st.text(max_size=8)
)
BODIES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=12,
)
CLAUSES = st.lists(
    st.sampled_from(
        [
            *(
                "SELECT",
                "Id",
                "FROM",
                "Contact",
                "WHERE",
                "LastName",
                "=",
                "'x'",
                "AND",
                "OR",
                "NOT",
            ),
            *(
                "IN",
                "(",
                ")",
                ",",
                "ORDER BY",
                "DESC",
                "LIMIT",
                "3",
                "LIKE",
                "'a%'",
                "null",
                "COUNT()",
            ),
            *(
                "Account.Name",
                "TODAY",
                "LAST_N_DAYS:3",
                "2026-01-01",
                "2026-01-01T00:00:00Z",
                "true",
            ),
            *(
                "SystemModstamp",
                ">=",
                "Birthdate",
                "DoNotCall",
                "FIELDS(ALL)",
                "MAX(",
                "''",
                "INCLUDES",
            ),
        ]
    )
    | st.text(max_size=3),
    max_size=14,
).map(" ".join)
KNOWN = {200, 201, 204, 300, 304, 400, 403, 404, 405, 410, 412, 415}


def quiet_sandbox() -> Sandbox:
    settings = SandboxSettings(org=OrgSettings(records=20))
    sandbox = Sandbox(settings, ManualClock(datetime(2026, 11, 20, 12, tzinfo=UTC)))
    sandbox.org.budget.set(10**9, 0)
    return sandbox


SANDBOX = quiet_sandbox()
ROWS = [row.id for row in SANDBOX.org.store("Contact").all_live()]
KEYS = [
    *ROWS[:3],
    "Id",
    "Email",
    "crmsyncd_id__c",
    "a@b.example",
    "003",
    "x/y",
    "Contact",
    "describe",
]


def ask(sandbox: Sandbox, method: str, path: str, body: bytes = b"", **query: str) -> Reply:
    whole = f"/services/data/v62.0/{path}"
    request = Request(
        method=method,
        path=whole,
        raw_path=whole,
        query={name: (value,) for name, value in query.items()},
        headers={"authorization": f"Bearer {sandbox.token}", "content-type": "application/json"},
        body=body,
    )
    return sandbox.vendor.answer(request)


def dumped(body: object) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError:
        return b"{}"


@given(
    place=st.integers(0, len(ROUTES) - 1),
    body=BODIES,
    query=st.dictionaries(
        st.sampled_from(["q", "ids", "fields", "start", "end", "locator", "updateOnly"]), CLAUSES, max_size=3
    ),
    keys=st.lists(st.sampled_from(KEYS), min_size=3, max_size=3),
)  # fmt: skip
def test_no_request_breaks_the_sandbox(
    place: int, body: object, query: dict[str, str], keys: list[str]
) -> None:
    """§14: every answer is one the vendor could give; a refusal has its shape."""
    route = ROUTES[place]
    parts = [
        "Contact" if part == "{object}" else keys[number % 3] if part.startswith("{") else part
        for number, part in enumerate(route.pattern)
    ]
    path = "/".join(quote(part, safe="") for part in parts)
    reply = ask(SANDBOX, route.method, path, dumped(body), **query)
    assert reply.status in KNOWN
    if reply.status >= 400 and not path.startswith("composite/tree"):
        assert {"message", "errorCode"} <= set(reply.body[0]) or "isSuccess" in reply.body[0]
    orjson.dumps(reply.body)


@given(text=CLAUSES)
def test_no_query_breaks_the_sandbox(text: str) -> None:
    """§4: rows or a refusal, whatever the words."""
    whole = f"SELECT Id FROM Contact {text}"  # noqa: S608 - SOQL of ours
    reply = ask(SANDBOX, "GET", "query", q=whole)
    assert reply.status in {200, 400}


def test_keys_hold_under_random_use() -> None:
    """§5: after any mix of writes each key leads to one living row, and back."""
    sandbox, luck = quiet_sandbox(), random.Random(7)
    store = sandbox.org.store("Contact")
    for _ in range(800):
        row = luck.choice([row.id for row in store.all_live()])
        _act(sandbox, f"k{luck.randrange(12)}", row, luck.randrange(4))
    live = {row.id: row.get("crmsyncd_id__c") for row in store.all_live()}
    keys = [key for key in live.values() if key]
    assert len(set(keys)) == len(keys)
    for number in range(12):
        holders = store.holders("crmsyncd_id__c", f"k{number}")
        assert tuple(each for each, key in live.items() if key == f"k{number}") == holders


def _act(sandbox: Sandbox, key: str, row: str, kind: int) -> None:
    contact = {"attributes": {"type": "Contact"}, "LastName": "L"}
    keyed = {**contact, "crmsyncd_id__c": key}
    body = {"allOrNone": True, "records": [{**keyed, "Id": row}, {**contact, "Id": "003"}]}
    method, path, given = (
        ("POST", "sobjects/Contact", keyed),
        ("PATCH", f"sobjects/Contact/{row}", {"crmsyncd_id__c": key}),
        ("PATCH", "composite/sobjects", body),
        ("DELETE", f"sobjects/Contact/{row}", {}),
    )[kind]
    if method == "DELETE" and len(list(sandbox.org.store("Contact").all_live())) < 5:
        return
    assert ask(sandbox, method, path, orjson.dumps(given)).status in KNOWN
