"""Message move tasks (events-8)."""

import base64
import json

import pytest

from patternlab.delivery import Knobs, MoveTasks
from patternlab.delivery.sqs import move
from tests.delivery.shared import bodies, refused


class World:
    """A source queue, its dead-letter queue with dead letters, another queue, and the tasks."""

    def __init__(self, clock, make, dead=10, **knobs):
        self.clock = clock
        self.source = make("orders", max_receive_count=1, visibility_timeout=1)
        self.dlq = self.source.redrive.dead_letter_queue
        self.other = make("other")
        self.queues = {queue.arn: queue for queue in (self.source, self.dlq, self.other)}
        self.tasks = MoveTasks(clock, self.queues, Knobs(**knobs))
        self.sent = [self.source.send(str(i), group="g") for i in range(dead)]
        for _ in range(dead):
            self.source.receive(10)
        clock.wait(1)
        for _ in range(dead + 1):
            self.source.receive(10)
        assert (len(self.source), len(self.dlq)) == (0, dead)

    def start(self, destination=None, **options):
        arn = destination.arn if destination is not None else None
        return self.tasks.start(self.dlq.arn, arn, **options)

    @property
    def task(self):
        return self.tasks.list(self.dlq.arn)[0]


@pytest.fixture(params=["standard", "fifo"])
def world(request, clock):
    """A world of standard queues, then of FIFO queues."""
    return World(clock, request.getfixturevalue(request.param))


# -- moving --------------------------------------------------------------------------------------


def test_events_8_messages_go_back_to_where_they_came_from(clock, world):
    """Without a destination: to their original source queues."""
    world.start()
    clock.wait(1)
    assert world.task.status == "COMPLETED"
    assert (len(world.source), len(world.dlq)) == (10, 0)
    assert bodies(world.source.receive(10)) == [str(i) for i in range(10)]


def test_events_8_messages_can_go_to_another_queue(clock, world):
    """DestinationArn."""
    world.start(world.other)
    clock.wait(1)
    assert (len(world.source), len(world.dlq), len(world.other)) == (0, 0, 10)


def test_events_8_each_source_gets_its_own_messages(clock, standard):
    """Recorded: a DLQ of two queues; each message returns to its own."""
    world = World(clock, standard, dead=2)
    second = standard("second", redrive=world.source.redrive)
    world.queues[second.arn] = second
    second.send("of the second")
    second.receive(visibility_timeout=0)
    second.receive()
    world.start()
    clock.wait(1)
    assert world.task.moved == 3
    assert bodies(second.receive(10)) == ["of the second"]
    assert bodies(world.source.receive(10)) == ["0", "1"]


def test_events_8_moved_messages_are_new_ones(clock, world):
    """New messageId and enqueue time; received no times; body, attributes and group kept."""
    clock.wait(1000)
    world.start()
    clock.wait(1)
    received = world.source.receive(10)
    assert {r.message.id for r in received}.isdisjoint(m.id for m in world.sent)
    assert all(1001 <= r.message.sent == r.message.enqueued < 1002 for r in received)
    assert {r.receive_count for r in received} == {1}
    assert {r.message.group for r in received} == {"g"}
    assert {r.message.source_arn for r in received} == {None}


def test_events_8_deduplication_does_not_swallow_a_moved_message(clock, fifo):
    """The original's deduplication id is still remembered when it comes back."""
    source = fifo("orders", max_receive_count=1, content_deduplication=True)
    dlq = source.redrive.dead_letter_queue
    source.send("a", group="g")
    source.receive(visibility_timeout=0)
    source.receive()
    tasks = MoveTasks(clock, {source.arn: source, dlq.arn: dlq})
    tasks.start(dlq.arn)
    clock.wait(1)
    assert bodies(source.receive()) == ["a"]


def test_events_8_messages_in_flight_in_the_dlq_stay(clock, world):
    """The task moves what is visible."""
    world.dlq.receive(visibility_timeout=600)
    world.start()
    clock.wait(1)
    left = 1 if not world.dlq.fifo else 10  # on FIFO the rest of the group waits behind it
    assert world.task.status == "COMPLETED"
    assert len(world.dlq) == left


# -- rate, states and counts ---------------------------------------------------------------------


def test_events_8_the_rate_can_be_set(clock, world):
    """Recorded: four messages at one a second take at least three seconds."""
    world.start(rate=1)
    clock.wait(0)
    assert world.task.moved == 1
    clock.wait(8.9)
    assert (world.task.moved, world.task.status) == (9, "RUNNING")
    clock.wait(0.1)
    assert (world.task.moved, world.task.status) == (10, "RUNNING")
    clock.wait(1)
    assert world.task.status == "COMPLETED"


def test_events_8_500_messages_a_second_at_most(clock, standard):
    """<= 500 msg/s, also without a rate (where AWS chooses)."""
    world = World(clock, standard, dead=1001)
    world.start()
    clock.wait(0.999)
    assert world.task.moved == 500
    clock.wait(1.001)
    assert world.task.moved == 1001


@pytest.mark.parametrize("rate", [0, -1, 501])
def test_events_8_a_rate_outside_1_to_500_is_refused(world, rate):
    """MaxNumberOfMessagesPerSecond."""
    with refused("InvalidParameterValue", rate, 500):
        world.start(rate=rate)


def test_events_8_what_is_shown_of_a_task(clock, world):
    """Recorded: a handle only while it is running, no DestinationArn where none was given."""
    handle = world.start(world.other, rate=5)
    shown = world.task.describe()
    assert shown == {
        "TaskHandle": handle,
        "Status": "RUNNING",
        "SourceArn": world.dlq.arn,
        "DestinationArn": world.other.arn,
        "MaxNumberOfMessagesPerSecond": 5,
        "ApproximateNumberOfMessagesMoved": 0,
        "ApproximateNumberOfMessagesToMove": 10,
        "StartedTimestamp": round(clock.time() * 1000),
    }
    clock.wait(60)
    ended = world.task.describe()
    assert (ended["Status"], ended["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 10)
    assert "TaskHandle" not in ended
    world.start()
    absent = {"DestinationArn", "MaxNumberOfMessagesPerSecond", "FailureReason"}
    assert not absent & set(world.task.describe())


def test_events_8_a_task_can_be_cancelled(clock, world):
    """CANCELLING, then CANCELLED; what was moved stays moved."""
    handle = world.start(rate=1)
    clock.wait(1.5)
    assert world.tasks.cancel(handle) == 2
    assert world.task.status == "CANCELLING"
    clock.wait(1)
    assert world.task.status == "CANCELLED"
    clock.wait(60)
    assert (len(world.source), len(world.dlq)) == (2, 8)


def test_events_8_a_task_fails_when_its_destination_is_deleted(clock, world):
    """Recorded: FAILED, AWS.SimpleQueueService.NonExistentQueue; the rest stays in the DLQ."""
    world.start(world.other, rate=1)
    clock.wait(2)
    del world.queues[world.other.arn]
    clock.wait(2)
    shown = world.task.describe()
    assert shown["Status"] == "FAILED"
    assert shown["FailureReason"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert len(world.dlq) == 7


def test_events_8_a_task_fails_for_a_message_sent_straight_to_the_dlq(clock, standard):
    """There is no source to go back to: CouldNotDetermineMessageSource."""
    world = World(clock, standard, dead=2)
    world.dlq.send("direct")
    world.start()
    clock.wait(1)
    assert world.task.failure == "CouldNotDetermineMessageSource"
    assert (world.task.moved, len(world.dlq)) == (2, 1)
    world.start(world.other)
    clock.wait(1)
    assert bodies(world.other.receive(10)) == ["direct"]


def test_events_8_a_task_runs_for_36_hours_at_most(clock, monkeypatch, standard):
    """What is left stays in the DLQ. (100 seconds stand for the 36 hours.)"""
    assert move.MAX_SECONDS == 36 * 3600
    monkeypatch.setattr(move, "MAX_SECONDS", 100)
    world = World(clock, standard, dead=150)
    world.start(rate=1)
    clock.wait(99)
    assert world.task.status == "RUNNING"
    clock.wait(1)
    assert world.task.status == "FAILED"
    assert "36 hours" in world.task.failure
    assert (world.task.moved, len(world.dlq)) == (100, 50)


# -- what is refused -----------------------------------------------------------------------------


def test_events_8_the_source_must_be_a_dlq_of_an_sqs_queue(world):
    """Recorded words."""
    words = "Source queue must be configured as a Dead Letter Queue."
    with refused("InvalidParameterValue", words):
        world.tasks.start(world.other.arn)


@pytest.mark.parametrize("parameter", ["SourceArn", "DestinationArn"])
def test_events_8_both_queues_must_exist(world, parameter):
    """Recorded words."""
    missing = world.dlq.arn + "doesntexist"
    source, destination = (missing, None) if parameter == "SourceArn" else (world.dlq.arn, missing)
    words = f"The resource that you specified for the {parameter} parameter doesn't exist."
    with refused("ResourceNotFoundException", words):
        world.tasks.start(source, destination)


def test_events_8_the_destination_must_be_another_queue_of_the_same_type(clock, standard, fifo):
    """FIFO -> FIFO, standard -> standard."""
    world, wrong = World(clock, standard), fifo("wrong")
    world.queues[wrong.arn] = wrong
    for destination in (wrong, world.dlq):
        with refused("InvalidParameterValue"):
            world.start(destination)


def test_events_8_one_active_task_per_queue(clock, world):
    """Recorded words; after its end the next can start."""
    world.start(rate=1)
    with refused("InvalidParameterValue", "There is already a task running."):
        world.start()
    clock.wait(60)
    world.start()


def test_events_8_100_active_tasks_per_account(clock, standard):
    """<= 100 active per account."""
    worlds = {}
    for i in range(101):
        queue = standard(f"q{i}", max_receive_count=1)
        worlds |= {queue.arn: queue, queue.redrive.dead_letter_queue.arn: (
            queue.redrive.dead_letter_queue)}  # fmt: skip
    tasks = MoveTasks(clock, worlds)
    dead = [arn for arn in worlds if arn.endswith("-dlq")]
    for arn in dead[:100]:
        tasks.start(arn)
    with refused("RequestThrottled", 100):
        tasks.start(dead[100])
    clock.wait(1)
    tasks.start(dead[100])


def test_events_8_only_a_running_task_can_be_cancelled(clock, world):
    """A message movement can only be cancelled while it is RUNNING."""
    handle = world.start()
    clock.wait(60)
    with refused("AWS.SimpleQueueService.UnsupportedOperation", "COMPLETED"):
        world.tasks.cancel(handle)


def test_events_8_a_handle_that_names_no_task_is_refused(world):
    """Recorded codes and words, for garbage, a missing queue and a missing task."""

    def handle(arn):
        content = json.dumps({"taskId": "10f57157-fc38-4da9-a113-4de7e12d05aa", "sourceArn": arn})
        return base64.b64encode(content.encode()).decode()

    for garbage in ("foobared", "", base64.b64encode(b"[1]").decode()):
        with refused("InvalidParameterValue", "TaskHandle"):
            world.tasks.cancel(garbage)
    with refused("ResourceNotFoundException", "SourceArn parameter doesn't exist."):
        world.tasks.cancel(handle("arn:aws:sqs:us-east-1:123456789012:gone"))
    with refused("ResourceNotFoundException", "Task does not exist."):
        world.tasks.cancel(handle(world.dlq.arn))


def test_events_8_a_handle_names_its_source(world):
    """Recorded: base64 of the task's id and the source's ARN."""
    content = json.loads(base64.b64decode(world.start()))
    assert content["sourceArn"] == world.dlq.arn
    assert set(content) == {"taskId", "sourceArn"}


def test_events_8_the_newest_tasks_come_first(clock, world):
    """ListMessageMoveTasks: 1 by default, up to 10."""
    for rate in range(1, 13):
        world.start(rate=rate)
        clock.wait(60)
    assert [task.rate for task in world.tasks.list(world.dlq.arn)] == [12]
    assert [task.rate for task in world.tasks.list(world.dlq.arn, 10)] == list(range(12, 2, -1))
    for count in (0, 11):
        with refused("InvalidParameterValue", count, 10):
            world.tasks.list(world.dlq.arn, count)
