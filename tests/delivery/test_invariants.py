"""What holds for every queue, with every knob turned and tenants in standard queues."""

import random

import pytest
from hypothesis import note
from hypothesis import strategies as st

from patternlab.clock import VirtualClock
from patternlab.delivery import DeliveryError, FifoQueue, Knobs, RedrivePolicy, StandardQueue
from tests.delivery.shared import proof

KNOBS = st.builds(
    Knobs,
    duplicates=st.sampled_from([0.0, 0.3]),
    reordering=st.sampled_from([0.0, 0.5]),
    short_poll_miss=st.sampled_from([0.0, 0.3]),
    fair_window=st.sampled_from([0.0, 300.0]),
    purge_lag=st.sampled_from([0.0, 30.0]),
)
VISIBILITY_TIMEOUT, RETENTION, MAX_RECEIVE_COUNT = 20, 400, 3


class Bookkeeper:
    """Does operations on a queue and its dead-letter queue, and keeps the books."""

    def __init__(self, kind, knobs, seed):
        self.clock = VirtualClock()
        common = {"knobs": knobs, "retention": RETENTION, "rng": random.Random(seed)}
        self.dlq = kind(self.clock, "dead", **common)
        self.queue = kind(
            self.clock,
            "orders",
            visibility_timeout=VISIBILITY_TIMEOUT,
            redrive=RedrivePolicy(self.dlq, MAX_RECEIVE_COUNT),
            **common,
        )
        self.sent = {}  # body -> when
        self.receipts = []
        self.counts = {}  # body -> largest receive count seen
        self.hidden = {}  # body -> until when its last receive hides it
        self.deletes = set()  # bodies for which a delete was accepted
        self.purge_ends = []  # (bodies there at a purge, when it is done)
        self.now = 0.0

    def send(self, number, delay):
        body = str(len(self.sent))
        self.sent[body] = self.clock.elapsed
        options = {} if self.queue.fifo or delay > 5 else {"delay": delay}
        self.queue.send(body, group="abcd"[number % 4], **options)

    def receive(self, limit, how):
        for queue in (self.queue, self.dlq) if how == 0 else (self.queue,):
            for receipt in queue.receive(1 + limit % 10, short_poll=how % 2 == 1):
                body = receipt.message.body
                assert self.clock.elapsed >= self.hidden.get(body, 0.0) - 1e-6, "was in flight"
                assert receipt.receive_count > self.counts.get(body, 0), "counts only grow"
                self.counts[body] = receipt.receive_count
                self.hidden[body] = receipt.visible_again
                self.receipts.append((queue, receipt))

    def delete(self, which, _):
        if self.receipts:
            queue, receipt = self.receipts[-1 - which % len(self.receipts)]
            try:
                queue.delete(receipt.handle)
            except DeliveryError as error:
                assert self.queue.fifo, error
            else:
                self.deletes.add(receipt.message.body)

    def change(self, which, timeout):
        if self.receipts:
            queue, receipt = self.receipts[-1 - which % len(self.receipts)]
            try:
                queue.change_visibility(receipt.handle, 4 * timeout)
            except DeliveryError:
                return
            if receipt.message.receive_count == self.counts[receipt.message.body]:
                self.hidden[receipt.message.body] = self.clock.elapsed + 4 * timeout

    def wait(self, length, _):
        self.clock.wait((0, 1, 2, 5, 10, 19, 20, 21, 30, 60, 100, 200, 301)[length % 13])

    def purge(self, _, __):
        bodies = {m.body for m in self.queue.messages.values()}
        try:
            self.queue.purge()
        except DeliveryError:
            return
        self.purge_ends.append((bodies, self.clock.elapsed + self.queue.knobs.purge_lag))

    def check(self):
        now = self.clock.elapsed
        assert now >= self.now, "the clock never goes back"
        self.now = now
        here, dead = ({m.body for m in q.messages.values()} for q in (self.queue, self.dlq))
        for queue in (self.queue, self.dlq):
            assert sum(queue.counts()) == len(queue) == len({m.id for m in queue.messages.values()})
            assert min(queue.counts()) >= 0
        assert not here & dead, "a message is in one place"
        purged = set().union(*(bodies for bodies, ends in self.purge_ends if ends <= now))
        for body, at in self.sent.items():
            gone = body not in here and body not in dead
            explained = body in self.deletes or body in purged or now - at >= RETENTION - 1e-6
            assert explained or not gone, f"{body} was lost"


OPERATIONS = ["send", "receive", "receive", "delete", "change", "wait", "wait", "purge"]


def run(kind, knobs, sequence):
    books = Bookkeeper(kind, knobs, seed=len(sequence))
    for which, first, second in zip(*[iter(sequence)] * 3, strict=False):
        name = OPERATIONS[which % len(OPERATIONS)]
        if name == "purge" and first % 8:
            name = "send"
        note(f"{books.now:g} s: {name} {first} {second % 10}")
        getattr(books, name)(first, second % 10)
        books.check()


@pytest.mark.parametrize("kind", [StandardQueue, FifoQueue])
@proof(40, 2_000, KNOBS, st.binary(min_size=90, max_size=300))
def test_no_message_is_lost_or_given_out_while_hidden(prove, kind):
    @prove
    def check(knobs, sequence):
        run(kind, knobs, sequence)


@proof(30, 1_000, st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(1, 10))
def test_a_fifo_queue_that_is_worked_off_keeps_the_order_of_every_group(prove):
    """Each message fails once at random, the others are deleted; the order of success holds."""

    @prove
    def check(groups, batch):
        clock = VirtualClock()
        queue = FifoQueue(clock, visibility_timeout=10)
        rng = random.Random(len(groups))
        for number, group in enumerate(groups):
            queue.send(str(number), group=str(group))
        done = {}
        while len(queue):
            failed = set()
            for receipt in queue.receive(batch):
                group = receipt.message.group
                if group in failed or (receipt.receive_count == 1 and rng.random() < 0.3):
                    failed.add(group)  # and with it all that comes after it in this batch
                else:
                    queue.delete(receipt.handle)
                    done.setdefault(group, []).append(int(receipt.message.body))
            clock.wait(10)
        assert sum(map(len, done.values())) == len(groups)
        assert all(numbers == sorted(numbers) for numbers in done.values())
