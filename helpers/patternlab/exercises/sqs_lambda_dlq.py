"""The exercises of notebook 01: SQS, Lambda and the dead-letter queue."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from patternlab.delivery.functions.mapping import MappingConfig
from patternlab.delivery.scenarios import World, sqs_lambda
from patternlab.learn.exercises import Exercise
from patternlab.learn.judging import Wrong, fields, number, on_seeds

# -- dlq-moment ----------------------------------------------------------------------------------

TIMEOUT, RECEIVES = 45, 4


def _moment() -> float:
    """The second at which the poison is in the dead-letter queue, as the model runs it."""

    def handler(event: Any, context: Any) -> None:
        raise ValueError("poison")

    world = sqs_lambda(handler, visibility_timeout=TIMEOUT, max_receive_count=RECEIVES, duration=0)
    world.queue.send("poison")
    return world.run()


def judge_moment(answer: Any) -> str:
    """Compare a number of seconds with a run of the model."""
    answer = number(answer, "Give the answer as a number of seconds, for example answer = 60.")
    moment = _moment()
    if abs(answer - moment) <= 1:
        return f"The receive at {moment:.0f} s is one too many, and moves the message."
    if answer == TIMEOUT * (RECEIVES - 1):
        raise Wrong(
            f"At {answer:g} s the message is received for the last time, and fails once more. "
            "Something has to happen after that."
        )
    if answer == TIMEOUT * (RECEIVES + 1):
        raise Wrong(
            "You counted one receive too many. The first one is at 0 s, not after a timeout."
        )
    if answer == TIMEOUT:
        raise Wrong("That is the moment of the first retry. How many receives are allowed?")
    raise Wrong("Write down the moment of each receive, beginning at 0 s.")


dlq_moment = Exercise(
    "dlq-moment",
    judge=judge_moment,
    reference=TIMEOUT * RECEIVES,
    alternatives=[180.0, 180.5],
    misconceptions=[
        (135, "received for the last time"),
        (225, "one receive too many"),
        (45, "first retry"),
    ],
    hints=[
        "The first receive is at 0 s. When is the message visible again?",
        "maxReceiveCount 4 allows receives at 0, 45, 90 and 135 s.",
        "No clock moves the message. Which receive finds that it would be one too many?",
    ],
)

# -- report-failures -----------------------------------------------------------------------------

PAYMENTS = [f"payment-{n}" for n in range(1, 21)]
BROKEN = {"payment-7", "payment-13"}
SEEDS = (1, 2, 3)

Handler = Callable[[Any, Callable[[str], None]], Any]


def _pay_everything(handler: Handler, seed: int) -> tuple[Counter[str], World]:
    """Run the handler; returns how often each payment was paid, and the world."""
    paid: Counter[str] = Counter()

    def pay(payment: str) -> None:
        if payment in BROKEN:
            raise ValueError(f"{payment} has no account to pay from")
        paid[payment] += 1

    world = sqs_lambda(
        lambda event, context: handler(event, pay),
        visibility_timeout=30,
        max_receive_count=3,
        config=MappingConfig(batch_size=10, report_batch_item_failures=True),
        seed=seed,
    )
    for payment in random.Random(seed).sample(PAYMENTS, len(PAYMENTS)):
        world.queue.send(payment)
    world.run()
    return paid, world


def judge_handler(handler: Handler) -> str:
    """Run the handler on seeded batches and look at the money."""
    on_seeds(SEEDS, lambda seed: _look_at(*_pay_everything(handler, seed)))
    return (
        "Nothing was lost, nothing was paid twice, and the two broken payments are in the "
        "dead-letter queue."
    )


def _look_at(paid: Counter[str], world: World) -> None:
    """Refuse the first thing that is not as it should be."""
    dead = world.dead_letters()
    payable = set(PAYMENTS) - BROKEN
    twice = sorted(payment for payment, times in paid.items() if times > 1)
    if not paid:
        raise Wrong("Nothing was paid at all. Call pay(record['body']) for each record.")
    if dead & payable:
        raise Wrong(
            f"{min(dead & payable)} is in the dead-letter queue, though nothing is wrong with it. "
            "One broken payment failed its whole batch, again and again."
        )
    if unpaid := sorted(payable - set(paid)):
        raise Wrong(
            f"{unpaid[0]} was never paid: it came after a broken payment in its batch, and was "
            "neither worked on nor reported."
        )
    if BROKEN - dead:
        raise Wrong(
            f"{min(BROKEN - dead)} is gone: it was neither paid nor kept in the dead-letter "
            "queue. What you do not report as failed is deleted."
        )
    if twice:
        raise Wrong(f"{twice[0]} was paid {paid[twice[0]]} times. Report only what failed.")


def handler(event, pay):
    """Pay what can be paid, and report the rest."""
    failed = []
    for record in event["Records"]:
        try:
            pay(record["body"])
        except ValueError:
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _with_a_helper(event, pay):
    def works(record):
        try:
            pay(record["body"])
        except Exception:
            return False
        return True

    bad = [record["messageId"] for record in event["Records"] if not works(record)]
    return {"batchItemFailures": [{"itemIdentifier": name} for name in bad]} if bad else None


def fail_the_batch(event, pay):
    """Let every error out, as many handlers do: the whole batch comes back."""
    for record in event["Records"]:
        pay(record["body"])


def _swallows(event, pay):
    handler(event, pay)
    return {"batchItemFailures": []}


def _stops_at_the_first(event, pay):
    for record in event["Records"]:
        try:
            pay(record["body"])
        except ValueError:
            return {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}


report_failures = Exercise(
    "report-failures",
    judge=judge_handler,
    reference=handler,
    alternatives=[_with_a_helper],
    misconceptions=[
        (fail_the_batch, "failed its whole batch"),
        (_swallows, "What you do not report as failed is deleted"),
        (_stops_at_the_first, "neither worked on nor reported"),
    ],
    hints=[
        "An error that leaves the handler fails the whole batch. Where must you catch it?",
        "Collect the messageId of each record that failed.",
        'Return {"batchItemFailures": [{"itemIdentifier": ...}, ...]} at the end.',
    ],
)

# -- ride-out-the-outage -------------------------------------------------------------------------

LONGEST_WORK, FUNCTION_TIMEOUT = 20.0, 25.0
OUTAGE = 600.0  # seconds
POISON_LIMIT = 1800.0


def _night(visibility_timeout: float, max_receive_count: int, seed: int) -> dict[str, Any]:
    """One night: orders arrive before and during the outage. What became of them?"""
    rng = random.Random(seed)
    outage_from = rng.uniform(30, 90)

    def duration(event: Any) -> float:
        return rng.uniform(5, LONGEST_WORK)

    def handler(event: Any, context: Any) -> None:
        body = event["Records"][0]["body"]
        if body == "poison":
            raise ValueError("unreadable")
        if outage_from <= world.clock.elapsed < outage_from + OUTAGE:
            raise TimeoutError("the database is down")

    world = sqs_lambda(
        handler,
        visibility_timeout=visibility_timeout,
        max_receive_count=max_receive_count,
        config=MappingConfig(batch_size=1),
        duration=duration,
        timeout=min(FUNCTION_TIMEOUT, visibility_timeout),
        seed=seed,
    )
    world.queue.send("poison")
    for order in range(1, 9):
        world.queue.send(f"order {order}", delay=rng.uniform(0, 120))
    gone = _moment_of_poison(world)
    world.run(limit=14 * 86_400)
    dead = world.dead_letters()
    return {"lost": dead - {"poison"}, "poison": gone, "twice": _overlaps(world)}


def _moment_of_poison(world: World) -> float | None:
    """The second at which the poison is out of the way; None if it is not, in time."""
    while world.clock.elapsed < POISON_LIMIT:
        if "poison" in world.dead_letters():
            return world.clock.elapsed
        world.clock.wait(10)
    return None


def _overlaps(world: World) -> set[str]:
    """Orders on which two invocations worked at the same time."""
    found: set[str] = set()
    for key, attempts in world.history.groupby("key"):
        ends = attempts["end"].cummax().shift()
        if (attempts["start"] < ends).any():
            found.add(str(key))
    return found


def judge_settings(answer: Any) -> str:
    """Run seeded nights with the settings and look at the orders."""
    given = fields(answer, ("visibility_timeout", "max_receive_count"))
    visibility_timeout = number(given["visibility_timeout"], "Give the timeout in seconds.")
    max_receive_count = int(number(given["max_receive_count"], "Give a whole count.", whole=True))
    if not (0 <= visibility_timeout <= 43_200 and 1 <= max_receive_count <= 1000):
        raise Wrong("SQS takes a visibility timeout of 0 to 43,200 s and 1 to 1,000 receives.")
    if visibility_timeout < FUNCTION_TIMEOUT:
        raise Wrong(
            f"AWS refuses this mapping: the queue's visibility timeout, {visibility_timeout:g} s, "
            f"is less than the function's timeout, {FUNCTION_TIMEOUT:g} s."
        )

    def judge_night(seed: int) -> None:
        night = _night(visibility_timeout, max_receive_count, seed)
        if night["twice"]:
            raise Wrong(f"{min(night['twice'])} was worked on twice at the same time.")
        if night["lost"]:
            raise Wrong(
                f"{len(night['lost'])} good orders are in the dead-letter queue. "
                f"{max_receive_count} receives, {visibility_timeout:g} s apart, end before the "
                "outage does."
            )
        if night["poison"] is None:
            raise Wrong(
                "After 30 minutes the poison order is still being tried. "
                f"{max_receive_count} times {visibility_timeout:g} s is too long for it."
            )

    on_seeds(SEEDS, judge_night)
    return (
        f"{max_receive_count} receives, {visibility_timeout:g} s apart, last longer than the "
        "outage and end within half an hour."
    )


ride_out_the_outage = Exercise(
    "ride-out-the-outage",
    judge=judge_settings,
    reference={"visibility_timeout": 150, "max_receive_count": 6},
    alternatives=[
        {"visibility_timeout": 60, "max_receive_count": 20},
        {"visibility_timeout": 300, "max_receive_count": 5},
    ],
    misconceptions=[
        ({"visibility_timeout": 20, "max_receive_count": 40}, "AWS refuses"),
        ({"visibility_timeout": 30, "max_receive_count": 5}, "end before the outage"),
        ({"visibility_timeout": 600, "max_receive_count": 10}, "is too long for it"),
    ],
    hints=[
        "A message may be received maxReceiveCount times, one visibility timeout apart.",
        "These receives must last longer than the outage, and end within 30 minutes.",
        "AWS advises at least 6 times the function's timeout: 150 s. What count goes with it?",
    ],
)
