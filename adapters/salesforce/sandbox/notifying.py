"""`customNotificationAction`: bells that ring nowhere but can be read by tests (salesforce.md 17.5)."""

from typing import Any

from adapters.salesforce.sandbox.calling import Call, record_list
from adapters.salesforce.sandbox.ids import is_id
from adapters.sandbox.exchange import JsonObject, Reply

ACTION = "customNotificationAction"
MOST_RECIPIENTS = 500
_NEEDED = ("customNotifTypeId", "recipientIds", "title", "body")


def notify(call: Call) -> Reply:
    """`POST /actions/standard/customNotificationAction`."""
    results = [_one(call, given) for given in record_list(call.body(), "inputs")]
    is_good = all(each["isSuccess"] for each in results)
    return Reply(status=200 if is_good else 400, body=results)


def _one(call: Call, given: JsonObject) -> JsonObject:
    wrong = _wrong(call, given)
    if wrong:
        error = {"statusCode": "INVALID_INPUT", "message": wrong, "fields": []}
        return _result(errors=[error], output=None)
    call.org.notifications.append({**given, "at": call.now.isoformat()})
    return _result(errors=None, output={"SuccessMessage": "Your custom notification is processed."})


def _result(*, errors: Any, output: Any) -> JsonObject:
    return {
        "actionName": ACTION,
        "errors": errors,
        "isSuccess": errors is None,
        "outputValues": output,
    }


def _wrong(call: Call, given: JsonObject) -> str:
    missing = [name for name in _NEEDED if not given.get(name)]
    if missing:
        return f"Missing required input parameter: {missing[0]}"
    if given["customNotifTypeId"] not in call.org.store("CustomNotificationType").rows:
        return "There is no notification type of this id"
    if not given.get("targetId") and not given.get("targetPageRef"):
        return "Missing required input parameter: targetId"
    recipients = given["recipientIds"]
    if not isinstance(recipients, list) or len(recipients) > MOST_RECIPIENTS:
        return f"recipientIds must be a list of up to {MOST_RECIPIENTS}"
    return "" if all(is_id(str(each)) for each in recipients) else "a recipient is no id"
