"""What Lambda reports of an asynchronous event that has ended (events-47 and events-48).

All are pure functions: the record that a destination gets, the attributes beside the event in a
dead-letter queue, and the forms that EventBridge and S3 want.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from patternlab.delivery.formats import compact, timestamp
from patternlab.delivery.functions import recursion
from patternlab.delivery.functions.function import THROTTLED, FunctionError, Outcome

#: How an event can end: Lambda's own words, in the record's ``condition``. For an event that loop
#: detection stopped (events-39) AWS publishes no word; that one is ours.
SUCCESS, RETRIES_EXHAUSTED = "Success", "RetriesExhausted"
EVENT_AGE_EXCEEDED, ZERO_CONCURRENCY = "EventAgeExceeded", "ZeroReservedConcurrency"
RECURSION = "RecursiveInvocation"

LATEST = "$LATEST"
ERROR_BYTES = 1024  # of the error message in a dead-letter queue (events-47)
NO_DETAILS = ("Sandbox.", "Runtime.ExitError")  # errors that come without a stack trace
REFUSALS = {THROTTLED: "Rate Exceeded.", recursion.REFUSED: recursion.WORDS}


def error_payload(error: FunctionError, request_id: str) -> dict[str, Any]:
    """Return what a caller, or a record, gets of a failed invocation (events-69)."""
    payload: dict[str, Any] = {"errorMessage": error.message, "errorType": error.type}
    if not error.type.startswith(NO_DETAILS):
        payload |= {"requestId": request_id, "stackTrace": error.stack}
    return payload


def invocation_record(
    event: Any,
    *,
    request_id: str,
    function_arn: str,
    condition: str,
    attempts: int,
    outcome: Outcome | None,
    time: float,
) -> dict[str, Any]:
    """Return the record that a destination gets (events-48).

    An event that never ran, and any that met a reserved concurrency of 0, has no response
    (events-46).

    Args:
        event: The event as it was handed over.
        request_id: The id of all its attempts.
        function_arn: Unqualified; the record names the version $LATEST.
        condition: How it ended.
        attempts: How often the function ran.
        outcome: The outcome of the last attempt.
        time: Now, in seconds since 1970.
    """
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": timestamp(time),
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{function_arn}:{LATEST}",
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
    }
    if outcome is None or condition == ZERO_CONCURRENCY:
        return record
    context: dict[str, Any] = {"statusCode": 200, "executedVersion": LATEST}
    response = outcome.response
    if outcome.error is not None:
        context["functionError"] = "Unhandled"
        response = error_payload(outcome.error, request_id)
    return record | {"responseContext": context, "responsePayload": response}


def dead_letter_attributes(
    request_id: str, outcome: Outcome | None, refused: int | None = None
) -> dict[str, dict[str, str]]:
    """Return the message attributes beside the raw event in a dead-letter queue (events-47).

    ErrorCode is 200 after a function error: the invocation itself went well. For an event that
    never ran it is the HTTP status with which it was `refused`, 429 if that is not known; AWS
    publishes no such message, so the words are ours. SQS does not take an empty attribute: without
    an error message there is no ErrorMessage.
    """
    if outcome is not None and outcome.error is not None:
        code, message = 200, outcome.error.message
    else:
        code = refused or THROTTLED
        message = REFUSALS.get(code, "Service Unavailable")
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": str(code)},
    }
    if message:
        short = message.encode()[:ERROR_BYTES].decode(errors="ignore")
        attributes["ErrorMessage"] = {"DataType": "String", "StringValue": short}
    return attributes


def bus_entry(record: dict[str, Any], bus_arn: str) -> dict[str, Any]:
    """Return the record as an entry of PutEvents for the bus `bus_arn` (events-48)."""
    context = record["requestContext"]
    result = "Success" if context["condition"] == SUCCESS else "Failure"
    return {
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {result}",
        "Resources": [context["functionArn"], bus_arn],
        "Detail": compact(record),
        "EventBusName": bus_arn,
    }


def bucket_key(function_name: str, time: float, unique: str) -> str:
    """Return the key under which a bucket gets a record, at `time` (seconds since 1970).

    Source: "Capturing records of Lambda asynchronous invocations", AWS documentation.
    """
    when = datetime.fromtimestamp(time, UTC)
    return f"aws/lambda/async/{function_name}/{when:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{unique}"
