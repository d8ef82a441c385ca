"""A viewer: sends requests to an edge, local or CloudFront's own, and times the answers.

With ``http.client``, because a richer client takes longer than a local edge and hides it.
"""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from patternlab import web
from patternlab.caching.errors import CachingError


class Answer(web.Answer):
    """What a viewer got, with what an edge says of its cache; `seconds` is measured here."""

    @property
    def x_cache(self) -> str:
        """``"Hit from cloudfront"`` and the like; empty if there is no such header."""
        return self.headers.get("X-Cache", "")

    @property
    def age(self) -> int | None:
        """Seconds the copy has been in the cache; None if the origin was asked."""
        return int(self.headers["Age"]) if "Age" in self.headers else None


class Viewer:
    """Connections to one server, one for each thread, which stay open.

    Args:
        name: what to call the server in a sentence.
        connection: the kind of connection: ``http.client.HTTPConnection`` or ``HTTPSConnection``.
        host, port, timeout: where it is, and how many seconds to wait for it.
    """

    def __init__(
        self,
        name: str,
        connection: type[http.client.HTTPConnection],
        host: str,
        port: int,
        timeout: float,
    ) -> None:
        self._name, self._new = name, lambda: connection(host, port, timeout=timeout)
        self._local = threading.local()
        self._connections: list[http.client.HTTPConnection] = []

    def get(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        body: bytes | None = None,
    ) -> Answer:
        """Send one request; a :class:`CachingError` if there is no answer or no such path."""
        if not re.fullmatch("/[!-~]*", path):
            raise CachingError(
                f"The path {path!r} must begin with a slash and be as in a URL: a space is %20."
            )
        for last in (False, True):  # a connection that was idle may be gone: once more on a new one
            connection = self._connection()
            start = time.perf_counter()
            try:
                connection.request(method, path, body, dict(headers or {}))
                response = connection.getresponse()
                content = response.read()
                seconds = time.perf_counter() - start
                given = {name: response.headers[name] for name in response.headers}
                return Answer(response.status, given, content, seconds)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if last or method not in ("GET", "HEAD"):
                    raise CachingError(f"{self._name} does not answer ({error}).") from None
        raise AssertionError("not reached")

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._local, "connection"):
            self._local.connection = self._new()
            self._connections.append(self._local.connection)
        return self._local.connection


class Viewed:
    """What a viewer can ask for paths. A subclass sets its :class:`Viewer` as `_viewer`."""

    _viewer: Viewer

    def get(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        body: bytes | None = None,
    ) -> Answer:
        """Send one request of a viewer, on a connection that stays open."""
        return self._viewer.get(path, headers, method, body)

    def get_together(
        self, paths: Iterable[str], headers: Mapping[str, str] | None = None
    ) -> list[Answer]:
        """Send several requests at the same time, each on its own connection; in their order."""
        paths = list(paths)
        with ThreadPoolExecutor(max(1, len(paths))) as viewers:
            return list(viewers.map(lambda path: self.get(path, headers), paths))
