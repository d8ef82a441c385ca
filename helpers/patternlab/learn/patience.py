"""A limit on how long a check may compute, for answers with a loop that never ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class OutOfPatience(BaseException):
    """The limit is reached. Not an ``Exception``: an answer that catches those has to end too."""


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Raise :class:`OutOfPatience` in the code under ``with`` after `seconds` of real time.

    Needs the main thread and SIGALRM. Elsewhere, on Windows for one, Jupyter's *Interrupt* is what
    ends such a loop.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, _alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _alarm(_signal: int, _frame: object) -> None:
    raise OutOfPatience
