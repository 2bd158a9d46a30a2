"""Bulk API 2.0: states, files, results (salesforce.md 8)."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from adapters.salesforce.sandbox import Limits
from adapters.sandbox.clock import ManualClock
from tests.sandbox_salesforce.conftest import Start
from tests.sandbox_salesforce.wire import Answer, Wire

KEY = "crmsyncd_id__c"


async def open_job(wire: Wire, operation: str = "insert", **more: object) -> Any:
    body = {"object": "Contact", "operation": operation, "contentType": "CSV", **more}
    if operation == "upsert":
        body.setdefault("externalIdFieldName", KEY)
    answer = await wire.call("POST", "jobs/ingest", body)
    assert 200 == answer.status, answer.body
    return answer.body


async def upload(wire: Wire, job_id: str, text: str) -> Answer:
    kind = "text/csv; charset=UTF-8"
    path = f"jobs/ingest/{job_id}/batches"
    return await wire.call("PUT", path, raw=text.encode(), Content_Type=kind)


async def close(wire: Wire, job_id: str, state: str = "UploadComplete") -> Answer:
    return await wire.call("PATCH", f"jobs/ingest/{job_id}", {"state": state})


async def run(
    wire: Wire, clock: ManualClock, text: str, operation: str = "upsert", **more: object
) -> Any:
    """Carry a job to its end and return what is told of it."""
    job = await open_job(wire, operation, **more)
    assert 201 == (await upload(wire, job["id"], text)).status
    assert 200 == (await close(wire, job["id"])).status
    clock.advance(timedelta(seconds=2))
    return (await wire.call("GET", f"jobs/ingest/{job['id']}")).body


async def results(wire: Wire, job_id: str, which: str) -> list[dict[str, str]]:
    answer = await wire.call("GET", f"jobs/ingest/{job_id}/{which}")
    assert "text/csv;charset=utf-8" == answer.headers["Content-Type"]
    return list(csv.DictReader(io.StringIO(answer.body)))


async def test_states_of_a_job(wire: Wire, clock: ManualClock) -> None:
    """§8.1: Open, UploadComplete, InProgress, JobComplete; each takes its time."""
    job = await open_job(wire)
    assert ("Open", "CSV", 62.0, "LF", "COMMA") == tuple(
        job[name]
        for name in ("state", "contentType", "apiVersion", "lineEnding", "columnDelimiter")
    )
    assert job["contentUrl"].endswith(f"jobs/ingest/{job['id']}/batches")
    await upload(wire, job["id"], "LastName\nL\n")
    closed = await close(wire, job["id"])
    seen = [closed.body["state"]]
    for _ in range(2):
        clock.advance(timedelta(seconds=0.6))
        told = (await wire.call("GET", f"jobs/ingest/{job['id']}")).body
        seen.append(told["state"])
    assert ["UploadComplete", "InProgress", "JobComplete"] == seen
    assert (1, 0) == (told["numberRecordsProcessed"], told["numberRecordsFailed"])


async def test_work_is_done_unasked(wire: Wire, clock: ManualClock) -> None:
    """§8.3: a client that stops asking does not stop the job."""
    job = await open_job(wire)
    await upload(wire, job["id"], "LastName\nL\n")
    await close(wire, job["id"])
    assert [] == await wire.values("SELECT Id FROM Contact")
    clock.advance(timedelta(seconds=2))
    assert [("L",)] == await wire.values("SELECT LastName FROM Contact")


async def test_upload_once(wire: Wire) -> None:
    """§8.1: a second upload, a close without data, and another content type are refused."""
    job = await open_job(wire)
    assert 400 == (await close(wire, job["id"])).status
    assert 201 == (await upload(wire, job["id"], "LastName\nL\n")).status
    assert 400 == (await upload(wire, job["id"], "LastName\nL\n")).status
    other = await wire.call("PUT", f"jobs/ingest/{job['id']}/batches", raw=b"{}")
    assert 415 == other.status


async def test_empty_cell_and_null(wire: Wire, clock: ManualClock) -> None:
    """§8.1: empty leaves a value, `#N/A` clears it, an absent column touches nothing."""
    values = {"Title": "T", "Phone": "1", "Department": "D"}
    made = await wire.create(LastName="L", **values, **{KEY: "k"})
    told = await run(wire, clock, f"{KEY},Title,Phone\nk,,#N/A\n")
    assert ("JobComplete", 0) == (told["state"], told["numberRecordsFailed"])
    row = await wire.read(made)
    assert ("T", None, "D", "L") == tuple(
        row[name] for name in ("Title", "Phone", "Department", "LastName")
    )


async def test_results(wire: Wire, clock: ManualClock) -> None:
    """§8.1: what went well and what failed, with its own columns and the reason in one text."""
    old = await wire.create(LastName="Old", **{KEY: "1"})
    rows = ["1,New,", "2,Two,", "3,,", "4,Four,nope", '5,"Quoted, with ""marks""",']
    told = await run(wire, clock, "\n".join([f"{KEY},LastName,Email", *rows]) + "\n")
    assert ("JobComplete", 5, 2) == (
        told["state"],
        told["numberRecordsProcessed"],
        told["numberRecordsFailed"],
    )
    good = {row[KEY]: row for row in await results(wire, told["id"], "successfulResults")}
    assert (old, "false") == (good["1"]["sf__Id"], good["1"]["sf__Created"])
    assert ("true", 'Quoted, with "marks"') == (good["5"]["sf__Created"], good["5"]["LastName"])
    bad = {row[KEY]: row["sf__Error"] for row in await results(wire, told["id"], "failedResults")}
    assert {
        "3": "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --",
        "4": "INVALID_EMAIL_ADDRESS:Email: invalid email address: nope:Email --",
    } == bad
    for spelling in ("unprocessedrecords", "unprocessedRecords"):
        assert [] == await results(wire, told["id"], spelling)


async def test_job_that_stops_in_the_middle(wire: Wire, clock: ManualClock) -> None:
    """§8.1: Failed may have processed some; the others are in the unprocessed records."""
    await wire.admin("POST", "jobs/stop", after=1)
    told = await run(wire, clock, f"{KEY},LastName\n1,A\n2,B\n3,C\n")
    assert ("Failed", 1, True) == (
        told["state"],
        told["numberRecordsProcessed"],
        bool(told["errorMessage"]),
    )
    left = await results(wire, told["id"], "unprocessedrecords")
    assert ["2", "3"] == [row[KEY] for row in left]
    assert [("A",)] == await wire.values("SELECT LastName FROM Contact")


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        ("lastname\nL\n", {}, "Field name not found : lastname"),
        ("LastName,Nope__c\nL,x\n", {}, "Field name not found : Nope__c"),
        ("LastName\r\nL\r\n", {}, "LineEnding is invalid"),
        ("LastName\nL\n", {"lineEnding": "CRLF"}, "LineEnding is invalid"),
        ("LastName,Title\nL\n", {}, "number of columns"),
        ("", {}, "no header"),
    ],
)
async def test_file_that_does_not_fit(
    wire: Wire, clock: ManualClock, text: str, more: dict[str, str], words: str
) -> None:
    """§8.1: the job fails and says why; nothing is written."""
    told = await run(wire, clock, text, "insert", **more)
    assert ("Failed", True) == (told["state"], words in told["errorMessage"])
    assert [] == await wire.values("SELECT Id FROM Contact")


async def test_other_delimiters(wire: Wire, clock: ManualClock) -> None:
    """§8.1: the file is read and the results are written with the job's own signs."""
    told = await run(
        wire, clock, "LastName;Title\r\nL;a,b\r\n", "insert", columnDelimiter="SEMICOLON", lineEnding="CRLF"
    )  # fmt: skip
    assert [("L", "a,b")] == await wire.values("SELECT LastName, Title FROM Contact")
    answer = await wire.call("GET", f"jobs/ingest/{told['id']}/successfulResults")
    assert '"sf__Id";"sf__Created";"LastName";"Title"\r\n' in answer.body


async def test_operations(wire: Wire, clock: ManualClock) -> None:
    """§8.1: update and delete by id; a hard delete leaves nothing behind."""
    first, second = [await wire.create(LastName=name) for name in "AB"]
    await run(wire, clock, f"Id,Title\n{first},T\n", "update")
    assert "T" == (await wire.read(first))["Title"]
    failed = await run(wire, clock, "Id,Title\n,T\nnonsense,T\n", "update")
    assert 2 == failed["numberRecordsFailed"]
    await run(wire, clock, f"Id\n{first}\n", "delete")
    await run(wire, clock, f"Id\n{second}\n", "hardDelete")
    assert [(first,)] == await wire.values("SELECT Id FROM Contact", "queryAll")


async def test_parents_and_types(wire: Wire, clock: ManualClock) -> None:
    """§8.1: a parent by its key in a dotted column; texts become numbers and truths."""
    account = await wire.create("Account", Name="A", **{KEY: "a"})
    text = f"LastName,Account.{KEY},DoNotCall,MailingLatitude\nL,a,true,52.5\nM,b,perhaps,x\n"
    told = await run(wire, clock, text, "insert")
    assert 1 == told["numberRecordsFailed"]
    query = "SELECT AccountId, DoNotCall, MailingLatitude FROM Contact"
    assert [(account, True, 52.5)] == await wire.values(query)


async def test_duplicate_rule_cannot_be_passed(wire: Wire, clock: ManualClock) -> None:
    """§8.3: an alert is a refusal in Bulk."""
    rule = {"object": "Contact", "fields": ["Email"], "is_blocking": False}
    await wire.admin("PUT", "rules", duplicates=[rule])
    await wire.create(LastName="L", Email="a@example.com")
    told = await run(wire, clock, "LastName,Email\nM,a@example.com\n", "insert")
    (row,) = await results(wire, told["id"], "failedResults")
    assert row["sf__Error"].startswith("DUPLICATES_DETECTED:")


async def test_abort_and_delete(wire: Wire, clock: ManualClock) -> None:
    """§8.1: an aborted job wrote nothing; only ended jobs can be deleted; an open one dies."""
    job = await open_job(wire)
    await upload(wire, job["id"], "LastName\nL\n")
    assert 400 == (await wire.call("DELETE", f"jobs/ingest/{job['id']}")).status
    assert "Aborted" == (await close(wire, job["id"], "Aborted")).body["state"]
    assert [{"LastName": "L"}] == await results(wire, job["id"], "unprocessedrecords")
    assert 204 == (await wire.call("DELETE", f"jobs/ingest/{job['id']}")).status
    assert 404 == (await wire.call("GET", f"jobs/ingest/{job['id']}")).status
    late = await open_job(wire)
    assert 400 == (await wire.call("GET", f"jobs/ingest/{late['id']}/failedResults")).status
    clock.advance(timedelta(minutes=100))
    for _ in range(15):
        await wire.call("GET", "limits")
        clock.advance(timedelta(minutes=100))
    (listed,) = (await wire.call("GET", "jobs/ingest")).records
    assert "Aborted" == listed["state"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"object": "Nope"}, "INVALIDENTITY"),
        ({"operation": "explode"}, "INVALIDJOB"),
        ({"operation": "upsert"}, "INVALIDJOB"),
        ({"operation": "upsert", "externalIdFieldName": "Title"}, "NOT_FOUND"),
        ({"columnDelimiter": "DOT"}, "INVALIDJOB"),
        ({"contentType": "XML"}, "INVALIDJOB"),
    ],
)
async def test_job_that_cannot_be(wire: Wire, change: dict[str, str], code: str) -> None:
    """§8.1: refused at once."""
    body = {"object": "Contact", "operation": "insert", **change}
    assert [code] == (await wire.call("POST", "jobs/ingest", body)).codes


async def query_job(wire: Wire, clock: ManualClock, text: str, operation: str = "query") -> Any:
    body = {"operation": operation, "query": text}
    answer = await wire.call("POST", "jobs/query", body)
    assert 200 == answer.status, answer.body
    early = await wire.call("GET", f"jobs/query/{answer.body['id']}/results")
    assert (400, ["INVALIDJOBSTATE"]) == (early.status, early.codes)
    clock.advance(timedelta(seconds=2))
    return (await wire.call("GET", f"jobs/query/{answer.body['id']}")).body


async def test_query_job(start: Start, clock: ManualClock) -> None:
    """§8.2: pages by locator, `null` at the end, empty for null, parents with a dot."""
    wire = await start(records=5, lead_share=0.0)
    text = "SELECT Id, Description, Account.Name, SystemModstamp FROM Contact ORDER BY Id"
    job = await query_job(wire, clock, text)
    assert ("JobComplete", 5) == (job["state"], job["numberRecordsProcessed"])
    rows: list[dict[str, str]] = []
    sizes, locator = [], ""
    while locator != "null":
        path = f"jobs/query/{job['id']}/results?maxRecords=2&locator={locator}"
        answer = await wire.call("GET", path)
        sizes.append(answer.headers["Sforce-Numberofrecords"])
        locator = answer.headers["Sforce-Locator"]
        rows += csv.DictReader(io.StringIO(answer.body))
    assert (["2", "2", "1"], 5) == (sizes, len({row["Id"] for row in rows}))
    assert ({""}, True) == ({row["Description"] for row in rows}, bool(rows[0]["Account.Name"]))
    assert rows[0]["SystemModstamp"].endswith(".000Z")
    wrong = await wire.call("GET", f"jobs/query/{job['id']}/results?locator=nonsense")
    assert ["INVALID_LOCATOR"] == wrong.codes
    assert 204 == (await wire.call("DELETE", f"jobs/query/{job['id']}")).status


async def test_query_all_job(wire: Wire, clock: ManualClock) -> None:
    """§8.2: rows in the bin come with queryAll only."""
    await wire.act("delete", id=await wire.create(LastName="L"))
    for operation, count in (("query", 0), ("queryAll", 1)):
        job = await query_job(wire, clock, "SELECT Id FROM Contact", operation)
        assert count == job["numberRecordsProcessed"]


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("SELECT Id, MailingAddress FROM Contact", "API_ERROR", "compound data not supported"),
        ("SELECT COUNT() FROM Contact", "API_ERROR", "Aggregates"),
        ("SELECT Id FROM Contact OFFSET 3", "API_ERROR", "OFFSET"),
        ("SELECT Nope FROM Contact", "INVALID_FIELD", "No such column"),
        ("SELECT Id FROM Contact WHERE Nope = 1", "INVALID_FIELD", "No such column"),
        ("", "INVALIDJOB", "query"),
    ],
)
async def test_query_bulk_cannot_answer(wire: Wire, query: str, code: str, words: str) -> None:
    """§8.2: refused when the job is made."""
    answer = await wire.call("POST", "jobs/query", {"operation": "query", "query": query})
    assert (400, [code]) == (answer.status, answer.codes)
    assert words in answer.body[0]["message"]


async def test_query_jobs_of_a_day(start: Start) -> None:
    """§8.3: above the limit LIMIT_EXCEEDED; an aborted job has no results."""
    wire = await start(limits=Limits(bulk_query_jobs=1))
    body = {"operation": "query", "query": "SELECT Id FROM Contact"}
    job = (await wire.call("POST", "jobs/query", body)).body
    assert ["LIMIT_EXCEEDED"] == (await wire.call("POST", "jobs/query", body)).codes
    aborted = await wire.call("PATCH", f"jobs/query/{job['id']}", {"state": "Aborted"})
    assert "Aborted" == aborted.body["state"]
    assert 1 == len((await wire.call("GET", "jobs/query")).records)
    assert 400 == (await wire.call("GET", f"jobs/query/{job['id']}/results")).status
