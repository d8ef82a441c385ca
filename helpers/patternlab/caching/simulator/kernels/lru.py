"""The common case, several times as fast: LRU or no limit, and a TTL that runs from the fetch.

LRU needs no list. The requests in their order are one: what a cache holds is each object whose last
request is at or behind a place in that order, the tail. To evict, the tail moves on, past requests
whose objects were asked for again later (`again`), and past the first one whose object was not.

The results are those of serve.py, to the last bit. All of it is in one file, as there.
"""

from __future__ import annotations

from patternlab.caching.simulator.kernels import jit

# Columns of `held` in serve_lru (float64): when the origin made the answer (seconds), and where in
# the order of requests the object's last one is.
BORN, LAST = range(2)

# The same for layers, in 16 bytes, so that one cache line serves a look-up: when the answer expires
# here, a column of `clock` (float64 seconds); at which request of the trace the origin made it, and
# where the last request is, columns of `place` (int32). Both are views of one memory.
EXPIRES = 0
MADE_AT, LAST_AT = 2, 3

# Columns of `counts` (int64) and `sums` (float64), one row a layer.
HITS, MISSES, EVICTED = range(3)
AGE, GREATEST_AGE = range(2)


@jit
def serve_lru(
    time,  # float64[n], seconds
    key,  # int64[n]
    ttl,  # seconds, more than 0
    capacity,  # objects
    width,  # seconds a bin of `load` lasts
    first,  # the first request that counts
    held,  # float64[objects, 2], -1
    again,  # bool[n], no: whether the object is asked for again while it is held
    counts,  # int64[1, 3]: the answer
    sums,  # float64[1, 2]: the answer
    load,  # int64[2, bins], zeros: requests that reach the cache, and the origin
):
    """Serve the trace from one cache; the last three arguments are filled in.

    What is returned means nothing: it only keeps the compiler from leaving out the reading ahead.
    """
    hits, misses, evicted, fetched, used, tail = 0, 0, 0, 0, 0, 0
    age, greatest_age, soon = 0.0, 0.0, 0.0
    bins, last = load.shape[1], len(time) - 1
    bin_, bin_began, bin_fetched, bin_end = 0, 0, 0, width
    for request in range(len(time)):
        now, wanted = time[request], key[request]
        if request == first:  # what came before does not count
            hits, misses, evicted, age, greatest_age = 0, 0, 0, 0.0, 0.0
        while now >= bin_end and bin_ < bins - 1:
            load[0, bin_], load[1, bin_] = request - bin_began, fetched - bin_fetched
            bin_began, bin_fetched, bin_ = request, fetched, bin_ + 1
            bin_end = (bin_ + 1) * width

        # Reading a little ahead has the memory under way by the time that it is needed.
        soon += held[key[min(request + 24, last)], BORN]

        before, born = int(held[wanted, LAST]), held[wanted, BORN]
        held[wanted, LAST] = request
        there = before >= tail
        if there:
            again[before] = True
        if there and now < born + ttl:
            hits += 1
            age += now - born
            greatest_age = max(greatest_age, now - born)
            continue
        misses += 1
        fetched += 1
        held[wanted, BORN] = now
        if there:
            continue
        if used < capacity:
            used += 1
            continue
        while again[tail]:
            tail += 1
        tail += 1
        evicted += 1
    if first <= last:
        counts[0, HITS], counts[0, MISSES], counts[0, EVICTED] = hits, misses, evicted
        sums[0, AGE], sums[0, GREATEST_AGE] = age, greatest_age
    load[0, bin_], load[1, bin_] = last + 1 - bin_began, fetched - bin_fetched
    return soon


@jit
def serve_lru_layers(
    time,  # float64[n], seconds
    key,  # int64[n]
    entry,  # int32[n], which node of the first layer is asked, or int32[0]: always the first
    behind,  # int64[all nodes]: which node each one fetches from; any in the last layer
    ttl,  # float64[layers], seconds, more than 0; infinity: no limit
    capacity,  # int64[layers], objects a node; 0: no limit
    width,  # seconds a bin of `load` lasts
    first,  # the first request that counts
    clock,  # float64[objects, all nodes, 2], a view of `place`: no numbers, until something is held
    place,  # int32[objects, all nodes, 4], -1
    again,  # bool[layers, n], no: as above, for the requests of each node, node after node
    head,  # int64[all nodes]: where in `again` the next request of a node is
    tail,  # int64[all nodes], the same as `head`: the first request that still counts
    used,  # int64[all nodes], zeros: how many objects it holds
    path,  # int64[layers]: the nodes that a request comes by
    counts,  # int64[layers, 3], zeros: the answer
    sums,  # float64[layers, 2], zeros: the answer
    load,  # int64[layers + 1, bins], zeros: requests that reach each layer, and then the origin
):
    """Serve the trace through layers of caches; the last three arguments are filled in."""
    layers, bins, last, inner = len(ttl), load.shape[1], len(time) - 1, clock.shape[1] - 1
    bin_, bin_end, soon = 0, width, 0
    for request in range(len(time)):
        now, wanted = time[request], key[request]
        node = entry[request] if len(entry) > 0 else 0
        counted = 1 if request >= first else 0
        while now >= bin_end and bin_ < bins - 1:
            bin_ += 1
            bin_end = (bin_ + 1) * width

        # Reading a little ahead, as in serve_lru.
        at = min(request + 12, last)
        soon += place[key[at], entry[at] if len(entry) > 0 else 0, MADE_AT]
        soon += place[key[at], inner, MADE_AT]

        # Inwards, to the first layer that can answer.
        top = layers
        for layer in range(layers):
            load[layer, bin_] += 1
            path[layer] = node
            fresh = now < clock[wanted, node, EXPIRES]
            if capacity[layer] > 0:
                before = place[wanted, node, LAST_AT]
                place[wanted, node, LAST_AT] = head[node]
                head[node] += 1
                if before >= tail[node]:
                    again[layer, before] = True
                else:
                    fresh = False
                    if used[node] < capacity[layer]:
                        used[node] += 1
                    else:
                        end = tail[node]
                        while again[layer, end]:
                            end += 1
                        tail[node] = end + 1
                        counts[layer, EVICTED] += counted
            if fresh:
                top = layer
                break
            node = behind[node]

        # Outwards, with the answer.
        made_at = request
        if top < layers:
            made_at = place[wanted, path[top], MADE_AT]
            counts[top, HITS] += counted
        else:
            load[layers, bin_] += 1
        for layer in range(top):
            place[wanted, path[layer], MADE_AT] = made_at
            clock[wanted, path[layer], EXPIRES] = now + ttl[layer]
            counts[layer, MISSES] += counted
        if counted and top < layers:
            age = now - time[made_at]
            for layer in range(top + 1):
                sums[layer, AGE] += age
                sums[layer, GREATEST_AGE] = max(sums[layer, GREATEST_AGE], age)
    return soon
