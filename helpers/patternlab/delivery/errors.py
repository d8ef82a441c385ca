"""What a queue or a function refuses, with AWS's own code and words where they are known."""

from __future__ import annotations


class DeliveryError(Exception):
    """A refused operation: AWS's error `code` and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid_parameter(message: str) -> DeliveryError:
    """InvalidParameterValue with `message`."""
    return DeliveryError("InvalidParameterValue", message)


def invalid_handle(handle: str) -> DeliveryError:
    """A receipt handle this queue never gave out."""
    return DeliveryError(
        "ReceiptHandleIsInvalid",
        f'The input receipt handle "{handle}" is not a valid receipt handle.',
    )


def expired_handle(handle: str) -> DeliveryError:
    """FIFO only: the visibility timeout that came with the handle is over (events-2)."""
    return invalid_parameter(
        f"Value {handle} for parameter ReceiptHandle is invalid. "
        "Reason: The receipt handle has expired."
    )


def not_available(handle: str) -> DeliveryError:
    """ChangeMessageVisibility of a message that is gone."""
    return invalid_parameter(
        f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or "
        "is not available for visibility timeout change."
    )


def beyond_twelve_hours(timeout: float) -> DeliveryError:
    """A message stays in flight for twelve hours at most (events-1)."""
    return invalid_parameter(
        f"Value {timeout:g} for parameter VisibilityTimeout is invalid. Reason: Total "
        "VisibilityTimeout for the message is beyond the limit [43200 seconds]"
    )


def no_message_delay(delay: float) -> DeliveryError:
    """A delay of one message, which FIFO queues do not take (events-10)."""
    return invalid_parameter(
        f"Value {delay:g} for parameter DelaySeconds is invalid. Reason: The request include "
        "parameter that is not valid for this queue type."
    )


def over_limit(limit: int) -> DeliveryError:
    """A short poll of a standard queue that has `limit` messages in flight (events-11)."""
    return DeliveryError(
        "OverLimit",
        f"Too many messages in flight: a queue holds at most {limit} received and not yet deleted "
        "ones. Delete messages you have processed.",
    )


def purge_in_progress(queue: str) -> DeliveryError:
    """A second PurgeQueue within a minute (events-22)."""
    return DeliveryError(
        "AWS.SimpleQueueService.PurgeQueueInProgress",
        f"Only one PurgeQueue operation on {queue} is allowed every 60 seconds.",
    )


def throttled() -> DeliveryError:
    """More calls in a second than a FIFO queue takes (events-19)."""
    return DeliveryError("ThrottlingException", "Rate exceeded")
