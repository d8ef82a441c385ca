"""What a queue refuses, with AWS's own code and words where they are known."""

from __future__ import annotations


class DeliveryError(Exception):
    """A refused operation: AWS's error `code` and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid_parameter(message: str) -> DeliveryError:
    """Return InvalidParameterValue with `message`."""
    return DeliveryError("InvalidParameterValue", message)


def invalid_handle(handle: str) -> DeliveryError:
    """Return the error for a receipt handle that this queue never gave out."""
    return DeliveryError(
        "ReceiptHandleIsInvalid",
        f'The input receipt handle "{handle}" is not a valid receipt handle.',
    )


def expired_handle(handle: str) -> DeliveryError:
    """Return the error for a handle of a FIFO queue that has expired (events-2)."""
    return invalid_parameter(
        f"Value {handle} for parameter ReceiptHandle is invalid. "
        "Reason: The receipt handle has expired."
    )


def not_available(handle: str) -> DeliveryError:
    """Return the error for a change of visibility of a message that is gone."""
    return invalid_parameter(
        f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or "
        "is not available for visibility timeout change."
    )


def beyond_twelve_hours(timeout: float) -> DeliveryError:
    """Return the error for more than twelve hours in flight (events-1)."""
    return invalid_parameter(
        f"Value {timeout:g} for parameter VisibilityTimeout is invalid. Reason: Total "
        "VisibilityTimeout for the message is beyond the limit [43200 seconds]"
    )


def no_message_delay(delay: float) -> DeliveryError:
    """Return the error for a delay of one message, on a FIFO queue (events-10)."""
    return invalid_parameter(
        f"Value {delay:g} for parameter DelaySeconds is invalid. Reason: The request include "
        "parameter that is not valid for this queue type."
    )


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
