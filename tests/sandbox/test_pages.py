"""The page for people: every text escaped, edits as a person, no scripts, no outside assets."""

import re
from html.parser import HTMLParser

import pytest

from tests.sandbox.conftest import Start
from tests.sandbox.wire import Wire

VOID = {"meta", "input", "br", "link", "hr", "img"}
HOSTILE = "<script>alert(1)</script>"


class Balance(HTMLParser):
    """Notes elements that are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


async def page(wire: Wire, path: str, status: int = 200) -> str:
    async with wire.session.get(wire.sandbox.base_url + path) as response:
        assert status == response.status
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        return await response.text()


async def post(wire: Wire, path: str, form: object, **headers: str) -> tuple[int, str]:
    url = wire.sandbox.base_url + path
    async with wire.session.post(url, data=form, headers=headers) as response:
        return response.status, await response.text()


@pytest.mark.parametrize(
    "path", ["/", "/?q=a&page=2", "/?archived=true", "/_page/new", "/_page/calls"]
)
async def test_page_is_whole(start: Start, path: str) -> None:
    """Elements are closed in order; nothing is loaded from anywhere."""
    wire = await start(records=60)
    text = await page(wire, path)
    balance = Balance()
    balance.feed(text)
    assert ([], []) == (balance.open, balance.wrong)
    assert re.search(r"<script|src=|url\(|https?://", text) is None


async def test_list_and_search(start: Start) -> None:
    """Contacts are listed, found by words, and shown a page at a time."""
    wire = await start(records=60)
    assert "60 contacts" in await page(wire, "/")
    await wire.create(email="zebra@example.com", firstname="Zebra")
    text = await page(wire, "/?q=zebra")
    assert ("1 contact<" in text, "zebra@example.com" in text) == (True, True)
    assert "page 3 of 3" in await page(wire, "/?page=3")


async def test_texts_are_escaped(wire: Wire) -> None:
    """A name that is markup stays a name."""
    record_id = await wire.create(email="a@example.com", firstname=HOSTILE)
    for path in ("/", f"/_page/contacts/{record_id}", f"/?q={HOSTILE}"):
        assert HOSTILE not in await page(wire, path)


async def test_edit_by_hand(wire: Wire) -> None:
    """Only what was changed is written, as CRM_UI; boxes left as they were stay."""
    record_id = await wire.create(
        email="a@example.com",
        firstname="A",
        hs_legal_basis="Not applicable;Performance of a contract",
    )
    form = {"firstname": "B", "email": "a@example.com", "phone": "1"}
    basis = [("hs_legal_basis", ""), ("hs_legal_basis", "Performance of a contract")]
    basis.append(("hs_legal_basis", "Not applicable"))
    status, text = await post(wire, f"/_page/contacts/{record_id}", [*form.items(), *basis])
    assert (200, True) == (status, "Saved." in text)
    record = wire.sandbox.contacts.records[record_id]
    sources = {
        name: record.versions(name)[0].source.type
        for name in ("firstname", "phone", "email", "hs_legal_basis")
    }
    assert {
        "firstname": "CRM_UI",
        "phone": "CRM_UI",
        "email": "INTEGRATION",
        "hs_legal_basis": "INTEGRATION",
    } == sources


async def test_bad_value_is_shown(wire: Wire) -> None:
    """A refused edit says why and keeps what was typed."""
    record_id = await wire.create(email="a@example.com")
    status, text = await post(wire, f"/_page/contacts/{record_id}", {"email": "no address"})
    assert (400, True, True) == (status, "INVALID_EMAIL" in text, "no address" in text)
    assert "a@example.com" == wire.sandbox.contacts.records[record_id].get("email")


async def test_create_archive_restore(wire: Wire) -> None:
    """The three other buttons."""
    status, text = await post(wire, "/_page/new", {"email": "n@example.com", "firstname": ""})
    assert (200, True) == (status, "Created." in text)
    record = wire.sandbox.contacts.holder("email", "n@example.com")
    assert record is not None
    _, text = await post(wire, f"/_page/contacts/{record.id}/archive", {})
    assert ("Moved" in text, record.archived_at is not None) == (True, True)
    await post(wire, f"/_page/contacts/{record.id}/restore", {})
    assert record.archived_at is None


async def test_forms_of_other_sites(wire: Wire) -> None:
    """A form on another page cannot edit."""
    record_id = await wire.create(email="a@example.com")
    path = f"/_page/contacts/{record_id}"
    status, _ = await post(wire, path, {"firstname": "X"}, Origin="https://evil.example")
    assert 403 == status
    own = wire.sandbox.base_url
    status, _ = await post(wire, path, {"firstname": "X"}, Origin=own)
    assert 200 == status


async def test_calls_are_shown(wire: Wire) -> None:
    """Meters, endpoints and waiting faults."""
    await wire.create(lastname="L")
    await wire.fault("server_error_500")
    text = await page(wire, "/_page/calls")
    for expected in ("of 190", "of 625000", "POST objects/contacts", "server_error_500"):
        assert expected in text
