"""A small page to look at records, edit one by hand, and see calls and limits.

Takes form posts. Gives HTML without scripts or outside assets. Promises that an edit here is an edit
by a person and writes only what was changed, and that every text is escaped.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import jinja2
from aiohttp import web

from adapters.salesforce.sandbox.fields import Field
from adapters.salesforce.sandbox.org import Org
from adapters.salesforce.sandbox.person import Person
from adapters.salesforce.sandbox.problems import Refused
from adapters.salesforce.sandbox.store import Row
from adapters.salesforce.sandbox.tracking import HISTORY_OF
from adapters.sandbox.admin import PAGE_PREFIX
from adapters.sandbox.server import SandboxServer

ROWS = 25
LAST_CALLS = 30
SHOWN_KINDS = ("Contact", "Lead", "Account", "Opportunity", "Campaign", "Task")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "Contact": ("Email", "Phone", "Title"),
    "Lead": ("Email", "Phone", "Company", "Status"),
    "Account": ("Website", "Phone", "Industry"),
    "Opportunity": ("StageName", "Amount", "CloseDate"),
    "Campaign": ("Status", "StartDate"),
    "Task": ("Subject", "Status", "Priority"),
}
_RECORD = f"{PAGE_PREFIX}{{type}}/{{id}}"
_SAFE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
_NOTICES = {
    "created": "Created.",
    "saved": "Saved.",
    "delete": "Moved to the recycle bin.",
    "restore": "Restored.",
    "convert": "Converted. The lead stays, frozen.",
}


def add_pages(app: web.Application, org: Org, server: SandboxServer) -> None:
    """Add the pages of one org."""
    pages = _Pages(org=org, server=server, templates=_templates())
    app.router.add_get("/", pages.records)
    app.router.add_get(f"{PAGE_PREFIX}calls", pages.calls)
    app.router.add_get(f"{PAGE_PREFIX}new", pages.new)
    app.router.add_post(f"{PAGE_PREFIX}new", pages.create)
    app.router.add_get(_RECORD, pages.record)
    app.router.add_post(_RECORD, pages.edit)
    app.router.add_post(f"{_RECORD}/{{deed}}", pages.act)


def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader(__package__),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pages:
    org: Org
    server: SandboxServer
    templates: jinja2.Environment

    @property
    def person(self) -> Person:
        return Person(org=self.org)

    async def records(self, request: web.Request) -> web.Response:
        kind = _kind(request.query.get("type", "Contact"))
        words = request.query.get("q", "").strip()
        is_bin = request.query.get("bin") == "true"
        found = self._matching(kind, words, is_bin=is_bin)
        pages = max(1, -(-len(found) // ROWS))
        page = min(max(1, _whole(request.query.get("page", "1"))), pages)

        def link(number: int) -> str:
            more = {"bin": "true"} if is_bin else {}
            return urlencode({"type": kind, "q": words, "page": number, **more})

        return self._page(
            "records.html",
            kind=kind,
            here=kind,
            words=words,
            is_bin=is_bin,
            columns=COLUMNS[kind],
            rows=found[(page - 1) * ROWS : page * ROWS],
            total=len(found),
            page=page,
            pages=pages,
            link=link,
        )

    async def calls(self, _: web.Request) -> web.Response:
        now, budget = self.org.clock.now(), self.org.budget
        return self._page(
            "calls.html",
            here="calls",
            calls=self.server.calls,
            summary=self.server.calls.wire(LAST_CALLS),
            faults=self.server.faults.waiting(now),
            meters=[("Calls of the last 24 hours", budget.used(now), budget.most)],
        )

    async def new(self, request: web.Request) -> web.Response:
        return self._form(_kind(request.query.get("type", "Contact")), None, {})

    async def create(self, request: web.Request) -> web.Response:
        kind = _kind(request.query.get("type", "Contact"))
        given = await _posted(request)
        try:
            row = self.person.create(kind, {name: value for name, value in given.items() if value})
        except Refused as refusal:
            return self._form(kind, None, given, problem=str(refusal), status=400)
        raise web.HTTPSeeOther(f"{PAGE_PREFIX}{kind}/{row.id}?done=created")

    async def record(self, request: web.Request) -> web.Response:
        kind, row = self._found(request)
        notice = _NOTICES.get(request.query.get("done", ""))
        return self._form(kind, row, row.values, notice=notice)

    async def edit(self, request: web.Request) -> web.Response:
        kind, row = self._found(request)
        given = await _posted(request)
        changed = {name: value for name, value in given.items() if value != _text(row.get(name))}
        try:
            if changed:
                self.person.edit(kind, row.id, changed)
        except Refused as refusal:
            return self._form(kind, row, given, problem=str(refusal), status=400)
        raise web.HTTPSeeOther(f"{PAGE_PREFIX}{kind}/{row.id}?done=saved")

    async def act(self, request: web.Request) -> web.Response:
        kind, row = self._found(request)
        deed = request.match_info["deed"]
        deeds: dict[str, Callable[[], Row]] = {
            "delete": lambda: self.person.delete(kind, row.id),
            "restore": lambda: self.person.restore(kind, row.id),
            "convert": lambda: self.person.convert(row.id),
        }
        if deed not in deeds:
            raise web.HTTPNotFound(text="There is no such deed.")
        try:
            deeds[deed]()
        except Refused as refusal:
            return self._form(kind, row, row.values, problem=str(refusal), status=409)
        raise web.HTTPSeeOther(f"{PAGE_PREFIX}{kind}/{row.id}?done={deed}")

    def _found(self, request: web.Request) -> tuple[str, Row]:
        kind = _kind(request.match_info["type"])
        row = self.org.store(kind).rows.get(request.match_info["id"])
        if row is None:
            raise web.HTTPNotFound(text="There is no such record.")
        return kind, row

    def _matching(self, kind: str, words: str, *, is_bin: bool) -> list[Row]:
        wanted = words.lower().split()
        names = ("Id", "Name", *COLUMNS[kind])
        found = [
            row
            for row in self.org.store(kind).rows.values()
            if row.is_deleted == is_bin
            if all(
                word in " ".join(_text(row.get(name)) for name in names).lower() for word in wanted
            )
        ]
        return sorted(found, key=lambda row: (row.get("SystemModstamp"), row.id), reverse=True)

    def _form(
        self,
        kind: str,
        row: Row | None,
        values: Mapping[str, Any],
        *,
        notice: str | None = None,
        problem: str | None = None,
        status: int = 200,
    ) -> web.Response:
        fields = [field for field in self.org.store(kind).kind.fields.values() if _is_shown(field)]
        return self._page(
            "record.html",
            status=status,
            kind=kind,
            here=kind if row else "new",
            row=row,
            values=values,
            fields=fields,
            history=[] if row is None else self._history(kind, row),
            text=_text,
            notice=notice,
            problem=problem,
        )

    def _history(self, kind: str, row: Row) -> list[Row]:
        if kind not in HISTORY_OF:
            return []
        name, parent = HISTORY_OF[kind]
        entries = self.org.store(name).rows.values()
        return [entry for entry in entries if entry.get(parent) == row.id][::-1]

    def _page(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        known = {"org": self.org, "shown_kinds": SHOWN_KINDS, "kind": "Contact"}
        known |= {"notice": None, "problem": None, **values}
        text = self.templates.get_template(template).render(known)
        return web.Response(
            status=status, text=text, content_type="text/html", headers=_SAFE_HEADERS
        )


def _kind(name: str) -> str:
    if name not in SHOWN_KINDS:
        raise web.HTTPNotFound(text="There is no page for this object.")
    return name


def _is_shown(field: Field) -> bool:
    return field.may("createable") and field.may("updateable")


async def _posted(request: web.Request) -> dict[str, str]:
    posted = await request.post()
    return {name: value for name, value in posted.items() if isinstance(value, str)}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _whole(text: str) -> int:
    return int(text) if text.isdigit() else 1
