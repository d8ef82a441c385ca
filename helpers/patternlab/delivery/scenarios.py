"""Small seeded worlds that slider figures and exercises run, with no boto3 and no moto."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from patternlab.clock import VirtualClock
from patternlab.delivery.attempts import Attempt, history_frame
from patternlab.delivery.faults import Outages
from patternlab.delivery.functions.async_config import MAX_AGE, MAX_RETRIES, AsyncConfig
from patternlab.delivery.functions.async_invoke import AsyncEvent, AsyncQueue
from patternlab.delivery.functions.function import Function, PlainRuntime
from patternlab.delivery.functions.mapping import EventSourceMapping
from patternlab.delivery.functions.mapping_config import MappingConfig
from patternlab.delivery.knobs import Knobs
from patternlab.delivery.receivers import QueueReceiver
from patternlab.delivery.sns.filter_policy import FilterPolicy
from patternlab.delivery.sns.topic import Topic
from patternlab.delivery.sqs.fifo import FifoQueue
from patternlab.delivery.sqs.queue import Queue
from patternlab.delivery.sqs.redrive import RedrivePolicy
from patternlab.delivery.sqs.standard import StandardQueue

#: A mapping that is enabled at once: the figures start when polling starts.
AT_ONCE = Knobs(mapping_delay=0.0)


@dataclass(kw_only=True)
class _Runs:
    """A function, the dead-letter queue behind it, and its attempts so far."""

    clock: VirtualClock
    function: Function
    dead_letter_queue: Queue | None
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def history(self) -> pd.DataFrame:
        """One row per attempt, as :func:`history_frame` returns it."""
        return history_frame(self.attempts)


@dataclass(kw_only=True)
class World(_Runs):
    """A queue with a mapping to a function."""

    queue: Queue
    mapping: EventSourceMapping

    def run(self, limit: float = 86_400.0) -> float:
        """Let time pass until nothing is left to do, or `limit` seconds; return the seconds."""
        begun = self.clock.elapsed
        while len(self.queue) and self.clock.elapsed - begun < limit:
            due = min(self.clock.env.peek(), self.queue.next_due(), begun + limit)
            self.clock.run_to(due)
        return self.clock.elapsed - begun

    def dead_letters(self) -> set[str]:
        """Return the bodies of the messages in the dead-letter queue, if there is one."""
        queue = self.dead_letter_queue
        return {message.body for message in queue.messages.values()} if queue else set()


def sqs_lambda(
    handler: Callable[[Any, Any], Any],
    *,
    visibility_timeout: float = 30,
    max_receive_count: int | None = None,
    config: MappingConfig | None = None,
    duration: float | Callable[[Any], float] = 0.1,
    timeout: float = 3.0,
    fifo: bool = False,
    seed: int = 0,
    knobs: Knobs = AT_ONCE,
) -> World:
    """Return a queue with a mapping to a function, ready to be sent messages.

    Args:
        handler: What the function runs.
        visibility_timeout: Of the queue, in seconds.
        max_receive_count: With one, the queue has a dead-letter queue.
        config: The settings of the mapping.
        duration: Seconds that an invocation takes, or a function of the event that returns them.
        timeout: Of the function, in seconds.
        fifo: Make it a FIFO queue.
        seed: Decides everything random.
        knobs: What AWS does not publish.
    """
    clock = VirtualClock()
    rng = random.Random(seed)
    kind, suffix = (FifoQueue, ".fifo") if fifo else (StandardQueue, "")
    shared: dict[str, Any] = {"knobs": knobs, "rng": rng}
    dlq = redrive = None
    if max_receive_count is not None:
        dlq = kind(clock, "orders-dlq" + suffix, **shared)
        redrive = RedrivePolicy(dlq, max_receive_count)
    queue = kind(
        clock,
        "orders" + suffix,
        visibility_timeout=visibility_timeout,
        redrive=redrive,
        **shared,
    )
    function = Function(clock, "orders", PlainRuntime(handler, duration), timeout=timeout, rng=rng)
    mapping = EventSourceMapping(queue, function, config)
    world = World(
        clock=clock, queue=queue, dead_letter_queue=dlq, function=function, mapping=mapping
    )
    mapping.on_attempt = world.attempts.append
    return world


def unreliable(
    rng: random.Random, failure_rate: float, poison: frozenset[str] = frozenset()
) -> Callable[[Any, Any], None]:
    """Return a handler that fails for each body in `poison`, for others with `failure_rate`."""

    def handler(event: Any, context: Any) -> None:
        for record in event["Records"]:
            if record["body"] in poison:
                raise ValueError(f"cannot read {record['body']}")
            if rng.random() < failure_rate:
                raise TimeoutError(f"the database did not answer for {record['body']}")

    return handler


def flaky_orders(
    *,
    visibility_timeout: float = 30,
    max_receive_count: int = 3,
    failure_rate: float = 0.3,
    messages: int = 12,
    seed: int = 1,
) -> World:
    """Run `messages` orders, one per batch and one of them poison, until the queue is empty."""
    rng = random.Random(seed)
    world = sqs_lambda(
        unreliable(rng, failure_rate, frozenset({"poison"})),
        visibility_timeout=visibility_timeout,
        max_receive_count=max_receive_count,
        config=MappingConfig(batch_size=1),
        seed=seed,
    )
    for number in range(1, messages):
        world.queue.send(f"order {number}")
    world.queue.send("poison")
    world.run()
    return world


def fifo_orders(
    *,
    groups: int = 4,
    messages: int = 16,
    failure_rate: float = 0.0,
    visibility_timeout: float = 30,
    max_receive_count: int | None = 3,
    batch_size: int = 1,
    duration: float = 1.0,
    gap: float = 0.5,
    seed: int = 1,
) -> World:
    """Run `messages` orders of `groups` customers through a FIFO queue until it is empty.

    Orders are sent every `gap` seconds, customer by customer in turn, each customer a message
    group. The first customer's second order is poison.
    """
    rng = random.Random(seed)
    names = [f"customer {chr(ord('A') + n)}" if groups <= 26 else f"c{n}" for n in range(groups)]
    bodies = [f"{names[n % groups]} #{n // groups + 1}" for n in range(messages)]
    world = sqs_lambda(
        unreliable(rng, failure_rate, frozenset({f"{names[0]} #2"})),
        visibility_timeout=visibility_timeout,
        max_receive_count=max_receive_count,
        config=MappingConfig(batch_size=batch_size),
        duration=duration,
        fifo=True,
        seed=seed,
    )
    for number, body in enumerate(bodies):
        world.queue.send(body, group=names[number % groups], dedup_id=body)
        world.clock.wait(gap)
    world.run()
    return world


def sns_fan_out(
    *,
    messages: int = 5,
    gap: float = 60.0,
    outage: float = 600.0,
    share: float = 1.0,
    failing: str = "shipping",
    seed: int = 1,
    knobs: Knobs = AT_ONCE,
) -> Topic:
    """Publish orders to four queues, each with a fate of its own, and run for two hours.

    "billing" and "shipping" are healthy; "audit" has no permission, and a dead-letter queue;
    "returns" filters orders out.

    Args:
        messages: How many orders.
        gap: Seconds from one to the next.
        outage: For how many seconds at first the queue named `failing` is unavailable.
        share: The part of the attempts that fail meanwhile.
        failing: One of the four names.
        seed: Decides everything random.
        knobs: What AWS does not publish.

    Raises:
        ValueError: If `failing` is none of the four.
    """
    clock = VirtualClock()
    rng = random.Random(seed)
    topic = Topic(clock, "orders", knobs=knobs, rng=rng, faults=Outages(clock, rng))
    names = "billing", "shipping", "audit", "returns"
    if failing not in names:
        raise ValueError(f"failing is one of {', '.join(names)}, not {failing!r}.")
    queues = {name: StandardQueue(clock, name, knobs=knobs, rng=rng) for name in names}
    dlq = StandardQueue(clock, "audit-dlq", knobs=knobs, rng=rng)
    options: dict[str, dict[str, Any]] = {
        "audit": {"dead_letter": QueueReceiver(dlq)},
        "returns": {"filter_policy": FilterPolicy('{"kind": ["return"]}')},
    }
    for name, queue in queues.items():
        topic.subscribe(QueueReceiver(queue), **options.get(name, {}))
    topic.faults.outage(queues["audit"].arn, days=1, kind="client")
    if outage:
        topic.faults.outage(queues[failing].arn, seconds=outage, share=share)
    for number in range(1, messages + 1):
        kind = {"kind": {"Type": "String", "Value": "order"}}
        topic.publish(f"order {number}", attributes=kind)
        clock.wait(gap)
    clock.run_to(max(clock.elapsed, 7_200.0))
    return topic


@dataclass(kw_only=True)
class AsyncWorld(_Runs):
    """A function that is invoked asynchronously, and the events that were handed to it."""

    events: list[AsyncEvent] = field(default_factory=list)


def flaky_async(
    *,
    events: int = 8,
    failure_rate: float = 0.5,
    max_retries: int = MAX_RETRIES,
    max_age: float = MAX_AGE,
    outage: float = 0.0,
    gap: float = 10.0,
    seed: int = 1,
    knobs: Knobs = AT_ONCE,
) -> AsyncWorld:
    """Hand `events` orders to a function asynchronously, and run until each has ended.

    One order comes every `gap` seconds. Each attempt fails with `failure_rate`; whether it does
    depends on the seed, the event and the attempt alone, so a higher rate only adds failures. For
    the first `outage` seconds the function cannot be run at all (5xx): then events wait, and no
    retry is used up. Times are in seconds.
    """
    clock, rng = VirtualClock(), random.Random(seed)
    faults = Outages(clock, rng)

    runs: Counter[str] = Counter()

    def handler(event: Any, context: Any) -> None:
        key = event["key"]
        runs[key] += 1
        if random.Random(f"{seed} {key} {runs[key]}").random() < failure_rate:
            raise TimeoutError(f"the database did not answer for {key}")

    function = Function(clock, "orders", PlainRuntime(handler), rng=rng, faults=faults)
    dlq = StandardQueue(clock, "orders-dlq", knobs=knobs, rng=rng)
    config = AsyncConfig(max_retries, max_age, dead_letter=QueueReceiver(dlq))
    world = AsyncWorld(clock=clock, function=function, dead_letter_queue=dlq)
    queue = AsyncQueue(function, config, knobs=knobs, rng=rng, on_attempt=world.attempts.append)
    if outage:
        faults.outage(function.arn, seconds=outage)
    for number in range(1, events + 1):
        world.events.append(queue.put({"key": f"order {number}"}))
        clock.wait(gap)
    clock.run_until(clock.env.all_of([event.process for event in world.events]))
    return world
