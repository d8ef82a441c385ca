"""A watch on handlers that never return: a busy loop must not hang the notebook.

The cloud's clock cannot stop such a handler, because the clock does not move while the handler
computes. A timer of the operating system does, after `limit` real seconds. It needs the main
thread and SIGALRM; elsewhere (Windows, a browser tab) Jupyter's own *Interrupt* is what remains.
*Interrupt* itself stops a handler at once, and everything else between two steps of the clock.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from simpy import Environment

from patternlab.local.hub import BELOW_HANDLER, greenlet, in_handler, leave

#: Seconds between the alarms that a handler gets if it ignores the first one.
AGAIN = 0.05
#: How many alarms it gets before it is abandoned.
PATIENCE = 5


class Stuck(BaseException):
    """Raised inside a handler that computed for too long.

    Not an ``Exception``: a handler that catches everything it can still has to end.
    """


class Guard:
    """Watches one stretch of handler code at a time."""

    def __init__(self, limit: float = 5.0) -> None:
        self.limit = limit
        self._alarms = 0
        self._over = False  # may the handler still call the cloud?
        self._late: type[BaseException] | None = None
        self._shield: Any = None

    @contextmanager
    def watch(self, limit: float | None = None, over: bool = False) -> Iterator[None]:
        """Raise :class:`Stuck` in the code under ``with`` after `limit` real seconds.

        With `over` the code may tidy up, but calls to the cloud end it: on AWS it would have been
        stopped already.
        """
        before = self._alarms, self._over, self._late
        self._alarms, self._over, self._late = 0, over, None
        try:
            with self._timer(limit or self.limit):
                yield
        finally:
            self._alarms, self._over, self._late = before

    @contextmanager
    def _timer(self, seconds: float) -> Iterator[None]:
        if not _can_watch():
            yield
            return
        before = signal.signal(signal.SIGALRM, self._alarm)
        left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, left, interval)
            signal.signal(signal.SIGALRM, before)

    def shield(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap `function` so that no alarm interrupts it; one is heard when the call is done."""

        def shielded(*args: Any, **kwargs: Any) -> Any:
            if self._over and in_handler():
                raise Stuck
            result = function(*args, **kwargs)
            if self._late is not None and in_handler():
                late, self._late = self._late, None
                raise late
            return result

        self._shield = shielded.__code__
        return shielded

    def _alarm(self, _signal: int, frame: FrameType | None) -> None:
        if greenlet is not None and not in_handler():
            return  # it has just given way, or ended
        if self._is_shielded(frame):
            self._late = Stuck
            return
        self._over = True
        self._alarms += 1
        if self._alarms > PATIENCE:
            leave(Stuck())
        raise Stuck

    @contextmanager
    def interrupts(self, env: Environment) -> Iterator[None]:
        """Hear *Interrupt* (Ctrl-C) where it does no harm, while `env` is stepped within this."""
        if not _is_main_thread() or signal.getsignal(signal.SIGINT) is not _DEFAULT:
            yield
            return

        def hear(_signal: int, frame: FrameType | None) -> None:
            if not in_handler():
                env.timeout(0).callbacks.append(_interrupt)  # the next step of the clock
            elif self._is_shielded(frame):
                self._late = KeyboardInterrupt
            else:
                raise KeyboardInterrupt

        signal.signal(signal.SIGINT, hear)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, _DEFAULT)

    def _is_shielded(self, frame: FrameType | None) -> bool:
        while frame is not None and frame.f_code is not BELOW_HANDLER:
            if frame.f_code is self._shield:
                return True
            frame = frame.f_back
        return False


_DEFAULT = signal.default_int_handler


def _interrupt(_: Any) -> None:
    raise KeyboardInterrupt


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _can_watch() -> bool:
    return hasattr(signal, "setitimer") and _is_main_thread()
