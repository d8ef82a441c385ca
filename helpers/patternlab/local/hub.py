"""Handlers that wait: a plain, synchronous handler gives way to the clock.

A handler runs in a greenlet of its own. When it sleeps, or waits for a message, it hands the
SimPy event it waits for to the process that drives it, and everything else goes on. If greenlet
is not installed, the handler runs in one go and its sleeps are added up and passed afterwards.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import Any

import simpy

from patternlab.clock import VirtualClock

try:
    import greenlet
except ImportError:  # a browser tab, for one
    greenlet = None


if greenlet is not None:

    class _Handler(greenlet.greenlet):
        """A greenlet that runs a handler, as against one that runs the notebook."""

        left = False  # it was abandoned, because it does not end by itself


def in_handler() -> bool:
    """Return whether the calling code is a handler's, rather than the notebook's."""
    if greenlet is None:
        return bool(_naps)
    return isinstance(greenlet.getcurrent(), _Handler)


def wait_for(clock: VirtualClock, event: simpy.Event) -> Any:
    """Let time pass until `event` happens: a handler gives way, the notebook moves the clock."""
    if greenlet is not None and in_handler():
        return greenlet.getcurrent().parent.switch(event)
    if greenlet is not None and clock.moves:
        raise RuntimeError(
            "A thread that a handler has started cannot wait on the cloud's clock. Sleep, poll and "
            "invoke in the handler itself."
        )
    return clock.run_until(event)


def sleep(clock: VirtualClock, seconds: float) -> None:
    """A handler's ``time.sleep``."""
    if greenlet is None and in_handler():
        _naps[-1].append(seconds)
    else:
        wait_for(clock, clock.env.timeout(seconds))


#: Without greenlets: the seconds that each running handler has slept, the innermost last.
_naps: list[list[float]] = []


def leave(error: BaseException) -> None:
    """Abandon the running handler, and raise `error` where it was driven.

    For a handler that catches everything that is raised in it. An alarm calls this within it.
    """
    if greenlet is None or not in_handler():
        raise error
    handler = greenlet.getcurrent()
    _abandon(handler)
    handler.parent.throw(error)


def _abandon(handler: Any) -> None:
    """Never run `handler` again, and never free it.

    A greenlet that is freed is run once more, to its end, which this one would not reach.
    """
    handler.left = True
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(handler))


def drive(
    clock: VirtualClock, run: Callable[[], Any], scope: AbstractContextManager[Any]
) -> Generator[simpy.Event, Any, Any]:
    """A SimPy process that runs `run` as a handler and returns what it returns.

    `scope` is entered whenever the handler's code runs and left whenever it gives way. An
    exception thrown into the process reaches the handler at the place where it waits; if it is not
    an ``Exception`` and the handler goes on waiting nevertheless, the handler is abandoned.
    """
    if greenlet is None:
        return (yield from _in_one_go(clock, run, scope))
    handler = _Handler(run)
    try:
        event = _resume(handler, scope, handler.switch)
        while not handler.dead:
            try:
                value = yield event
            except Exception as error:
                event = _resume(handler, scope, handler.throw, error)
            except BaseException as error:
                _resume(handler, scope, handler.throw, error)
                raise
            else:
                event = _resume(handler, scope, handler.switch, value)
        return event
    finally:
        if not handler.dead and not handler.left:
            _abandon(handler)


def _in_one_go(
    clock: VirtualClock, run: Callable[[], Any], scope: AbstractContextManager[Any]
) -> Generator[simpy.Event, Any, Any]:
    _naps.append([])
    try:
        with scope:
            result = run()
    finally:
        naps = _naps.pop()
    for seconds in naps:
        yield clock.env.timeout(seconds)
    return result


#: Without greenlets: what is above this frame is the handler's, what is below is not.
BELOW_HANDLER = _in_one_go.__code__


def _resume(
    handler: Any, scope: AbstractContextManager[Any], step: Callable[..., Any], *given: Any
) -> Any:
    """Run the handler up to its next event, or to its end."""
    handler.parent = greenlet.getcurrent()
    with scope:
        return step(*given)
