"""Runs a deployed function's code in this process, on the cloud's clock."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import Any

import simpy

from patternlab.clock import VirtualClock
from patternlab.delivery.functions import recursion
from patternlab.delivery.functions.function import Function, FunctionError, TimedOut
from patternlab.delivery.knobs import Knobs
from patternlab.local.awslambda.loglines import LOG_FORMATS, Report
from patternlab.local.awslambda.modules import Code
from patternlab.local.awslambda.sandbox import LambdaContext, Sandbox, Settings
from patternlab.local.guard import Guard, Stuck
from patternlab.local.hub import drive

#: Takes the lines of one invocation: (log group, log stream, [(seconds since 1970, text)]).
LogSink = Callable[[str, str, list[tuple[float, str]]], None]


class SandboxRuntime:
    """The execution environments of one function: warm ones are used again, newest first.

    A :class:`patternlab.delivery.functions.function.Runtime`. Cold starts, the handler's overhead
    and the memory in REPORT lines are knobs, not AWS numbers.
    """

    def __init__(
        self,
        settings: Settings,
        zipped: bytes,
        *,
        clock: VirtualClock,
        facades: Callable[[], dict[str, ModuleType]],
        sink: LogSink,
        new_id: Callable[[], str],
        guard: Guard,
        knobs: Knobs,
    ) -> None:
        self.settings, self.clock, self.knobs = settings, clock, knobs
        self._code = Code(zipped)
        self._facades, self._sink, self._new_id, self._guard = facades, sink, new_id, guard
        self._warm: list[Sandbox] = []
        self._was_stuck = False
        self._wanted: dict[str, list[str]] = {}  # request id -> its log, for who waits for it

    def __call__(
        self, function: Function, event: Any, request_id: str
    ) -> Generator[simpy.Event, Any, Any]:
        log = LOG_FORMATS[self.settings.log_format]
        box, init = self._warm.pop() if self._warm else None, None
        error: FunctionError | None = None
        response: Any = None
        if box is None:
            box = self._new_sandbox()
            if line := log.init_start(self.settings.runtime, self.clock.now()):
                box.log(line)
            init, error = yield from self._init(box)
            if error is not None and (line := log.init_report(init, error.type, self.clock.now())):
                box.log(line)
        traces, arn = function.traces.get(request_id, []), function.arn
        box.set_trace(recursion.next_header(traces, arn, request_id, self.clock.time()))
        begun = self.clock.elapsed
        box.log(log.start(request_id, self.clock.now()))
        if error is None:
            try:
                response = yield from self._call(box, event, request_id)
            except FunctionError as failure:
                error = failure
        if error is not None and not isinstance(error, TimedOut):
            box.log(log.error(error, request_id, self.clock.now()))
        self._write(box, request_id, self.clock.elapsed - begun, init, error)
        if error is None or not (isinstance(error, TimedOut) or error.type.startswith("Runtime.")):
            self._warm.append(box)  # after a time-out or a crash Lambda starts a new one
        if error is not None:
            raise error
        return response

    @contextmanager
    def keep_log(self, request_id: str) -> Iterator[list[str]]:
        """Within this, the log lines of that invocation go into the list as well."""
        kept: list[str] = []
        self._wanted[request_id] = kept
        try:
            yield kept
        finally:
            del self._wanted[request_id]

    def _new_sandbox(self) -> Sandbox:
        stream = f"{self.clock.now():%Y/%m/%d}/[$LATEST]{self._new_id().replace('-', '')}"
        return Sandbox(self.settings, self._code, self._facades(), self.clock, self._guard, stream)

    # -- phases ------------------------------------------------------------------------------

    def _init(
        self, box: Sandbox
    ) -> Generator[simpy.Event, Any, tuple[float, FunctionError | None]]:
        """INIT: load the code. Returns the seconds it took, and what went wrong."""
        begun, error = self.clock.elapsed, None
        if self.knobs.cold_start:
            yield self.clock.env.timeout(self.knobs.cold_start)
        try:
            yield from drive(self.clock, box.init, box)
        except FunctionError as failure:
            error = failure
        except Stuck:
            error = FunctionError("Runtime.Unknown", self._warn_stuck("loading its code"))
        return self.clock.elapsed - begun, error

    def _call(self, box: Sandbox, event: Any, request_id: str) -> Generator[simpy.Event, Any, Any]:
        """INVOKE: run the handler until it returns, fails, or the timeout ends."""
        env, timeout = self.clock.env, self.settings.timeout
        deadline = env.now + timeout
        context = LambdaContext(self.settings, self.clock, request_id, box.log_stream)
        box.watch_for(self._guard.limit / 10 if self._was_stuck else None)
        if self.knobs.handler_overhead:
            yield env.timeout(min(self.knobs.handler_overhead, timeout))
        run = drive(self.clock, lambda: box.call(_copy(event), context), box)
        try:
            response = yield from _until(run, env, deadline, box.stop)
        except _DeadlinePassed:
            raise TimedOut(request_id, timeout) from None
        except Stuck:
            self._warn_stuck("one event")
            yield env.timeout(max(0.0, deadline - env.now))
            raise TimedOut(request_id, timeout) from None
        return _as_json(response)

    def _warn_stuck(self, doing: str) -> str:
        self._was_stuck = True
        message = (
            f"The handler of function {self.settings.name!r} computed for "
            f"{self._guard.limit:g} s of real time over {doing} without returning or sleeping, "
            "and was stopped. The cloud's clock does not move while a handler computes: let it "
            "wait with time.sleep(), and look for a loop that never ends."
        )
        warnings.warn(message, RuntimeWarning, stacklevel=2)
        return message

    def _write(
        self,
        box: Sandbox,
        request_id: str,
        duration: float,
        init: float | None,
        error: FunctionError | None,
    ) -> None:
        """Send the invocation's lines to the log."""
        log, now = LOG_FORMATS[self.settings.log_format], self.clock.now()
        lines = box.take_lines()
        if end := log.end(request_id, now):
            lines.append((self.clock.time(), end))
        timed_out = isinstance(error, TimedOut)
        crash = error.type if error is not None and error.type.startswith("Runtime.") else None
        report = Report(
            request_id,
            duration,
            self.settings.memory,
            self.knobs.memory_used,
            init,
            status="timeout" if timed_out else "error" if crash else None,
            error_type=crash,
        )
        lines.append((self.clock.time(), log.report(report, now)))
        self._sink(self.settings.log_group, box.log_stream, lines)
        if request_id in self._wanted:
            self._wanted[request_id] += [text for _, text in lines]


class _DeadlinePassed(BaseException):
    """Thrown into a handler that waits past its timeout; it cannot be caught as an Exception."""


def _until(
    run: Generator[simpy.Event, Any, Any],
    env: simpy.Environment,
    deadline: float,
    stop: Callable[[], None],
) -> Generator[simpy.Event, Any, Any]:
    """Run the process `run` until it ends; at `deadline` call `stop` and end it."""
    alarm = env.timeout(max(0.0, deadline - env.now))
    try:
        event = run.send(None)
        while not alarm.processed:
            try:
                yield event | alarm
            except Exception as error:  # what it waited for failed: the handler's to deal with
                event = run.throw(error)
                continue
            if event.processed:
                event = run.send(event.value)
    except StopIteration as finished:
        return finished.value
    stop()
    with suppress(Exception, Stuck, _DeadlinePassed):  # whatever comes of it, it is too late
        run.throw(_DeadlinePassed())
    raise _DeadlinePassed


def _copy(event: Any) -> Any:
    """An event arrives as JSON: the handler's changes to it stay its own."""
    return json.loads(json.dumps(event))


def _as_json(response: Any) -> Any:
    """What the handler returned, as its caller sees it."""
    try:
        return json.loads(json.dumps(response))
    except (TypeError, ValueError) as error:
        raise FunctionError(
            "Runtime.MarshalError", f"Unable to marshal response: {error}"
        ) from None
