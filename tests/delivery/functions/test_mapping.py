"""Event source mappings on SQS, fact by fact, in the pure model (events-23 to events-38)."""

import random

import pytest

from patternlab.clock import VirtualClock
from patternlab.delivery import (
    Account,
    EventSourceMapping,
    FifoQueue,
    Function,
    Knobs,
    MappingConfig,
    PlainRuntime,
    RedrivePolicy,
    StandardQueue,
)
from patternlab.delivery.events.patterns import parse_body_pattern
from tests.delivery.shared import refused

SOON = Knobs(mapping_delay=0.0)
INVALID = "InvalidParameterValueException"


class World:
    """A queue, a function that notes its events, and a mapping between them."""

    def __init__(
        self, answer=None, *, fifo=False, vt=30, timeout=30, duration=0.0, knobs=SOON, **config
    ):
        self.clock = VirtualClock()
        self.calls = []  # (when, event)
        self.answer = answer or (lambda event: None)
        shared = {"knobs": knobs, "rng": random.Random(1), "visibility_timeout": vt}
        kind = FifoQueue if fifo else StandardQueue
        self.queue = kind(self.clock, "orders.fifo" if fifo else "orders", **shared)
        runtime = PlainRuntime(self._handle, duration)
        self.function = Function(self.clock, "orders", runtime, timeout=timeout)
        self.rows = []  # one dictionary an attempt
        self.mapping = EventSourceMapping(
            self.queue,
            self.function,
            MappingConfig(**config),
            on_attempt=lambda row: self.rows.append(row._asdict()),
        )

    def _handle(self, event, context):
        self.calls.append((self.clock.elapsed, event))
        return self.answer(event)

    def send(self, *bodies, **kwargs):
        return [self.queue.send(body, **kwargs) for body in bodies]

    def sizes(self):
        return [len(event["Records"]) for _, event in self.calls]

    def bodies(self):
        return [[record["body"] for record in event["Records"]] for _, event in self.calls]

    def left(self):
        self.queue.settle()
        return sorted(message.body for message in self.queue.messages.values())


def fail(event):
    raise ValueError("no")


# -- events-23: batches --------------------------------------------------------------------------


def test_events_23_the_default_batch_holds_up_to_10():
    world = World()
    world.send(*"abcdefghijklmnopqrstuvwxy")
    world.clock.wait(1)
    assert world.sizes() == [10, 10, 5]


@pytest.mark.parametrize(
    ("fifo", "settings", "values"),
    [
        (False, {"batch_size": 0}, ["BatchSize"]),
        (False, {"batch_size": 10_001, "batching_window": 1}, ["BatchSize", 10_000]),
        (False, {"batch_size": 11}, [10]),
        (False, {"batching_window": 301}, [300]),
        (True, {"batch_size": 11, "batching_window": 1}, ["BatchSize", 10]),
        (True, {"batching_window": 1}, ["FIFO"]),
    ],
)
def test_events_23_an_impossible_batch_is_refused(fifo, settings, values):
    with refused(INVALID, *values):
        World(fifo=fifo, **settings)


def test_events_23_a_large_batch_is_sent_when_it_is_full():
    world = World(batch_size=25, batching_window=60)
    world.clock.wait(1)
    world.send(*map(str, range(60)))
    world.clock.wait(1)
    assert world.sizes() == [25, 25]


def test_events_23_a_batch_is_sent_when_its_window_ends():
    world = World(batch_size=100, batching_window=20, timeout=5)
    world.clock.wait(10)
    world.send("a")
    world.clock.wait(15)
    world.send("b")
    world.clock.wait(60)
    assert [(when, len(event["Records"])) for when, event in world.calls] == [(30, 2)]


@pytest.mark.parametrize("config", [{}, {"batch_size": 100, "batching_window": 1}])
def test_events_23_a_batch_is_sent_before_it_exceeds_6_mb(config):
    world = World(**config)
    world.send(*(["é" * (512 * 1024)] * 10))  # 1 MiB each: bytes count, not characters
    world.clock.wait(2)
    assert world.sizes() == [5, 5]


def test_events_23_an_idle_poller_may_look_late():
    world = World(knobs=Knobs(mapping_delay=0.0, idle_poll=20.0))
    world.clock.wait(1)
    world.send("a")
    world.clock.wait(21)
    [(when, _)] = world.calls
    assert 1 < when <= 21


# -- events-24 to events-27: concurrency ---------------------------------------------------------


def concurrency(world, seconds):
    """How many batches are at work, one number a second."""
    seen = []
    for _ in range(seconds):
        world.clock.wait(1)
        seen.append(world.mapping.active)
    return seen


def slow(count, **kwargs):
    world = World(vt=43_200, timeout=900, duration=900, batch_size=1, **kwargs)
    world.send(*map(str, range(count)))
    return world


def test_events_24_it_starts_with_5_batches_and_grows_by_300_a_minute():
    world = slow(2_000)
    seen = concurrency(world, 61)
    assert 5 <= seen[0] <= 10
    assert seen[60] - seen[0] == pytest.approx(300, abs=10)


def test_events_24_it_ends_at_1250():
    world = slow(2_000)
    world.function.account = Account(10_000)
    assert concurrency(world, 300)[-1] == 1_250


def test_events_24_it_does_not_grow_while_nothing_waits():
    world = slow(5)
    world.clock.wait(300)
    assert world.mapping.active == 5
    world.send(*map(str, range(100)))  # it counts from here
    world.clock.wait(10)
    assert world.mapping.active == pytest.approx(5 + 10 * 5, abs=5)


def test_events_24_an_idle_mapping_may_keep_2():
    world = slow(0, knobs=Knobs(mapping_delay=0.0, idle_batches=2))
    world.clock.wait(60)
    world.send(*"abcdef")
    world.clock.wait(0.5)
    assert world.mapping.active == 2


def test_events_25_maximum_concurrency_is_kept():
    world = slow(1_000, maximum_concurrency=12)
    assert max(concurrency(world, 120)) == 12


@pytest.mark.parametrize("number", [1, 1_001])
def test_events_25_maximum_concurrency_is_2_to_1000(number):
    with refused(INVALID, "MaximumConcurrency", 2, 1000):
        World(maximum_concurrency=number)


def test_events_26_provisioned_pollers_carry_10_invocations_each():
    world = slow(4_000, minimum_pollers=3, maximum_pollers=20)
    seen = concurrency(world, 30)
    assert 30 <= seen[0] <= 30 + 17
    assert seen[-1] == 200


def test_events_26_provisioned_mode_grows_by_1000_a_minute():
    world = slow(4_000, minimum_pollers=2)
    world.function.account = Account(10_000)
    seen = concurrency(world, 61)
    assert seen[60] - seen[0] == pytest.approx(1_000, abs=20)


@pytest.mark.parametrize(
    ("settings", "values"),
    [
        ({"minimum_pollers": 1}, ["MinimumPollers", 200]),
        ({"maximum_pollers": 10_001}, ["MaximumPollers", 10000]),
        ({"minimum_pollers": 9, "maximum_pollers": 8}, ["MinimumPollers", "MaximumPollers"]),
        ({"minimum_pollers": 2, "maximum_concurrency": 5}, ["MaximumConcurrency"]),
    ],
)
def test_events_26_impossible_pollers_are_refused(settings, values):
    with refused(INVALID, *values):
        World(**settings)


def test_events_27_fifo_concurrency_is_the_number_of_groups():
    world = World(fifo=True, duration=5, batch_size=1)
    for body in range(12):
        world.send(str(body), group=f"g{body % 3}")
    world.clock.wait(1)
    assert world.mapping.active == 3


def test_events_27_a_fifo_batch_may_hold_several_groups():
    world = World(fifo=True)
    world.send("a1", group="a")
    world.send("b1", group="b")
    world.clock.wait(1)
    assert world.bodies() == [["a1", "b1"]]


# -- events-28: the visibility timeout -----------------------------------------------------------


def test_events_28_a_long_window_lengthens_the_visibility_timeout():
    world = World(fail, vt=30, timeout=20, batch_size=100, batching_window=20)
    world.clock.wait(0)
    world.send("a")
    world.clock.wait(20 + 20 + 30 - 1)
    assert len(world.calls) == 1
    world.clock.wait(1 + 20)  # visible again after 70 s, then another window
    assert [when for when, _ in world.calls] == [20, 90]


# -- events-29 to events-31: what becomes of a batch ---------------------------------------------


def test_events_29_a_failed_batch_comes_back_when_its_visibility_timeout_ends():
    world = World(fail, vt=45, duration=2)
    world.send("poison", "good")
    world.clock.wait(100)
    assert [when for when, _ in world.calls] == [2, 47, 92]
    counts = [
        {record["attributes"]["ApproximateReceiveCount"] for record in event["Records"]}
        for _, event in world.calls
    ]
    assert counts == [{"1"}, {"2"}, {"3"}]


def test_events_29_a_batch_that_timed_out_comes_back_too():
    world = World(vt=45, timeout=10, duration=11)
    world.send("slow")
    world.clock.wait(60)
    assert [(row["outcome"], row["error_type"]) for row in world.rows] == [
        ("timed out", "Sandbox.Timedout")
    ] * 2


def test_events_29_the_mapping_may_back_off():
    world = World(fail, knobs=Knobs(mapping_delay=0.0, error_backoff=0.5), batch_size=1)
    world.send("a")
    world.clock.wait(0)
    assert world.mapping.limit == 2.5


def test_events_30_a_throttled_batch_is_held_and_then_counts():
    world = World(vt=30)
    dlq = StandardQueue(world.clock, "dlq", knobs=SOON)
    world.queue.redrive = RedrivePolicy(dlq, 3)
    world.function.reserve(0)
    [message] = world.send("a")
    world.clock.wait(29)
    assert (message.receive_count, world.mapping.active) == (1, 1)
    world.clock.wait(61)
    assert world.calls == []
    assert [m.receive_count for m in dlq.messages.values()] == [3]


def test_events_30_it_is_invoked_as_soon_as_there_is_room():
    world = World(vt=30)
    world.function.reserve(0)
    world.send("a")
    world.clock.wait(10)
    world.function.reserve(1)
    world.clock.wait(2)
    [(when, event)] = world.calls
    assert 10 <= when <= 11
    assert event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1"


def test_events_31_a_batch_that_succeeded_is_deleted():
    world = World()
    world.send(*"abc")
    world.clock.wait(100)
    assert (world.left(), len(world.calls)) == ([], 1)


def test_events_31_a_delete_that_is_lost_makes_a_duplicate():
    world = World(knobs=Knobs(mapping_delay=0.0, duplicates=1.0))
    world.send("a")
    world.clock.wait(30)
    assert world.bodies() == [["a"], ["a"]]


def test_events_31_a_fifo_delete_that_comes_too_late_brings_the_message_back():
    world = World(fifo=True, vt=30, timeout=30, duration=30)
    world.send("a", group="g")
    world.clock.wait(61)
    assert [row["outcome"] for row in world.rows] == ["succeeded", "succeeded"]
    assert len(world.calls) == 2


# -- events-32 to events-34: partial batch responses ---------------------------------------------


def answered(response):
    """What is left in the queue after one batch of a, b and c, answered with `response`."""
    world = World(report_batch_item_failures=True)
    sent = {m.body: m.id for m in world.send(*"abc")}
    world.answer = lambda event: response(sent) if callable(response) else response
    world.clock.wait(1)
    return world.left()


@pytest.mark.parametrize(
    "response", [{"batchItemFailures": []}, {"batchItemFailures": None}, {}, None, ""]
)
def test_events_32_an_empty_report_is_success(response):
    assert answered(response) == []


@pytest.mark.parametrize(
    "response",
    [
        "not an object",
        ["a"],
        {"batchItemFailures": [{"wrongKey": "a"}]},
        *({"batchItemFailures": [{"itemIdentifier": name}]} for name in ("", None, "unknown")),
        {"batchItemFailures": ["a"]},
        {"batchItemFailures": "a"},
    ],
)
def test_events_33_a_malformed_report_fails_the_whole_batch(response):
    assert answered(response) == ["a", "b", "c"]


def report(*names):
    return {"batchItemFailures": [{"itemIdentifier": name} for name in names]}


@pytest.mark.parametrize("response", [lambda ids: report(ids["a"], "unknown"), fail])
def test_events_33_an_unknown_id_or_an_exception_fails_the_whole_batch(response):
    assert answered(response) == ["a", "b", "c"]


def test_events_34_only_the_listed_come_back():
    assert answered(lambda ids: report(ids["b"])) == ["b"]


def test_events_34_they_come_back_after_the_visibility_timeout_and_count_together():
    world = World(report_batch_item_failures=True, vt=30)

    def first_two_fail(event):
        return report(*(r["messageId"] for r in event["Records"] if r["body"] in "ab"))

    world.answer = first_two_fail
    world.send(*"abc")
    world.clock.wait(30)
    assert world.bodies() == [["a", "b", "c"], ["a", "b"]]
    assert [(row["key"], row["receive_count"], row["outcome"]) for row in world.rows][3:] == [
        ("a", 2, "failed"),
        ("b", 2, "failed"),
    ]


def test_events_34_fifo_stops_at_the_first_failure_when_the_function_lists_the_rest():
    world = World(fifo=True, report_batch_item_failures=True, vt=30)

    def stop_at_b(event):
        ids = [r["messageId"] for r in event["Records"]]
        bodies = [r["body"] for r in event["Records"]]
        return report(*(ids[bodies.index("b") :] if len(world.calls) == 1 else []))

    world.answer = stop_at_b
    world.send(*"abc", group="g")
    world.clock.wait(31)
    assert world.bodies() == [["a", "b", "c"], ["b", "c"]]
    assert world.left() == []


def test_events_34_without_the_setting_the_report_means_nothing():
    world = World(lambda event: report("unknown"))
    world.send(*"abc")
    world.clock.wait(1)
    assert world.left() == []


# -- events-35 and events-36 ---------------------------------------------------------------------


def test_events_35_what_does_not_match_is_deleted():
    world = World(patterns=[parse_body_pattern('{"body": {"kind": ["order"]}}')])
    world.send('{"kind": "order"}', '{"kind": "refund"}', "plain text")
    world.clock.wait(1)
    assert world.bodies() == [['{"kind": "order"}']]
    assert world.left() == []


def test_events_35_patterns_are_ored_and_at_most_5():
    one, two = (parse_body_pattern(f'{{"body": {{"n": [{n}]}}}}') for n in (1, 2))
    world = World(patterns=[one, two])
    world.send('{"n": 1}', '{"n": 2}', '{"n": 3}')
    world.clock.wait(1)
    assert world.bodies() == [['{"n": 1}', '{"n": 2}']]
    with refused(INVALID, 5):
        World(patterns=[one] * 6)


def test_events_36_the_dead_letter_queue_is_the_one_of_the_source_queue():
    world = World(fail, vt=30)
    dlq = StandardQueue(world.clock, "dlq", knobs=SOON)
    world.queue.redrive = RedrivePolicy(dlq, 2)
    world.send("a")
    world.clock.wait(59)
    assert len(dlq) == 0
    world.clock.wait(1)  # the third receive would be one too many
    assert [(m.body, m.source_arn) for m in dlq.messages.values()] == [("a", world.queue.arn)]
    assert len(world.calls) == 2


# -- events-37: the record -----------------------------------------------------------------------


def test_events_37_a_record_has_all_its_fields():
    world = World()
    world.clock.wait(2)
    attributes = {
        "n": {"DataType": "Number", "StringValue": "7"},
        "b": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    [message] = world.send("hello", attributes=attributes, system={"AWSTraceHeader": "Root=1"})
    world.clock.wait(1)
    [record] = world.calls[0][1]["Records"]
    sent = str(round(world.clock.epoch + 2) * 1000)
    assert record == {
        "messageId": message.id,
        "receiptHandle": message.handle,
        "body": "hello",
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": sent,
            "SenderId": record["attributes"]["SenderId"],
            "ApproximateFirstReceiveTimestamp": sent,
            "AWSTraceHeader": "Root=1",
        },
        "messageAttributes": {
            "n": {
                "stringValue": "7",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "Number",
            },
            "b": {
                "binaryValue": "AP8=",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "Binary",
            },
        },
        "md5OfBody": "5d41402abc4b2a76b9719d911017c592",
        "eventSource": "aws:sqs",
        "eventSourceARN": world.queue.arn,
        "awsRegion": "us-east-1",
    }


def test_events_37_a_fifo_record_names_group_sequence_and_deduplication_id():
    world = World(fifo=True)
    [message] = world.send("hello", group="g", dedup_id="d")
    world.clock.wait(1)
    attributes = world.calls[0][1]["Records"][0]["attributes"]
    assert attributes["MessageGroupId"] == "g"
    assert attributes["MessageDeduplicationId"] == "d"
    assert attributes["SequenceNumber"] == str(message.sequence)
    assert len(attributes["SequenceNumber"]) == 20


# -- events-38: states ---------------------------------------------------------------------------


def test_events_38_a_new_mapping_polls_only_when_it_is_enabled():
    world = World(knobs=Knobs(mapping_delay=5.0))
    world.send("a")
    assert world.mapping.state == "Creating"
    world.clock.wait(4)
    assert (world.mapping.state, world.calls) == ("Creating", [])
    world.clock.wait(1)
    assert (world.mapping.state, len(world.calls)) == ("Enabled", 1)


def test_events_38_a_disabled_mapping_finishes_what_it_has_and_takes_no_more():
    world = World(knobs=Knobs(mapping_delay=5.0), duration=3)
    world.clock.wait(5)
    world.send("a")
    world.clock.wait(1)
    world.mapping.disable()
    assert world.mapping.state == "Disabling"
    world.send("b")
    world.clock.wait(10)
    assert (world.mapping.state, world.bodies(), world.left()) == ("Disabled", [["a"]], ["b"])
    world.mapping.enable()
    assert world.mapping.state == "Enabling"
    world.clock.wait(8)
    assert (world.mapping.state, world.bodies()) == ("Enabled", [["a"], ["b"]])


def test_events_38_an_update_keeps_polling_and_takes_effect():
    world = World(knobs=Knobs(mapping_delay=5.0))
    world.clock.wait(5)
    world.mapping.update(MappingConfig(batch_size=2))
    assert world.mapping.state == "Updating"
    world.send(*"abc")
    world.clock.wait(5)
    assert (world.mapping.state, world.sizes()) == ("Enabled", [2, 1])


def test_events_38_an_update_of_a_disabled_mapping_leaves_it_disabled_unless_told_otherwise():
    world = World(knobs=Knobs(mapping_delay=5.0))
    world.mapping.disable()
    world.clock.wait(5)
    world.mapping.update(MappingConfig(batch_size=2))
    world.send("a")
    world.clock.wait(5)
    assert (world.mapping.state, world.calls) == ("Disabled", [])
    world.mapping.update(MappingConfig(batch_size=2), enabled=True)
    world.clock.wait(5)
    assert (world.mapping.state, len(world.calls)) == ("Enabled", 1)


def test_events_38_only_the_last_change_counts():
    world = World(knobs=Knobs(mapping_delay=5.0))
    world.clock.wait(5)
    world.mapping.disable()
    world.clock.wait(2)
    world.mapping.enable()
    world.clock.wait(2)
    world.mapping.disable()
    world.clock.wait(3)  # the second wish's moment: it was overtaken
    assert world.mapping.state == "Disabling"
    world.clock.wait(2)
    assert world.mapping.state == "Disabled"


def test_events_38_a_deleted_mapping_takes_no_more_messages():
    world = World()
    world.clock.wait(1)
    world.mapping.delete()
    world.send("a")
    world.clock.wait(100)
    assert (world.mapping.state, world.calls) == ("Deleting", [])


# -- events-49: the account ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reserved", "called", "throttled"),
    [
        (None, "aabb", [False, False, False, True]),  # they share the three
        (2, "bbaaa", [False, True, False, False, True]),  # two are a's alone
    ],
)
def test_events_49_functions_share_the_accounts_concurrency_except_what_is_reserved(
    reserved, called, throttled
):
    clock, account = VirtualClock(), Account(3)
    runtime = PlainRuntime(lambda event, context: None, 10)
    functions = {name: Function(clock, name, runtime, timeout=60, account=account) for name in "ab"}
    functions["a"].reserve(reserved)
    runs = [clock.env.process(functions[name].invoke({})) for name in called]
    clock.wait(20)
    assert [run.value is None for run in runs] == throttled
