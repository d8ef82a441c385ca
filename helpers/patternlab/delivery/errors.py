"""What a queue or a function refuses, with AWS's own code and words."""

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
        "ReceiptHandleIsInvalid", f'The input receipt handle "{handle}" is not a valid receipt handle.'
    )


def expired_handle(handle: str) -> DeliveryError:
    """FIFO only: the visibility timeout that came with the handle is over (facts, row 2)."""
    return invalid_parameter(
        f"Value {handle} for parameter ReceiptHandle is invalid. "
        "Reason: The receipt handle has expired."
    )
