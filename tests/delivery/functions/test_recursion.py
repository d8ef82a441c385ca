"""Recursive loop detection in the pure model (events-39)."""

import re

import pytest

from patternlab.clock import VirtualClock
from patternlab.delivery import (
    AsyncConfig,
    AsyncQueue,
    EventSourceMapping,
    FifoQueue,
    Function,
    FunctionReceiver,
    Knobs,
    MappingConfig,
    PlainRuntime,
    QueueReceiver,
    RedrivePolicy,
    StandardQueue,
    Topic,
)
from patternlab.delivery.functions.async_records import RECURSION, dead_letter_attributes
from patternlab.delivery.functions.recursion import LIMIT, WORDS, invocations, next_header, stopped

A, B = (f"arn:aws:lambda:us-east-1:123456789012:function:{name}" for name in "ab")


def chain(length, arn=A):
    """The header after so many invocations of `arn`, None after none."""
    header = None
    for n in range(length):
        header = next_header([header], arn, f"request {n}", 0.0)
    return header


class World:
    """Function a, which notes what it runs and sends every message back to its queue."""

    def __init__(self, **config):
        self.clock, self.runs, self.dropped = VirtualClock(), [], []
        self.function = Function(self.clock, "a", self._run, timeout=5)
        self.function.on_loop = lambda: self.dropped.append(self.clock.elapsed)
        self.knobs, self.loops = Knobs(mapping_delay=0.0), True
        self.queue = StandardQueue(self.clock, "q", knobs=self.knobs, visibility_timeout=10)
        self.mapping = EventSourceMapping(self.queue, self.function, MappingConfig(**config))

    def _run(self, function, event, request_id):
        """A runtime: the code's SDK knows the header of the invocation."""
        bodies = [record["body"] for record in event.get("Records", []) if "body" in record]
        self.runs.append(bodies)
        header = next_header(function.traces[request_id], function.arn, request_id, 0.0)
        yield function.env.timeout(0.1)
        for body in bodies if self.loops else []:
            self.send(body, header)

    def send(self, body, header=None):
        return self.queue.send(body, system={"AWSTraceHeader": header} if header else None)


# -- the header ----------------------------------------------------------------------------------


def test_events_39_the_header_counts_the_invocations_of_each_function():
    header = next_header([chain(3)], B, "r", 0.0)
    assert (invocations(header, A), invocations(header, B)) == (3, 1)
    assert invocations(None, A) == 0


def test_events_39_the_header_has_the_form_of_x_ray():
    header = next_header([None], A, "r", 1_767_603_600.0)
    pattern = r"Root=1-695b7d90-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=[0-9a-f]{8}:1"
    assert re.fullmatch(pattern, header)


def test_events_39_a_chain_keeps_its_root():
    first, fifth = chain(1), chain(5)
    assert first.split(";")[0] == fifth.split(";")[0]


def test_events_39_a_batch_goes_on_with_its_longest_chain():
    assert invocations(next_header([chain(2), None, chain(7), chain(1)], A, "r", 0.0), A) == 8


@pytest.mark.parametrize(("length", "over"), [(0, False), (15, False), (16, True), (17, True)])
def test_events_39_sixteen_invocations_are_the_most(length, over):
    assert LIMIT == 16
    assert stopped(chain(length), A) is over


@pytest.mark.parametrize(
    "header", ["", "Root=1", "Lineage=", "Lineage=a:b|:7|x", "Lineage", ";;=;"]
)
def test_events_39_a_header_without_counts_is_the_beginning_of_a_chain(header):
    assert invocations(header, A) == 0
    assert invocations(next_header([header], A, "r", 0.0), A) == 1


# -- event source mappings -----------------------------------------------------------------------


@pytest.mark.parametrize("config", [{}, {"batch_size": 20, "batching_window": 1}])
def test_events_39_a_loop_over_a_queue_is_stopped_after_16_invocations(config):
    world = World(**config)
    world.send("again")
    world.clock.wait(600)
    assert world.runs == [["again"]] * 16


def test_events_39_the_stopped_message_stays_in_the_queue_and_comes_back_in_vain():
    world = World()
    message = world.send("again", chain(16))
    world.clock.wait(95)
    assert (world.runs, len(world.queue.messages)) == ([], 1)
    assert world.dropped == [10.0 * n for n in range(10)]
    assert message.receive_count == 10


def test_events_39_the_stopped_message_goes_to_the_dead_letter_queue_of_its_queue():
    world = World()
    dead = StandardQueue(world.clock, "dead")
    world.queue.redrive = RedrivePolicy(dead, 3)
    world.send("again", chain(16))
    world.clock.wait(100)
    assert [receipt.message.body for receipt in dead.receive(10)] == ["again"]
    assert len(world.dropped) == 3


def test_events_39_a_batch_runs_without_the_messages_that_are_stopped():
    world = World()
    world.loops = False
    world.send("over", chain(16))
    world.send("new")
    world.send("last", chain(15))
    world.clock.wait(60)
    assert [sorted(bodies) for bodies in world.runs] == [["last", "new"]]


def test_events_39_nothing_overtakes_a_stopped_message_of_its_group():
    clock, runs = VirtualClock(), []
    queue = FifoQueue(clock, "q.fifo", knobs=Knobs(mapping_delay=0.0))

    def note(event, context):
        runs.append([record["body"] for record in event["Records"]])

    EventSourceMapping(queue, Function(clock, "a", PlainRuntime(note)))
    for body, group, length in [("1", "g", 16), ("2", "g", 0), ("3", "h", 0)]:
        system = {"AWSTraceHeader": chain(length)} if length else None
        queue.send(body, group=group, dedup_id=body, system=system)
    clock.wait(100)
    assert runs == [["3"]]


def test_events_39_the_counts_are_kept_apart_by_function():
    world = World()
    world.loops = False
    world.send("from b", chain(16, B))
    world.clock.wait(60)
    assert world.runs == [["from b"]]


def test_events_39_with_allow_the_loop_goes_on():
    world = World()
    world.function.stops_loops = False
    world.send("again")
    world.clock.wait(9.95)
    assert len(world.runs) == 100
    assert world.dropped == []


# -- asynchronous invocation ---------------------------------------------------------------------


def test_events_39_an_asynchronous_event_that_is_stopped_goes_where_failures_go():
    world = World()
    dead, told = (StandardQueue(world.clock, name) for name in ("dead", "told"))
    config = AsyncConfig(dead_letter=QueueReceiver(dead), on_failure=QueueReceiver(told))
    event = AsyncQueue(world.function, config).put({"n": 1}, trace=chain(16))
    world.clock.wait(1)
    assert (event.condition, event.attempts, world.runs) == (RECURSION, 0, [])
    [letter], [record] = dead.receive(10), told.receive(10)
    assert letter.message.body == '{"n":1}'
    assert letter.message.attributes == dead_letter_attributes(event.request_id, None, 400)
    assert letter.message.attributes["ErrorMessage"]["StringValue"] == WORDS
    assert f'"condition":"{RECURSION}"' in record.message.body
    assert world.dropped == [0.0]


def test_events_39_without_a_destination_the_stopped_event_is_dropped():
    world = World()
    event = AsyncQueue(world.function).put({"n": 1}, trace=chain(16))
    world.clock.wait(3600)
    assert (event.condition, world.runs) == (RECURSION, [])


def test_events_39_the_sixteenth_event_still_runs():
    world = World()
    event = AsyncQueue(world.function).put({"n": 1}, trace=chain(15))
    world.clock.wait(1)
    assert (event.attempts, len(world.runs)) == (1, 1)


def test_events_39_a_topic_hands_the_chain_on_to_queues_and_functions():
    world = World()
    world.loops = False
    topic, other = Topic(world.clock, "t"), StandardQueue(world.clock, "other")
    topic.subscribe(QueueReceiver(other))
    topic.subscribe(FunctionReceiver(AsyncQueue(world.function)))
    topic.publish("x", trace=chain(15))
    topic.publish("y", trace=chain(16))
    topic.publish("z")
    world.clock.wait(60)
    assert (len(world.runs), len(world.dropped)) == (2, 1)
    traces = [r.message.system.get("AWSTraceHeader") for r in other.receive(10)]
    assert sorted(traces, key=str) == sorted([chain(15), chain(16), None], key=str)
