"""Endpoints for owners and the account itself (hubspot.md 3.1, 8.2, 19.1)."""

from datetime import timedelta

from adapters.hubspot.sandbox.calling import Call
from adapters.hubspot.sandbox.moments import as_text
from adapters.hubspot.sandbox.problems import invalid, not_found
from adapters.hubspot.sandbox.singles import next_page
from adapters.sandbox.exchange import JsonObject, Reply

OWNER_PAGE = 500


def list_owners(call: Call) -> Reply:
    """`GET owners`, by e-mail if asked."""
    limit = call.whole_number("limit", 100, OWNER_PAGE)
    email = call.request.first("email").lower()
    after = call.request.first("after", "0")
    if not after.isdigit():
        raise invalid("The `after` cursor is not one this listing gave")
    owners = [
        owner
        for owner in call.account.owners.all(is_archived=call.wants_archived)
        if int(owner.id) > int(after) and (not email or owner.email.lower() == email)
    ]
    body: JsonObject = {"results": [owner.wire() for owner in owners[:limit]]}
    if len(owners) > limit:
        body["paging"] = {"next": next_page(owners[limit - 1].id)}
    return Reply(status=200, body=body)


def read_owner(call: Call) -> Reply:
    """`GET owners/{id}`; `idProperty=userId` looks by user."""
    book = call.account.owners
    is_by_user = call.request.first("idProperty", "id") == "userId"
    owner = book.by_user(call.path["id"]) if is_by_user else book.get(call.path["id"])
    if owner is None or owner.archived != call.wants_archived:
        raise not_found()
    return Reply(status=200, body=owner.wire())


def details(call: Call) -> Reply:
    """`GET account-info/…/details`: which account the token opens."""
    account, settings = call.account, call.account.settings
    offset = call.now.astimezone(account.zone).utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    host = "app-eu1" if settings.hosting == "eu1" else "app"
    body = {
        "portalId": account.portal_id,
        "accountType": settings.account_type,
        "timeZone": settings.time_zone,
        "companyCurrency": settings.currency,
        "additionalCurrencies": ["USD"],
        "utcOffset": f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}",
        "utcOffsetMilliseconds": minutes * 60_000,
        "uiDomain": f"{host}.hubspot.com",
        "dataHostingLocation": settings.hosting,
    }
    return Reply(status=200, body=body)


def daily_usage(call: Call) -> Reply:
    """`GET account-info/…/api-usage/daily/private-apps`."""
    rates = call.account.rates
    usage = {
        "name": call.app_name,
        "usageLimit": rates.limits.daily,
        "currentUsage": rates.used_today,
        "collectedAt": as_text(call.now),
        "fetchStatus": "SUCCESS",
        "resetsAt": as_text(rates.resets_at(call.now)),
    }
    return Reply(status=200, body={"results": [usage]})
