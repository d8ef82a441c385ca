"""What a queue refuses, with AWS's own code and words where they are known."""

from __future__ import annotations

from typing import Any


class DeliveryError(Exception):
    """A refused operation: AWS's error `code` and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid_parameter(message: str) -> DeliveryError:
    """Return InvalidParameterValue with `message`."""
    return DeliveryError("InvalidParameterValue", message)


def refused_by_sns(reason: str) -> DeliveryError:
    """Return InvalidParameter, with which SNS refuses nearly everything."""
    return DeliveryError("InvalidParameter", reason)


def invalid_value(value: Any, parameter: str, reason: str) -> DeliveryError:
    """Return InvalidParameterValue for this value of a parameter."""
    return invalid_parameter(
        f"Value {value} for parameter {parameter} is invalid. Reason: {reason}"
    )


def invalid_handle(handle: str) -> DeliveryError:
    """Return the error for a receipt handle that this queue never gave out."""
    return DeliveryError(
        "ReceiptHandleIsInvalid",
        f'The input receipt handle "{handle}" is not a valid receipt handle.',
    )


def expired_handle(handle: str) -> DeliveryError:
    """Return the error for a handle of a FIFO queue that has expired (events-2)."""
    return invalid_value(handle, "ReceiptHandle", "The receipt handle has expired.")


def not_available(handle: str) -> DeliveryError:
    """Return the error for a change of visibility of a message that is gone."""
    reason = "Message does not exist or is not available for visibility timeout change."
    return invalid_value(handle, "ReceiptHandle", reason)


def beyond_twelve_hours(timeout: float) -> DeliveryError:
    """Return the error for more than twelve hours in flight (events-1)."""
    reason = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"
    return invalid_value(f"{timeout:g}", "VisibilityTimeout", reason)


def no_message_delay(delay: float) -> DeliveryError:
    """Return the error for a delay of one message, on a FIFO queue (events-10)."""
    reason = "The request include parameter that is not valid for this queue type."
    return invalid_value(f"{delay:g}", "DelaySeconds", reason)


def over_limit(limit: int) -> DeliveryError:
    """Return the error for a short poll of a queue with `limit` messages in flight (events-11)."""
    return DeliveryError(
        "OverLimit",
        f"Too many messages in flight: a queue holds at most {limit} received and not yet deleted "
        "ones. Delete messages you have processed.",
    )


def purge_in_progress(queue: str) -> DeliveryError:
    """Return the error for a second PurgeQueue within a minute (events-22)."""
    return DeliveryError(
        "AWS.SimpleQueueService.PurgeQueueInProgress",
        f"Only one PurgeQueue operation on {queue} is allowed every 60 seconds.",
    )


def throttled() -> DeliveryError:
    """Return the error for more calls in a second than a FIFO queue takes (events-19)."""
    return DeliveryError("ThrottlingException", "Rate exceeded")
