"""The exercises of notebook 02: FIFO queues and what really blocks."""

from __future__ import annotations

import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from patternlab.clock import VirtualClock
from patternlab.delivery.functions.mapping import MappingConfig
from patternlab.delivery.scenarios import World, sqs_lambda
from patternlab.delivery.sqs.fifo import FifoQueue
from patternlab.exercises import sqs_lambda_dlq
from patternlab.learn.exercises import Exercise
from patternlab.learn.judging import Wrong, on_seeds

SEEDS = (1, 2, 3)

# -- who-waits -----------------------------------------------------------------------------------

LINE = ["a1", "b1", "a2", "c1", "a3", "b2"]
IN_FLIGHT = "a2"


def _delivered() -> list[str]:
    """What one receive of ten gets, as the model's FIFO queue has it."""
    queue = FifoQueue(VirtualClock(), visibility_timeout=30)
    for body in LINE:
        queue.send(body, group=body[0])
    for receipt in queue.receive(10):
        if receipt.message.body != IN_FLIGHT:
            queue.change_visibility(receipt.handle, 0)
    return [receipt.message.body for receipt in queue.receive(10)]


def _by_group(bodies: Iterable[str]) -> list[str]:
    return sorted(bodies, key=lambda body: body[0])  # within a group the order stays


def judge_waiting(answer: Any) -> str:
    """Compare a list of messages with what the queue hands out, group by group."""
    if not isinstance(answer, list | tuple) or not all(isinstance(x, str) for x in answer):
        raise Wrong('Give a list of messages, for example ["a1", "b1"].')
    unknown = [body for body in answer if body not in LINE]
    if unknown:
        raise Wrong(f"There is no message {unknown[0]!r} in this queue.")
    if _by_group(answer) == _by_group(_delivered()):
        return "a1 stands before a2 and may go; a3 stands behind it and waits."
    if IN_FLIGHT in answer:
        raise Wrong("a2 is in flight: nobody else sees it until its visibility timeout ends.")
    if not answer:
        raise Wrong("Other groups go on: they have nothing to do with a2.")
    if "a3" in answer:
        raise Wrong("a3 comes after a2 in the same group, so it may not overtake it.")
    if "a1" not in answer:
        raise Wrong("a1 is visible and comes before a2. A message in flight holds up what follows.")
    raise Wrong("Go through the groups one by one. Within each, who stands behind a2?")


who_waits = Exercise(
    "who-waits",
    judge=judge_waiting,
    reference=["a1", "b1", "b2", "c1"],
    alternatives=[["c1", "b1", "b2", "a1"], ("b1", "b2", "a1", "c1")],
    misconceptions=[
        ([], "Other groups go on"),
        (["b1", "b2", "c1"], "a1 is visible and comes before"),
        (["a1", "a3", "b1", "b2", "c1"], "may not overtake"),
    ],
    hints=[
        "Only group a has anything in flight.",
        "In group a, nothing after a2 is handed out. What about before?",
    ],
)

# -- choose-a-group-key --------------------------------------------------------------------------

Event = dict[str, Any]
STEPS = ("placed", "paid", "sent")
LONGEST_WAIT = 20.0  # seconds, for an order that has nothing to do with the bad one


def _events(seed: int) -> list[Event]:
    """Events of 24 orders, mixed; half of the orders are one reseller's."""
    rng = random.Random(seed)
    orders = [f"o{n}" for n in range(24)]
    customer = {o: "c0" if n % 2 else f"c{1 + n}" for n, o in enumerate(orders)}
    waiting = {order: list(enumerate(STEPS, start=1)) for order in orders}
    events = []
    while waiting:
        order = rng.choice(sorted(waiting))
        n, kind = waiting[order].pop(0)
        events.append({"customer": customer[order], "order": order, "kind": kind, "n": n})
        if not waiting[order]:
            del waiting[order]
    return events


def _shop(key: Callable[[Event], Any], seed: int) -> tuple[World, dict[str, Event], str]:
    """Run the shop with the learner's key; returns the events by body, and the bad order."""
    rng = random.Random(seed)
    events = {f"{e['order']} {e['kind']}": e for e in _events(seed)}
    bad = next(body for body, e in events.items() if e["customer"] == "c0" and e["n"] == 2)

    def handler(event: Any, context: Any) -> None:
        if event["Records"][0]["body"] == bad:
            raise ValueError("bad event")

    world = sqs_lambda(
        handler,
        visibility_timeout=30,
        max_receive_count=3,
        config=MappingConfig(batch_size=1),
        duration=lambda event: rng.uniform(0.2, 2.0),
        fifo=True,
        seed=seed,
    )
    for body, event in events.items():
        world.queue.send(body, group=str(key(dict(event))), dedup_id=body)
        world.clock.wait(0.25)
    world.run()
    return world, events, events[bad]["order"]


def judge_key(key: Any) -> str:
    """Run seeded shops; look at each order's order, and at the waits of all the others."""
    sample = key({"customer": "c1", "order": "o1", "kind": "paid", "n": 2})
    if not isinstance(sample, str) or not 1 <= len(sample) <= 128:
        raise Wrong(f"A message group id is a text of 1 to 128 characters, not {sample!r}.")

    def judge_shop(seed: int) -> None:
        world, events, bad_order = _shop(key, seed)
        _order_kept(world, events, bad_order)
        _nobody_waited(world, events, bad_order)

    on_seeds(SEEDS, judge_shop)
    return "Each order's events were worked on one after the other, and only the bad order waited."


def _order_kept(world: World, events: dict[str, Event], bad_order: str) -> None:
    done = world.history.query("outcome == 'succeeded'").set_index("key")
    starts, ends = done["start"].to_dict(), done["end"].to_dict()
    by_order = defaultdict(list)
    for body, event in events.items():
        if event["order"] != bad_order:
            by_order[event["order"]].append(body)
    for order, bodies in by_order.items():
        for before, after in itertools.pairwise(bodies):
            if starts[after] < ends[before]:
                raise Wrong(
                    f"Order {order}: {after.split()[1]!r} was worked on before "
                    f"{before.split()[1]!r} was done. These two were in different groups."
                )


def _nobody_waited(world: World, events: dict[str, Event], bad_order: str) -> None:
    first = world.history.drop_duplicates("key")
    waits = (first["start"] - first["sent"]).dt.total_seconds()
    others = [(w, k) for w, k in zip(waits, first["key"], strict=True) if w > LONGEST_WAIT]
    strangers = [(w, k) for w, k in others if events[k]["order"] != bad_order]
    if not strangers:
        return
    wait, body = max(strangers)
    if any(events[k]["customer"] != "c0" for _, k in strangers):
        raise Wrong(
            f"A customer who has nothing to do with the bad order waited {wait:.0f} s for it."
        )
    raise Wrong(f"{body!r}, another order of the reseller, waited {wait:.0f} s for the bad one.")


def group_key(event):
    """Keep the events of one order in their order, and no others."""
    return event["order"]


choose_a_group_key = Exercise(
    "choose-a-group-key",
    judge=judge_key,
    reference=group_key,
    alternatives=[lambda event: f"{event['customer']}/{event['order']}"],
    misconceptions=[
        (lambda event: "shop", "A customer who has nothing to do with the bad order"),
        (lambda event: event["customer"], "another order of the reseller"),
        (lambda event: f"{event['order']}-{event['n']}", "These two were in different groups"),
    ],
    hints=[
        "Which events must not overtake each other? They need the same group.",
        "What shares a group for no reason also waits for no reason. Make groups small.",
    ],
)

# -- report-in-order -----------------------------------------------------------------------------

GROUPS, EVENTS_EACH = "abc", 3
FLAKY = {"b1"}  # fails the first time
BAD = {"c3"}  # fails every time

FifoHandler = Callable[[Any, Callable[[str], None]], Any]


class _Store:
    """Saves events, fails when told to, and remembers what was saved when."""

    def __init__(self) -> None:
        self.saved: list[str] = []
        self.tries: Counter[str] = Counter()

    def save(self, body: str) -> None:
        self.tries[body] += 1
        if body in BAD or (body in FLAKY and self.tries[body] == 1):
            raise ValueError(f"{body} cannot be saved now")
        self.saved.append(body)


def _save_everything(handler: FifoHandler, seed: int) -> tuple[_Store, World, set[str]]:
    """Run it; the last item is what was saved after the first batches, before any retry."""
    store = _Store()
    world = sqs_lambda(
        lambda event, context: handler(event, store.save),
        visibility_timeout=30,
        max_receive_count=4,
        config=MappingConfig(batch_size=10, report_batch_item_failures=True),
        fifo=True,
        seed=seed,
    )
    turns = [group for group in GROUPS for _ in range(EVENTS_EACH)]
    random.Random(seed).shuffle(turns)
    numbers: Counter[str] = Counter()
    for group in turns:
        numbers[group] += 1
        body = f"{group}{numbers[group]}"
        world.queue.send(body, group=group, dedup_id=body)
    world.clock.wait(10)
    early = set(store.saved)
    world.run()
    return store, world, early


def judge_fifo_handler(handler: Any) -> str:
    """Run the handler on seeded batches of several groups; look at order, doubles and waits."""
    on_seeds(SEEDS, lambda seed: _look_at(*_save_everything(handler, seed)))
    return "Order was kept, nothing was lost or saved twice, and the other groups went on."


def _look_at(store: _Store, world: World, early: set[str]) -> None:
    saved, times = store.saved, Counter(store.saved)
    dead = world.dead_letters()
    everything = {f"{g}{n}" for g in GROUPS for n in range(1, EVENTS_EACH + 1)}
    twice = sorted(body for body, n in times.items() if n > 1)
    if not saved:
        raise Wrong("Nothing was saved at all. Call save(record['body']) for each record.")
    if twice:
        raise Wrong(f"{twice[0]} was saved {times[twice[0]]} times: the batch failed as a whole.")
    for group in GROUPS:
        order = [body for body in saved if body[0] == group]
        if order != sorted(order):
            raise Wrong(f"Group {group} was saved in the order {', '.join(order)}.")
    gone = sorted(everything - set(saved) - dead)
    if gone:
        raise Wrong(f"{gone[0]} is gone: it was neither saved nor reported, so it was deleted.")
    held_up = sorted(f"a{n}" for n in range(1, EVENTS_EACH + 1) if f"a{n}" not in early)
    if held_up:
        raise Wrong(f"{held_up[0]} waited for another group's failure: group a had none.")


def handler(event, save):
    """Save what can be saved; report what failed and all that follows it in its group."""
    failed, stopped = [], set()
    for record in event["Records"]:
        group = record["attributes"]["MessageGroupId"]
        try:
            if group in stopped:
                raise ValueError("behind a failure")
            save(record["body"])
        except ValueError:
            stopped.add(group)
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _stop_everything(event, save):
    for n, record in enumerate(event["Records"]):
        try:
            save(record["body"])
        except ValueError:
            rest = event["Records"][n:]
            return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in rest]}
    return {"batchItemFailures": []}


def _group_by_group(event, save):
    groups = defaultdict(list)
    for record in event["Records"]:
        groups[record["attributes"]["MessageGroupId"]].append(record)
    failed = []
    for records in groups.values():
        failed += _stop_everything({"Records": records}, save)["batchItemFailures"]
    return {"batchItemFailures": failed}


report_in_order = Exercise(
    "report-in-order",
    judge=judge_fifo_handler,
    reference=handler,
    alternatives=[_group_by_group],
    misconceptions=[
        (sqs_lambda_dlq.fail_the_batch, "the batch failed as a whole"),
        (sqs_lambda_dlq.handler, "was saved in the order"),
        (_stop_everything, "group a had none"),
    ],
    hints=[
        'The group is in record["attributes"]["MessageGroupId"].',
        "After a failure, what must happen to the later events of that group?",
        "Remember the groups that have failed; report their later events without saving them.",
    ],
)
