"""One execution environment of a function: its modules, its variables, its output.

AWS calls it the same: a process that loads the code once (INIT) and then serves one invocation at
a time. Here it is a scope in this process that is entered whenever the handler's code runs.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from patternlab.clock import VirtualClock
from patternlab.delivery.functions.function import FunctionError
from patternlab.local.awslambda.modules import TASK_ROOT, Code, ModuleSpace
from patternlab.local.guard import Guard
from patternlab.local.tracing import VARIABLE


@dataclass
class Settings:
    """A function's configuration, as far as its sandbox needs it."""

    name: str
    arn: str
    handler: str
    runtime: str = "python3.12"
    memory: int = 128
    timeout: float = 3.0
    region: str = "us-east-1"
    log_group: str = ""
    log_format: str = "Text"
    environment: Mapping[str, str] = field(default_factory=dict)


class LambdaContext:
    """The second argument of a handler, as Lambda's Python runtime gives it."""

    function_version = "$LATEST"
    identity = client_context = None

    def __init__(
        self, settings: Settings, clock: VirtualClock, request_id: str, log_stream: str
    ) -> None:
        self.aws_request_id = request_id
        self.function_name = settings.name
        self.invoked_function_arn = settings.arn
        self.memory_limit_in_mb = str(settings.memory)
        self.log_group_name = settings.log_group
        self.log_stream_name = log_stream
        self._clock = clock
        self._deadline = clock.elapsed + settings.timeout

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the timeout, on the cloud's clock."""
        return max(0, round((self._deadline - self._clock.elapsed) * 1000))


class _Output(io.TextIOBase):
    """Takes what the handler prints and hands over whole lines, each with its moment."""

    def __init__(self, emit: Callable[[str], None]) -> None:
        self._emit, self._open = emit, ""

    def write(self, text: str) -> int:
        *lines, self._open = (self._open + text).split("\n")
        for line in lines:
            self._emit(line + "\n")
        return len(text)

    def finish(self) -> None:
        """Hand over a last line that has no end."""
        if self._open:
            self._emit(self._open)
            self._open = ""


class Sandbox:
    """An execution environment. As a context manager it is the scope of the handler's code."""

    def __init__(
        self,
        settings: Settings,
        code: Code,
        facades: Mapping[str, ModuleType],
        clock: VirtualClock,
        guard: Guard,
        log_stream: str,
    ) -> None:
        self.settings, self.clock, self.log_stream = settings, clock, log_stream
        self.lines: list[tuple[float, str]] = []
        self._guard = guard
        self._space = ModuleSpace(code, facades, settings.log_format)
        self._output = _Output(self.log)
        self._environment = self._variables()
        self._stack: list[ExitStack] = []
        self._handler: Callable[[Any, Any], Any] | None = None
        self._stretch: float | None = None
        self._stopped = False

    def log(self, text: str) -> None:
        """Note a line for the log, at this moment of the cloud's clock."""
        if not self._stopped:
            self.lines.append((self.clock.time(), text))

    def take_lines(self) -> list[tuple[float, str]]:
        """The lines noted since the last call."""
        self._output.finish()
        lines, self.lines = self.lines, []
        return lines

    # -- running code ------------------------------------------------------------------------

    def init(self) -> None:
        """Load the handler's module; raises :class:`FunctionError` as Lambda words it."""
        module_name, dot, function_name = self.settings.handler.rpartition(".")
        if not dot:
            raise FunctionError(
                "Runtime.MalformedHandlerName",
                f"Bad handler '{self.settings.handler}': it must be like module.function",
            )
        try:
            module = self._space.load(module_name.replace("/", "."))
        except SyntaxError as error:
            where = f"{os.path.basename(error.filename or '')}, line {error.lineno}"
            raise FunctionError(
                "Runtime.UserCodeSyntaxError",
                f"Syntax error in module '{module_name}': {error.msg} ({where})",
            ) from None
        except ImportError as error:
            raise FunctionError(
                "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}"
            ) from None
        except Exception as error:
            raise self._failure(error) from None
        except SystemExit as error:
            raise _exit(error, "") from None
        handler = getattr(module, function_name, None)
        if handler is None:
            raise FunctionError(
                "Runtime.HandlerNotFound",
                f"Handler '{function_name}' missing on module '{module_name}'",
            )
        self._handler = handler

    def call(self, event: Any, context: LambdaContext) -> Any:
        """Call the handler; what it raises becomes a :class:`FunctionError`."""
        self._space.request_id = context.aws_request_id
        assert self._handler is not None, "init() comes first"
        try:
            return self._handler(event, context)
        except Exception as error:
            raise self._failure(error) from None
        except SystemExit as error:
            raise _exit(error, f"RequestId: {context.aws_request_id} Error: ") from None

    def _failure(self, error: Exception) -> FunctionError:
        """Return `error` with only the frames of the learner's code."""
        with self._space.code.shown():
            frames = [
                frame
                for frame in traceback.extract_tb(error.__traceback__)
                if frame.filename.startswith(TASK_ROOT)
            ]
        return FunctionError(type(error).__name__, str(error), traceback.format_list(frames))

    def set_trace(self, header: str) -> None:
        """The trace header of the invocation; boto3 sends it with all that the handler sends."""
        self._environment[VARIABLE] = header

    # -- the scope ---------------------------------------------------------------------------

    def watch_for(self, seconds: float | None) -> None:
        """Let the handler compute for `seconds` of real time at a stretch; None: the default."""
        self._stretch = seconds

    def stop(self) -> None:
        """End the invocation: its timeout is over.

        AWS stops the environment at once. Our handler may tidy up after itself, but nothing that
        it still prints or asks of the cloud counts.
        """
        self._output.finish()
        self._stopped = True

    def __enter__(self) -> Sandbox:
        stack = ExitStack()
        before = sys.stdout, sys.stderr, os.environ
        stack.callback(_restore, *before)
        sys.stdout = sys.stderr = self._output
        environment: Any = self._environment
        os.environ = environment  # noqa: B003 - only for the handler, and given back
        stack.enter_context(self._guard.watch(self._stretch, over=self._stopped))
        self._stack.append(stack)
        return self

    def __exit__(self, *problem: object) -> None:
        self._stack.pop().close()

    def _variables(self) -> dict[str, str]:
        settings = self.settings
        return {
            "AWS_REGION": settings.region,
            "AWS_DEFAULT_REGION": settings.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{settings.runtime}",
            "AWS_LAMBDA_FUNCTION_NAME": settings.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings.memory),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": settings.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": self.log_stream,
            "_HANDLER": settings.handler,
            "LAMBDA_TASK_ROOT": TASK_ROOT,
            "TZ": ":UTC",
            "LANG": "en_US.UTF-8",
            "PATH": os.environ.get("PATH", ""),
            **settings.environment,
        }


def _restore(stdout: Any, stderr: Any, environ: Any) -> None:
    sys.stdout, sys.stderr, os.environ = stdout, stderr, environ


def _exit(error: SystemExit, prefix: str) -> FunctionError:
    how = f"with error: exit status {error.code}" if error.code else "without a reason"
    return FunctionError("Runtime.ExitError", f"{prefix}Runtime exited {how}")
