"""The page for people: every text escaped, edits as a person, no scripts, no outside assets."""

import re
from html.parser import HTMLParser

import pytest

from tests.sandbox_salesforce.conftest import Start
from tests.sandbox_salesforce.wire import Wire

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
        return await response.text()


async def post(wire: Wire, path: str, form: object, **headers: str) -> tuple[int, str]:
    url = wire.sandbox.base_url + path
    async with wire.session.post(url, data=form, headers=headers) as response:
        return response.status, await response.text()


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/?type=Lead&q=a&page=2", "/?bin=true", "/?type=Account", "/?type=Opportunity"),
        *("/_page/new", "/_page/new?type=Task", "/_page/calls"),
    ],
)
async def test_page_is_whole(start: Start, path: str) -> None:
    """Elements are closed in order; nothing is loaded from anywhere."""
    wire = await start(records=60)
    text = await page(wire, path)
    balance = Balance()
    balance.feed(text)
    assert ([], []) == (balance.open, balance.wrong)
    assert re.search(r"<script|src=|url\(", text) is None


async def test_unknown_pages(wire: Wire) -> None:
    """Objects without a page, records that are not there, deeds that are none."""
    made = await wire.create(LastName="L")
    await page(wire, "/?type=User", 404)
    await page(wire, "/_page/Contact/003xx0000009999AAA", 404)
    assert 404 == (await post(wire, f"/_page/Contact/{made}/explode", {}))[0]


async def test_texts_are_escaped(wire: Wire) -> None:
    """A name that is markup stays a name."""
    made = await wire.create(LastName=HOSTILE)
    for path in ("/", f"/_page/Contact/{made}", f"/?q={HOSTILE}"):
        assert HOSTILE not in await page(wire, path)


async def test_edit_by_hand(wire: Wire) -> None:
    """Only what was changed is written, by the person; a refusal keeps what was typed."""
    made = await wire.create(LastName="L", Email="a@example.com")
    form = {"LastName": "L", "Email": "a@example.com", "Phone": "1", "DoNotCall": "true"}
    status, text = await post(wire, f"/_page/Contact/{made}", form)
    assert (200, True) == (status, "Saved." in text)
    row = await wire.read(made)
    assert ("1", True, wire.sandbox.org.person) == (
        row["Phone"],
        row["DoNotCall"],
        row["LastModifiedById"],
    )
    assert [("DoNotCall",), ("Phone",), ("created",)] == sorted(
        await wire.values("SELECT Field FROM ContactHistory")
    )
    status, text = await post(wire, f"/_page/Contact/{made}", {"Email": "no address"})
    assert (400, True) == (status, "INVALID_EMAIL_ADDRESS" in text and "no address" in text)


async def test_create_delete_restore_convert(wire: Wire) -> None:
    """The other buttons."""
    status, text = await post(wire, "/_page/new?type=Lead", {"LastName": "Zebra", "Company": "C"})
    assert (200, True) == (status, "Created." in text)
    ((lead,),) = await wire.values("SELECT Id FROM Lead")
    assert "1 Lead<" in await page(wire, "/?type=Lead&q=zebra")
    assert "Moved" in (await post(wire, f"/_page/Lead/{lead}/delete", {}))[1]
    assert "1 Lead in the bin" in await page(wire, "/?type=Lead&bin=true")
    assert "Restored" in (await post(wire, f"/_page/Lead/{lead}/restore", {}))[1]
    assert "Converted" in (await post(wire, f"/_page/Lead/{lead}/convert", {}))[1]
    assert 409 == (await post(wire, f"/_page/Lead/{lead}/convert", {}))[0]
    assert 400 == (await post(wire, "/_page/new", {"FirstName": "No last name"}))[0]


async def test_forms_of_other_sites(wire: Wire) -> None:
    """A form on another page cannot edit."""
    made = await wire.create(LastName="L")
    path = f"/_page/Contact/{made}"
    assert 403 == (await post(wire, path, {"LastName": "X"}, Origin="https://evil.example"))[0]


async def test_calls_are_shown(wire: Wire) -> None:
    """The meter, endpoints and waiting faults."""
    await wire.create(LastName="L")
    await wire.fault("server_error_500")
    text = await page(wire, "/_page/calls")
    for expected in ("of 100000", "POST sobjects/Contact", "server_error_500"):
        assert expected in text
