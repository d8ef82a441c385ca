"""Lambda's asynchronous invocation: accepted at once, run on the clock, retried (facts 40 to 46).

What is here: the queue's promise of up to three attempts, the waits between them, and what
throttling does. Dead-letter queues and destinations are not.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from typing import Any

import simpy

from patternlab.clock import TICK
from patternlab.delivery.function import Function, Outcome
from patternlab.delivery.knobs import Knobs

RETRY_AFTER = (60.0, 120.0)  # seconds after the first and the second failed attempt, about (row 42)
MAX_RETRIES = 2
MAX_AGE = 21_600.0  # seconds an event may wait (row 44)
FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 300.0  # seconds between tries of a throttled event


def invoke_async(
    function: Function,
    event: Any,
    *,
    knobs: Knobs,
    rng: random.Random,
    max_retries: int = MAX_RETRIES,
    max_age: float = MAX_AGE,
) -> simpy.Process:
    """Hand `event` to `function` and do not wait: a SimPy process that gives the last outcome.

    All attempts have the same request id (row 43). An event that is dropped before it ever ran,
    throttled for too long or by a reserved concurrency of 0, gives None.
    """
    request_id = function.new_request_id()
    work = _attempts(function, event, request_id, knobs, rng, max_retries, max_age)
    return function.env.process(work)


def _attempts(
    function: Function,
    event: Any,
    request_id: str,
    knobs: Knobs,
    rng: random.Random,
    max_retries: int,
    max_age: float,
) -> Generator[simpy.Event, Any, Outcome | None]:
    env, last = function.env, None
    too_old = env.now + max_age
    for attempt in range(max_retries + 1):
        if attempt:
            wait = RETRY_AFTER[attempt - 1] * rng.uniform(*knobs.async_retry_jitter)
            if env.now + wait > too_old + TICK:
                return last  # the next attempt would come too late: given up now (row 45)
            yield env.timeout(wait)
        outcome = yield from _until_accepted(function, event, request_id, too_old)
        if outcome is None:
            return last
        if outcome.error is None:
            return outcome
        last = outcome
    return last


def _until_accepted(
    function: Function, event: Any, request_id: str, too_old: float
) -> Generator[simpy.Event, Any, Outcome | None]:
    """Invoke; throttled, try again after 1 s, 2 s, 4 s ... 300 s, until the event is too old."""
    wait = FIRST_BACKOFF
    while True:
        outcome = yield from function.invoke(event, request_id)
        if outcome is not None:
            return outcome
        if function.reserved == 0 or function.env.now + wait > too_old + TICK:
            return None  # dropped (rows 45 and 46)
        yield function.env.timeout(wait)
        wait = min(2 * wait, LONGEST_BACKOFF)
