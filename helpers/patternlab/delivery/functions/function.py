"""A Lambda function as its callers see it: concurrency, a timeout, one outcome per invocation."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Sequence
from typing import Any, Protocol

import simpy

from patternlab.clock import VirtualClock
from patternlab.delivery.attempts import TIME_OUT_ERROR
from patternlab.delivery.faults import SERVER, Outages
from patternlab.delivery.functions import recursion
from patternlab.delivery.ids import new_id

THROTTLED = 429  # the HTTP status of an invocation that finds no room
NEW_ENVIRONMENTS, EVERY = 1000, 10.0  # a function may start so many in so many seconds (events-49)


class FunctionError(Exception):
    """The function failed: Lambda's error `type` and `message`, and the stack trace's lines."""

    def __init__(self, type: str, message: str, stack: list[str] | None = None) -> None:
        super().__init__(message)
        self.type, self.message, self.stack = type, message, stack or []


class TimedOut(FunctionError):
    """The function did not finish within its timeout (events-69)."""

    def __init__(self, request_id: str, timeout: float) -> None:
        super().__init__(
            TIME_OUT_ERROR,
            f"RequestId: {request_id} Error: Task timed out after {timeout:.2f} seconds",
        )


class Context:
    """What a handler gets as its second argument."""

    def __init__(self, function: Function, request_id: str) -> None:
        self.aws_request_id = request_id
        self.function_name = function.name
        self._deadline = function.env.now + function.timeout
        self._env = function.env

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the function's timeout, on the cloud's clock."""
        return max(0, round((self._deadline - self._env.now) * 1000))


class Outcome:
    """What became of one invocation. `start` and `end` are seconds on the clock."""

    __slots__ = ("request_id", "start", "end", "response", "error")

    def __init__(self, request_id: str, start: float) -> None:
        self.request_id = request_id
        self.start = self.end = start
        self.response: Any = None
        self.error: FunctionError | None = None


class Runtime(Protocol):
    """Runs a handler: a generator of SimPy events that returns the response.

    It raises :class:`FunctionError` if the handler fails, and must end by the function's timeout,
    with :class:`TimedOut`.
    """

    def __call__(
        self, function: Function, event: Any, request_id: str
    ) -> Generator[simpy.Event, Any, Any]: ...


class PlainRuntime:
    """Lets `duration` seconds pass and calls a Python handler.

    `duration` is a number or a function of the event. For models and exercises; a handler deployed
    to a cloud runs in a sandbox instead, where it may sleep.
    """

    def __init__(
        self,
        handler: Callable[[Any, Context], Any],
        duration: float | Callable[[Any], float] = 0.1,
    ) -> None:
        self.handler, self.duration = handler, duration

    def __call__(
        self, function: Function, event: Any, request_id: str
    ) -> Generator[simpy.Event, Any, Any]:
        duration = self.duration(event) if callable(self.duration) else self.duration
        if duration > function.timeout:
            yield function.env.timeout(function.timeout)
            raise TimedOut(request_id, function.timeout)
        if duration > 0:
            yield function.env.timeout(duration)
        try:
            return self.handler(event, Context(function, request_id))
        except FunctionError:
            raise
        except Exception as error:
            raise FunctionError(type(error).__name__, str(error)) from error


class Account:
    """The concurrency that an account's functions share (events-49)."""

    def __init__(self, concurrency: int = 1000) -> None:
        self.concurrency = concurrency
        self.reserved = 0
        self.unreserved_running = 0

    def has_room(self) -> bool:
        """Return whether one more function without reserved concurrency may run."""
        return self.unreserved_running < self.concurrency - self.reserved


class ScalingRate:
    """How many execution environments a function may start now (events-49).

    1,000 every 10 seconds, saved up to 1,000.
    """

    def __init__(self, now: float) -> None:
        self._left, self._as_of = float(NEW_ENVIRONMENTS), now

    def left(self, now: float) -> int:
        """Return how many may be started at `now`."""
        grown = self._left + (now - self._as_of) * NEW_ENVIRONMENTS / EVERY
        self._left, self._as_of = min(grown, float(NEW_ENVIRONMENTS)), now
        return int(self._left + 1e-9)

    def start(self, now: float) -> None:
        """Count one that is started at `now`."""
        self.left(now)
        self._left -= 1


class Function:
    """A function with a timeout and, if asked for, reserved concurrency.

    :meth:`invoke` is a SimPy process that returns an :class:`Outcome`, or None if the function is
    throttled or unavailable. It never raises for what the handler did.

    Args:
        clock: The clock it lives on.
        name: Its name.
        runtime: Runs the handler.
        timeout: In seconds.
        account: Whose concurrency it shares.
        rng: The source of request ids.
        arn: Its ARN, made from the name if it is not given.
        faults: Ordered outages: those of the kind "server" keep it from running at all.

    Attributes:
        stops_loops: The RecursiveLoop setting (events-39): True for Terminate, the default, False
            for Allow.
        on_loop: Called for each invocation that is stopped.
    """

    def __init__(
        self,
        clock: VirtualClock,
        name: str,
        runtime: Runtime,
        *,
        timeout: float = 3.0,
        account: Account | None = None,
        rng: random.Random | None = None,
        arn: str | None = None,
        faults: Outages | None = None,
    ) -> None:
        self.clock, self.env, self.name, self.runtime = clock, clock.env, name, runtime
        self.arn = arn or f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
        self.timeout, self.faults = timeout, faults
        self.account = account or Account()
        self.rng = rng or random.Random(0)
        self.reserved: int | None = None
        self.running = 0
        self.environments = 0  # started so far; they stay warm
        self.stops_loops = True
        self.on_loop: Callable[[], None] | None = None
        self.traces: dict[str, list[str]] = {}  # trace headers of the events that run, by request
        self._scaling = ScalingRate(clock.env.now)

    def reserve(self, concurrency: int | None) -> None:
        """Reserve some of the account's concurrency for this function; None gives it back."""
        self.account.reserved += (concurrency or 0) - (self.reserved or 0)
        self.reserved = concurrency

    def has_room(self) -> bool:
        """Return whether an invocation now would be accepted, rather than throttled with 429."""
        room = self.account.has_room() if self.reserved is None else self.running < self.reserved
        warm = self.running < self.environments
        return room and (warm or self._scaling.left(self.env.now) > 0)

    def refusal(self) -> int | None:
        """Return the HTTP status with which an invocation would be refused now, or None.

        429 when throttled, 5xx during an outage. Ask once per try: an outage may fail only a share
        of them.
        """
        if not self.has_room():
            return THROTTLED
        failure = self.faults.failure(self.arn) if self.faults is not None else None
        return failure.status if failure is not None and failure.kind == SERVER else None

    def breaks_loop(self, trace: str | None) -> bool:
        """Return whether an invocation with this trace header is one too many, and stopped."""
        if not self.stops_loops or not recursion.stopped(trace, self.arn):
            return False
        if self.on_loop is not None:
            self.on_loop()
        return True

    def new_request_id(self) -> str:
        """Return an id for one invocation."""
        return new_id(self.rng)

    def invoke(
        self, event: Any, request_id: str | None = None, traces: Sequence[str] = ()
    ) -> Generator[simpy.Event, Any, Outcome | None]:
        """Run the function once, or return None if it cannot be run now."""
        if self.refusal() is not None:
            return None
        return (yield from self.run(event, request_id, traces))

    def run(
        self, event: Any, request_id: str | None = None, traces: Sequence[str] = ()
    ) -> Generator[simpy.Event, Any, Outcome]:
        """Run the function once; the caller has asked for a :meth:`refusal` at this moment.

        `traces` are the trace headers that came with the event, for the runtime to hand on.
        """
        counted = self.reserved is None
        self.running += 1
        if self.running > self.environments:
            self.environments = self.running
            self._scaling.start(self.env.now)
        self.account.unreserved_running += counted
        outcome = Outcome(request_id or self.new_request_id(), self.env.now)
        self.traces[outcome.request_id] = list(traces)
        try:
            outcome.response = yield from self.runtime(self, event, outcome.request_id)
        except FunctionError as error:
            outcome.error = error
        finally:
            self.running -= 1
            self.account.unreserved_running -= counted
            outcome.end = self.env.now
            self.traces.pop(outcome.request_id, None)
        return outcome
