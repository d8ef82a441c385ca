"""A function from a notebook as a Lambda deployment package.

The handler's source goes into the zip together with what it uses: functions and classes defined in
the notebook (their source), plain values (their literals), modules and library functions (an
import line). What cannot be sent is named in a sentence.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import io
import textwrap
import types
import zipfile
from collections.abc import Callable
from typing import Any

from patternlab import recorder

MODULE = "function"
ENTRY = "entry.handler"
_MODIFIED = (2026, 1, 1, 0, 0, 0)  # the same zip, byte for byte, in every run


class CannotPackage(ValueError):
    """A handler that cannot be sent to Lambda, and why."""


def package(handler: Callable[[Any, Any], Any]) -> bytes:
    """The zip of `handler` and all it needs; its entry point is :data:`ENTRY`."""
    if not callable(handler):
        raise CannotPackage(
            f"A handler is a function of (event, context), not {handler!r}. Define one with def "
            "and give its name, without brackets."
        )
    _check_signature(handler)
    source = source_of(handler)
    call = f"recorder.record({MODULE}.{handler.__name__})"
    entry = f"import {MODULE}\nimport recorder\n\nhandler = {call}\n"
    files = {
        f"{MODULE}.py": source,
        "recorder.py": inspect.getsource(recorder),
        "entry.py": entry,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            info = zipfile.ZipInfo(name, _MODIFIED)
            info.external_attr = 0o644 << 16
            archive.writestr(info, text)
    return buffer.getvalue()


def _check_signature(handler: Callable[..., Any]) -> None:
    try:
        inspect.signature(handler).bind({}, None)
    except TypeError:
        raise CannotPackage(
            f"Lambda calls a handler with two arguments, event and context; {_name(handler)} does "
            "not take them. Write def handler(event, context)."
        ) from None


def source_of(handler: Callable[..., Any]) -> str:
    """A module's source that defines `handler` and everything of the notebook it uses."""
    parts: dict[str, str] = {}
    _collect(handler, parts)
    imports = sorted({text for text in parts.values() if text.startswith(("import ", "from "))})
    rest = [text for text in parts.values() if not text.startswith(("import ", "from "))]
    return "\n".join(imports) + "\n\n\n" + "\n\n".join(rest)


def _collect(thing: Any, parts: dict[str, str]) -> None:
    """Add `thing`, a function or class of the notebook, after all that it needs."""
    name = _name(thing)
    source = _source(thing)
    parts[name] = ""  # known, so that recursion ends
    namespace = _namespace(thing)
    for used in sorted(_names_in(source)):
        if used in parts or used not in namespace:
            continue
        _collect_value(used, namespace[used], name, parts)
    parts.pop(name)
    parts[name] = source


def _collect_value(name: str, value: Any, user: str, parts: dict[str, str]) -> None:
    if isinstance(value, types.ModuleType):
        parts[name] = f"import {value.__name__}" + (f" as {name}" if value.__name__ != name else "")
    elif isinstance(value, types.FunctionType | type) and value.__module__ == "__main__":
        _collect(value, parts)
    elif callable(value) and getattr(value, "__module__", None) not in (None, "__main__"):
        if not getattr(value, "__qualname__", "<").isidentifier():
            raise _cannot(name, value, user)
        alias = f" as {name}" if value.__name__ != name else ""
        parts[name] = f"from {value.__module__} import {value.__name__}{alias}"
    else:
        parts[name] = f"{name} = {_literal(name, value, user)}\n"


def _literal(name: str, value: Any, user: str) -> str:
    text = repr(value)
    try:
        same = ast.literal_eval(text) == value
    except (ValueError, SyntaxError):
        same = False
    if not same:
        raise _cannot(name, value, user)
    return text


def _cannot(name: str, value: Any, user: str) -> CannotPackage:
    kind = type(value).__name__
    return CannotPackage(
        f"{user} uses {name}, a {kind} of this notebook that cannot be sent to Lambda. Make it "
        f"inside {user}, or hand it over as an environment variable."
    )


def _source(thing: Any) -> str:
    try:
        source = textwrap.dedent(inspect.getsource(thing))
    except (OSError, TypeError):
        raise CannotPackage(
            f"The source of {_name(thing)} cannot be found. Define the handler with def in a cell "
            "of this notebook, or in a file."
        ) from None
    if not source.startswith(("def ", "class ", "@")):
        raise CannotPackage(
            f"{_name(thing)} is a lambda expression or a part of one; write it with def, so that "
            "its source can be sent."
        )
    return source


def _namespace(thing: Any) -> dict[str, Any]:
    if isinstance(thing, type):
        methods = [v for v in vars(thing).values() if isinstance(v, types.FunctionType)]
        return methods[0].__globals__ if methods else {}
    closure = inspect.getclosurevars(thing).nonlocals
    return {**thing.__globals__, **closure}


def _names_in(source: str) -> set[str]:
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    return {name for name in names if not hasattr(builtins, name)}


def _name(thing: Any) -> str:
    return getattr(thing, "__name__", repr(thing))
