"""Whatever a message is delivered to: one interface for queues, functions, web servers, people.

A topic's subscription, a rule of a bucket or of an event bus, a destination and a dead-letter queue
of a function all name a receiver. What they deliver is a :class:`Parcel`. A function as a receiver
is :class:`patternlab.delivery.functions.async_invoke.FunctionReceiver`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.faults import CLIENT, SERVER, DeliveryFailure, Outages
from patternlab.delivery.sqs.queue import Queue

BUSY = "ThrottlingException", "OverLimit", "ServiceUnavailable"  # error codes worth another try
ANSWER_WITHIN = 15.0  # seconds that a web server has


@dataclass(frozen=True, slots=True)
class Parcel:
    """A text on its way to a receiver, and what goes with it to receivers that have a place for it.

    Attributes:
        body: The text.
        attributes: Message attributes as SQS has them, for queues and topics.
        group: The message group, for queues.
        dedup_id: The deduplication id, for FIFO queues.
        subject: For topics.
        key: The name of the object, for buckets.
        headers: Of the request, for web servers.
        trace: The trace header of the request that caused it.
    """

    body: str
    attributes: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    group: str | None = None
    dedup_id: str | None = None
    subject: str | None = None
    key: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    trace: str | None = None


class Receiver(Protocol):
    """Whatever a message is delivered to."""

    @property
    def arn(self) -> str:
        """Its ARN, URL or address."""

    @property
    def protocol(self) -> str:
        """How it is reached, in SNS's words: sqs, lambda, https, email; also sns, events and s3."""

    def deliver(self, parcel: Parcel) -> None:
        """Take `parcel`, or raise a :class:`DeliveryFailure`."""


def deliver_once(
    receiver: Receiver, make: Callable[[], Parcel], faults: Outages | None
) -> DeliveryFailure | None:
    """Deliver what `make` returns to `receiver` once, and return why that failed, if it did.

    An outage that is ordered for the receiver comes first: then nothing is made.
    """
    outage = faults.failure(receiver.arn) if faults is not None else None
    if outage is not None:
        return outage
    try:
        receiver.deliver(make())
    except DeliveryFailure as failure:
        return failure
    return None


def refusal(code: str, message: str) -> DeliveryFailure:
    """Return what a sender makes of a receiver's error: worth another try, or not."""
    return DeliveryFailure(SERVER if code in BUSY else CLIENT, f"{code}: {message}")


class QueueReceiver:
    """An SQS queue, standard or FIFO."""

    protocol = "sqs"

    def __init__(self, queue: Queue) -> None:
        self.queue, self.arn = queue, queue.arn

    def deliver(self, parcel: Parcel) -> None:
        """Send the parcel to the queue."""
        try:
            self.queue.send(
                parcel.body,
                attributes=dict(parcel.attributes),
                system={"AWSTraceHeader": parcel.trace} if parcel.trace else None,
                group=parcel.group,
                dedup_id=parcel.dedup_id,
            )
        except DeliveryError as error:
            raise refusal(error.code, error.message) from None


class WebReceiver:
    """A web server: `answer` is called with the headers and the body, and gives a status code.

    None stands for no answer within 15 seconds, an exception for a 500. 2xx and 3xx are a
    delivery; 4xx is the client's error, never tried again; everything else is (events-53,
    events-54).
    """

    def __init__(self, url: str, answer: Callable[[dict[str, str], str], int | None]) -> None:
        self.arn, self.answer = url, answer
        self.protocol = url.partition(":")[0]

    def deliver(self, parcel: Parcel) -> None:
        """Send a request, and look at the status of the answer."""
        status = self._status(dict(parcel.headers), parcel.body)
        if status is None:
            raise DeliveryFailure(SERVER, "No answer within 15 seconds", 504, took=ANSWER_WITHIN)
        if not 200 <= status < 400:
            kind = CLIENT if 400 <= status < 500 else SERVER
            raise DeliveryFailure(kind, f"The server answered with status {status}", status)

    def _status(self, headers: dict[str, str], body: str) -> int | None:
        try:
            return self.answer(headers, body)
        except DeliveryFailure:
            raise
        except Exception as error:
            text = f"The server failed: {type(error).__name__}: {error}"
            raise DeliveryFailure(SERVER, text, 500) from error


class PersonReceiver:
    """An e-mail address or a telephone: takes every message, and nobody reads it."""

    def __init__(self, protocol: str, address: str) -> None:
        self.protocol, self.arn = protocol, address

    def deliver(self, parcel: Parcel) -> None:
        """Do nothing: nothing is sent to people from a local cloud."""
