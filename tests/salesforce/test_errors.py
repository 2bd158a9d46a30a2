"""What refusals mean: every code of the reference has a next move, and no message is passed on."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.contract import Refused, Unknown
from adapters.errors import (
    AdapterError,
    GrantAccess,
    Reauthenticate,
    RejectRecord,
    RetryLater,
    Unreadable,
    WaitUntil,
)
from adapters.exchange import Again, Doubt, Json, Pause, Reply, Request
from adapters.salesforce import errors, profile
from adapters.salesforce.dialect import (
    BeginAgain,
    FieldsChanged,
    LoginDialect,
    SalesforceDialect,
    SessionExpired,
)
from adapters.salesforce.errors import Next
from tests.http.doubles import Around, json_answer, scripted
from tests.salesforce.sandboxes import adapter_on, bench

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECRET = "ana@example.com"


def asked(*, is_write: bool = True) -> Request:
    return Request(
        method="POST",
        path="/x",
        endpoint="/x",
        purpose="create",
        is_repeatable=not is_write,
        limits=(),
    )


def told(status: int, code: str, message: str = SECRET, **more: Json) -> Reply:
    body = [{"errorCode": code, "message": message, **more}]
    return Reply(status=status, headers={}, body=body)


@pytest.mark.parametrize(
    ("status", "code", "verdict"),
    [
        (401, "INVALID_SESSION_ID", SessionExpired),
        (400, "invalid_grant", Reauthenticate),
        (400, "invalid_client_id", Reauthenticate),
        (401, "inactive_user", Reauthenticate),
        (403, "LOGIN_RATE_EXCEEDED", Pause),
        (403, "REQUEST_LIMIT_EXCEEDED", Pause),
        (403, "TXN_SECURITY_METERING_ERROR", Pause),
        (403, "API_DISABLED_FOR_ORG", GrantAccess),
        (403, "API_CURRENTLY_DISABLED", GrantAccess),
        (503, "SERVER_UNAVAILABLE", Doubt),
        (500, "UNKNOWN_EXCEPTION", Doubt),
        (420, "", Pause),
        (429, "", Pause),
        (406, "", Pause),
        (502, "", Doubt),
        (400, "QUERY_TIMEOUT", Doubt),
        (400, "INVALID_QUERY_LOCATOR", BeginAgain),
        (400, "UNABLE_TO_LOCK_ROW", Again),
        (404, "ENTITY_IS_DELETED", RejectRecord),
        (404, "NOT_FOUND", RejectRecord),
        (400, "INVALID_CROSS_REFERENCE_KEY", RejectRecord),
        (400, "DUPLICATE_VALUE", RejectRecord),
        (400, "DUPLICATES_DETECTED", RejectRecord),
        (400, "REQUIRED_FIELD_MISSING", RejectRecord),
        (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", RejectRecord),
        (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", RejectRecord),
        (400, "INVALID_EMAIL_ADDRESS", RejectRecord),
        (400, "STRING_TOO_LONG", RejectRecord),
        (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", RejectRecord),
        (400, "INVALID_FIELD_FOR_INSERT_UPDATE", RejectRecord),
        (400, "INVALID_FIELD", FieldsChanged),
        (400, "INVALID_TYPE", FieldsChanged),
        (400, "FIELD_INTEGRITY_EXCEPTION", RejectRecord),
        (400, "NUMBER_OUTSIDE_VALID_RANGE", RejectRecord),
        (400, "JSON_PARSER_ERROR", RejectRecord),
        (400, "MALFORMED_ID", RejectRecord),
        (400, "INVALID_TYPE_ON_FIELD_IN_RECORD", RejectRecord),
        (400, "FIELD_FILTER_VALIDATION_EXCEPTION", RejectRecord),
        (403, "INSUFFICIENT_ACCESS_OR_READONLY", GrantAccess),
        (400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", RejectRecord),
        (400, "INACTIVE_OWNER_OR_USER", RejectRecord),
        (400, "CANNOT_UPDATE_CONVERTED_LEAD", RejectRecord),
        (400, "ENTITY_IS_LOCKED", Doubt),
        (400, "STORAGE_LIMIT_EXCEEDED", GrantAccess),
        (400, "ALL_OR_NONE_OPERATION_ROLLED_BACK", Again),
        (400, "PROCESSING_HALTED", Again),
        (400, "INVALID_REPLICATION_DATE", BeginAgain),
        (400, "EXCEEDED_ID_LIMIT", BeginAgain),
        (405, "METHOD_NOT_ALLOWED", Unreadable),
        (415, "UNSUPPORTED_MEDIA_TYPE", Unreadable),
        (410, "", Unreadable),
        (302, "", Unreadable),
        (404, "", Unreadable),
        (400, "LIMIT_EXCEEDED", RejectRecord),
        (412, "PRECONDITION_FAILED", RejectRecord),
        (400, "A_CODE_OF_TOMORROW", RejectRecord),
    ],
)
def test_every_code_has_its_next_move(status: int, code: str, verdict: type) -> None:
    """The table decides, by code first; nothing personal is in any error."""
    found = SalesforceDialect("crm").judge(told(status, code), asked(), NOW)

    assert isinstance(found, verdict)
    assert SECRET not in str(found)


@pytest.mark.parametrize("code", ["UNKNOWN_CODE", "MALFORMED_QUERY", "NOT_FOUND"])
def test_a_refused_read_is_never_an_absence(code: str) -> None:
    """No read is answered by a refusal: it stops."""
    found = SalesforceDialect("crm").judge(told(400, code), asked(is_write=False), NOW)

    assert isinstance(found, Unreadable)


def test_the_day_and_a_crowd_are_two_limits() -> None:
    """One code for both: too many calls today, or too many at once."""
    dialect = SalesforceDialect("crm")
    code = "REQUEST_LIMIT_EXCEEDED"

    day = dialect.judge(told(403, code, "TotalRequests Limit exceeded."), asked(), NOW)
    crowd = dialect.judge(told(403, code, "ConcurrentRequests limit exceeded."), asked(), NOW)

    assert isinstance(day, Pause)
    assert isinstance(crowd, Pause)
    assert ((profile.DAILY,), (profile.SHORT,)) == (day.limits, crowd.limits)


def test_too_many_log_ins_wait_an_hour() -> None:
    """Asking again at once makes it worse."""
    found = SalesforceDialect("crm").judge(told(403, "LOGIN_RATE_EXCEEDED"), asked(), NOW)

    assert isinstance(found, Pause)
    assert NOW + timedelta(hours=1) == found.until


def test_a_refused_log_in_is_not_renewed() -> None:
    """There is nothing to renew it with."""
    reply = Reply(status=401, headers={}, body=None)
    found = LoginDialect("crm").judge(reply, asked(is_write=False), NOW)

    assert isinstance(found, Reauthenticate)
    assert not isinstance(found, SessionExpired)


@pytest.mark.parametrize(
    ("header", "remaining", "maximum"),
    [
        ("api-usage=10018/100000", 89982, 100_000),
        ("api-usage=18/5000, per-app-api-usage=17/250(appName=x)", 4982, 5_000),
        ("per-app-api-usage=17/250(appName=x), api-usage=18/5000", 4982, 5_000),
        ("api-usage=10018/100000; api-bursts=1/750", 89982, 100_000),
        ("api-usage=5100/5000", 0, 5_000),
    ],
)
def test_the_limit_header_is_read_in_all_its_forms(
    header: str, remaining: int, maximum: int
) -> None:
    """Usage of one app or of bursts is not the org's: Salesforce pitfall 33."""
    reply = Reply(status=200, headers={"sforce-limit-info": header}, body=None)

    (seen,) = SalesforceDialect("crm").observations(reply, NOW)

    assert (profile.DAILY, remaining, maximum) == (seen.name, seen.remaining, seen.maximum)


@pytest.mark.parametrize("header", ["", "per-app-api-usage=17/250(appName=x)", "nonsense"])
def test_no_usage_is_no_observation(header: str) -> None:
    """What is not told is not guessed: Salesforce pitfall 33."""
    reply = Reply(status=200, headers={"sforce-limit-info": header}, body=None)

    assert () == SalesforceDialect("crm").observations(reply, NOW)


def test_the_day_is_known_from_any_call() -> None:
    """``budget`` hears of the org's day with each reply."""
    assert {limit.name for limit in profile.LIMITS} == {profile.DAILY, profile.SHORT}


@pytest.mark.parametrize(
    ("code", "message", "move"),
    [
        ("UNABLE_TO_LOCK_ROW", "", Next.AGAIN),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "x: UNABLE_TO_LOCK_ROW, y", Next.AGAIN),
        ("CANNOT_EXECUTE_FLOW_TRIGGER", "Too many SOQL queries: LIMIT", Next.DOUBT),
        ("CANNOT_EXECUTE_FLOW_TRIGGER", "your rule", Next.REFUSE),
        ("NEW_CODE", "", Next.REFUSE),
        ("", "", Next.DOUBT),
    ],
)
def test_an_entry_of_a_batch_is_judged_alike(code: str, message: str, move: Next) -> None:
    """A trigger's text may hide a lock or a limit; no code at all proves nothing."""
    assert move is errors.row_of_entry({"statusCode": code, "message": message}).next


def test_an_entry_says_refused_or_unknown() -> None:
    """The field is named as the sync names it, the value never."""
    entry = {"statusCode": "STRING_TOO_LONG", "message": SECRET, "fields": ["MailingCity"]}
    refused = errors.outcome_of(entry, errors.row_of_entry(entry), {"MailingCity": "City"})
    halted = {"statusCode": "PROCESSING_HALTED"}
    unknown = errors.outcome_of(halted, errors.row_of_entry(halted), {})

    assert isinstance(refused, Refused)
    assert ("City", "STRING_TOO_LONG") == (refused.failure.field, refused.failure.code)
    assert SECRET not in refused.failure.message
    assert isinstance(unknown, Unknown)


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (
            "duplicate value found: Ext__c duplicates value on record with id: 0030000000000Ab",
            "0030000000000AbAAI",
        ),
        ("duplicate value found: <unknown> duplicates value on record with id: <unknown>", ""),
        ("Already a campaign member.", ""),
        ("doppelter Wert 0030000000000Ab, 0030000000000Ac", ""),
    ],
)
def test_the_record_in_the_way_is_found_in_any_language(message: str, found: str) -> None:
    """By the shape of its id alone; two ids are none."""
    body = [{"errorCode": "DUPLICATE_VALUE", "message": message}]

    assert found == errors.existing_id(body)


async def test_an_answer_of_another_server_is_no_absence() -> None:
    """404 without a code is a wrong address, and says where to look."""
    given = {"token": "t", "client_id": "", "client_secret": None}
    answer = json_answer(404, {"detail": "nothing"})
    async with scripted(answer) as server, adapter_on(server.base_url, Around(), given) as adapter:
        with pytest.raises(Unreadable, match="base_url"):
            await adapter.read("contact", ["003000000000001AAA"], [])


async def test_a_spent_day_puts_off_reads_and_writes() -> None:
    """No call is made until there may be room again."""
    async with bench(records=2) as on:
        await on.adapter.schema("contact")
        await on.fault("vendor_error", value="REQUEST_LIMIT_EXCEEDED", times=100)

        with pytest.raises((WaitUntil, RetryLater)):
            await on.adapter.read("contact", ["003000000000001AAA"], [])


def test_errors_are_of_the_contract() -> None:
    """The engine needs no word of Salesforce to know what to do."""
    assert issubclass(SessionExpired, Reauthenticate)
    assert issubclass(FieldsChanged, RejectRecord)
    assert issubclass(BeginAgain, RetryLater)
    assert all(issubclass(one, AdapterError) for one in (SessionExpired, FieldsChanged, BeginAgain))
