"""The model behind the cost card: from what a notebook asks for to what AWS bills.

It counts high on purpose, so that the bill stays below it. What the counts of
``data/notebook_calls.csv`` leave open is settled by the constants below. They are ours, not AWS's.
Prices are those of us-east-1 (``data/prices.csv``), without any free tier. The notebooks send less
than 64 KB a request, above which SQS, SNS and EventBridge count more than one. What travels to the
learner's computer, kilobytes, is not counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from patternlab.account.calls import CLOUD, Row
from patternlab.resources.ec2 import DISK
from patternlab.resources.prices import HOURS_A_MONTH, Price, UnknownPrice, price, prices

#: A mapping on a queue keeps 5 long polls of 20 s open, day and night (Lambda starts with 5
#: and may go down to 2 when idle: events-24).
POLLS_AN_HOUR = 5 * 3600 / 20
#: A message that fails forever comes back with its visibility timeout, 30 s unless set otherwise.
#: We let one do so on each mapping that was forgotten.
RETRIES_AN_HOUR = 3600 / 30
#: Requests that are not in the counts: retries, tags, waits for AWS to catch up, the clean-up.
REQUESTS = 2
#: A notebook that waits asks at most once a second (`cloud.wait_until`).
QUESTIONS_A_SECOND = 1
#: Seconds to add to each invocation for a cold start, whose initialisation is billed too, at the
#: 128 MB that a function has unless told otherwise.
COLD_START, MEMORY = 1.0, 128 / 1024
#: Bytes of log for an invocation, and for a delivery by SNS, whose status is logged.
LOG_OF_INVOCATION, LOG_OF_DELIVERY = 2_000, 2_000
#: Bytes of an object: the notebooks write a few thousand at most.
OBJECT = 100_000
#: Entries of one PutEvents: the API takes no more.
ENTRIES = 10
GB = 10**9

#: Services that charge for what they do later, not for being asked. Signed requests to an API
#: (execute-api) are among all its requests, which are counted as an amount of apigateway's.
ASKED_FOR_FREE = frozenset(
    [
        *["apigateway", "budgets", "cloudfront", "dax", "ec2", "elasticache", "events"],
        *["execute-api", "iam", "lambda", "logs", "resourcegroupstaggingapi", "scheduler"],
        *["service-quotas", "ssm", "sts"],
    ]
)
#: How the quantities end that say how long instances of a type run.
INSTANCE_SECONDS = "-seconds"


@dataclass(frozen=True)
class Line:
    """One line of a bill.

    Attributes:
        what: the reason in a few words.
        units: how many of the price's units, a run or an hour.
        price: what they cost.
    """

    what: str
    units: float
    price: Price

    @property
    def usd(self) -> float:
        """US dollars."""
        return self.price.cost(self.units)


class Usage:
    """What one notebook asks for and uses, from its rows of ``data/notebook_calls.csv``."""

    def __init__(self, rows: Iterable[Row]) -> None:
        rows = list(rows)
        self.requests = [row for row in rows if row.by != CLOUD]
        self.amounts = {(row.service, row.operation): row.calls for row in rows if row.by == CLOUD}

    def amount(self, service: str, quantity: str) -> float:
        """Return a quantity of the cloud's; 0 if there was none of it."""
        return self.amounts.get((service, quantity), 0.0)

    @property
    def seconds(self) -> float:
        """How long the notebook waits: the time that passes on the cloud's clock."""
        return self.amount("cloud", "seconds")

    def count(self, service: str, pattern: str) -> float:
        """Requests to `service` whose operation begins with `pattern`, a regular expression."""
        return sum(
            row.calls
            for row in self.requests
            if row.service == service and re.match(pattern, row.operation)
        )

    @property
    def objects(self) -> float:
        """Objects written to S3; each version is one."""
        return self.count("s3", "PutObject$|CopyObject$|CompleteMultipartUpload$")


def run(usage: Usage) -> list[Line]:
    """Return what one run costs at most, all cells once."""
    lines = [*_requests(usage), *_waiting(usage), *_lambda(usage), *_events(usage), *_other(usage)]
    lines += _nodes(usage)
    return [line for line in lines if line.units]


def forgotten(usage: Usage) -> list[Line]:
    """Return what everything that a run makes costs at most in each hour that it stays.

    Instances are not in it: their timers end them, and until then they are in the run.
    """
    mappings = usage.amount("sqs", "poll-mappings")
    retries = mappings * RETRIES_AN_HOUR
    stored = usage.amount("logs", "bytes") / GB / HOURS_A_MONTH
    lines = [
        Line("empty polls of mappings", mappings * POLLS_AN_HOUR, price("sqs", "request-fifo")),
        Line("messages that fail forever", retries, price("lambda", "request")),
        Line("their run time", retries * COLD_START * MEMORY, price("lambda", "gb-second")),
        Line("their logs", retries * LOG_OF_INVOCATION / GB, price("logs", "ingestion")),
        Line("logs that were kept", stored, price("logs", "storage")),
        Line(
            "objects that were kept",
            usage.objects * OBJECT / GB / HOURS_A_MONTH,
            price("s3", "storage"),
        ),
    ]
    lines += [Line(cost.item, number, cost) for number, cost in _billed_by_the_hour(usage)]
    return [line for line in lines if line.units]


def _requests(usage: Usage) -> Iterator[Line]:
    for row in usage.requests:
        found = request_price(row.service, row.operation)
        if found is not None:
            entries = ENTRIES if row.operation == "PutEvents" else 1
            yield Line(f"{row.service} {row.operation}", row.calls * entries * REQUESTS, found)


def request_price(service: str, operation: str) -> Price | None:
    """Return what AWS charges for one such request; None if it charges nothing.

    Whether a queue is FIFO is not in the counts: all requests to SQS have the FIFO price, which is
    the dearer one and covers the surcharge of fair queues too.

    Raises:
        UnknownPrice: nothing is known of this service.
    """
    if service == "sqs":
        return price("sqs", "request-fifo")
    if service == "sns":
        return price("sns", "publish-standard")
    if service == "s3":
        return _s3_price(operation)
    if (service, operation) == ("events", "PutEvents"):
        return price("events", "custom-event")
    if (service, operation) == ("cloudfront", "CreateInvalidation"):
        return price("cloudfront", "invalidation-path")
    if service == "ce":
        return price("ce", "request")
    if service in ASKED_FOR_FREE:
        return None
    raise UnknownPrice(
        f"What {operation} of {service} costs is not known: add its price to data/prices.csv and "
        "its rule to patternlab.account.cost.bill."
    )


def _s3_price(operation: str) -> Price | None:
    """S3 bills PUT, COPY, POST and LIST, all others as GET, and DELETE not at all."""
    if re.match("Get|Head", operation):
        return price("s3", "get")
    if operation.startswith("Delete") and operation != "DeleteObjects":  # which is a POST
        return None
    return price("s3", "put")


def _waiting(usage: Usage) -> Iterator[Line]:
    """The notebook asks while it waits: of all that it reads, we take the dearest."""
    reads = [
        request_price(row.service, row.operation)
        for row in usage.requests
        if re.match("Describe|Get|Head|List|Receive", row.operation)
    ]
    dearest = max(filter(None, reads), key=lambda found: found.cost(1), default=None)
    if dearest is not None:
        yield Line("questions while waiting", usage.seconds * QUESTIONS_A_SECOND, dearest)


def _lambda(usage: Usage) -> Iterator[Line]:
    """Functions: their invocations, run time and logs, and the polls of their mappings."""
    invocations = usage.amount("lambda", "invocations")
    gb_seconds = usage.amount("lambda", "gb-seconds") + invocations * COLD_START * MEMORY
    polls = usage.amount("sqs", "mapping-seconds") / 3600 * POLLS_AN_HOUR
    yield Line("invocations", invocations, price("lambda", "request"))
    yield Line("run time", gb_seconds, price("lambda", "gb-second"))
    yield Line("logs", usage.amount("logs", "bytes") / GB, price("logs", "ingestion"))
    # and for each batch one more request to receive it and one to delete it
    yield Line("polls of mappings", polls + 2 * invocations, price("sqs", "request-fifo"))


def _events(usage: Usage) -> Iterator[Line]:
    """What SNS and S3 send on. The counts do not say to whom: the dearest receiver is taken."""
    deliveries = usage.amount("sns", "deliveries")
    yield Line("deliveries", deliveries, price("sns", "delivery-http"))
    yield Line("their status logs", deliveries * LOG_OF_DELIVERY / GB, price("logs", "ingestion"))
    yield Line("notifications of objects", usage.objects, price("sqs", "request-fifo"))
    if usage.count("events", "PutRule$"):
        yield Line("events of objects", usage.objects, price("events", "s3-event"))


def _other(usage: Usage) -> Iterator[Line]:
    """Amounts that are named after a row of the price table: so many, or so many at a time."""
    for number, cost in _billed_by_the_hour(usage):
        yield Line(cost.item, number * usage.seconds / 3600, cost)
    for key, number in usage.amounts.items():
        if key in prices() and prices()[key].unit != "hours":
            yield Line(key[1], number, prices()[key])


def _nodes(usage: Usage) -> Iterator[Line]:
    """Instances, on demand, each with a disk and a public address, until their timers end them."""
    for (service, quantity), seconds in usage.amounts.items():
        if service == "ec2" and quantity.endswith(INSTANCE_SECONDS):
            kind, hours = quantity.removesuffix(INSTANCE_SECONDS), seconds / 3600
            yield Line(kind, hours, price("ec2", kind))
            yield Line("public addresses", hours, price("ec2", "public-ipv4"))
            yield Line("disks", hours * DISK / HOURS_A_MONTH, price("ec2", "ebs-gp3"))


def _billed_by_the_hour(usage: Usage) -> Iterator[tuple[float, Price]]:
    for key, number in usage.amounts.items():
        if key in prices() and prices()[key].unit == "hours":
            yield number, prices()[key]
