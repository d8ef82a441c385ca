"""The queues against a slow reference that is written straight from the facts.

The reference keeps everything in plain lists, looks through all of it each time and has no timers:
whether a message is visible is asked of the time. It shares no code with the model. Hypothesis
makes up sequences of operations, both are given them, and every answer, error and counter must be
the same. In one thing the reference gives the model room: the order *between* message groups is not
promised (events-15), so it checks that the model's choice was one of those allowed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import note
from hypothesis import strategies as st

from patternlab.clock import VirtualClock
from patternlab.delivery import DeliveryError, FifoQueue, RedrivePolicy, StandardQueue
from tests.delivery.shared import proof

TWELVE_HOURS = 43_200
FIVE_MINUTES = 300


# -- the reference -------------------------------------------------------------------------------


@dataclass
class Entry:
    """A message of the reference."""

    body: str
    group: str | None
    enqueued: float
    hidden_until: float
    in_flight: bool = False
    count: int = 0
    received: float = 0


@dataclass
class Receipt:
    """What a receive gave out: an entry at that count, hidden until then."""

    queue: Reference
    entry: Entry
    count: int
    until: float


@dataclass
class Reference:
    """One queue of the reference. `entries` are its messages in the order of their arrival."""

    fifo: bool
    timeout: float
    delay: float
    retention: float
    max_count: int | None = None
    dead: Reference | None = None
    by_group: bool = False
    entries: list[Entry] = field(default_factory=list)
    sends: list[tuple[float, str | None, str, str]] = field(default_factory=list)
    attempts: list[tuple[float, str, list[Receipt]]] = field(default_factory=list)
    purged_at: float | None = None
    sent = deleted = expired = purged = arrived = moved = 0

    def expire(self, now):
        kept = [e for e in self.entries if now - e.enqueued < self.retention]
        self.expired += len(self.entries) - len(kept)
        self.entries = kept

    def visible(self, entry, now):
        return now >= entry.hidden_until

    def flying(self, entry, now):
        return entry.in_flight and not self.visible(entry, now)

    def counters(self, now):
        self.expire(now)
        visible = sum(self.visible(e, now) for e in self.entries)
        flying = sum(self.flying(e, now) for e in self.entries)
        return visible, flying, len(self.entries) - visible - flying

    def duplicate_of(self, now, group, dedup_id):
        """The body that was sent first, when this would be a duplicate."""
        for at, scope, seen, first in self.sends:
            if seen == dedup_id and scope in (None, group) and now - at < FIVE_MINUTES:
                return first
        return None

    def send(self, now, body, group, dedup_id, delay):
        self.expire(now)
        if dedup_id is not None:
            scope = group if self.by_group else None
            self.sends.append((now, scope, dedup_id, body))
        wait = self.delay if delay is None else delay
        self.entries.append(Entry(body, group, now, now + wait))
        self.sent += 1

    # what a receive may give

    def reachable(self, now, group=None):
        """Messages a receive can reach, in order: in a group, those before what is in flight."""
        found = []
        for entry in self.entries:
            if group is not None and entry.group != group:
                continue
            if group is not None and self.flying(entry, now):
                break
            if self.visible(entry, now):
                found.append(entry)
        return found

    def too_often(self, entry):
        return self.max_count is not None and entry.count >= self.max_count

    def expect_standard(self, now, limit):
        """Entries that a receive gives, and those it moves to the dead-letter queue."""
        taken, moved = [], []
        for entry in self.reachable(now):
            if len(taken) == limit:
                break
            (moved if self.too_often(entry) else taken).append(entry)
        return taken, moved

    def accept_fifo(self, now, limit, bodies, dead):
        """The same for FIFO, given what the model answered, after checking that it may."""
        taken, moved, visited = [], [], []
        served = list(dict.fromkeys(self.find(body).group for body in bodies))
        assert [self.find(body).group for body in bodies] == sorted(
            (self.find(body).group for body in bodies), key=served.index
        ), "the messages of a group come together"
        for group in sorted({e.group for e in self.entries}):
            reach = self.reachable(now, group)
            given = [e for e in reach if e.body in bodies]
            last = group == (served[-1] if served else None) and len(bodies) == limit
            if last:
                reach = reach[: reach.index(given[-1]) + 1]
            untouched = not given and len(bodies) == limit
            gone = [e for e in reach if self.too_often(e)]
            if untouched and (gone != reach or not {e.body for e in gone} & dead):
                continue  # its turn has not come
            assert given == [e for e in reach if not self.too_often(e)], "in order, none left out"
            taken += given
            moved += gone
            visited += [group] if reach else []
        assert [e.body for e in sorted(taken, key=lambda e: bodies.index(e.body))] == bodies
        taken.sort(key=lambda e: bodies.index(e.body))
        return taken, moved, visited

    def find(self, body):
        return next(entry for entry in self.entries if entry.body == body)

    def hand_out(self, now, taken, moved, timeout):
        for entry in moved:
            self.entries.remove(entry)
            self.moved += 1
            age = now if self.fifo else entry.enqueued
            arrival = Entry(entry.body, entry.group, age, now, count=entry.count)
            self.dead.entries.append(arrival)
            self.dead.arrived += 1
        until = now + (self.timeout if timeout is None else timeout)
        receipts = []
        for entry in taken:
            entry.count += 1
            entry.received, entry.hidden_until, entry.in_flight = now, until, True
            receipts.append(Receipt(self, entry, entry.count, until))
        return receipts

    def repeat(self, now, attempt, timeout):
        """What a retry of `attempt` gives, or None when it is a receive like any other."""
        for at, name, receipts in reversed(self.attempts):
            if name != attempt:
                continue
            if now - at >= FIVE_MINUTES or not all(self.untouched(r, now) for r in receipts):
                return None
            for receipt in receipts:
                receipt.until = now + (self.timeout if timeout is None else timeout)
                receipt.entry.hidden_until = receipt.until
            return receipts
        return None

    def untouched(self, receipt, now):
        entry = receipt.entry
        return (
            any(e is entry for e in self.entries)
            and self.flying(entry, now)
            and entry.count == receipt.count
            and entry.hidden_until == receipt.until
        )

    # receipts

    def delete(self, now, receipt):
        self.expire(now)
        entry = receipt.entry
        if not any(e is entry for e in self.entries):
            return None
        current = entry.count == receipt.count
        if self.fifo and not (current and self.flying(entry, now)):
            return "InvalidParameterValue"
        if current:
            self.entries = [e for e in self.entries if e is not entry]
            self.deleted += 1
        return None

    def change(self, now, receipt, timeout):
        self.expire(now)
        entry = receipt.entry
        if not any(e is entry for e in self.entries):
            return "InvalidParameterValue"
        current = entry.count == receipt.count and self.flying(entry, now)
        if (self.fifo and not current) or now + timeout - entry.received > TWELVE_HOURS:
            return "InvalidParameterValue"
        if timeout or self.flying(entry, now):
            entry.hidden_until, entry.in_flight = now + timeout, True
        return None

    def set_delay(self, now, delay):
        self.expire(now)
        self.delay = delay
        for entry in self.entries:
            if self.fifo and entry.count == 0:
                entry.hidden_until = entry.enqueued + delay

    def purge(self, now):
        self.expire(now)
        if self.purged_at is not None and now - self.purged_at < 60:
            return "AWS.SimpleQueueService.PurgeQueueInProgress"
        self.purged_at = now
        self.purged += len(self.entries)
        self.entries, self.sends = [], []
        return None

    def adds_up(self):
        """No message is lost: each is still there, or gone for a reason."""
        gone = self.deleted + self.expired + self.purged + self.moved
        return self.sent + self.arrived == len(self.entries) + gone


# -- both, side by side --------------------------------------------------------------------------


class SideBySide:
    """A queue and its dead-letter queue, in the model and in the reference, on one clock."""

    def __init__(self, fifo, timeout, delay, retention, max_count, content, by_group):
        self.clock = VirtualClock()
        kind = FifoQueue if fifo else StandardQueue
        own = {}
        if fifo:
            scope = "messageGroup" if by_group else "queue"
            own = {"content_deduplication": content, "deduplication_scope": scope}
        common = {"visibility_timeout": timeout, "retention": retention}
        dlq = kind(self.clock, "dead", **common)
        redrive = RedrivePolicy(dlq, max_count) if max_count else None
        source = kind(self.clock, "orders", delay=delay, redrive=redrive, **common, **own)
        dead = Reference(fifo, timeout, 0, retention)
        mine = Reference(fifo, timeout, delay, retention, max_count, dead, by_group=by_group)
        self.fifo, self.content = fifo, content
        self.queues = [(source, mine), (dlq, dead)]
        self.receipts = []  # (the model's, the reference's)
        self.waiting = {}  # group -> groups served while it waited
        self.count = 0

    @property
    def now(self):
        return self.clock.elapsed

    def same(self, model, reference):
        """Call the model; it must refuse what the reference refuses."""
        try:
            model()
            code = None
        except DeliveryError as error:
            code = error.code
        assert code == reference

    def check(self):
        for model, reference in self.queues:
            assert model.counts() == reference.counters(self.now)
            assert len(model) == len(reference.entries)
            assert reference.adds_up()
        mine = self.queues[0][1]
        for group in list(self.waiting):
            if not mine.reachable(self.now, group):
                del self.waiting[group]

    # operations: each takes two small numbers

    def wait(self, length, _):
        self.clock.wait((0, 1, 2, 5, 9, 10, 11, 20, 29, 30, 60, 299, 300)[length])

    def send(self, number, dedup):
        model, reference = self.queues[0]
        self.count += 1
        body = f"body {dedup}" if self.content and dedup < 3 else f"message {self.count}"
        options = {}
        group = dedup_id = delay = None
        if self.fifo:
            group = options["group"] = "abc"[number % 3]
            dedup_id = f"id {dedup}" if 3 <= dedup < 6 else None
            options |= {"dedup_id": dedup_id} if dedup_id else {}
        elif dedup < 3:
            delay = options["delay"] = number
        key = dedup_id or (body if self.content else None)
        first = reference.duplicate_of(self.now, group, key) if key else None
        if first is None:
            if any(entry.body == body for _, r in self.queues for entry in r.entries):
                return  # the reference tells messages apart by their bodies
            reference.send(self.now, body, group, key, delay)
        assert model.send(body, **options).body == (first or body)

    def receive(self, limit, how):
        self._receive(self.queues[0], 1 + limit % 5, None if how < 8 else (how - 8) * 20, None)

    def receive_dead(self, limit, how):
        self._receive(self.queues[1], 1 + limit % 5, None if how < 8 else (how - 8) * 20, None)

    def retry(self, limit, name):
        if self.fifo:
            self._receive(self.queues[0], 1 + limit % 5, None, f"attempt {name % 2}")

    def _receive(self, pair, limit, timeout, attempt):
        model, reference = pair
        reference.expire(self.now)
        mine = reference.repeat(self.now, attempt, timeout) if attempt else None
        before = {m.body for m in self.queues[1][0].messages.values()}
        answer = model.receive(limit, timeout, attempt_id=attempt)
        bodies = [receipt.message.body for receipt in answer]
        dead = {m.body for m in self.queues[1][0].messages.values()} - before
        if mine is None:
            if self.fifo:
                fair = self._rotation(reference, limit, bodies) if reference.dead else None
                taken, moved, visited = reference.accept_fifo(self.now, limit, bodies, dead)
                if fair is not None:
                    fair(visited)
            else:
                taken, moved = reference.expect_standard(self.now, limit)
            mine = reference.hand_out(self.now, taken, moved, timeout)
            if attempt and mine:
                reference.attempts.append((self.now, attempt, mine))
        assert bodies == [receipt.entry.body for receipt in mine]
        assert [r.receive_count for r in answer] == [receipt.count for receipt in mine]
        self.receipts += zip(answer, mine, strict=True)

    def _rotation(self, reference, limit, bodies):
        """A group that waited while others were served is served before they are again."""
        groups = {e.group for e in reference.entries}
        available = [g for g in groups if reference.reachable(self.now, g)]
        order = list(dict.fromkeys(reference.find(body).group for body in bodies))

        def check(visited):
            for group in available:
                ahead = order[: order.index(group)] if group in order else order
                if group not in visited or group in order:
                    assert not self.waiting.get(group, set()) & set(ahead), "rotation of groups"
            for group in available:
                if group in visited:
                    self.waiting.pop(group, None)
                else:
                    self.waiting.setdefault(group, set()).update(visited)

        return check

    def delete(self, which, _):
        if self.receipts:
            answer, mine = self.receipts[-1 - which % len(self.receipts)]
            model = next(m for m, r in self.queues if r is mine.queue)
            code = mine.queue.delete(self.now, mine)
            self.same(lambda: model.delete(answer.handle), code)

    def change(self, which, seconds):
        if self.receipts:
            answer, mine = self.receipts[-1 - which % len(self.receipts)]
            model = next(m for m, r in self.queues if r is mine.queue)
            timeout = (0, 0, 1, 5, 20, 40, 300, 3600, 43_190, 43_200)[seconds]
            code = mine.queue.change(self.now, mine, timeout)
            self.same(lambda: model.change_visibility(answer.handle, timeout), code)

    def set_delay(self, delay, _):
        model, reference = self.queues[0]
        reference.set_delay(self.now, delay)
        model.set_delay(delay)

    def set_scope(self, scope, _):
        if self.fifo:
            model, reference = self.queues[0]
            reference.by_group = scope % 2 == 1
            model.deduplication_scope = "messageGroup" if reference.by_group else "queue"

    def set_retention(self, retention, _):
        for model, reference in self.queues:
            reference.expire(self.now)
            model.settle()
            model.retention = reference.retention = 60 + 10 * retention

    def purge(self, _, __):
        model, reference = self.queues[0]
        self.same(model.purge, reference.purge(self.now))


#: How often each operation comes, of 34.
WEIGHTS = {
    "send": 5,
    "receive": 7,
    "receive_dead": 1,
    "delete": 4,
    "change": 4,
    "wait": 6,
    "retry": 3,
    "set_delay": 1,
    "set_scope": 1,
    "set_retention": 1,
    "purge": 1,
}
NAMES = [name for name, weight in WEIGHTS.items() for _ in range(weight)]
SETTINGS = st.fixed_dictionaries(
    {
        "timeout": st.sampled_from([30, 10, 1, 0]),
        "delay": st.sampled_from([0, 0, 0, 5]),
        "retention": st.sampled_from([345_600, 345_600, 100, 60]),
        "max_count": st.sampled_from([None, 1, 2, 3]),
        "content": st.booleans(),
        "by_group": st.booleans(),
    }
)
#: A sequence of operations, three bytes each (which one, and its two numbers): much quicker to make
#: up than lists of tuples.
SEQUENCE = st.binary(min_size=30, max_size=120)
BURST = st.integers(0, 8)


def run(fifo, options, burst, sequence):
    world = SideBySide(fifo, **options)
    for number in range(burst):
        world.send(number * number, 9)
    for which, first, second in zip(*[iter(sequence)] * 3, strict=False):
        name, numbers = NAMES[which % len(NAMES)], (first % 13, second % 10)
        note(f"{world.now:g} s: {name}{numbers}")
        getattr(world, name)(*numbers)
        world.check()


@pytest.mark.parametrize("fifo", [False, True], ids=["standard", "fifo"])
@proof(150, 3_000, SETTINGS, BURST, SEQUENCE)
def test_a_queue_answers_as_the_reference_does(prove, fifo):
    @prove
    def check(options, burst, sequence):
        run(fifo, options if fifo else {**options, "content": False}, burst, sequence)
