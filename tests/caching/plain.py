"""The simulator once more, as plainly as it can be said: what the fast one is held against."""

import math
from collections import OrderedDict

from patternlab.caching.traces.trace import Trace


class Lru:
    """Keys in order of use; the first is evicted. FIFO is the same without `touch`."""

    def __init__(self):
        self.keys = OrderedDict()

    def touch(self, key):
        self.keys.move_to_end(key)

    def add(self, key):
        self.keys[key] = True

    def discard(self, key):
        del self.keys[key]

    def evict(self):
        return self.keys.popitem(last=False)[0]


class Fifo(Lru):
    def touch(self, key):
        pass


class Lfu(Lru):
    """Evicts the key asked for least; among equals the one that has that count the longest."""

    def __init__(self):
        self.keys, self.moment = {}, 0

    def add(self, key):
        self.moment += 1
        self.keys[key] = (1, self.moment)

    def touch(self, key):
        self.moment += 1
        self.keys[key] = (self.keys[key][0] + 1, self.moment)

    def evict(self):
        key = min(self.keys, key=self.keys.get)
        del self.keys[key]
        return key


class Sieve(Lru):
    """A list from old to new and a hand that goes round it: SIEVE as its authors describe it."""

    def __init__(self):
        self.keys, self.order, self.hand = {}, [], 0

    def touch(self, key):
        self.keys[key] = True

    def add(self, key):
        self.order.append(key)
        self.keys[key] = False

    def discard(self, key):
        at = self.order.index(key)
        del self.order[at], self.keys[key]
        self.move_hand(self.hand - (at < self.hand))

    def evict(self):
        while self.keys[self.order[self.hand]]:
            self.keys[self.order[self.hand]] = False
            self.move_hand(self.hand + 1)
        key = self.order[self.hand]
        self.discard(key)
        return key

    def move_hand(self, to):
        """Behind the newest comes the oldest."""
        self.hand = to if to < len(self.order) else 0


class S3Fifo(Lru):
    """Small and main queue and ghosts, in lists; the sizes of all objects are in `size`."""

    def __init__(self, capacity, size):
        self.capacity, self.size, self.full = capacity, size, False
        self.small, self.main, self.ghosts, self.count = [], [], [], {}

    def taken(self, keys):
        return sum(self.size[key] for key in keys)

    def touch(self, key):
        self.count[key] = min(3, self.count[key] + 1)

    def expect(self, key):
        """Before room is made for `key`: is it a ghost that returns?"""
        self.returns = key in self.ghosts
        if self.returns:
            self.ghosts.remove(key)

    def add(self, key):
        early = not self.full and self.taken(self.small) >= self.capacity // 10
        (self.main if self.returns or early else self.small).append(key)
        self.count[key] = 0

    def discard(self, key):
        (self.small if key in self.small else self.main).remove(key)

    def evict(self):
        self.full = True
        if self.taken(self.main) <= self.capacity - self.capacity // 10:
            while self.small:
                key = self.small.pop(0)
                if self.count[key] < 2:
                    self.remember(key)
                    return key
                self.count[key] = 0
                self.main.append(key)
        while self.count[self.main[0]]:
            key = self.main.pop(0)
            self.count[key] -= 1
            self.main.append(key)
        return self.main.pop(0)

    def remember(self, key):
        room = self.capacity * 9 // 10
        if self.size[key] > room:
            return
        while self.taken(self.ghosts) + self.size[key] > room:
            self.ghosts.pop(0)
        self.ghosts.append(key)


class Node:
    """One cache of a layer, and what is behind it."""

    def __init__(self, layer, behind, size):
        self.layer, self.behind, self.size = layer, behind, size
        capacity = layer.capacity or 10**9
        self.capacity = capacity
        kinds = {"lru": Lru, "fifo": Fifo, "lfu": Lfu, "sieve": Sieve}
        made = kinds[layer.policy]() if layer.policy in kinds else S3Fifo(capacity, size)
        self.policy = made
        self.held = {}  # key: (born, said, expires, ready)
        self.old = {}  # key: (born, said, until), served while a revalidation is under way
        self.asked = self.fetched = self.evicted = 0

    def get(self, key, now):
        """(what was done, born, said, ready) for a request at `now`."""
        self.asked += 1
        if key in self.held:
            born, said, expires, ready = self.held[key]
            if ready > now:
                self.policy.touch(key)
                if key in self.old and now < self.old[key][2]:
                    return "stale", *self.old[key][:2], now
                if self.layer.collapse:
                    return "collapsed", born, said, ready
                return "passed", *self.fetch(key, now)[:3]
            self.old.pop(key, None)
            if now < expires:
                self.policy.touch(key)
                if self.layer.sliding:
                    self.held[key] = born, said, now + self.ttl, ready
                return "hit", born, said, now
            until = expires + self.layer.stale_while_revalidate
            if now < until:
                self.policy.touch(key)
                arrived = self.fetch(key, now)
                self.held[key] = arrived[0], arrived[1], arrived[3], arrived[2]
                self.old[key] = born, said, until
                return "stale", born, said, now
            self.drop(key)
        born, said, ready, expires = self.fetch(key, now)
        if ready < expires + self.layer.stale_while_revalidate:
            self.store(key, (born, said, expires, ready))
        return "miss", born, said, ready

    @property
    def ttl(self):
        return math.inf if self.layer.ttl is None else self.layer.ttl

    def fetch(self, key, now):
        """(born, said, ready, expires) of a new answer."""
        self.fetched += 1
        if self.behind is None:
            born = said = ready = now + self.layer.fetch_seconds
        else:
            _, born, said, ready = self.behind.get(key, now)
            ready += self.layer.fetch_seconds
            if not self.layer.respects_age:
                said = ready
        return born, said, ready, said + self.ttl

    def store(self, key, entry):
        if self.size[key] > self.capacity:
            return
        if isinstance(self.policy, S3Fifo):
            self.policy.expect(key)
        while sum(self.size[k] for k in self.held) + self.size[key] > self.capacity:
            gone = self.policy.evict()
            del self.held[gone]
            self.old.pop(gone, None)
            self.evicted += 1
        self.policy.add(key)
        self.held[key] = entry

    def drop(self, key):
        if key in self.held:
            self.policy.discard(key)
            del self.held[key]
            self.old.pop(key, None)


def replay(trace: Trace, layers, entry=None, updates=None):
    """(what the first layer did, age, whether outdated) of each request, and the nodes by layer."""
    rows = []
    for layer in reversed(layers):
        size = dict(enumerate(_sizes(trace))) if layer.unit == "bytes" else _Ones()
        ahead = rows[0] if rows else [None]
        behind = [ahead[i * len(ahead) // layer.nodes] for i in range(layer.nodes)]
        rows.insert(0, [Node(layer, node, size) for node in behind])
    changes = [] if updates is None else list(zip(updates.time, updates.key, strict=True))
    changed, did = {}, []
    for at, (now, key) in enumerate(zip(trace.time, trace.key, strict=True)):
        while changes and changes[0][0] <= now:
            moment, object_ = changes.pop(0)
            changed[object_] = moment
            for node in (node for row in rows for node in row if node.layer.drops_changed):
                node.drop(object_)
        kind, born, _, ready = rows[0][0 if entry is None else entry[at]].get(key, now)
        did.append((kind, ready - born, changed.get(key, -math.inf) > born))
    return did, rows


class _Ones(dict):
    def __missing__(self, key):
        return 1


def _sizes(trace):
    sizes = [1] * trace.objects
    for key, size in zip(trace.key, trace.size, strict=True):
        sizes[key] = int(size)
    return sizes
