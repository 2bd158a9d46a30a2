"""Versions, resources, describes, and how much of the budget is left (salesforce.md 2, 3, 15)."""

from typing import Any

from adapters.salesforce.sandbox.calling import Call
from adapters.salesforce.sandbox.conditions import header_moment, http_date
from adapters.salesforce.sandbox.fields import Kind
from adapters.salesforce.sandbox.moments import cut
from adapters.salesforce.sandbox.problems import refused
from adapters.sandbox.exchange import JsonObject, Reply

OLDEST_ALIVE, NEWEST = 31, 68
_SEASONS = ("Summer", "Winter", "Spring")
_RECENT = 5
MASTER_RECORD_TYPE = "012000000000000AAA"


def versions() -> Reply:
    """`GET /services/data`: needs no token and costs no call."""
    return Reply(status=200, body=[_version(each) for each in range(OLDEST_ALIVE, NEWEST + 1)])


def _version(number: int) -> JsonObject:
    """Return one line: three releases a year, 67 is that of summer 2026."""
    years, season = divmod(number - 67, 3)
    year = 26 + years + (season > 0)
    return {
        "label": f"{_SEASONS[season]} '{year:02d}",
        "url": f"/services/data/v{number}.0",
        "version": f"{number}.0",
    }


def resources(call: Call) -> Reply:
    """`GET /services/data/vXX.0`."""
    base = f"/services/data/{call.version}"
    names = (
        "tooling", "query", "queryAll", "composite", "sobjects", "limits", "actions", "jobs",
    )  # fmt: skip
    return Reply(status=200, body={name: f"{base}/{name}" for name in names})


def describe_global(call: Call) -> Reply:
    """`GET /sobjects`."""
    kinds = [call.org.visible_kind(name) for name in sorted(call.org.stores)]
    changed = max((_changed_at(call, kind) for kind in kinds), default=call.org.opened_at)
    since = header_moment(call, "if-modified-since")
    if since is not None and cut(changed) <= since:
        return Reply(status=304)
    body = {
        "encoding": "UTF-8",
        "maxBatchSize": 200,
        "sobjects": [_summary(call, kind) for kind in kinds],
    }
    return Reply(status=200, body=body, headers={"Last-Modified": http_date(changed)})


def basic_information(call: Call) -> Reply:
    """`GET /sobjects/{object}`."""
    kind = call.kind
    rows = list(call.org.store(kind.name).seen(call.now).values())[-_RECENT:]
    recent = [
        {
            "attributes": {"type": kind.name, "url": f"{_base(call, kind)}/{row.id}"},
            "Id": row.id,
            "Name": row.get("Name"),
        }
        for row in rows
        if not row.is_deleted
    ]
    return Reply(status=200, body={"objectDescribe": _summary(call, kind), "recentItems": recent})


def describe(call: Call) -> Reply:
    """`GET /sobjects/{object}/describe`; 304 where nothing changed since the caller's date."""
    kind = call.kind
    changed = _changed_at(call, kind)
    since = header_moment(call, "if-modified-since")
    if since is not None and cut(changed) <= since:
        return Reply(status=304)
    body = {
        **_summary(call, kind),
        "childRelationships": [_child(each) for each in kind.children],
        "fields": [dict(field.told) for field in kind.fields.values()],
        "recordTypeInfos": [_master_record_type(call, kind)],
        "supportedScopes": [{"label": f"All {kind.told['labelPlural']}", "name": "everything"}],
        "sobjectDescribeOption": "FULL",
        "namedLayoutInfos": [],
        "actionOverrides": [],
    }
    return Reply(status=200, body=body, headers={"Last-Modified": http_date(changed)})


def limits(call: Call) -> Reply:
    """`GET /limits`."""
    if not call.org.switches.may_read_limits:
        raise refused(
            "FUNCTIONALITY_NOT_ENABLED",
            "You need the permission View Setup and Configuration",
            status=403,
        )
    budget = call.org.budget
    left = max(budget.most - budget.used(call.now), 0)
    queries = call.org.limits.bulk_query_jobs
    return Reply(
        status=200,
        body={
            "DailyApiRequests": {"Max": budget.most, "Remaining": left},
            "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 15_000},
            "DailyBulkV2QueryJobs": {"Max": queries, "Remaining": queries - _query_jobs(call)},
            "DataStorageMB": {"Max": 10_240, "Remaining": 10_200},
            "FileStorageMB": {"Max": 10_240, "Remaining": 10_200},
        },
    )


def record_count(call: Call) -> Reply:
    """`GET /limits/recordCount?sObjects=…`; an object without rows is left out."""
    names = call.request.listed("sObjects") or tuple(call.org.stores)
    stores = [store for store in map(call.org.find_store, names) if store is not None]
    counts = [(store.kind.name, sum(1 for _ in store.all_live())) for store in stores]
    body = [{"count": count, "name": name} for name, count in counts if count]
    return Reply(status=200, body={"sObjects": body})


def picklist_values(call: Call) -> Reply:
    """`GET /ui-api/object-info/{object}/picklist-values/{recordType}`."""
    kind = call.kind
    fields = {
        name: {
            "controllerValues": {},
            "defaultValue": field.default,
            "url": f"{_base(call, kind)}/{name}",
            "values": [
                {"attributes": None, "label": one["label"], "validFor": [], "value": one["value"]}
                for one in field.told["picklistValues"]
                if one["active"]
            ],
        }
        for name, field in kind.fields.items()
        if field.type in {"picklist", "multipicklist"}
    }
    return Reply(status=200, body={"picklistFieldValues": fields})


def _query_jobs(call: Call) -> int:
    return sum(1 for job in call.org.jobs.values() if job.is_query)


def _changed_at(call: Call, kind: Kind) -> Any:
    return call.org.schema_changed_at.get(kind.name, call.org.opened_at)


def _summary(call: Call, kind: Kind) -> JsonObject:
    base = _base(call, kind)
    urls = {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"}
    return {
        **kind.told,
        "customSetting": False,
        "deprecatedAndHidden": False,
        "hasSubtypes": False,
        "urls": urls,
    }


def _child(told: Any) -> JsonObject:
    return {
        **told,
        "deprecatedAndHidden": False,
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "restrictedDelete": False,
    }


def _master_record_type(call: Call, kind: Kind) -> JsonObject:
    return {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": True,
        "developerName": "Master",
        "master": True,
        "name": "Master",
        "recordTypeId": MASTER_RECORD_TYPE,
        "urls": {"layout": f"{_base(call, kind)}/describe/layouts/{MASTER_RECORD_TYPE}"},
    }


def _base(call: Call, kind: Kind) -> str:
    return f"/services/data/{call.version}/sobjects/{kind.name}"
