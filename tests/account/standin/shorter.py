"""Minutes made seconds, in the kernel of a notebook that runs on a stand-in.

Imported by the kernel before the first cell (see ``passes.py``); no notebook knows of it. What the
learner wrote is sent as it was written, but for lengths of time, and these are all made shorter by
the same rules:

* ``cloud.wait(...)`` sleeps WAIT times shorter. Where that is still longer than LONGEST real
  seconds, it sleeps until no function of the session has logged anything for SETTLED seconds: to
  wait for minutes or hours means that everything has happened, however busy the machine is.
* The seconds that ``cloud.wait_until(...)`` returns are those of the notebook: WAIT times what
  passed. It asks every LOOK real seconds. Its timeout is a limit, not a length: it is cut by WAIT
  too, and not below PATIENCE real seconds, so that a busy machine fails no test. In the cells that
  are known to wait for what ministack never does (``passes.py`` names them) it is IN_VAIN.
* ``cloud.now()`` is the true time, as on an account.
* VisibilityTimeout, DelaySeconds and WaitTimeSeconds of queues and messages are sent SERVER times
  shorter, in whole seconds and not below 1; 0 stays 0. A queue that is told nothing gets the
  shortened default of 30 s.
* ``cloud.history()`` and ``cloud.deliveries()`` look for new lines for QUIET s in place of 5.

SERVER is larger than WAIT because ministack looks into a queue once a second, and a second later
still after a failure: a message that AWS would deliver again after 30 s comes after 1 to 2 s here,
so a minute of waiting (5 s here) holds two attempts, as it does there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from botocore import handlers
from IPython import get_ipython

from patternlab.account import backend
from patternlab.account.waiting import wait_until, when_quiet
from patternlab.clock import WallClock
from patternlab.functions.history import PREFIX

WAIT = 12.0
SERVER = 30.0
LONGEST = 6.0  # real seconds
SETTLED = 5.0  # real seconds
PATIENCE = 45.0  # real seconds
IN_VAIN = 12.0  # real seconds
LOOK = 0.5  # real seconds
QUIET = 1.0  # real seconds
DEFAULT_VISIBILITY = 30  # seconds, of a queue that is not told otherwise


class QuickClock(WallClock):
    """A wall clock on which WAIT seconds pass in each real one; its date is the true one."""

    @property
    def elapsed(self) -> float:
        """Seconds since the clock was made, WAIT in each real one."""
        return super().elapsed * WAIT

    def wait(self, seconds: float) -> None:
        """Sleep for a WAITth of `seconds`."""
        super().wait(seconds / WAIT)


def shorten(seconds: Any) -> Any:
    """A length of time as the server is told it; of the type it was given in."""
    short = -(-int(seconds) // int(SERVER))  # rounded up, so that only 0 becomes 0
    return str(short) if isinstance(seconds, str) else short


def queue_attributes(params: dict[str, Any], model: Any, **_: Any) -> None:
    """Shorten what a queue is told when it is made or changed."""
    asked = params.get("Attributes") or {}
    if model.name == "CreateQueue":
        asked = {"VisibilityTimeout": str(DEFAULT_VISIBILITY), **asked}
    params["Attributes"] = {
        name: shorten(value) if name in ("VisibilityTimeout", "DelaySeconds") else value
        for name, value in asked.items()
    }


def message_parameters(params: dict[str, Any], **_: Any) -> None:
    """Shorten what is said of one message, or of one look for messages."""
    for name in ("VisibilityTimeout", "DelaySeconds", "WaitTimeSeconds"):
        if name in params:
            params[name] = shorten(params[name])


def _shorter_waits(made: type[backend.AccountBackend]) -> None:
    """Limit how long `made` sleeps, how often it asks, and how long it asks in vain."""
    wait = made.wait

    def until_settled(self: Any, seconds: float) -> None:
        if seconds <= LONGEST * WAIT:
            wait(self, seconds)
        else:
            when_quiet(lambda: _logged(self), quiet=SETTLED, limit=PATIENCE)

    def patiently(self: Any, condition: Callable[[], Any], timeout: float) -> bool:
        limit = IN_VAIN * WAIT if _waits_in_vain() else max(timeout, PATIENCE * WAIT)
        return wait_until(self.clock, condition, limit, poll=LOOK * WAIT)

    made.wait, made.wait_until = until_settled, patiently


def _waits_in_vain() -> bool:
    """Is the cell that runs one of those which wait for what never comes?"""
    source = get_ipython().user_ns["In"][-1]
    return any(piece in source for piece in json.loads(os.environ["STANDIN_WAITS_IN_VAIN"]))


def _logged(made: backend.AccountBackend) -> list[str]:
    """Every line that the session's functions have logged."""
    logs = made.client("logs")
    groups = logs.describe_log_groups(logGroupNamePrefix=PREFIX + made.session.prefix)["logGroups"]
    ask = logs.get_paginator("filter_log_events").paginate
    pages = [page for group in groups for page in ask(logGroupName=group["logGroupName"])]
    return [event["message"] for page in pages for event in page["events"]]


def install() -> None:
    """Shorten every length of time in this process, for the clients and clouds made from now on."""
    backend.WallClock = QuickClock
    backend.QUIET = QUIET
    _shorter_waits(backend.AccountBackend)
    for operation in ("CreateQueue", "SetQueueAttributes"):
        name = f"before-parameter-build.sqs.{operation}"
        handlers.BUILTIN_HANDLERS.append((name, queue_attributes))
    for operation in ("ReceiveMessage", "SendMessage", "ChangeMessageVisibility"):
        name = f"before-parameter-build.sqs.{operation}"
        handlers.BUILTIN_HANDLERS.append((name, message_parameters))


install()
