"""The modules inside a function's zip, loaded into a world of their own.

Each execution environment loads its own copy, as a fresh sandbox on AWS would: two functions may
both be called ``lambda_function``, and none of it enters ``sys.modules``. An import looks in the
zip first, then among the facades, then in Python itself.
"""

from __future__ import annotations

import builtins
import importlib.util
import inspect
import io
import json
import linecache
import logging
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

#: Where Lambda puts a function's code; file names in tracebacks begin with it.
TASK_ROOT = "/var/task"


#: How Lambda's Python runtime writes a line of ``logging``.
LOG_FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"


class _StandardOutput:
    """Whatever ``sys.stdout`` is at the moment of writing."""

    def write(self, text: str) -> None:
        sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


class Code:
    """The Python sources of a zip, compiled once and shared by all environments."""

    def __init__(self, zipped: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
            self.sources = {
                name: archive.read(name) for name in archive.namelist() if name.endswith(".py")
            }
        self._compiled: dict[str, Any] = {}
        self._lines: dict[str, list[str]] = {}

    def file_of(self, module: str) -> str | None:
        """The file in the zip that holds `module`, or None."""
        path = module.replace(".", "/")
        for candidate in (f"{path}.py", f"{path}/__init__.py"):
            if candidate in self.sources:
                return candidate
        return None

    def is_folder(self, module: str) -> bool:
        """Is `module` a folder of modules without an ``__init__.py``?"""
        folder = module.replace(".", "/") + "/"
        return any(name.startswith(folder) for name in self.sources)

    def compiled(self, file: str) -> Any:
        """The code object of `file`."""
        if file not in self._compiled:
            name, source = f"{TASK_ROOT}/{file}", self.sources[file]
            try:
                self._compiled[file] = compile(source, name, "exec")
            except ValueError as error:  # a byte that is not a character, or a null byte
                raise SyntaxError(str(error), (name, 1, None, None)) from None
            self._lines[name] = importlib.util.decode_source(source).splitlines(True)
        return self._compiled[file]

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the lines of this code in tracebacks that are made within this scope.

        The code of another function may have the same file names.
        """
        linecache.cache |= {n: (0, None, lines, n) for n, lines in self._lines.items()}
        try:
            yield
        finally:
            for name in self._lines:
                linecache.cache.pop(name, None)


class ModuleSpace:
    """The imported modules of one execution environment."""

    def __init__(
        self, code: Code, facades: Mapping[str, ModuleType], log_format: str = "Text"
    ) -> None:
        self.code = code
        self.facades = dict(facades)
        self._log_format = log_format
        self.modules: dict[str, ModuleType] = {}
        self.request_id = ""  # of the invocation being served, for log lines
        self._builtins = {**builtins.__dict__, "__import__": self._import}

    def load(self, name: str) -> ModuleType:
        """Import `name` from the zip, its packages first."""
        if name in self.modules:
            return self.modules[name]
        parent, _, child = name.rpartition(".")
        if parent:
            self.load(parent)
        file = self.code.file_of(name)
        if file is not None:
            module = self._empty(name, f"{TASK_ROOT}/{file}", file.endswith("/__init__.py"))
            self._run(module, self.code.compiled(file))
        elif self.code.is_folder(name):
            folder = f"{TASK_ROOT}/{name.replace('.', '/')}/"
            module = self.modules[name] = self._empty(name, folder, package=True)
        else:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if parent:
            setattr(self.modules[parent], child, module)
        return module

    def _empty(self, name: str, file: str, package: bool) -> ModuleType:
        module = ModuleType(name)
        module.__file__ = file
        module.__package__ = name if package else name.rpartition(".")[0]
        if package:
            module.__path__ = [file.rpartition("/")[0]]
        module.__dict__["__builtins__"] = self._builtins
        return module

    def _run(self, module: ModuleType, code: Any) -> None:
        self.modules[module.__name__] = module
        try:
            exec(code, module.__dict__)
        except BaseException:
            del self.modules[module.__name__]
            raise

    def _private_logging(self) -> ModuleType:
        """A copy of ``logging`` with a root logger of its own, on the cloud's clock."""
        module = self._empty("logging", logging.__file__, package=True)
        module.__path__ = list(logging.__path__)
        self._run(module, _logging_code())
        handler = module.StreamHandler()
        handler.setStream(_StandardOutput())
        if self._log_format == "JSON":
            module.root.setLevel(logging.INFO)  # Lambda's default for logs in JSON
            handler.setFormatter(_json_formatter(module))
        else:
            handler.setFormatter(module.Formatter(LOG_FORMAT, "%Y-%m-%dT%H:%M:%S"))
        handler.addFilter(self._stamp)
        module.root.addHandler(handler)
        return module

    def _stamp(self, record: logging.LogRecord) -> bool:
        record.aws_request_id = self.request_id
        return True

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: tuple[str, ...] = (),
        level: int = 0,
    ) -> ModuleType:
        if level:
            name = importlib.util.resolve_name("." * level + name, (globals or {})["__package__"])
        top = name.partition(".")[0]
        if self._in_zip(top):
            return self._import_from_zip(name, top, fromlist or ())
        if name in self.facades:
            return self.facades[name if fromlist else top]
        if name == "logging" and "logging" not in self.modules:
            self._private_logging()
        if name in self.modules:
            return self.modules[name]
        module = builtins.__import__(name, globals, locals, fromlist, 0)
        return self.facades.get(top, module) if not fromlist else module

    def _in_zip(self, name: str) -> bool:
        return self.code.file_of(name) is not None or self.code.is_folder(name)

    def _import_from_zip(self, name: str, top: str, fromlist: tuple[str, ...]) -> ModuleType:
        module = self.load(name)
        for part in fromlist:
            if not hasattr(module, part) and self._in_zip(f"{name}.{part}"):
                self.load(f"{name}.{part}")
        return module if fromlist else self.load(top)


@cache
def _logging_code() -> Any:
    return compile(inspect.getsource(logging), logging.__file__, "exec")


def _json_formatter(module: ModuleType) -> Any:
    """How Lambda's Python runtime writes a line of ``logging`` with LogFormat JSON."""
    formatter: Any = module.Formatter  # of the handler's own copy of logging

    class JsonFormatter(formatter):
        def format(self, record: Any) -> str:
            line = {
                "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"),
                "level": record.levelname,
                "message": record.getMessage(),
                "logger": record.name,
                "requestId": record.aws_request_id,
            }
            if record.exc_info:
                line["errorType"] = record.exc_info[0].__name__
                line["errorMessage"] = str(record.exc_info[1])
            return json.dumps(line)

    return JsonFormatter()
