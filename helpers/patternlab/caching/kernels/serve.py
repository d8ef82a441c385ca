"""One pass over a trace through one cache or layers of them.

All of it is in one file on purpose: numba notices a change by the file of the function that is
called, and would keep old machine code for what that function uses from another one.

Every node (one cache) owns `rows` rows of the arrays below: row `base + key` is an object, and the
rows behind the objects are the ends of the node's lists. A list is a ring through its end: the
newest member follows the end, and the oldest is ahead of it.
"""

from __future__ import annotations

import math

import numpy as np

from patternlab.caching.kernels import jit

# Policies.
LRU, LFU, FIFO, SIEVE, S3FIFO = range(5)

# Columns of `links` (int32). In the rows of LFU's buckets WHERE and COUNT hold the bucket above
# and the one below, so that empty buckets cost nothing.
PREV, NEXT, WHERE, COUNT = range(4)
ABOVE, BELOW = WHERE, COUNT

# Values of WHERE. S3-FIFO's ghosts are remembered but not there.
ABSENT, HERE, MAIN, GHOST = range(4)

# The ends of the lists, counted from the node's first row that is not an object. LFU keeps a list
# for each number of requests f, whose end is row BUCKETS + f; BUCKETS itself ends the ring of these.
SMALL_END, MAIN_END, GHOST_END = range(3)
BUCKETS = 0

# Columns of `clock` (float64 seconds): when the origin made the answer, when it expires here, and
# since when its Age counts.
BORN, EXPIRES, SAID = range(3)

# Columns of `flight` (float64 seconds): when the answer being fetched arrives, and what is served
# until then: when that was made, since when its Age counts, and when it is too old even so.
READY, OLD_BORN, OLD_SAID, OLD_UNTIL = range(4)

# Columns of `state` (int64), one row a node. HAND is SIEVE's.
USED, SMALL_USED, GHOST_USED, FULL, HAND = range(5)

# Columns of `whole` (int64) and `real` (float64): the settings of a layer.
POLICY, NODES, CAPACITY, IN_BYTES, SLIDING, COLLAPSE, RESPECTS_AGE, DROPS_CHANGED = range(8)
TTL, JITTER, STALE_WINDOW, FETCH = range(4)

# What a layer does with a request. PASSED is a miss whose answer is not stored: it is on its way.
HIT, STALE, COLLAPSED, MISS, PASSED = range(5)

# Columns of `totals` (int64) and `sums` (float64), one row a layer; the first five are the above.
REQUESTS, FETCHES, OUTDATED, EVICTED, TOO_LARGE, BYTES, BYTES_FETCHED = range(5, 12)
AGE, GREATEST_AGE = range(2)


@jit
def unlink(links, row):
    """Take `row` out of the ring it is in."""
    before, after = links[row, PREV], links[row, NEXT]
    links[before, NEXT] = after
    links[after, PREV] = before


@jit
def push(links, end, row):
    """Make `row` the newest of the ring with `end`."""
    newest = links[end, NEXT]
    links[row, PREV] = end
    links[row, NEXT] = newest
    links[newest, PREV] = row
    links[end, NEXT] = row


@jit
def prepare(links, node, rows, ends):
    """Make the rings of `node` empty: its last `ends` rows are their ends."""
    for end in range((node + 1) * rows - ends, (node + 1) * rows):
        links[end, PREV] = end
        links[end, NEXT] = end
        links[end, ABOVE] = end
        links[end, BELOW] = end


@jit
def lfu_push(links, below, bucket, row):
    """Put `row` into `bucket`, which comes right after `below` in the order of requests."""
    if links[bucket, NEXT] == bucket:
        above = links[below, ABOVE]
        links[bucket, BELOW] = below
        links[bucket, ABOVE] = above
        links[below, ABOVE] = bucket
        links[above, BELOW] = bucket
    push(links, bucket, row)


@jit
def lfu_close(links, bucket):
    """Take `bucket` out of the order of requests if nothing is left in it."""
    if links[bucket, NEXT] == bucket:
        below, above = links[bucket, BELOW], links[bucket, ABOVE]
        links[below, ABOVE] = above
        links[above, BELOW] = below


@jit
def touch(policy, links, ends, row):
    """Tell the policy that the object of `row` was asked for and is there."""
    if policy == LRU:
        if links[ends, NEXT] != row:
            unlink(links, row)
            push(links, ends, row)
    elif policy == SIEVE:
        if links[row, COUNT] == 0:
            links[row, COUNT] = 1
    elif policy == S3FIFO:
        if links[row, COUNT] < 3:
            links[row, COUNT] += 1
    elif policy == LFU:
        bucket = ends + BUCKETS + links[row, COUNT]
        links[row, COUNT] += 1
        unlink(links, row)
        lfu_push(links, bucket, bucket + 1, row)
        lfu_close(links, bucket)


@jit
def weigh(whole, layer, weight, row):
    """What the object of `row` takes of the layer's capacity."""
    if whole[layer, IN_BYTES] == 1:
        return weight[row]
    return 1


@jit
def remove(policy, links, ends, state, node, row, taken):
    """Take the object of `row`, which takes `taken` of the capacity, out of the node."""
    if policy == LFU:
        unlink(links, row)
        lfu_close(links, ends + BUCKETS + links[row, COUNT])
    else:
        if policy == SIEVE and state[node, HAND] == row:
            state[node, HAND] = links[row, PREV]
        if links[row, WHERE] == HERE:
            state[node, SMALL_USED] -= taken
        unlink(links, row)
    state[node, USED] -= taken
    links[row, WHERE] = ABSENT


@jit
def sieve_victim(links, ends, state, node):
    """The hand goes from old to new, spares what was asked for since, and stops at the rest."""
    row = state[node, HAND]
    if row == ends:
        row = links[ends, PREV]
    while links[row, COUNT] == 1:
        links[row, COUNT] = 0
        row = links[row, PREV]
        if row == ends:
            row = links[ends, PREV]
    return row


@jit
def evict(layer, whole, links, ends, state, node, weight):
    """Make room by one object, as the layer's policy chooses it."""
    policy = whole[layer, POLICY]
    if policy == S3FIFO:
        state[node, FULL] = 1
        small = whole[layer, CAPACITY] // 10
        in_main = state[node, USED] - state[node, SMALL_USED]
        crowded = in_main > whole[layer, CAPACITY] - small
        if crowded or state[node, SMALL_USED] == 0:
            s3_evict_main(layer, whole, links, ends, state, node, weight)
        else:
            s3_evict_small(layer, whole, links, ends, state, node, weight)
        return
    if policy == LFU:
        row = links[links[ends + BUCKETS, ABOVE], PREV]
    elif policy == SIEVE:
        row = sieve_victim(links, ends, state, node)
        state[node, HAND] = row  # remove() moves it on
    else:
        row = links[ends, PREV]
    remove(policy, links, ends, state, node, row, weigh(whole, layer, weight, row))


@jit
def s3_evict_main(layer, whole, links, ends, state, node, weight):
    """Main is a FIFO with second chances: what was asked for goes back, with one chance less."""
    row = links[ends + MAIN_END, PREV]
    while links[row, COUNT] > 0:
        links[row, COUNT] -= 1
        unlink(links, row)
        push(links, ends + MAIN_END, row)
        row = links[ends + MAIN_END, PREV]
    remove(S3FIFO, links, ends, state, node, row, weigh(whole, layer, weight, row))


@jit
def s3_evict_small(layer, whole, links, ends, state, node, weight):
    """What was asked for twice goes from small to main; the first that was not is evicted.

    If all of small goes to main, nothing is evicted: the caller asks again.
    """
    while links[ends + SMALL_END, PREV] != ends + SMALL_END:
        row = links[ends + SMALL_END, PREV]
        taken = weigh(whole, layer, weight, row)
        if links[row, COUNT] < 2:
            remove(S3FIFO, links, ends, state, node, row, taken)
            s3_remember(layer, whole, links, ends, state, node, weight, row, taken)
            return
        unlink(links, row)
        push(links, ends + MAIN_END, row)
        links[row, WHERE] = MAIN
        links[row, COUNT] = 0
        state[node, SMALL_USED] -= taken


@jit
def s3_remember(layer, whole, links, ends, state, node, weight, row, taken):
    """Keep the name of an evicted object among the ghosts: nine tenths of the capacity of them."""
    room = whole[layer, CAPACITY] * 9 // 10
    if taken > room:
        return
    while state[node, GHOST_USED] + taken > room:
        oldest = links[ends + GHOST_END, PREV]
        unlink(links, oldest)
        links[oldest, WHERE] = ABSENT
        state[node, GHOST_USED] -= weigh(whole, layer, weight, oldest)
    push(links, ends + GHOST_END, row)
    links[row, WHERE] = GHOST
    state[node, GHOST_USED] += taken


@jit
def insert(layer, whole, links, ends, state, node, weight, row, size):
    """Store the object of `row`. Returns how many others were evicted; -1: it is too large."""
    policy, capacity = whole[layer, POLICY], whole[layer, CAPACITY]
    in_bytes = whole[layer, IN_BYTES] == 1
    taken = size if in_bytes else 1
    if taken > capacity:
        return -1
    returns = links[row, WHERE] == GHOST
    if returns:
        unlink(links, row)
        state[node, GHOST_USED] -= weigh(whole, layer, weight, row)
        links[row, WHERE] = ABSENT
    evicted = 0
    while state[node, USED] + taken > capacity:
        held = state[node, USED]
        evict(layer, whole, links, ends, state, node, weight)
        if state[node, USED] < held:
            evicted += 1
    if in_bytes:
        weight[row] = taken
    links[row, COUNT] = 0
    links[row, WHERE] = HERE
    state[node, USED] += taken
    if policy == LFU:
        links[row, COUNT] = 1
        lfu_push(links, ends + BUCKETS, ends + BUCKETS + 1, row)
    elif policy == S3FIFO and (
        returns or (state[node, FULL] == 0 and state[node, SMALL_USED] >= capacity // 10)
    ):
        links[row, WHERE] = MAIN
        push(links, ends + MAIN_END, row)
    else:
        push(links, ends, row)
        state[node, SMALL_USED] += taken
    return evicted


@jit
def lasts(real, layer, spread, fetched):
    """Seconds for which the layer's `fetched`-th answer is fresh: the TTL, jitter included."""
    ttl = real[layer, TTL]
    if real[layer, JITTER] > 0:
        ttl *= 1 + real[layer, JITTER] * spread[fetched % len(spread)]
    return ttl


@jit
def look(layer, whole, real, links, clock, flight, state, weight, ends, node, row, now, ttl):
    """What the layer does with a request at `now`; an answer that is of no more use goes."""
    where = links[row, WHERE]
    if where != HERE and where != MAIN:
        return MISS
    policy = whole[layer, POLICY]
    if len(flight) > 0 and flight[row, READY] > now:
        touch(policy, links, ends, row)
        if flight[row, OLD_UNTIL] > now:
            return STALE
        return COLLAPSED if whole[layer, COLLAPSE] == 1 else PASSED
    if now < clock[row, EXPIRES]:
        touch(policy, links, ends, row)
        if whole[layer, SLIDING] == 1:
            clock[row, EXPIRES] = now + ttl
        return HIT
    if now < clock[row, EXPIRES] + real[layer, STALE_WINDOW]:
        touch(policy, links, ends, row)
        return STALE
    remove(policy, links, ends, state, node, row, weigh(whole, layer, weight, row))
    return MISS


@jit
def drop(key, whole, links, state, weight, rows, ends_from):
    """Take the object out of all layers that drop what changes."""
    node = 0
    for layer in range(len(whole)):
        for _ in range(whole[layer, NODES]):
            row = node * rows + key
            where = links[row, WHERE]
            if whole[layer, DROPS_CHANGED] == 1 and (where == HERE or where == MAIN):
                taken = weigh(whole, layer, weight, row)
                ends = node * rows + ends_from
                remove(whole[layer, POLICY], links, ends, state, node, row, taken)
            node += 1


@jit
def serve(
    time,  # float64[n], seconds
    key,  # int64[n]
    size,  # int64[n], bytes, or int64[0]: each request counts 1
    entry,  # int32[n], which node of the first layer is asked, or int32[0]: always the first
    change_time,  # float64[m], seconds
    change_key,  # int64[m]
    whole,  # int64[layers, 8]
    real,  # float64[layers, 4]
    spread,  # float64[any], from -1 to 1
    width,  # seconds a bin of `load` lasts
    first,  # the first request that counts
    links,  # int32[nodes * rows, 4], zeros
    clock,  # float64[nodes * rows, 2 for one layer, 3 for more]
    flight,  # float64[nodes * rows or 0, 4], zeros; needed where fetching takes time
    weight,  # int64[nodes * rows or 0]; needed where a capacity is in bytes
    changed,  # float64[objects or 0], minus infinity: when each last changed; needed for changes
    objects,  # how many keys there are
    totals,  # int64[layers, 12], zeros: the answer
    sums,  # float64[layers, 2], zeros: the answer
    load,  # int64[layers + 1, bins], zeros: requests that reach each layer, and then the origin
    outcome,  # int8[n or 0]: what the first layer does with each request
    answered,  # int8[n or 0]: which layer answers it; the number of layers: the origin
    age,  # float64[n or 0]: seconds since the origin made the answer
):
    """Serve the trace; the last six arguments are filled in."""
    layers, bins = len(whole), load.shape[1]
    nodes = 0
    for layer in range(layers):
        nodes += whole[layer, NODES]
    rows = len(links) // nodes
    state = np.zeros((nodes, 5), np.int64)
    for node in range(nodes):
        prepare(links, node, rows, rows - objects)
        state[node, HAND] = node * rows + objects
    path, kinds = np.zeros(layers, np.int64), np.zeros(layers, np.int64)
    timed, stacked = len(flight) > 0, layers > 1
    sized, watched, kept = len(size) > 0, len(changed) > 0, len(outcome) > 0
    change, fetched, slot, slot_end = 0, 0, 0, width
    old_born, old_said, old_until = 0.0, 0.0, 0.0
    for request in range(len(time)):
        now, wanted = time[request], key[request]
        wanted_bytes = size[request] if sized else 1
        while change < len(change_time) and change_time[change] <= now:
            changed[change_key[change]] = change_time[change]
            drop(change_key[change], whole, links, state, weight, rows, objects)
            change += 1
        while now >= slot_end and slot < bins - 1:
            slot += 1
            slot_end = (slot + 1) * width

        # Inwards, to the first layer that can answer.
        place = entry[request] if len(entry) > 0 else 0
        ahead, top = 0, layers
        for layer in range(layers):
            load[layer, slot] += 1
            node = ahead + place
            row = node * rows + wanted
            ends = node * rows + objects
            ttl = lasts(real, layer, spread, fetched)
            kind = look(
                layer, whole, real, links, clock, flight, state, weight, ends, node, row, now, ttl
            )
            path[layer], kinds[layer] = node, kind
            if kind == HIT or kind == COLLAPSED:
                top = layer
                break
            if kind == STALE and timed and flight[row, READY] > now:
                top = layer
                break
            if layer + 1 < layers:
                ahead += whole[layer, NODES]
                place = place * whole[layer + 1, NODES] // whole[layer, NODES]
        if top == layers:
            load[layers, slot] += 1

        # Outwards, with the answer: when it was made, since when its Age counts, when it arrives.
        born, said, ready = now, now, now
        source = top
        for layer in range(min(top, layers - 1), -1, -1):
            node, kind = path[layer], kinds[layer]
            row = node * rows + wanted
            evicted = 0
            if layer == top:
                if kind == STALE:
                    born, said = flight[row, OLD_BORN], flight[row, OLD_SAID]
                else:
                    born = clock[row, BORN]
                    said = clock[row, SAID] if stacked else born
                    if kind == COLLAPSED:
                        ready = flight[row, READY]
            else:
                ready += real[layer, FETCH]
                if layer == layers - 1:
                    born = ready
                    said = ready
                elif whole[layer, RESPECTS_AGE] == 0:
                    said = ready
                expires = said + lasts(real, layer, spread, fetched)
                fetched += 1
                store = kind == STALE
                if kind == STALE:
                    old_born = clock[row, BORN]
                    old_said = clock[row, SAID] if stacked else old_born
                    old_until = clock[row, EXPIRES] + real[layer, STALE_WINDOW]
                elif kind == MISS and ready < expires + real[layer, STALE_WINDOW]:
                    ends = node * rows + objects
                    evicted = insert(
                        layer, whole, links, ends, state, node, weight, row, wanted_bytes
                    )
                    store = evicted >= 0
                    old_born, old_said, old_until = now, now, -math.inf
                if store:
                    clock[row, BORN] = born
                    clock[row, EXPIRES] = expires
                    if stacked:
                        clock[row, SAID] = said
                    if timed:
                        flight[row, READY] = ready
                        flight[row, OLD_BORN] = old_born
                        flight[row, OLD_SAID] = old_said
                        flight[row, OLD_UNTIL] = old_until
                if kind == STALE:
                    born, said, ready, source = old_born, old_said, now, layer
            if request < first:
                continue
            totals[layer, REQUESTS] += 1
            totals[layer, kind] += 1
            if evicted > 0:
                totals[layer, EVICTED] += evicted
            elif evicted < 0:
                totals[layer, TOO_LARGE] += 1
            fetches = 1 if layer < top else 0
            totals[layer, FETCHES] += fetches
            if sized:
                totals[layer, BYTES] += wanted_bytes
                totals[layer, BYTES_FETCHED] += wanted_bytes * fetches
            if watched and changed[wanted] > born:
                totals[layer, OUTDATED] += 1
            sums[layer, AGE] += ready - born
            sums[layer, GREATEST_AGE] = max(sums[layer, GREATEST_AGE], ready - born)
        if kept:
            outcome[request] = kinds[0]
            answered[request] = source
            age[request] = ready - born
