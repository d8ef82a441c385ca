"""A watch on handlers that never return: a busy loop must not hang the notebook.

The cloud's clock cannot stop such a handler, because the clock does not move while the handler
computes. A timer of the operating system does, after `limit` real seconds. It needs the main
thread and SIGALRM; elsewhere (Windows, a browser tab) Jupyter's own *Interrupt* is what remains.
"""

from __future__ import annotations

import functools
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

#: A handler that ignores the first alarm gets another one every so many seconds.
AGAIN = 0.05


class Stuck(BaseException):
    """Raised inside a handler that computed for too long. Not an ``Exception``: a handler that
    catches everything it can still has to end."""


class Guard:
    """Watches one stretch of handler code at a time."""

    def __init__(self, limit: float = 5.0) -> None:
        self.limit = limit
        self._late = False

    @contextmanager
    def watch(self, limit: float | None = None) -> Iterator[None]:
        """Raise :class:`Stuck` in the code under ``with`` after `limit` real seconds."""
        if not _can_watch():
            yield
            return
        before = signal.signal(signal.SIGALRM, self._alarm)
        left, interval = signal.setitimer(signal.ITIMER_REAL, limit or self.limit, AGAIN)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, left, interval)
            signal.signal(signal.SIGALRM, before)
            self._late = False

    def shield(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, which an alarm does not interrupt: it is heard when the call is done."""

        @functools.wraps(function)
        def shielded(*args: Any, **kwargs: Any) -> Any:
            result = function(*args, **kwargs)
            if self._late:
                self._late = False
                raise Stuck
            return result

        self._shield = shielded.__code__
        return shielded

    _shield: Any = None

    def _alarm(self, _signal: int, frame: FrameType | None) -> None:
        while frame is not None:
            if frame.f_code is self._shield:
                self._late = True
                return
            frame = frame.f_back
        raise Stuck


def _can_watch() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
