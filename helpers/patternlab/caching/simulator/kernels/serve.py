"""One pass over a trace, through one cache (`serve_one`) or layers of them (`serve_layers`).

All of it is in one file on purpose: numba notices a change by the file of the function that is
called, and would keep old machine code for what that function uses from another one.

A node is one cache. It owns some rows of the arrays below: first the ends of its lists, then one
row for each object that it holds or remembers. A list is a ring through its end: the newest member
follows the end, and the oldest is ahead of it. `find[key * nodes + node]` is the row of an
object; its negative for a ghost; 0 where the node does not know the object.
"""

from __future__ import annotations

import math

from patternlab.caching.simulator.kernels import inline, jit

# Policies.
LRU, LFU, FIFO, SIEVE, S3FIFO = range(5)

# Columns of `links` (int32). PLACE is the index into `find`. MARK is what the policy notes: LFU how
# often the object was asked for; SIEVE whether it was since the hand came by; S3-FIFO the same up
# to 3 times, and 4 more if the object is in its main queue.
PREV, NEXT, PLACE, MARK = range(4)
IN_MAIN = 4
# The ends of LFU's lists are in order, too, so that empty ones cost nothing.
ABOVE, BELOW = PLACE, MARK

# The ends of the lists, counted from the node's first row. LFU keeps a list for each number of
# requests f, with its end at row f; row 0 ends the ring of these ends.
MAIN_END, GHOST_END = 1, 2

# Columns of `clock` (float64 seconds): when the origin made the answer, when it expires here, and
# since when its Age counts. The two ahead of them are `links`: both are views of one memory, so
# that a row is found in one place.
BORN, EXPIRES, SAID = range(2, 5)

# Columns of `flight` (float64 seconds): when the answer being fetched arrives, and what is served
# until then: when that was made, since when its Age counts, and when it is too old even so.
READY, OLD_BORN, OLD_SAID, OLD_UNTIL = range(4)

# Columns of `state` (int64), one row a node: its first row; the first row never used, and the chain
# of rows given back; what is taken of its capacity, in all, in S3-FIFO's small queue and by ghosts;
# whether S3-FIFO was ever full; SIEVE's hand; how many objects were evicted.
ENDS, UNUSED, FREE, USED, SMALL_USED, GHOST_USED, WAS_FULL, HAND, EVICTIONS = range(9)

# Columns of `whole` (int64) and `real` (float64): the settings of a layer.
POLICY, NODES, CAPACITY, IN_BYTES, SLIDING, COLLAPSE, RESPECTS_AGE, DROPS_CHANGED = range(8)
TTL, JITTER, STALE_WINDOW, FETCH = range(4)

# What a layer does with a request. PASSED is a miss whose answer is not stored: it is on its way.
HIT, STALE, COLLAPSED, MISS, PASSED = range(5)

# Columns of `totals` (int64) and `sums` (float64), one row a layer; the first five are the above.
REQUESTS, FETCHES, OUTDATED, EVICTED, TOO_LARGE, BYTES, BYTES_FETCHED = range(5, 12)
AGE, GREATEST_AGE = range(2)


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


@jit
def prepare(links, state, node, start, ends):
    """Begin `node` at row `start`, with `ends` empty lists."""
    for end in range(start, start + ends):
        links[end, PREV] = end
        links[end, NEXT] = end
        links[end, ABOVE] = end
        links[end, BELOW] = end
    state[node, ENDS] = start
    state[node, UNUSED] = start + ends
    state[node, HAND] = start


# ---- Policies


@inline
def touch(policy, links, ends, row):
    """Tell the policy that the object of `row` was asked for and is there."""
    if policy == LRU:
        if links[ends, NEXT] != row:
            unlink(links, row)
            push(links, ends, row)
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
def weigh(in_bytes, weight, row):
    """What the object of `row` takes of the capacity."""
    if in_bytes:
        return weight[row]
    return 1


@inline
def forget(find, links, state, node, row):
    """Give back a row that is in no list any more."""
    find[links[row, PLACE]] = 0
    links[row, NEXT] = state[node, FREE]
    state[node, FREE] = row


@inline
def claim(find, links, state, node, place):
    """A row for the object at `place`."""
    row = state[node, FREE]
    if row:
        state[node, FREE] = links[row, NEXT]
    else:
        row = state[node, UNUSED]
        state[node, UNUSED] = row + 1
    find[place] = row
    links[row, PLACE] = place
    return row


@inline
def take_out(policy, links, state, node, row, taken):
    """Take the object of `row` out of its list and off the capacity."""
    if policy == SIEVE and state[node, HAND] == row:
        state[node, HAND] = links[row, PREV]
    if policy == S3FIFO and links[row, MARK] < IN_MAIN:
        state[node, SMALL_USED] -= taken
    unlink(links, row)
    if policy == LFU:
        lfu_close(links, state[node, ENDS] + links[row, MARK])
    state[node, USED] -= taken


@inline
def sieve_victim(links, ends, hand):
    """The hand goes from old to new, spares what was asked for since, and stops at the rest."""
    row = links[ends, PREV] if hand == ends else hand
    while links[row, MARK] == 1:
        links[row, MARK] = 0
        row = links[row, PREV]
        if row == ends:
            row = links[ends, PREV]
    return row


@jit
def s3_evict_main(in_bytes, find, links, state, node, weight):
    """Main is a FIFO with second chances: what was asked for goes back, with one chance less."""
    end = state[node, ENDS] + MAIN_END
    row = links[end, PREV]
    while links[row, MARK] > IN_MAIN:
        links[row, MARK] -= 1
        unlink(links, row)
        push(links, end, row)
        row = links[end, PREV]
    take_out(S3FIFO, links, state, node, row, weigh(in_bytes, weight, row))
    forget(find, links, state, node, row)


@jit
def s3_remember(room, in_bytes, find, links, state, node, weight, row):
    """Keep the name of an evicted object among the ghosts, which have `room`."""
    taken = weigh(in_bytes, weight, row)
    if taken > room:
        forget(find, links, state, node, row)
        return
    end = state[node, ENDS] + GHOST_END
    while state[node, GHOST_USED] + taken > room:
        oldest = links[end, PREV]
        unlink(links, oldest)
        state[node, GHOST_USED] -= weigh(in_bytes, weight, oldest)
        forget(find, links, state, node, oldest)
    push(links, end, row)
    find[links[row, PLACE]] = -row
    state[node, GHOST_USED] += taken


@jit
def s3_evict(capacity, in_bytes, find, links, state, node, weight):
    """What was asked for twice goes from small to main; the first that was not is evicted.

    If main has more than its nine tenths, or all of small goes to main, main is what evicts.
    """
    state[node, WAS_FULL] = 1
    end = state[node, ENDS]
    in_main = state[node, USED] - state[node, SMALL_USED]
    if in_main <= capacity - capacity // 10:
        while links[end, PREV] != end:
            row = links[end, PREV]
            taken = weigh(in_bytes, weight, row)
            if links[row, MARK] < 2:
                take_out(S3FIFO, links, state, node, row, taken)
                s3_remember(capacity * 9 // 10, in_bytes, find, links, state, node, weight, row)
                return
            unlink(links, row)
            push(links, end + MAIN_END, row)
            links[row, MARK] = IN_MAIN
            state[node, SMALL_USED] -= taken
    s3_evict_main(in_bytes, find, links, state, node, weight)


@inline
def evict(policy, capacity, in_bytes, find, links, state, node, weight):
    """Make room by one object, as the policy chooses it."""
    ends = state[node, ENDS]
    if policy == S3FIFO:
        s3_evict(capacity, in_bytes, find, links, state, node, weight)
        return
    if policy == LFU:
        row = links[links[ends, ABOVE], PREV]
    elif policy == SIEVE:
        row = sieve_victim(links, ends, state[node, HAND])
        state[node, HAND] = row  # take_out() moves it on
    else:
        row = links[ends, PREV]
    take_out(policy, links, state, node, row, weigh(in_bytes, weight, row))
    forget(find, links, state, node, row)


@inline
def s3_returns(in_bytes, find, links, state, node, weight, place):
    """Whether the object at `place` is a ghost; it is none any more."""
    if find[place] >= 0:
        return False
    row = -find[place]
    unlink(links, row)
    state[node, GHOST_USED] -= weigh(in_bytes, weight, row)
    forget(find, links, state, node, row)
    return True


@inline
def insert(policy, capacity, in_bytes, find, links, state, node, weight, place, size):
    """Store an object of `size` bytes. Returns its row, or 0 if it is larger than the cache."""
    taken = size if in_bytes else 1
    if taken > capacity:
        return 0
    to_main = policy == S3FIFO and s3_returns(in_bytes, find, links, state, node, weight, place)
    while state[node, USED] + taken > capacity:
        evict(policy, capacity, in_bytes, find, links, state, node, weight)
        state[node, EVICTIONS] += 1
    row = claim(find, links, state, node, place)
    ends = state[node, ENDS]
    state[node, USED] += taken
    if in_bytes:
        weight[row] = taken
    links[row, MARK] = 0
    if policy == LFU:
        links[row, MARK] = 1
        lfu_push(links, ends, ends + 1, row)
    elif policy == S3FIFO:
        if state[node, WAS_FULL] == 0 and state[node, SMALL_USED] >= capacity // 10:
            to_main = True
        if to_main:
            links[row, MARK] = IN_MAIN
            push(links, ends + MAIN_END, row)
        else:
            state[node, SMALL_USED] += taken
            push(links, ends, row)
    else:
        push(links, ends, row)
    return row


@inline
def jittered(ttl, jitter, spread, fetched):
    """Seconds for which the answer number `fetched` is fresh."""
    if jitter > 0:
        return ttl * (1 + jitter * spread[fetched % len(spread)])
    return ttl


@jit
def drop(key, whole, find, links, state, weight):
    """Take the object out of all layers that drop what changes."""
    node = 0
    for layer in range(len(whole)):
        for _ in range(whole[layer, NODES]):
            row = find[key * len(state) + node]
            if whole[layer, DROPS_CHANGED] == 1 and row > 0:
                taken = weigh(whole[layer, IN_BYTES] == 1, weight, row)
                take_out(whole[layer, POLICY], links, state, node, row, taken)
                forget(find, links, state, node, row)
            node += 1


# ---- One cache


@jit
def serve_one(
    time,  # float64[n], seconds
    key,  # int64[n]
    size,  # int64[n], bytes, or int64[0]: each request counts 1
    change_time,  # float64[m], seconds
    change_key,  # int64[m]
    whole,  # int64[1, 8]
    real,  # float64[1, 4]
    spread,  # float64[any], from -1 to 1
    width,  # seconds a bin of `load` lasts
    first,  # the first request that counts
    find,  # int32[objects], zeros
    links,  # int32[rows, 8], a view of `clock`
    clock,  # float64[rows, 4]
    weight,  # int64[rows or 0]; needed where the capacity is in bytes
    state,  # int64[1, 9], prepared
    changed,  # float64[objects or 0], minus infinity: when each last changed; needed for changes
    totals,  # int64[1, 12], zeros: the answer
    sums,  # float64[1, 2], zeros: the answer
    load,  # int64[2, bins], zeros: requests that reach the cache, and the origin
    outcome,  # int8[n or 0]: what becomes of each request
    age,  # float64[n or 0]: seconds since the origin made the answer
):
    """Serve the trace from one cache whose fetches take no time; the last arguments are filled in.

    The same as `serve_layers` with one layer, several times as fast. What is returned means
    nothing: it only keeps the compiler from leaving out the reading ahead.
    """
    policy, capacity = whole[0, POLICY], whole[0, CAPACITY]
    in_bytes, sliding = whole[0, IN_BYTES] == 1, whole[0, SLIDING] == 1
    ttl, jitter, window = real[0, TTL], real[0, JITTER], real[0, STALE_WINDOW]
    ends, bins = state[0, ENDS], load.shape[1]
    sized, watched, kept = len(size) > 0, len(changed) > 0, len(outcome) > 0
    hits, stale, misses, outdated, large, fetched = 0, 0, 0, 0, 0, 0
    total_bytes, fetched_bytes, total_age, greatest_age = 0, 0, 0.0, 0.0
    soon, last = 0, len(time) - 1
    change, bin_, bin_began, bin_fetched, bin_end = 0, 0, 0, 0, width
    for request in range(len(time)):
        now, wanted = time[request], key[request]
        bytes_ = size[request] if sized else 1
        if request == first:  # what came before does not count
            hits, stale, misses, outdated, large = 0, 0, 0, 0, 0
            total_bytes, fetched_bytes, total_age, greatest_age = 0, 0, 0.0, 0.0
            state[0, EVICTIONS] = 0
        while now >= bin_end and bin_ < bins - 1:
            load[0, bin_], load[1, bin_] = request - bin_began, fetched - bin_fetched
            bin_began, bin_fetched, bin_ = request, fetched, bin_ + 1
            bin_end = (bin_ + 1) * width
        while change < len(change_time) and change_time[change] <= now:
            changed[change_key[change]] = change_time[change]
            drop(change_key[change], whole, find, links, state, weight)
            change += 1

        # Reading a little ahead has the memory under way by the time that it is needed.
        soon += find[key[min(request + 24, last)]]
        soon += links[abs(find[key[min(request + 12, last)]]), NEXT]

        kind, born = MISS, now
        row = find[wanted]
        if row > 0:
            expires = clock[row, EXPIRES]
            if now < expires + window:
                touch(policy, links, ends, row)
                born = clock[row, BORN]
                if now < expires:
                    kind = HIT
                    hits += 1
                    if sliding:
                        clock[row, EXPIRES] = now + jittered(ttl, jitter, spread, request)
                else:
                    kind = STALE
                    stale += 1
                    clock[row, BORN] = now
                    clock[row, EXPIRES] = now + jittered(ttl, jitter, spread, request)
            else:
                take_out(policy, links, state, 0, row, weigh(in_bytes, weight, row))
                forget(find, links, state, 0, row)
        if kind == MISS:
            misses += 1
            lasts = jittered(ttl, jitter, spread, request)
            if lasts + window > 0:
                row = insert(
                    policy, capacity, in_bytes, find, links, state, 0, weight, wanted, bytes_
                )
                if row > 0:
                    clock[row, BORN] = now
                    clock[row, EXPIRES] = now + lasts
                else:
                    large += 1
        if kind != HIT:
            fetched += 1
            fetched_bytes += bytes_
        total_bytes += bytes_
        total_age += now - born
        greatest_age = max(greatest_age, now - born)
        if watched and changed[wanted] > born:
            outdated += 1
        if kept:
            outcome[request] = kind
            age[request] = now - born
    load[0, bin_], load[1, bin_] = len(time) - bin_began, fetched - bin_fetched
    if first >= len(time):
        return soon
    totals[0, HIT], totals[0, STALE], totals[0, MISS] = hits, stale, misses
    totals[0, REQUESTS], totals[0, FETCHES] = len(time) - first, stale + misses
    totals[0, OUTDATED], totals[0, TOO_LARGE] = outdated, large
    totals[0, EVICTED] = state[0, EVICTIONS]
    totals[0, BYTES], totals[0, BYTES_FETCHED] = total_bytes, fetched_bytes
    sums[0, AGE], sums[0, GREATEST_AGE] = total_age, greatest_age
    return soon


# ---- Layers


@inline
def look(layer, whole, real, find, links, clock, flight, weight, state, node, place, now, ttl):
    """What the layer does with a request at `now`; an answer that is of no more use goes."""
    row = find[place]
    if row <= 0:
        return MISS
    policy, ends = whole[layer, POLICY], state[node, ENDS]
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
    taken = weigh(whole[layer, IN_BYTES] == 1, weight, row)
    take_out(policy, links, state, node, row, taken)
    forget(find, links, state, node, row)
    return MISS


@jit
def serve_layers(
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
    find,  # int32[nodes * objects], zeros
    links,  # int32[rows, 10 or 8], a view of `clock`
    clock,  # float64[rows, 5], or 4 where no layer respects Age: SAID is not needed then
    flight,  # float64[rows or 0, 4]; needed where fetching takes time
    weight,  # int64[rows or 0]; needed where a capacity is in bytes
    state,  # int64[nodes, 9], prepared
    path,  # int64[layers], for the node of each layer
    kinds,  # int64[layers], for what it does
    changed,  # float64[objects or 0], minus infinity: when each last changed; needed for changes
    totals,  # int64[layers, 12], zeros: the answer
    sums,  # float64[layers, 2], zeros: the answer
    load,  # int64[layers + 1, bins], zeros: requests that reach each layer, and then the origin
    outcome,  # int8[n or 0]: what the first layer does with each request
    answered,  # int8[n or 0]: which layer answers it; the number of layers: the origin
    age,  # float64[n or 0]: seconds since the origin made the answer
):
    """Serve the trace through layers of caches; the last six arguments are filled in."""
    layers, bins, nodes = len(whole), load.shape[1], len(state)
    timed, sized, aged = len(flight) > 0, len(size) > 0, clock.shape[1] > SAID
    watched, kept = len(changed) > 0, len(outcome) > 0
    soon, last = 0, len(time) - 1
    change, bin_, bin_end = 0, 0, width
    old_born, old_said, old_until = 0.0, 0.0, 0.0
    for request in range(len(time)):
        now, wanted = time[request], key[request]
        bytes_ = size[request] if sized else 1
        while now >= bin_end and bin_ < bins - 1:
            bin_ += 1
            bin_end = (bin_ + 1) * width
        while change < len(change_time) and change_time[change] <= now:
            changed[change_key[change]] = change_time[change]
            drop(change_key[change], whole, find, links, state, weight)
            change += 1

        # Reading a little ahead, as in serve_one.
        at = min(request + 12, last)
        soon += links[abs(find[key[at] * nodes + (entry[at] if len(entry) > 0 else 0)]), NEXT]

        # Inwards, to the first layer that can answer.
        column = entry[request] if len(entry) > 0 else 0
        ahead, top = 0, layers
        for layer in range(layers):
            load[layer, bin_] += 1
            node = ahead + column
            place = wanted * nodes + node
            ttl = jittered(real[layer, TTL], real[layer, JITTER], spread, request + layer)
            kind = look(
                layer, whole, real, find, links, clock, flight, weight, state, node, place, now, ttl
            )
            path[layer], kinds[layer] = node, kind
            waits = kind == STALE and timed and flight[find[place], READY] > now
            if waits or kind in (HIT, COLLAPSED):
                top = layer
                break
            if layer + 1 < layers:
                ahead += whole[layer, NODES]
                column = column * whole[layer + 1, NODES] // whole[layer, NODES]
        if top == layers:
            load[layers, bin_] += 1

        # Outwards, with the answer: when it was made, since when its Age counts, when it arrives.
        born, said, ready, source = now, now, now, top
        for layer in range(min(top, layers - 1), -1, -1):
            node, kind = path[layer], kinds[layer]
            place = wanted * nodes + node
            row = find[place]
            if layer == top:
                if kind == STALE:
                    born, said = flight[row, OLD_BORN], flight[row, OLD_SAID]
                else:
                    born = clock[row, BORN]
                    said = clock[row, SAID] if aged else born
                    if kind == COLLAPSED:
                        ready = flight[row, READY]
            else:
                ready += real[layer, FETCH]
                if layer == layers - 1:
                    born = ready
                if layer == layers - 1 or whole[layer, RESPECTS_AGE] == 0:
                    said = ready
                window = real[layer, STALE_WINDOW]
                expires = said + jittered(
                    real[layer, TTL], real[layer, JITTER], spread, request + layer
                )
                if kind == STALE:
                    old_born = clock[row, BORN]
                    old_said = clock[row, SAID] if aged else old_born
                    old_until = clock[row, EXPIRES] + window
                else:
                    row, old_born, old_said, old_until = 0, now, now, -math.inf
                    if kind == MISS and ready < expires + window:
                        evictions = state[node, EVICTIONS]
                        policy, capacity = whole[layer, POLICY], whole[layer, CAPACITY]
                        in_bytes = whole[layer, IN_BYTES] == 1
                        row = insert(
                            policy, capacity, in_bytes, find, links, state, node, weight, place,
                            bytes_,
                        )  # fmt: skip
                        if request >= first:
                            totals[layer, EVICTED] += state[node, EVICTIONS] - evictions
                            totals[layer, TOO_LARGE] += 1 if row == 0 else 0
                if row > 0:
                    clock[row, BORN], clock[row, EXPIRES] = born, expires
                    if aged:
                        clock[row, SAID] = said
                    if timed:
                        flight[row, READY], flight[row, OLD_UNTIL] = ready, old_until
                        flight[row, OLD_BORN], flight[row, OLD_SAID] = old_born, old_said
                if kind == STALE:
                    born, said, ready, source = old_born, old_said, now, layer
            if request < first:
                continue
            fetches = 1 if layer < top else 0
            totals[layer, REQUESTS] += 1
            totals[layer, kind] += 1
            totals[layer, FETCHES] += fetches
            totals[layer, BYTES] += bytes_
            totals[layer, BYTES_FETCHED] += bytes_ * fetches
            if watched and changed[wanted] > born:
                totals[layer, OUTDATED] += 1
            sums[layer, AGE] += ready - born
            sums[layer, GREATEST_AGE] = max(sums[layer, GREATEST_AGE], ready - born)
        if kept:
            outcome[request] = kinds[0]
            answered[request] = source
            age[request] = ready - born
    return soon
