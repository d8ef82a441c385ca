"""A real edge cache on this machine: nginx, set up to do what CloudFront does.

It follows CloudFront's TTL table (:mod:`patternlab.caching.edge.ttl`), asks the origin again with
If-None-Match, serves stale copies while it asks and when the origin fails, keeps errors, collapses
simultaneous requests for one key, and writes CloudFront's standard log. Time is real: a TTL of one
second takes one second, and up to one more, since nginx counts whole seconds.

What is nginx's and not CloudFront's: collapsed requests look for the answer every half second;
requests for an object that has expired are not collapsed; nothing is evicted before it expires.
"""

from __future__ import annotations

import atexit
import http.client
import json
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from patternlab.caching.edge.nginx import configuration, nginx_program
from patternlab.caching.edge.origin import Origin, Request, Response
from patternlab.caching.edge.ttl import CachePolicy, policy_of
from patternlab.caching.edge.viewer import Answer, Viewed, Viewer
from patternlab.caching.errors import CachingError
from patternlab.caching.server import OwnedServer, own_folder
from patternlab.caching.traces.cloudfront_log import FIELDS, HEADER, read_cloudfront
from patternlab.ports import free_port

HOST = "127.0.0.1"  # this machine and no other
_ID = FIELDS.index("x-edge-request-id")
_TAKEN = f"bind() to {HOST}"
ATTEMPTS = 3  # another program may take a free port first

# The head of a file in nginx's cache, as its C struct begins: version, then the seconds since 1970
# at which it expires, how long it may be served stale while updating and on error, when it was
# modified last, and when it was fetched or validated.
_CACHE_FILE = struct.Struct("@N5q")
_CACHE_VERSION = 5


class Edge(Viewed):
    """One edge location in front of one origin; a context manager.

    Args:
        origin: a function that takes a :class:`~patternlab.caching.edge.origin.Request` and returns
            status, headers and body (or a body); or the URL of a server.
        policy: the cache policy of all paths that no other behavior takes: a
            :class:`~patternlab.caching.edge.ttl.CachePolicy` or the name of a managed one.
        behaviors: other policies by path pattern (``{"/api/*": "CachingDisabled"}``), the first
            that fits.
        error_ttl: the error caching minimum TTL, in seconds.
        origin_timeout: how long to wait for the origin, in seconds.
        port: a port of 127.0.0.1; a free one without it.

    Attributes:
        url: where it listens, only on this machine.
        origin: the :class:`~patternlab.caching.edge.origin.Origin`, to count, slow or break it;
            None if the origin is a URL.

    Raises:
        CachingError: nginx is missing or does not start, the port is taken, no temporary folder can
            be made, or an argument makes no sense.
    """

    def __init__(
        self,
        origin: Callable[[Request], Response | bytes | str] | str,
        policy: str | CachePolicy = "CachingOptimized",
        behaviors: Mapping[str, str | CachePolicy] | None = None,
        error_ttl: int = 10,
        origin_timeout: int = 30,
        port: int | None = None,
    ) -> None:
        self.policies = _policies(policy, behaviors or {})
        self._error_ttl = _whole(error_ttl, "error_ttl", least=0)
        self._origin_timeout = _whole(origin_timeout, "origin_timeout", least=1)
        program = nginx_program()
        url = _checked(origin) if isinstance(origin, str) else ""
        self.origin = None if isinstance(origin, str) else Origin(origin)
        self._asked: set[str] = set()  # ids of answers whose line in the log was not seen yet
        self._read_to = 0  # how far into the log, in bytes
        self._closed = False
        try:
            url = self.origin.url if self.origin else url
            self._server, self.port = self._start(program, url, port)
        except BaseException:
            if self.origin:
                self.origin.close()
            raise
        patience = self._origin_timeout * 3 + 10
        self._viewer = Viewer("The edge", http.client.HTTPConnection, HOST, self.port, patience)
        self.url = f"http://{HOST}:{self.port}"
        atexit.register(self.close)

    def get(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        body: bytes | None = None,
    ) -> Answer:
        """Send one request of a viewer, on a connection that stays open."""
        if self._closed:
            raise CachingError("The edge is closed: open another one.")
        answer = super().get(path, headers, method, body)
        if "X-Amz-Cf-Id" in answer.headers:
            self._asked.add(answer.headers["X-Amz-Cf-Id"])
        return answer

    def log(self) -> pd.DataFrame:
        """Read the standard log so far, as :func:`read_cloudfront` does: one row per request.

        Raises:
            TraceError: there was no request yet.
        """
        self._settle()
        return read_cloudfront(self.log_file)

    @property
    def log_file(self) -> Path:
        """Where the log is, while the edge is open."""
        return self._server.folder / "access.log"

    def objects(self) -> pd.DataFrame:
        """List what is in the cache, read from nginx's own files; one row per object.

        `path` (with the query string that is in the key), the whole cache `key`, `fetched` (or
        validated, UTC), and `ttl`, `stale_while_revalidate` and `stale_if_error` in seconds. A TTL
        of 0 means that the origin is asked each time.
        """
        self._settle()
        rows = [_read(file) for file in self._files()]
        columns = ["path", "key", "fetched", "ttl", "stale_while_revalidate", "stale_if_error"]
        found = pd.DataFrame([row for row in rows if row], columns=columns)
        return found.sort_values("key", ignore_index=True)

    def invalidate(self, path: str) -> int:
        """Remove what is kept of this path, or with a ``*`` at its end of all that begin so.

        Returns how many objects were removed. CloudFront takes seconds to minutes for all its
        edges, and bills each path after the first 1,000 a month; a wildcard counts as one.
        """
        path = path if path.startswith("/") else "/" + path
        if "*" in path[:-1]:
            raise CachingError(f"{path!r} has a * inside: CloudFront takes it at the end only.")
        self._settle()
        removed = []
        for file in self._files():
            row = _read(file)
            if row and _invalidates(path, row["path"]):
                file.unlink(missing_ok=True)
                removed.append(row["key"])
        for start in range(0, len(removed), 100):  # nginx reads what fits into a buffer
            self._control("POST", "/forget", json.dumps(removed[start : start + 100]))
        return len(removed)

    def close(self) -> None:
        """End nginx and the origin, and remove all files. Closing twice is fine."""
        if self._closed:
            return
        self._closed = True
        atexit.unregister(self.close)
        self._viewer.close()
        self._server.close()
        if self.origin:
            self.origin.close()

    def __enter__(self) -> Edge:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self._closed else self.url
        return f"Edge({state}, {', '.join(policy.name for _, policy in self.policies)})"

    def _settle(self) -> None:
        """Wait until nginx has finished what it has answered: the file in the cache, the log line.

        It does both just after the last byte has left for the viewer.
        """
        end = time.monotonic() + 2
        while self._asked and time.monotonic() < end:
            with open(self.log_file, "rb") as log:
                log.seek(self._read_to)
                lines, newline, _ = log.read().rpartition(b"\n")
            self._read_to += len(lines) + len(newline)
            cells = (line.decode("ascii").split("\t") for line in lines.split(b"\n"))
            self._asked.difference_update(cell[_ID] for cell in cells if len(cell) > _ID)
            if self._asked:
                time.sleep(0.005)
        self._asked.clear()

    def _start(self, program: str, origin: str, port: int | None) -> tuple[OwnedServer, int]:
        for attempt in range(ATTEMPTS):
            chosen = _port(port)
            folder = own_folder("edge")
            text = configuration(
                folder, chosen, origin, self.policies, self._error_ttl, self._origin_timeout
            )
            (folder / "nginx.conf").write_text(text, "utf-8")
            (folder / "access.log").write_text(HEADER, "utf-8")
            command = [program, "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
            environment = {"PATH": os.environ.get("PATH", os.defpath), "TZ": "UTC"}
            server = OwnedServer("nginx", command, folder, environment)
            self._server = server
            try:
                server.wait_for(self._ready)
                return server, chosen
            except CachingError as error:
                server.close()
                if _TAKEN not in str(error) or port is not None or attempt == ATTEMPTS - 1:
                    raise
            except BaseException:
                server.close()
                raise
        raise AssertionError("not reached")

    def _ready(self) -> bool:
        said = self._server.last_words()
        if _TAKEN in said:  # nginx would try for some seconds more
            raise CachingError(f"The edge's port was taken meanwhile. nginx said: {said}")
        try:
            return self._control("GET", "/ready") == 204
        except OSError:
            return False

    def _control(self, method: str, path: str, body: str | None = None) -> int:
        """Ask our own nginx, on a socket in its folder that no other server can have taken."""
        connection = http.client.HTTPConnection("localhost", timeout=10)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.sock.settimeout(10)
            connection.sock.connect(str(self._server.folder / "control.sock"))
            connection.request(method, path, body)
            return connection.getresponse().status
        finally:
            connection.close()

    def _files(self) -> Iterator[Path]:
        for file in (self._server.folder / "cache").iterdir():
            if file.is_file() and len(file.name) == 32:
                yield file


def _read(file: Path) -> dict[str, Any] | None:
    """Read what a file of nginx's cache says; None if it has just gone or is not whole."""
    with suppress(OSError, struct.error, ValueError):
        with open(file, "rb") as content:
            head = content.read(65_536)
        version, expires, updating, on_error, _, fetched = _CACHE_FILE.unpack_from(head)
        if version != _CACHE_VERSION:
            raise CachingError(f"nginx's cache files have version {version}, not {_CACHE_VERSION}.")
        start = head.index(b"\nKEY: ") + len(b"\nKEY: ")
        key = head[start : head.index(b"\n", start)].decode("utf-8", "replace")
        return {
            "path": key.split(" ")[0],
            "key": key,
            "fetched": datetime.fromtimestamp(fetched, UTC),
            "ttl": max(0, expires - fetched),
            "stale_while_revalidate": updating,
            "stale_if_error": on_error,
        }
    return None


def _invalidates(path: str, kept: str) -> bool:
    """Return whether the path of an invalidation covers the object that is kept of a path."""
    if "?" not in path:
        kept = kept.split("?")[0]
    return kept.startswith(path[:-1]) if path.endswith("*") else kept == path


def _policies(
    policy: str | CachePolicy, behaviors: Mapping[str, str | CachePolicy]
) -> list[tuple[str, CachePolicy]]:
    for pattern in behaviors:
        if not pattern.startswith("/") or not pattern.isprintable() or set(pattern) & set("\"'${}"):
            raise CachingError(f"The path pattern {pattern!r} must begin with a slash, as /api/*.")
    found = [(pattern, policy_of(chosen)) for pattern, chosen in behaviors.items()]
    return [*found, ("*", policy_of(policy))]


def _whole(value: int, what: str, least: int) -> int:
    if not isinstance(value, int) or not least <= value <= 31_536_000:
        raise CachingError(
            f"{what} is {value!r}: it must be whole seconds, from {least} to a year."
        )
    return value


def _checked(origin: str) -> str:
    url = urlsplit(origin)
    if url.scheme not in ("http", "https") or not url.hostname or set(origin) & set(" \"'{};$"):
        raise CachingError(
            f"The origin {origin!r} must be a function or a URL like http://host:80."
        )
    return origin


def _port(wanted: int | None) -> int:
    """Return a free port, or the wanted one if it is free."""
    try:
        return free_port(wanted or 0)
    except (OSError, OverflowError) as error:
        raise CachingError(
            f"The port {wanted} of 127.0.0.1 cannot be used ({error}). Give another port, or "
            "none for a free one."
        ) from None
