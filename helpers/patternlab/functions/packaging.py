"""A function from a notebook as a Lambda deployment package.

The handler's source goes into the zip together with what it uses: functions and classes defined
beside it (their source), plain values (their literals), modules and library functions (an import
line). What cannot be sent is refused by name.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import io
import linecache
import symtable
import sys
import textwrap
import types
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

from patternlab.delivery.functions import recorder

MODULE = "function"
ENTRY = "entry.handler"
_MODIFIED = (2026, 1, 1, 0, 0, 0)  # the same zip, byte for byte, in every run


class CannotPackage(ValueError):
    """A handler that cannot be sent to Lambda, and why."""


def package(handler: Callable[[Any, Any], Any]) -> bytes:
    """Return the zip of `handler` and all it needs; its entry point is :data:`ENTRY`.

    Raises:
        CannotPackage: If it is not a handler, or needs something that cannot be sent.
    """
    _check(handler)
    call = f"recorder.record({MODULE}.{handler.__name__})"
    files = {
        f"{MODULE}.py": source_of(handler),
        "recorder.py": inspect.getsource(recorder),
        "entry.py": f"import {MODULE}\nimport recorder\n\nhandler = {call}\n",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            info = zipfile.ZipInfo(name, _MODIFIED)
            info.external_attr = 0o644 << 16
            archive.writestr(info, text)
    return buffer.getvalue()


def _check(handler: Any) -> None:
    if not isinstance(handler, types.FunctionType):
        raise CannotPackage(
            f"A handler is a function of (event, context), not {handler!r}. Define one with def "
            "and give its name, without brackets."
        )
    if inspect.iscoroutinefunction(handler):
        raise CannotPackage(
            f"Lambda does not await a handler, and {handler.__name__} is async. Write a plain def "
            "that calls asyncio.run(...)."
        )
    try:
        inspect.signature(handler).bind({}, None)
    except TypeError:
        raise CannotPackage(
            "Lambda calls a handler with two arguments, event and context; "
            f"{handler.__name__} does not take them. Write def handler(event, context)."
        ) from None


def source_of(handler: Callable[..., Any]) -> str:
    """Return the source of a module that defines `handler` and all that it uses beside it."""
    collected = _Collected(inspect.unwrap(handler).__module__)
    collected.define(handler, {})
    return collected.source()


class _Collected:
    """The parts of the module to be: import lines, and definitions in the order of need."""

    def __init__(self, home: str) -> None:
        self._homes = {"__main__", home}  # modules whose functions and classes are sent as source
        self._imports: set[str] = set()
        self._parts: dict[str, str] = {}

    def source(self) -> str:
        """Return the module's source."""
        return "\n".join(sorted(self._imports)) + "\n\n\n" + "\n\n".join(self._parts.values())

    def define(self, thing: Any, around: dict[str, Any]) -> None:
        """Add `thing`, a function or class, after all that it needs.

        `around` are the names known where it is used; a class does not tell what it can see.
        """
        name = thing.__name__
        source = _source(thing)
        tree = _parsed(source, name)
        self._parts[name] = ""  # known, so that recursion ends
        namespace = around if isinstance(thing, type) else _namespace(thing)
        for used in sorted(_global_names(source)):
            if used in self._parts or hasattr(builtins, used):
                continue  # IPython puts an open() of its own among a notebook's names
            if used in namespace:
                self._add(used, namespace, name, tree)
        del self._parts[name]
        self._parts[name] = source

    def _add(self, name: str, namespace: dict[str, Any], user: str, tree: ast.AST) -> None:
        """Add what `user` calls `name`."""
        value = namespace[name]
        if isinstance(value, types.ModuleType):
            self._imports.add(f"import {value.__name__}" + _alias(value.__name__, name))
            self._imports |= {f"import {part}" for part in _submodules(name, value, tree)}
        elif isinstance(value, types.FunctionType | type) and value.__module__ in self._homes:
            self.define(value, namespace)
            if name != value.__name__:
                self._parts[name] = f"{name} = {value.__name__}\n"
        elif _is_importable(value):
            alias = _alias(value.__qualname__, name)
            self._imports.add(f"from {value.__module__} import {value.__qualname__}{alias}")
        else:
            self._parts[name] = f"{name} = {_literal(name, value, user)}\n"


def _alias(name: str, wanted: str) -> str:
    return f" as {wanted}" if wanted != name else ""


def _is_importable(value: Any) -> bool:
    """Return whether its module has this function or class under its own name."""
    module = sys.modules.get(getattr(value, "__module__", None) or "")
    name = getattr(value, "__qualname__", "<")
    return callable(value) and name.isidentifier() and getattr(module, name, None) is value


def _submodules(name: str, module: types.ModuleType, tree: ast.AST) -> Iterator[str]:
    """Yield modules below `module` that the source names in full, like ``botocore.exceptions``."""
    for node in ast.walk(tree):
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        if isinstance(node, ast.Name) and node.id == name == module.__name__:
            for length in range(1, len(parts) + 1):
                path = ".".join([name, *parts[:length]])
                if path in sys.modules:
                    yield path


def _literal(name: str, value: Any, user: str) -> str:
    text = repr(value)
    if type(value) is set and value:
        text = "{" + ", ".join(sorted(map(repr, value))) + "}"  # in an order that stays the same
    try:
        same = ast.literal_eval(text) == value
    except (ValueError, SyntaxError, RecursionError):
        same = False
    if not same:
        raise CannotPackage(
            f"{user} uses {name}, a {type(value).__name__} of this notebook that cannot be sent to "
            f"Lambda. Make it inside {user}, or hand it over as an environment variable."
        )
    return text


# -- sources -------------------------------------------------------------------------------------


def _source(thing: Any) -> str:
    try:
        source: str | None = inspect.getsource(inspect.unwrap(thing))
    except (OSError, TypeError):
        source = _class_in_a_cell(thing.__name__) if isinstance(thing, type) else None
    if source is None:
        raise CannotPackage(
            f"The source of {thing.__name__} cannot be found. Define it with def in a cell of this "
            "notebook, or in a file."
        )
    source = textwrap.dedent(source)
    if not source.startswith(("def ", "class ", "@", "async def ")):
        raise CannotPackage(
            f"{thing.__name__} is a lambda expression or a part of one; write it with def, so that "
            "its source can be sent."
        )
    return source


def _class_in_a_cell(name: str) -> str | None:
    """Return the newest definition of a class in the cells that IPython has run.

    Python itself does not know where a notebook's classes are.
    """
    for file in reversed(list(linecache.cache)):
        if "ipykernel" not in file and "ipython-input" not in file:
            continue
        text = "".join(linecache.getlines(file))
        for node in _definitions(text):
            if node.name == name:
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                return "\n".join(text.splitlines()[first - 1 : node.end_lineno]) + "\n"
    return None


def _definitions(text: str) -> list[ast.ClassDef]:
    try:
        return [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    except SyntaxError:  # a cell with a magic
        return []


def _parsed(source: str, name: str) -> ast.AST:
    try:
        return ast.parse(source)
    except SyntaxError:
        raise CannotPackage(
            f"The source of {name} cannot be read by itself. Define it at the left margin of a "
            "cell, or in a file."
        ) from None


def _namespace(function: Callable[..., Any]) -> dict[str, Any]:
    """Return what the names in the source of `function` mean."""
    function = inspect.unwrap(function)
    return {**function.__globals__, **inspect.getclosurevars(function).nonlocals}


def _global_names(source: str) -> set[str]:
    """Return the names that `source` takes from outside itself."""
    top = symtable.symtable(source, "<handler>", "exec")
    names = {s.get_name() for s in top.get_symbols() if s.is_referenced()}
    return names.union(*map(_globals_in, top.get_children()))


def _globals_in(table: symtable.SymbolTable) -> set[str]:
    names = {s.get_name() for s in table.get_symbols() if s.is_global()}
    return names.union(*map(_globals_in, table.get_children()))
