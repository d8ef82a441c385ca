"""Handlers that wait: a plain, synchronous handler gives way to the clock.

A handler runs in a greenlet of its own. When it sleeps, or waits for a message, it hands the
SimPy event it waits for to the process that drives it, and everything else goes on. Where greenlet
is not installed, the handler runs in one go and its sleeps are added up and passed afterwards.
"""

from __future__ import annotations

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


def in_handler() -> bool:
    """Is the code that asks a handler's, rather than the notebook's?"""
    return greenlet is not None and isinstance(greenlet.getcurrent(), _Handler)


def wait_for(clock: VirtualClock, event: simpy.Event) -> Any:
    """Let time pass until `event` happens: a handler gives way, the notebook moves the clock."""
    if in_handler():
        return greenlet.getcurrent().parent.switch(event)
    return clock.run_until(event)


def sleep(clock: VirtualClock, seconds: float) -> None:
    """A handler's ``time.sleep``."""
    if in_handler():
        wait_for(clock, clock.env.timeout(seconds))
    else:
        _naps.append(seconds)


#: Without greenlets: the seconds the running handler has slept, passed after its return.
_naps: list[float] = []


def drive(
    clock: VirtualClock, run: Callable[[], Any], scope: AbstractContextManager[Any]
) -> Generator[simpy.Event, Any, Any]:
    """A SimPy process that runs `run` as a handler and returns what it returns.

    `scope` is entered whenever the handler's code runs and left whenever it gives way. An
    exception thrown into the process reaches the handler at the place where it waits.
    """
    if greenlet is None:
        return (yield from _in_one_go(clock, run, scope))
    handler = _Handler(run)
    try:
        event = _resume(handler, scope, handler.switch)
        while not handler.dead:
            try:
                value = yield event
            except BaseException as error:
                event = _resume(handler, scope, lambda e=error: handler.throw(e))
            else:
                event = _resume(handler, scope, lambda v=value: handler.switch(v))
        return event
    finally:
        if not handler.dead:  # the process itself was stopped: let the handler clean up
            _resume(handler, scope, handler.throw)


def _in_one_go(
    clock: VirtualClock, run: Callable[[], Any], scope: AbstractContextManager[Any]
) -> Generator[simpy.Event, Any, Any]:
    _naps.clear()
    with scope:
        result = run()
    for seconds in list(_naps):
        yield clock.env.timeout(seconds)
    return result


def _resume(
    handler: Any, scope: AbstractContextManager[Any], step: Callable[[], Any]
) -> simpy.Event | Any:
    """Run the handler up to its next event, or to its end."""
    handler.parent = greenlet.getcurrent()
    with scope:
        return step()
