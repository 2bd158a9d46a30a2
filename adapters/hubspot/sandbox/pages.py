"""A small page to look at contacts, edit one by hand, and see calls and limits.

Takes form posts. Gives HTML without scripts or outside assets. Promises that an edit here is an
edit by a person (`CRM_UI`) and writes only what was changed, and that every text is escaped.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import jinja2
from aiohttp import web

from adapters.hubspot.sandbox.account import Account
from adapters.hubspot.sandbox.person import DEFAULT_USER_ID, Person
from adapters.hubspot.sandbox.problems import Refused
from adapters.hubspot.sandbox.records import Record, joined
from adapters.hubspot.sandbox.schema import PropertyDefinition
from adapters.sandbox.admin import PAGE_PREFIX
from adapters.sandbox.server import SandboxServer

ROWS = 25
LAST_CALLS = 30
_SHOWN = [
    "firstname",
    "lastname",
    "email",
    "phone",
    "mobilephone",
    "company",
    "jobtitle",
    "lifecyclestage",
    "hs_lead_status",
    "hubspot_owner_id",
    "address",
    "city",
    "state",
    "zip",
    "country",
    "website",
    "industry",
    "numemployees",
    "hs_language",
    "date_of_birth",
    "hs_customer_since",
    "hs_do_not_call",
    "hs_legal_basis",
]
_CONTACT = f"{PAGE_PREFIX}contacts/{{id}}"
_SAFE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def add_pages(app: web.Application, account: Account, server: SandboxServer) -> None:
    """Add the pages of one account."""
    pages = _Pages(account=account, server=server, templates=_templates())
    app.router.add_get("/", pages.contacts)
    app.router.add_get(f"{PAGE_PREFIX}calls", pages.calls)
    app.router.add_get(f"{PAGE_PREFIX}new", pages.new)
    app.router.add_post(f"{PAGE_PREFIX}new", pages.create)
    app.router.add_get(_CONTACT, pages.contact)
    app.router.add_post(_CONTACT, pages.edit)
    app.router.add_post(f"{_CONTACT}/archive", pages.archive)
    app.router.add_post(f"{_CONTACT}/restore", pages.restore)


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
    account: Account
    server: SandboxServer
    templates: jinja2.Environment

    @property
    def person(self) -> Person:
        return Person(account=self.account, store=self.account.contacts)

    async def contacts(self, request: web.Request) -> web.Response:
        words = request.query.get("q", "").strip()
        is_archived = request.query.get("archived") == "true"
        found = self._matching(words, is_archived=is_archived)
        pages = max(1, -(-len(found) // ROWS))
        page = min(max(1, _whole(request.query.get("page", "1"))), pages)

        def link(number: int) -> str:
            archived = {"archived": "true"} if is_archived else {}
            return urlencode({"q": words, "page": number, **archived})

        return self._page(
            "contacts.html",
            here="contacts",
            words=words,
            is_archived=is_archived,
            rows=found[(page - 1) * ROWS : page * ROWS],
            total=len(found),
            page=page,
            pages=pages,
            link=link,
        )

    async def calls(self, _: web.Request) -> web.Response:
        account, now = self.account, self.account.clock.now()
        app_id = account.settings.tokens[0].app_id
        limits, rates = account.limits, account.rates
        return self._page(
            "calls.html",
            here="calls",
            calls=self.server.calls,
            summary=self.server.calls.wire(LAST_CALLS),
            faults=self.server.faults.waiting(now),
            meters=[
                ("Last 10 seconds", rates.burst_used(app_id, now), limits.burst),
                ("Searches, last second", rates.searches_used(now), limits.search_per_second),
                ("Today", rates.used_today, limits.daily),
            ],
        )

    async def new(self, _: web.Request) -> web.Response:
        return self._form(None, {})

    async def create(self, request: web.Request) -> web.Response:
        given = await _form_values(request)
        try:
            record = self.person.create({name: value for name, value in given.items() if value})
        except Refused as refused:
            return self._form(None, given, problem=str(refused), status=400)
        raise web.HTTPSeeOther(f"{PAGE_PREFIX}contacts/{record.id}?done=created")

    async def contact(self, request: web.Request) -> web.Response:
        record = self._record(request)
        return self._form(record, record.values, notice=_NOTICES.get(request.query.get("done", "")))

    async def edit(self, request: web.Request) -> web.Response:
        record = self._record(request)
        given = await _form_values(request)
        changed = {
            name: value for name, value in given.items() if not _same(value, record.get(name))
        }
        try:
            if changed:
                self.person.edit(record.id, changed)
        except Refused as refused:
            return self._form(record, given, problem=str(refused), status=400)
        raise web.HTTPSeeOther(f"{PAGE_PREFIX}contacts/{record.id}?done=saved")

    async def archive(self, request: web.Request) -> web.Response:
        return self._acted(request, "archived")

    async def restore(self, request: web.Request) -> web.Response:
        return self._acted(request, "restored")

    def _acted(self, request: web.Request, done: str) -> web.Response:
        record = self._record(request)
        try:
            if done == "archived":
                self.person.archive(record.id)
            else:
                self.person.restore(record.id)
        except Refused as refused:
            return self._form(record, record.values, problem=str(refused), status=409)
        raise web.HTTPSeeOther(f"{PAGE_PREFIX}contacts/{record.id}?done={done}")

    def _record(self, request: web.Request) -> Record:
        store = self.account.contacts
        record = store.records.get(store.surviving_id(request.match_info["id"]))
        if record is None:
            raise web.HTTPNotFound(text="There is no such contact.")
        return record

    def _matching(self, words: str, *, is_archived: bool) -> list[Record]:
        wanted = words.lower().split()
        names = (*self.account.contacts.catalog.searchable_names(), "hs_object_id")
        found = [
            record
            for record in self.account.contacts.records.values()
            if (record.archived_at is not None) == is_archived
            and all(word in _text(record, names) for word in wanted)
        ]
        return sorted(found, key=lambda record: (record.updated_at, record.number), reverse=True)

    def _form(
        self,
        record: Record | None,
        values: Mapping[str, str],
        *,
        notice: str | None = None,
        problem: str | None = None,
        status: int = 200,
    ) -> web.Response:
        catalog = self.account.contacts.catalog
        found = [catalog.get(name) for name in _SHOWN]
        fields = [each for each in (*found, *catalog.custom()) if each is not None]
        return self._page(
            "contact.html",
            status=status,
            here="contacts" if record else "new",
            record=record,
            values=values,
            fields=fields,
            choices=self._choices,
            history=[] if record is None else _history(record),
            user_id=DEFAULT_USER_ID,
            notice=notice,
            problem=problem,
        )

    def _choices(self, field: PropertyDefinition) -> list[tuple[str, str]]:
        if field.referenced_type == "OWNER":
            owners = self.account.owners.all(is_archived=False)
            return [(owner.id, f"{owner.first_name} {owner.last_name}") for owner in owners]
        if field.type == "bool":
            return [("true", "Yes"), ("false", "No")]
        return [(option.value, option.label) for option in field.options]

    def _page(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        known = {"account": self.account, "notice": None, "problem": None, **values}
        text = self.templates.get_template(template).render(known)
        return web.Response(
            status=status, text=text, content_type="text/html", headers=_SAFE_HEADERS
        )


_NOTICES = {
    "created": "Created.",
    "saved": "Saved. Search will know in a few seconds.",
    "archived": "Moved to the recycle bin.",
    "restored": "Restored.",
}


async def _form_values(request: web.Request) -> dict[str, str]:
    """Return the posted fields; a field with several boxes is joined as HubSpot does."""
    posted = await request.post()
    names = dict.fromkeys(posted)
    return {name: joined(_texts(posted.getall(name))) for name in names}


def _same(posted: str, present: str) -> bool:
    """Compare as sets, for boxes come in the order of the options; a plain text is a set of one."""
    return posted == present or set(posted.split(";")) == set(present.split(";"))


def _texts(values: Iterable[object]) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def _text(record: Record, names: Iterable[str]) -> str:
    return " ".join(record.get(name) for name in names).lower()


def _history(record: Record) -> list[tuple[str, Any]]:
    quiet = {"lastmodifieddate", "hs_full_name_or_email"}
    entries = [
        (name, version)
        for name, versions in record.history.items()
        if name not in quiet
        for version in versions
    ]
    return sorted(entries, key=lambda entry: entry[1].at, reverse=True)


def _whole(text: str) -> int:
    return int(text) if text.isdigit() else 1
