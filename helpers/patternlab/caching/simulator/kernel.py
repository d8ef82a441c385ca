"""The simulator's loop: one pass over a trace, through one cache or layers of them.

All of it is in one file on purpose: numba notices a change by the file of the function that is
called, and would keep old machine code for what that function uses from another file.

A node is one cache. It owns some rows of the arrays in :class:`Caches`: first the ends of its
lists, then one row for each object that it holds or remembers. A list is a ring through its end:
the newest member follows the end, and the oldest is ahead of it.

LRU and FIFO need no list: a log of rows in the order of requests is quicker. The MARK of a row says
where in the log it stands; what the log holds of it before that place no longer counts.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from patternlab.caching.simulator.compiling import inline, jit, prefetch

# Policies. LRU and FIFO keep a log, the next three lists. KEEP is that of a cache without a limit:
# nothing is evicted, so it needs neither.
LRU, FIFO, LFU, SIEVE, S3FIFO, KEEP = range(6)

# Columns of `links`. PLACE is the index into `find`. MARK is what the policy notes: for LRU and
# FIFO the place in the log, or -1; for LFU how often the object was asked for; for SIEVE whether it
# was since the hand came by; for S3-FIFO the same up to 3 times, and 4 more if the object is in its
# main queue.
PREV, NEXT, PLACE, MARK = range(4)
IN_MAIN = 4
# The ends of LFU's lists are in order, too, so that empty ones cost nothing.
ABOVE, BELOW = PLACE, MARK

# The ends of the lists, counted from the node's first row. LFU keeps a list for each number of
# requests f, with its end at row f; row 0 ends the ring of these ends.
MAIN_END, GHOST_END = 1, 2

# Columns of `clock`: when the origin made the answer, and when it expires here. The two ahead of
# them are `links`: both are views of one memory, so that a row is found in one place.
BORN, EXPIRES = 2, 3

# Columns of `flight`: since when the answer's Age counts; when the answer being fetched arrives,
# and what is served until then: when that was made, since when its Age counts, and when it is too
# old even so.
SAID, READY, OLD_BORN, OLD_SAID, OLD_UNTIL = range(5)

# Columns of `state`: the settings of the node's cache, then its first row; the first row never
# used, and the chain of rows given back; what is taken of its capacity, in all, in S3-FIFO's small
# queue and by ghosts; whether S3-FIFO was ever full; SIEVE's hand; for LRU and FIFO where the log
# begins in `order`, its length less 1 (a power of 2: it is a ring), and its next and oldest place.
POLICY, CAPACITY, IN_BYTES, DROPS_CHANGED = range(4)
ENDS, UNUSED, FREE, USED, SMALL_USED, GHOST_USED, WAS_FULL, HAND = range(4, 12)
LOG, MASK, HEAD, TAIL = range(12, 16)

# Columns of `counts`. The first six are what a node does with a request. A STALE answer is being
# renewed already, RENEWED begins to be. PASSED is a miss whose answer is not stored: it is on its
# way. The first three are answered here, the others ask the layer behind.
HIT, STALE, COLLAPSED, MISS, PASSED, RENEWED = range(6)
OUTDATED, EVICTED, TOO_LARGE, BYTES = range(6, 10)

# Columns of `layers`, and of `ages`.
TTL, JITTER, STALE_WINDOW, FETCH, SLIDING, COLLAPSES, RESPECTS_AGE = range(7)
SUM, GREATEST = range(2)


class Requests(NamedTuple):
    """What is asked for, and what changes at the origin."""

    time: np.ndarray  # float64[n], seconds
    key: np.ndarray  # int64[n]
    size: np.ndarray  # int64[n], bytes, or int64[0]: each request counts 1
    entry: np.ndarray  # int32[n], which node of the first layer is asked, or int32[0]: node 0
    change_time: np.ndarray  # float64[m], seconds
    change_key: np.ndarray  # int64[m]
    first: int  # the first request that counts


class Caches(NamedTuple):
    """The settings of all caches and what they hold."""

    layers: np.ndarray  # float64[layers, 7]
    spread: np.ndarray  # float64[any], from -1 to 1: the jitter of TTLs
    behind: np.ndarray  # int64[nodes]: which node each one fetches from; any in the last layer
    state: np.ndarray  # int64[nodes, 16]
    find: np.ndarray  # int32[objects * nodes], zeros: the row of an object; negative: a ghost's
    links: np.ndarray  # int32[rows, 8], a view of `clock`; an end of a list is linked to itself
    clock: np.ndarray  # float64[rows, 4], seconds
    flight: np.ndarray  # float64[rows or 0, 5], seconds; where fetching takes time or Age counts
    order: np.ndarray  # int32[any]: the logs of all nodes
    weight: np.ndarray  # int64[rows or 0]; needed where a capacity is in bytes
    changed: np.ndarray  # float64[objects or 0], minus infinity: when each last changed
    visits: np.ndarray  # int64[layers, 3], for the NODE, ROW and KIND of each layer a request meets


class Answers(NamedTuple):
    """What the pass finds out; all zeros before."""

    counts: np.ndarray  # int64[nodes + 1, 10]; the last row is the origin's
    ages: np.ndarray  # float64[layers, 2], seconds
    load: np.ndarray  # int64[layers + 1, bins]: requests that reach each layer, then the origin
    width: float  # seconds a bin of `load` lasts
    outcome: np.ndarray  # int8[n or 0]: what the first layer does with each request
    age: np.ndarray  # float64[n or 0]: seconds since the origin made the answer


NODE, ROW, KIND = range(3)  # columns of `visits`


# ---- Lists


@inline
def unlink(links, row):
    """Take `row` out of the ring it is in."""
    before, after = links[row, PREV], links[row, NEXT]
    links[before, NEXT] = after
    links[after, PREV] = before


@inline
def push(links, end, row):
    """Make `row` the newest of the ring with `end`."""
    newest = links[end, NEXT]
    links[row, PREV] = end
    links[row, NEXT] = newest
    links[newest, PREV] = row
    links[end, NEXT] = row


@inline
def lfu_push(links, below, bucket, row):
    """Put `row` into `bucket`, which comes right after `below` in the order of requests."""
    if links[bucket, NEXT] == bucket:
        above = links[below, ABOVE]
        links[bucket, BELOW] = below
        links[bucket, ABOVE] = above
        links[below, ABOVE] = bucket
        links[above, BELOW] = bucket
    push(links, bucket, row)


@inline
def lfu_close(links, bucket):
    """Take `bucket` out of the order of requests if nothing is left in it."""
    if links[bucket, NEXT] == bucket:
        below, above = links[bucket, BELOW], links[bucket, ABOVE]
        links[below, ABOVE] = above
        links[above, BELOW] = below


# ---- The log of LRU and FIFO


@jit
def shorten(caches, node):
    """Leave out of the log what no longer counts."""
    links, order, state = caches.links, caches.order, caches.state
    start, mask, to = state[node, LOG], state[node, MASK], state[node, TAIL]
    for at in range(state[node, TAIL], state[node, HEAD]):
        row = order[start + (at & mask)]
        if links[row, MARK] == at:
            order[start + (to & mask)] = row
            links[row, MARK] = to
            to += 1
    state[node, HEAD] = to


@inline
def log(caches, node, row):
    """Make `row` the newest of the log."""
    state = caches.state
    if state[node, HEAD] - state[node, TAIL] > state[node, MASK]:
        shorten(caches, node)
    head = state[node, HEAD]
    caches.order[state[node, LOG] + (head & state[node, MASK])] = row
    caches.links[row, MARK] = head
    state[node, HEAD] = head + 1


@inline
def log_victim(caches, node):
    """Return the oldest row of the log that counts."""
    order, state = caches.order, caches.state
    start, mask, tail = state[node, LOG], state[node, MASK], state[node, TAIL]
    prefetch(caches.clock, 4 * order[start + ((tail + 16) & mask)])
    row = order[start + (tail & mask)]
    while caches.links[row, MARK] != tail:
        tail += 1
        prefetch(caches.clock, 4 * order[start + ((tail + 16) & mask)])
        row = order[start + (tail & mask)]
    state[node, TAIL] = tail + 1
    return row


# ---- Policies


@inline
def touch(caches, node, row):
    """Tell the policy that the object of `row` was asked for and is there."""
    links, policy, ends = caches.links, caches.state[node, POLICY], caches.state[node, ENDS]
    if policy == LRU:
        if links[row, MARK] != caches.state[node, HEAD] - 1:
            log(caches, node, row)
    elif policy == SIEVE:
        if links[row, MARK] == 0:
            links[row, MARK] = 1
    elif policy == S3FIFO:
        if links[row, MARK] & 3 < 3:
            links[row, MARK] += 1
    elif policy == LFU:
        count = links[row, MARK]
        links[row, MARK] = count + 1
        unlink(links, row)
        lfu_push(links, ends + count, ends + count + 1, row)
        lfu_close(links, ends + count)


@inline
def taken_by(caches, node, row):
    """Return what the object of `row` takes of the capacity."""
    if caches.state[node, IN_BYTES]:
        return caches.weight[row]
    return 1


@inline
def forget(caches, node, row):
    """Give back a row that is in no list any more."""
    caches.find[caches.links[row, PLACE]] = 0
    caches.links[row, NEXT] = caches.state[node, FREE]
    caches.state[node, FREE] = row


@inline
def claim(caches, node, place):
    """Return a row for the object at `place`."""
    row = caches.state[node, FREE]
    if row:
        caches.state[node, FREE] = caches.links[row, NEXT]
    else:
        row = caches.state[node, UNUSED]
        caches.state[node, UNUSED] = row + 1
    caches.find[place] = row
    caches.links[row, PLACE] = place
    return row


@inline
def take_out(caches, node, row):
    """Take the object of `row` out of its list and off the capacity."""
    state, links = caches.state, caches.links
    policy, taken = state[node, POLICY], taken_by(caches, node, row)
    if policy == KEEP:
        return
    state[node, USED] -= taken
    if policy <= FIFO:
        links[row, MARK] = -1
        return
    if policy == SIEVE and state[node, HAND] == row:
        state[node, HAND] = links[row, PREV]
    if policy == S3FIFO and links[row, MARK] < IN_MAIN:
        state[node, SMALL_USED] -= taken
    unlink(links, row)
    if policy == LFU:
        lfu_close(links, state[node, ENDS] + links[row, MARK])


@inline
def sieve_victim(links, ends, hand):
    """Move the hand from old to new past what was asked for since; return where it stops."""
    row = links[ends, PREV] if hand == ends else hand
    while links[row, MARK] == 1:
        links[row, MARK] = 0
        row = links[row, PREV]
        if row == ends:
            row = links[ends, PREV]
    return row


@jit
def s3_evict_main(caches, node):
    """Evict from main, a FIFO with second chances: what was asked for goes back, with one less."""
    links, end = caches.links, caches.state[node, ENDS] + MAIN_END
    row = links[end, PREV]
    while links[row, MARK] > IN_MAIN:
        links[row, MARK] -= 1
        unlink(links, row)
        push(links, end, row)
        row = links[end, PREV]
    take_out(caches, node, row)
    forget(caches, node, row)


@jit
def s3_remember(caches, node, row):
    """Keep the name of an evicted object among the ghosts, which have nine tenths of the room."""
    links, state, taken = caches.links, caches.state, taken_by(caches, node, row)
    room = state[node, CAPACITY] * 9 // 10
    if taken > room:
        forget(caches, node, row)
        return
    end = state[node, ENDS] + GHOST_END
    while state[node, GHOST_USED] + taken > room:
        oldest = links[end, PREV]
        unlink(links, oldest)
        state[node, GHOST_USED] -= taken_by(caches, node, oldest)
        forget(caches, node, oldest)
    push(links, end, row)
    caches.find[links[row, PLACE]] = -row
    state[node, GHOST_USED] += taken


@jit
def s3_evict(caches, node):
    """Move what was asked for twice from small to main; evict the first that was not.

    If main has more than its nine tenths, or all of small goes to main, main is what evicts.
    """
    links, state = caches.links, caches.state
    state[node, WAS_FULL] = 1
    end, capacity = state[node, ENDS], state[node, CAPACITY]
    in_main = state[node, USED] - state[node, SMALL_USED]
    if in_main <= capacity - capacity // 10:
        while links[end, PREV] != end:
            row = links[end, PREV]
            if links[row, MARK] < 2:
                take_out(caches, node, row)
                s3_remember(caches, node, row)
                return
            unlink(links, row)
            push(links, end + MAIN_END, row)
            links[row, MARK] = IN_MAIN
            state[node, SMALL_USED] -= taken_by(caches, node, row)
    s3_evict_main(caches, node)


@inline
def evict(caches, node):
    """Make room by one object, as the policy chooses it."""
    links, state = caches.links, caches.state
    policy, ends = state[node, POLICY], state[node, ENDS]
    if policy == S3FIFO:
        s3_evict(caches, node)
        return
    if policy == LFU:
        row = links[links[ends, ABOVE], PREV]
    elif policy == SIEVE:
        row = sieve_victim(links, ends, state[node, HAND])
        state[node, HAND] = row  # take_out() moves it on
    else:
        row = log_victim(caches, node)
    take_out(caches, node, row)
    forget(caches, node, row)


@inline
def s3_returns(caches, node, place):
    """Return whether the object at `place` is a ghost, and forget the ghost."""
    if caches.find[place] >= 0:
        return False
    row = -caches.find[place]
    unlink(caches.links, row)
    caches.state[node, GHOST_USED] -= taken_by(caches, node, row)
    forget(caches, node, row)
    return True


@inline
def insert(caches, counts, node, place, size):
    """Store an object of `size` bytes. Returns its row, or 0 if it is larger than the cache."""
    links, state = caches.links, caches.state
    policy, capacity = state[node, POLICY], state[node, CAPACITY]
    if policy == KEEP:
        return claim(caches, node, place)
    taken = size if state[node, IN_BYTES] else 1
    if taken > capacity:
        counts[node, TOO_LARGE] += 1
        return 0
    to_main = policy == S3FIFO and s3_returns(caches, node, place)
    while state[node, USED] + taken > capacity:
        evict(caches, node)
        counts[node, EVICTED] += 1
    row = claim(caches, node, place)
    ends = state[node, ENDS]
    state[node, USED] += taken
    if state[node, IN_BYTES]:
        caches.weight[row] = taken
    links[row, MARK] = 0
    if policy == LFU:
        links[row, MARK] = 1
        lfu_push(links, ends, ends + 1, row)
    elif policy <= FIFO:
        log(caches, node, row)
    elif policy == S3FIFO:
        if to_main or (state[node, WAS_FULL] == 0 and state[node, SMALL_USED] >= capacity // 10):
            links[row, MARK] = IN_MAIN
            push(links, ends + MAIN_END, row)
        else:
            state[node, SMALL_USED] += taken
            push(links, ends, row)
    else:
        push(links, ends, row)
    return row


# ---- Requests


@inline
def lasting(caches, layer, fetched):
    """Return for how many seconds the answer number `fetched` of the layer is fresh."""
    ttl, jitter = caches.layers[layer, TTL], caches.layers[layer, JITTER]
    if jitter > 0:
        return ttl * (1 + jitter * caches.spread[(fetched + layer) % len(caches.spread)])
    return ttl


@jit
def drop(caches, key):
    """Take the object out of all caches that drop what changes."""
    for node in range(len(caches.state)):
        row = caches.find[key * len(caches.state) + node]
        if caches.state[node, DROPS_CHANGED] and row > 0:
            take_out(caches, node, row)
            forget(caches, node, row)


@inline
def look(caches, layer, node, row, now, request):
    """Return what the layer does with a request at `now`; an answer that is too old is dropped."""
    flight, clock, layers = caches.flight, caches.clock, caches.layers
    if row <= 0:
        return MISS
    if len(flight) > 0 and flight[row, READY] > now:
        touch(caches, node, row)
        if flight[row, OLD_UNTIL] > now:
            return STALE
        return COLLAPSED if layers[layer, COLLAPSES] else PASSED
    expires = clock[row, EXPIRES]
    if now < expires:
        touch(caches, node, row)
        if layers[layer, SLIDING]:
            clock[row, EXPIRES] = now + lasting(caches, layer, request)
        return HIT
    if now < expires + layers[layer, STALE_WINDOW]:
        touch(caches, node, row)
        return RENEWED
    take_out(caches, node, row)
    forget(caches, node, row)
    return MISS


@jit
def serve(requests, caches, answers):
    """Serve the trace through all layers, and fill in `answers`."""
    time, key, entry, behind = requests.time, requests.key, requests.entry, caches.behind
    find, clock, flight, visits = caches.find, caches.clock, caches.flight, caches.visits
    changed = caches.changed
    counts, ages, load = answers.counts, answers.ages, answers.load
    layers, nodes, bins, last = len(caches.layers), len(caches.state), load.shape[1], len(time) - 1
    spread_out, sized, aged = len(entry) > 0, len(requests.size) > 0, len(flight) > 0
    kept, change, bin_, bin_end = len(answers.outcome) > 0, 0, 0, answers.width
    for request in range(len(time)):
        now, wanted = time[request], key[request]
        bytes_ = requests.size[request] if sized else 1
        if request == requests.first:  # what came before does not count
            counts[:] = 0
            ages[:] = 0
        while now >= bin_end and bin_ < bins - 1:
            bin_ += 1
            bin_end = (bin_ + 1) * answers.width
        while change < len(requests.change_time) and requests.change_time[change] <= now:
            changed[requests.change_key[change]] = requests.change_time[change]
            drop(caches, requests.change_key[change])
            change += 1

        # The memory of requests a little ahead is fetched by the time that it is needed: the
        # place of each object, then its row.
        at = min(request + 32, last)
        prefetch(find, key[at] * nodes + (entry[at] if spread_out else 0))
        at = min(request + 16, last)
        prefetch(clock, 4 * abs(find[key[at] * nodes + (entry[at] if spread_out else 0)]))
        if nodes > 1:
            prefetch(clock, 4 * abs(find[key[at] * nodes + nodes - 1]))

        # Inwards, to the first layer that can answer.
        node, top = entry[request] if spread_out else 0, layers
        for layer in range(layers):
            load[layer, bin_] += 1
            row = find[wanted * nodes + node]
            kind = look(caches, layer, node, row, now, request)
            counts[node, kind] += 1
            counts[node, BYTES] += bytes_
            visits[layer, NODE], visits[layer, ROW], visits[layer, KIND] = node, row, kind
            if kind <= COLLAPSED:
                top = layer
                break
            node = behind[node]

        # The answer: when it was made, since when its Age counts, and when it arrives.
        born, said, ready = now, now, now
        if top == layers:
            load[layers, bin_] += 1
            counts[nodes, MISS] += 1
            counts[nodes, BYTES] += bytes_
        else:
            row, kind = visits[top, ROW], visits[top, KIND]
            if kind == STALE:
                born, said = flight[row, OLD_BORN], flight[row, OLD_SAID]
            else:
                born = clock[row, BORN]
                if aged:
                    said = flight[row, SAID]
                if kind == COLLAPSED:
                    ready = flight[row, READY]
            note(caches, answers, top, wanted, ready, born)

        # Outwards, with the answer, to the first layer.
        for layer in range(top - 1, -1, -1):
            node, row, kind = visits[layer, NODE], visits[layer, ROW], visits[layer, KIND]
            ready += caches.layers[layer, FETCH]
            if layer == layers - 1:
                born = ready
            if layer == layers - 1 or not caches.layers[layer, RESPECTS_AGE]:
                said = ready
            window = caches.layers[layer, STALE_WINDOW]
            expires = said + lasting(caches, layer, request)
            old_born, old_said, old_until = now, now, -math.inf
            if kind == RENEWED:
                old_born = old_said = clock[row, BORN]
                old_until = clock[row, EXPIRES] + window
                if aged:
                    old_said = flight[row, SAID]
            else:
                row = 0
                if kind == MISS and ready < expires + window:
                    row = insert(caches, counts, node, wanted * nodes + node, bytes_)
            if row > 0:
                clock[row, BORN], clock[row, EXPIRES] = born, expires
                if aged:
                    flight[row, SAID], flight[row, READY] = said, ready
                    flight[row, OLD_BORN], flight[row, OLD_SAID] = old_born, old_said
                    flight[row, OLD_UNTIL] = old_until
            if kind == RENEWED:
                born, said, ready = old_born, old_said, now
            note(caches, answers, layer, wanted, ready, born)
        if kept:
            answers.outcome[request] = STALE if visits[0, KIND] == RENEWED else visits[0, KIND]
            answers.age[request] = ready - born
    if requests.first > last:
        counts[:] = 0
        ages[:] = 0


@inline
def note(caches, answers, layer, wanted, ready, born):
    """Count an answer of the layer: its age, and whether the object has changed since."""
    answers.ages[layer, SUM] += ready - born
    answers.ages[layer, GREATEST] = max(answers.ages[layer, GREATEST], ready - born)
    if len(caches.changed) > 0 and caches.changed[wanted] > born:
        answers.counts[caches.visits[layer, NODE], OUTDATED] += 1
