"""The recorder: logs one line per record around a handler, so that deliveries can be read back.

``cloud.deploy_function`` packs this very file into the function's zip, beside the learner's code,
and makes :func:`record` its entry. It must therefore stand alone: standard library only, on any
Python that Lambda offers. ``patternlab.functions.history`` reads what it writes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

#: Marks the recorder's lines in a log.
MARK = "patternlab"
#: Fields of a JSON body that name the thing a message is about, in order of preference.
KEY_FIELDS = ("key", "id", "name")
KEY_LENGTH = 24


def key_of(body: str) -> str:
    """Return a short label for a message: what its JSON body is about, or the body's beginning.

    That is a naming field, the key of an S3 event, or the message in an SNS envelope.
    """
    label = _named_in(body) or body
    return label if len(label) <= KEY_LENGTH else label[: KEY_LENGTH - 1] + "…"


def _named_in(body: str) -> str | None:
    if not body.startswith("{"):
        return None
    try:
        content = json.loads(body)
    except ValueError:
        return None
    for field in KEY_FIELDS:
        if isinstance(content.get(field), (str, int)):
            return str(content[field])
    if "TopicArn" in content and isinstance(content.get("Message"), str):
        return _named_in(content["Message"]) or content["Message"]
    try:
        return str(content["Records"][0]["s3"]["object"]["key"])
    except (KeyError, IndexError, TypeError):
        return None


def describe(event: Any, request_id: str) -> list[dict[str, Any]]:
    """Return one dictionary per record of `event`: what was delivered, and how often so far."""
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        records = []
    described = [_describe_record(record, request_id) for record in records]
    return described or [_line(request_id, json.dumps(event, default=str))]


def _describe_record(record: dict[str, Any], request_id: str) -> dict[str, Any]:
    if isinstance(record.get("Sns"), dict):
        sns = record["Sns"]
        return _line(sns.get("MessageId", request_id), sns.get("Message"))
    if isinstance(record.get("s3"), dict):
        stored = record["s3"].get("object", {})
        return _line(stored.get("sequencer", request_id), stored.get("key"))
    attributes = record.get("attributes") or {}
    sent = attributes.get("SentTimestamp")
    return {
        **_line(record.get("messageId", request_id), record.get("body")),
        "count": int(attributes.get("ApproximateReceiveCount", 1)),
        "group": attributes.get("MessageGroupId"),
        "sent": int(sent) / 1000 if sent else None,
    }


def _line(name: str, content: object) -> dict[str, Any]:
    return {"id": name, "key": key_of("" if content is None else str(content)), "count": None}


def record(handler: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return `handler` with a line logged for each record before, and one for the result after."""

    def recorded(event: Any, context: Any) -> Any:
        request = {"requestId": context.aws_request_id}
        for line in describe(event, context.aws_request_id):
            print(json.dumps({MARK: "delivery", **request, "time": time.time(), **line}))
        result = {MARK: "result", **request}
        try:
            response = handler(event, context)
        except Exception as error:
            print(json.dumps({**result, "time": time.time(), "error": type(error).__name__}))
            inside = error.__traceback__ and error.__traceback__.tb_next  # without this frame
            raise error.with_traceback(inside) from error.__cause__
        print(json.dumps({**result, "time": time.time(), "failed": _failures(response)}))
        return response

    return recorded


def _failures(response: Any) -> list[str | None] | None:
    """Return the message ids that the response reports as failed; None if that is not a list."""
    items = response.get("batchItemFailures") if isinstance(response, dict) else None
    if items is None:
        return []
    if not isinstance(items, list):
        return None
    return [item.get("itemIdentifier") if isinstance(item, dict) else None for item in items]
