"""An origin for the edge: a Python function behind HTTP that can be made slow or fail."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from patternlab.caching.errors import CachingError

Response = tuple[int, Mapping[str, str], bytes | str]
Sent = tuple[int, Mapping[str, str], bytes]  # as it leaves


@dataclass(frozen=True)
class Request:
    """A request at the origin. `path` is without `query`; `headers` are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""


class Origin:
    """A threaded HTTP server on 127.0.0.1 that answers with what a function returns.

    Args:
        answer: called with a :class:`Request`, perhaps by several threads at once. It returns
            status, headers and body, or only a body, which is a 200. What it raises is a 500 with
            the reason.

    If the response has an ETag or a Last-Modified that the request already knows, the server
    answers 304 without the body, as an origin should.

    Attributes:
        delay: seconds that every response takes longer.
    """

    def __init__(self, answer: Callable[[Request], Response | bytes | str]) -> None:
        self._answer = answer
        self.delay = 0.0
        self._failure: int | None = None
        self._statuses: list[int] = []
        try:
            self._server = _Server(("127.0.0.1", 0), _Handler)
        except OSError as error:
            raise CachingError(f"The origin cannot listen on 127.0.0.1 ({error}).") from None
        self._server.origin = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def count(self) -> int:
        """How many requests came in so far, failed ones and 304s included."""
        return len(self._statuses)

    def unplug(self) -> None:
        """Hang up on everybody from now on, as an origin that cannot be reached."""
        self._failure = 0

    def recover(self) -> None:
        """Answer again with what the function returns."""
        self._failure = None

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _respond(self, request: Request) -> Sent | None:
        """Count the request; return the response, or None to hang up."""
        if self.delay:
            time.sleep(self.delay)
        failed = self._failure
        sent: Sent = self._asked(request) if failed is None else (failed, {}, b"")
        status, headers, body = sent
        if status == 200 and _knows(request.headers, headers):
            status, body = 304, b""
        self._statuses.append(status)
        return (status, headers, body) if status else None

    def _asked(self, request: Request) -> Sent:
        try:
            found = self._answer(request)
            if isinstance(found, bytes | str):
                found = 200, {}, found
            status, headers, body = found
            return int(status), dict(headers), body.encode() if isinstance(body, str) else body
        except Exception as error:
            reason = f"The origin's function failed: {type(error).__name__}: {error}\n"
            return 500, {"Content-Type": "text/plain"}, reason.encode()


def _knows(asked: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    """Return whether the client already has this version."""
    ours = {name.lower(): value for name, value in headers.items()}
    if "if-none-match" in asked:
        return ours.get("etag") is not None and ours["etag"] == asked["if-none-match"]
    since = asked.get("if-modified-since")
    return since is not None and since == ours.get("last-modified")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    origin: Origin


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "origin", ""
    wbufsize = -1  # the response leaves in one piece

    def _serve(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        asked = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, url.path, url.query, asked, body)
        response = self.server.origin._respond(request)
        self.close_connection = True
        if response is None:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, headers, body = response
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and status != 304:
            self.wfile.write(body)
        self.wfile.flush()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = _serve

    def log_message(self, format: str, *args: Any) -> None:
        pass  # nginx writes the log
