"""The exercises of notebook 04: fan-out."""

from __future__ import annotations

import json
import random
import uuid
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from patternlab.clock import VirtualClock
from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.functions.async_invoke import AsyncQueue, FunctionReceiver
from patternlab.delivery.functions.function import Function, PlainRuntime
from patternlab.delivery.receivers import QueueReceiver, Receiver
from patternlab.delivery.scenarios import sqs_lambda
from patternlab.delivery.sns.filter_policy import FilterPolicy
from patternlab.delivery.sns.topic import Topic
from patternlab.delivery.sqs.standard import StandardQueue
from patternlab.learn.exercises import Exercise
from patternlab.learn.judging import Wrong
from patternlab.learn.situations import situations

# -- crash-at-step-k -----------------------------------------------------------------------------

SYSTEMS = "billing", "shipping", "audit"
ORDERS = "order 1", "order 2"
MOST_CALLS = 50  # of one start; more is a loop that never ends
DOWNTIME = 600.0  # seconds until the producer is started again: longer than any deduplication

Message = dict[str, Any]
PlaceOrder = Callable[[str, Callable[[str, Message], None], Callable[[Message], None]], Any]


class Crash(BaseException):
    """The producer's process is gone. Not an Exception: a dead process catches nothing."""


class _Shop:
    """Three queues, a topic that feeds them, and three systems that work on what arrives."""

    def __init__(self, seed: int) -> None:
        self.clock, rng = VirtualClock(), random.Random(seed)
        self.topic = Topic(self.clock, "orders", rng=rng)
        self.queues = {name: StandardQueue(self.clock, name, rng=rng) for name in SYSTEMS}
        for queue in self.queues.values():
            self.topic.subscribe(QueueReceiver(queue), raw=True)
        self.keys: dict[str, set[Any]] = {order: set() for order in ORDERS}  # used so far

    def effects(self) -> dict[str, Counter[str]]:
        """How often each system worked on each order; a key it knows it does not work on."""
        return {name: self._work(queue) for name, queue in self.queues.items()}

    @staticmethod
    def _work(queue: StandardQueue) -> Counter[str]:
        done: Counter[str] = Counter()
        keys: set[str] = set()
        while receipts := queue.receive(10):
            for receipt in receipts:
                message = json.loads(receipt.message.body)
                queue.delete(receipt.handle)
                key = message.get("key")
                if key is None or key not in keys:
                    done[message["order"]] += 1
                keys.add(key)
        return done


class _Process:
    """One start of the producer, which dies around one of its calls.

    It dies around call number `dies_at` (1, 2 ...; 0: never): just before the call, or just `after`
    it. Once it is dead, nothing that it does has an effect.
    """

    def __init__(self, shop: _Shop, dies_at: int = 0, after: bool = False) -> None:
        self.shop, self.dies_at, self.after = shop, dies_at, after
        self.calls, self.dead = 0, False

    def send(self, system: str, message: Message) -> None:
        if system not in SYSTEMS:
            raise ValueError(f"there is no system {system!r}: there are {', '.join(SYSTEMS)}")
        body = self._body(message)
        self._call(lambda: self.shop.queues[system].send(body))

    def publish(self, message: Message) -> None:
        body = self._body(message)
        self._call(lambda: self.shop.topic.publish(body))

    def _body(self, message: Any) -> str:
        if not isinstance(message, dict) or message.get("order") not in ORDERS:
            raise ValueError('a message is a dict with the order, such as {"order": order}')
        self.shop.keys[message["order"]].add(message.get("key"))
        return json.dumps(message)

    def _call(self, action: Callable[[], Any]) -> None:
        if self.dead:
            return  # a loop that catches everything and tries again must come to its end
        self.calls += 1
        if self.calls > MOST_CALLS:
            raise RuntimeError(f"one start made more than {MOST_CALLS} calls")
        self.dead = self.calls == self.dies_at
        if not self.dead or self.after:
            action()
        if self.dead:
            raise Crash

    def run(self, place: PlaceOrder, order: str) -> None:
        try:
            place(order, self.send, self.publish)
        except (Crash, Exception):
            if not self.dead:  # an error of its own, and not one after its death
                raise


def judge_producer(place: Any) -> str:
    """Let the producer die before and after every call it makes, start it again, and look."""
    quiet = _Process(_Shop(0))
    for order in ORDERS:
        quiet.run(place, order)
    _look_at(quiet.shop, "Without any crash")
    calls = quiet.calls // len(ORDERS)
    for call in range(1, calls + 1):
        for after in (False, True):
            _look_at(
                _restarted(place, call, after),
                f"The producer died {'after' if after else 'before'} call {call} of {calls}, "
                "and was started again",
                published=calls == 1,
            )
    moments = "1 call" if calls == 1 else f"each of {calls} calls"
    return f"It died before and after {moments}. Each system has worked on each order, once."


def _restarted(place: PlaceOrder, call: int, after: bool) -> _Shop:
    """Each order's first process dies there; a second one does it again, ten minutes later."""
    shop = _Shop(call)
    for order in ORDERS:
        _Process(shop, call, after).run(place, order)
        shop.clock.wait(DOWNTIME)
        _Process(shop).run(place, order)
    return shop


def _look_at(shop: _Shop, when: str, published: bool = False) -> None:
    """Refuse the first thing that is missing or doubled."""
    effects = shop.effects()
    if not any(effects.values()):
        raise Wrong(
            f"{when}: no system got anything. Call publish(...), or send(...) for each system."
        )
    for name, done in effects.items():
        for order in ORDERS:
            if not done[order]:
                others = sum(1 for other in effects.values() if other[order])
                missing = f"{when}: {name} never worked on {order}"
                if not others and any(d[ORDERS[0]] for d in effects.values()):
                    raise Wrong(f"{missing}. Do two different orders have the same key?")
                raise Wrong(f"{missing}, though {others} others did.")
    for name, done in effects.items():
        for order in ORDERS:
            if done[order] > 1:
                why = _why(shop, order, published)
                raise Wrong(f"{when}: {name} worked on {order} {done[order]} times. {why}")


def _why(shop: _Shop, order: str, published: bool) -> str:
    if shop.keys[order] != {None}:
        return (
            "Its messages had different keys, or not all had one. Which key is the same whenever "
            "the producer starts?"
        )
    if published:
        return (
            "One publish leaves nobody out. But the first process did not live to know that it "
            "had published, and no system could tell the second message from a new order."
        )
    return (
        "The second process sent again what the first had sent, and no system could tell the "
        "copy from a new order."
    )


def place_order(order, send, publish):
    """Tell all systems of an order, with a key that is always the same."""
    publish({"order": order, "key": order})


def _sends(message, systems=SYSTEMS):
    """A producer that sends the message of an order to each of these systems."""

    def place(order, send, publish):
        for system in systems:
            send(system, message(order))

    return place


def _publishes(message):
    """A producer that publishes the message of an order once."""
    return lambda order, send, publish: publish(message(order))


def _without_a_key(order):
    return {"order": order}


crash_at_step_k = Exercise(
    "crash-at-step-k",
    judge=judge_producer,
    reference=place_order,
    alternatives=[_sends(lambda order: {"order": order, "key": f"placed/{order}"})],
    misconceptions=[
        (_sends(_without_a_key), "sent again what the first had sent"),
        (_publishes(_without_a_key), "did not live to know that it had published"),
        (
            _publishes(lambda order: {"order": order, "key": str(uuid.uuid4())}),
            "Its messages had different keys",
        ),
        (
            _publishes(lambda order: {"order": order, "key": "order placed"}),
            "Do two different orders have the same key",
        ),
        (
            _sends(lambda order: {"order": order, "key": order}, ["billing", "shipping"]),
            "audit never worked on order 1, though 2 others did",
        ),
    ],
    hints=[
        "Count the moments at which a producer with three sends can die. And with one publish?",
        "It can always die just after a call, and then it calls again. Who could notice?",
        "The systems skip a key they know. Give each order one, made of what does not change.",
    ],
)

# -- filter-policy -------------------------------------------------------------------------------

KINDS = "placed", "paid", "sent", "returned"
REGIONS = "eu-west", "eu-north", "us-east", "ap-south"
TOTALS = 5, 99, 99.99, 100, 100.01, 250, 9000
SEEDS = (1, 2, 3)
EVENTS = 200  # a seed

Attributes = dict[str, dict[str, str]]


def _event(rng: random.Random) -> dict[str, Any]:
    event = {"kind": rng.choice(KINDS), "region": rng.choice(REGIONS), "total": rng.choice(TOTALS)}
    if rng.random() < 0.3:
        event["test"] = rng.choice(["true", "load"])
    return event


def _attributes(event: dict[str, Any]) -> Attributes:
    """The event as message attributes."""
    return {
        name: {"Type": "Number" if name == "total" else "String", "Value": str(value)}
        for name, value in event.items()
    }


#: What sales wants, condition by condition, and what to say of an event that breaks one.
WANTED: list[tuple[Callable[[dict[str, Any]], bool], str]] = [
    (lambda e: e["kind"] in ("placed", "paid"), "Its kind is neither placed nor paid."),
    (lambda e: e["region"].startswith("eu-"), "Its region is not in Europe."),
    (lambda e: e["total"] >= 100, "Its total is below 100."),
    (lambda e: "test" not in e, "It has an attribute test, so it is a test."),
]


def _wanted(event: dict[str, Any]) -> bool:
    return all(holds(event) for holds, _ in WANTED)


def judge_policy(answer: Any) -> str:
    """Send many seeded events past the policy, and compare with what sales wants."""
    if not isinstance(answer, dict | str):
        raise Wrong('Give the policy as a dict or as JSON text, for example {"kind": ["paid"]}.')
    try:
        policy = FilterPolicy(answer if isinstance(answer, str) else json.dumps(answer))
    except DeliveryError as error:
        raise Wrong(
            f"SNS refuses this policy: {error.message.removeprefix('FilterPolicy: ')}."
        ) from None
    events = [_event(rng) for seed in SEEDS for rng in [random.Random(seed)] for _ in range(EVENTS)]
    passed = [policy.accepts("", _attributes(event)) for event in events]
    wanted = [_wanted(event) for event in events]
    judged = list(zip(events, passed, wanted, strict=True))
    too_much = [event for event, got, want in judged if got and not want]
    missed = [event for event, got, want in judged if want and not got]
    if too_much:
        raise Wrong(f"{json.dumps(too_much[0])} is delivered. {_broken(too_much)}")
    if missed:
        raise Wrong(_told_missed(missed, sum(wanted)))
    return f"Of {len(events)} events, sales gets the {sum(wanted)} it wants and no other."


def _broken(events: list[dict[str, Any]]) -> str:
    return next(reason for holds, reason in WANTED if not holds(events[0]))


def _told_missed(missed: list[dict[str, Any]], wanted: int) -> str:
    """What the events that sales wants and does not get have in common."""
    shown = json.dumps(missed[0])
    if len(missed) == wanted:
        return f"Sales gets nothing at all, not even {shown}. Try your conditions one by one."
    if all(event["total"] == 100 for event in missed):
        return f"{shown} is held back: its total is 100, and that is enough."
    for name, values in (("kind", KINDS), ("region", REGIONS)):
        lost = {event[name] for event in missed}
        if any(value not in lost for value in values if _may_be_wanted(name, value)):
            return f"{shown} is held back, as is everything with {name} {missed[0][name]}."
    return f"{shown} is held back, and sales wants it."


def _may_be_wanted(name: str, value: str) -> bool:
    sample = {"kind": "paid", "region": "eu-west", "total": 100, name: value}
    return _wanted(sample)


POLICY = {
    "kind": ["placed", "paid"],
    "region": [{"prefix": "eu-"}],
    "total": [{"numeric": [">=", 100]}],
    "test": [{"exists": False}],
}

filter_policy = Exercise(
    "filter-policy",
    judge=judge_policy,
    reference=POLICY,
    alternatives=[
        json.dumps(POLICY),
        POLICY | {"kind": [{"anything-but": ["sent", "returned"]}]},
        POLICY | {"region": ["eu-west", "eu-north"], "kind": [{"prefix": "p"}]},
        POLICY | {"total": [100, {"numeric": [">", 100, "<=", 1_000_000]}]},
    ],
    misconceptions=[
        (POLICY | {"total": [{"numeric": [">", 100]}]}, "and that is enough"),
        (POLICY | {"region": ["eu-"]}, "Sales gets nothing at all"),
        ({name: POLICY[name] for name in ("kind", "region", "total")}, "so it is a test"),
        (POLICY | {"kind": ["paid"]}, "everything with kind placed"),
        (POLICY | {"total": [{"numeric": [">=", "100"]}]}, "must be numeric"),
        (POLICY | {"region": [{"anything-but": ["us-east"]}]}, "Its region is not in Europe"),
    ],
    hints=[
        "All keys of a policy must match; within a key's list, one condition is enough.",
        'Besides texts, a list may hold {"prefix": ...}, {"numeric": [...]}, {"exists": ...}.',
        'Orders that are no test have no attribute test: {"exists": False}.',
    ],
)

# -- where-the-dead-letter-queue-belongs ---------------------------------------------------------

NET = "subscription", "function", "queue", "none"
REPLAY = 7_200.0  # seconds: longer than all retries of the situations


def _fails(event: Any, context: Any) -> None:
    raise ValueError("this order has no address")


def _published(
    pushed: bool = False, outage: dict[str, Any] | None = None, policy: str | None = None
) -> str:
    """Publish to one queue or function, with a net wherever one can hang: which one caught it?"""
    clock, runs = VirtualClock(), []

    def handler(event: Any, context: Any) -> None:
        runs.append(event)
        _fails(event, context)

    receiver: Receiver = QueueReceiver(StandardQueue(clock, "billing"))
    if pushed:
        function = Function(clock, "mail", PlainRuntime(handler))
        receiver = FunctionReceiver(AsyncQueue(function, rng=random.Random(1)))
    topic = Topic(clock, "orders", rng=random.Random(1))
    caught = StandardQueue(clock, "undelivered")
    rules = FilterPolicy(policy) if policy else None
    topic.subscribe(receiver, dead_letter=QueueReceiver(caught), filter_policy=rules)
    if outage:
        topic.faults.outage(receiver.arn, **outage)
    topic.publish("order 13", attributes={"kind": {"Type": "String", "Value": "order"}})
    clock.wait(REPLAY)
    if len(caught):
        return "subscription"
    return "function" if runs else "none"  # the function's net: it was run in vain


def _polled() -> str:
    world = sqs_lambda(_fails, max_receive_count=3)
    topic = Topic(world.clock, "orders", rng=random.Random(1))
    topic.subscribe(QueueReceiver(world.queue))
    topic.publish("order 13")
    world.run()
    return "queue" if world.dead_letter_queue and len(world.dead_letter_queue) else "none"


CLIENT_ERROR = {"days": 1, "kind": "client"}
#: situation -> the net that the message falls into, and a run of the model that tells it
RUNS: dict[str, tuple[str, Callable[[], str]]] = {
    "no permission": ("subscription", partial(_published, outage=CLIENT_ERROR)),
    "queue out of order": ("none", partial(_published, outage={"minutes": 10})),
    "filtered out": ("none", partial(_published, policy='{"kind": ["return"]}')),
    "function deleted": ("subscription", partial(_published, pushed=True, outage=CLIENT_ERROR)),
    "function pushed": ("function", partial(_published, pushed=True)),
    "function polled": ("queue", _polled),
}
#: (situation, wrong answer) -> what to say
REASONS = {
    ("no permission", "queue"): (
        "The order never came into the queue. A redrive policy there moves what was received."
    ),
    ("function deleted", "function"): (
        "There is no function any more, and Lambda never had the event. Who still holds it?"
    ),
    ("function pushed", "subscription"): (
        "SNS counts this order as delivered: Lambda took it, and ran the function in vain later."
    ),
    ("function pushed", "queue"): "This function has no queue before it that you could see.",
    ("function polled", "function"): (
        "The poller waits for the function's answer. A function's own net is for events that "
        "nobody waits for."
    ),
    ("function polled", "subscription"): "The topic is done once the order is in the queue.",
    ("filtered out", "subscription"): "A filter policy that says no is not a failed delivery.",
    ("queue out of order", "subscription"): (
        "Ten minutes are nothing: SNS goes on for 23 days, and delivers."
    ),
}


def _not_there(situation: str, net: str) -> str:
    reason = REASONS.get((situation, net), "Who holds the order when it is given up?")
    return f"{situation}: not {net!r}. {reason}"


where_the_dead_letter_queue_belongs = situations(
    "where-the-dead-letter-queue-belongs",
    {situation: net for situation, (net, _) in RUNS.items()},
    truth=lambda situation: RUNS[situation][1](),
    choices=NET,
    refusal=_not_there,
    praise="In runs of the model each order falls into the net you named.",
    slips=[
        ("no permission", "queue", "never came into the queue"),
        ("function pushed", "subscription", "counts this order as"),
        ("function polled", "function", "waits for the function's"),
        ("filtered out", "subscription", "is not a failed delivery"),
        ("queue out of order", "subscription", "goes on for 23 days"),
        ("function deleted", "function", "There is no function any"),
    ],
    hints=[
        "Follow the order until somebody gives it up. Who had it then?",
        "SNS gives up what it could not deliver. What an endpoint took is no longer its own.",
        "Pushed by a topic: the function's own net. Polled from a queue: the queue's.",
    ],
)
