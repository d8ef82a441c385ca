"""The API page: what each public surface holds, written from its docstrings.

``python -m patternlab api`` writes ``docs/api.md``. What is public is what ``__all__`` names.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

from patternlab.paths import ROOT

PAGE = ROOT / "docs" / "api.md"
WIDTH = 88  # characters of a line of code
SURFACES = ("", "caching", "hpc", "plots", "learn", "widgets", "delivery")

HEAD = """# What `patternlab` offers

Written by `make api` from the docstrings of the public surfaces; nobody edits it. What is not here
is internal and may change without notice.
"""

_SECTION = re.compile(r"(Args|Attributes|Raises|Returns|Yields|Examples?):$")
_ROLE = re.compile(r":\w+:(?=`)")
_PLAIN = (bool, int, float, str, type(None))


def write() -> int:
    """Write the page; returns the exit code."""
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    return 0


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join([HEAD, *(line for name in SURFACES for line in _surface(name))])


def _surface(name: str) -> Iterator[str]:
    path = f"patternlab.{name}" if name else "patternlab"
    surface = import_module(path)
    yield from (f"## `{path}`", "", *_prose(surface), "")
    for public in surface.__all__:
        if f"{path}.{public}" not in {f"patternlab.{name}" for name in SURFACES}:
            yield from _entry(public, getattr(surface, public))


def _entry(name: str, what: Any) -> Iterator[str]:
    """The lines of one public name: what it is, then its docstring."""
    kind = "module " if isinstance(what, ModuleType) else "class " if inspect.isclass(what) else ""
    yield from (f"### {kind}`{name}`", "")
    if isinstance(what, ModuleType):
        yield from (*_prose(what), "")
        yield from _members(_functions_of(what))
    elif callable(what):
        if signature := _signature(what):
            yield from ("```python", _on_lines(name + signature), "```", "")
        yield from (*_prose(what), "")
        yield from _members(_methods_of(what)) if inspect.isclass(what) else ()
    else:
        yield from (f"A constant of the type {type(what).__name__}.", "")


def _on_lines(call: str) -> str:
    """A call on one line, or if it is long with each argument on its own."""
    if len(call) <= WIDTH:
        return call
    start, end = call.index("("), call.rindex(")")
    arguments = re.split(r", (?![^\[(]*[\])])", call[start + 1 : end])
    return call[: start + 1] + "".join(f"\n    {one}," for one in arguments) + "\n" + call[end:]


def _members(members: Iterable[tuple[str, Any]]) -> Iterator[str]:
    """A list item for each function, method or property: its signature and its first paragraph."""
    lines = []
    for name, what in members:
        signature = "" if isinstance(what, property) else _signature(what)
        summary = " ".join(_docstring(what).partition("\n\n")[0].split())
        lines.append(f"* `{name}{signature}`: {_marked(summary)}")
    if lines:
        yield from (*lines, "")


def _functions_of(module: ModuleType) -> Iterator[tuple[str, Any]]:
    for name, what in sorted(vars(module).items()):
        ours = getattr(what, "__module__", None) == module.__name__
        if (
            ours
            and not name.startswith("_")
            and (inspect.isfunction(what) or inspect.isclass(what))
        ):
            yield name, what


def _methods_of(cls: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties that a class of ours defines or inherits from another."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("patternlab"):
            found |= vars(base)
    for name, what in found.items():
        what = what.__func__ if isinstance(what, classmethod | staticmethod) else what
        if not name.startswith("_") and (inspect.isfunction(what) or isinstance(what, property)):
            yield name, what


def _signature(what: Callable[..., Any]) -> str:
    """The signature as the source spells it, the same on every version of Python."""
    try:
        signature = inspect.signature(what)
    except (TypeError, ValueError):  # some classes of C have none
        return ""
    parts: list[str] = []
    keywords_only = False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not keywords_only:
            parts.append("*")
        keywords_only |= parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL)
        if parameter.name not in ("self", "cls"):
            parts.append(_parameter(parameter))
    returned = "" if inspect.isclass(what) else _annotation(" -> ", signature.return_annotation)
    return f"({', '.join(parts)}){returned}"


def _parameter(parameter: inspect.Parameter) -> str:
    one, two = parameter.kind is parameter.VAR_POSITIONAL, parameter.kind is parameter.VAR_KEYWORD
    stars = "*" if one else "**" if two else ""
    annotation = _annotation(": ", parameter.annotation)
    if parameter.default is parameter.empty:
        return f"{stars}{parameter.name}{annotation}"
    return f"{parameter.name}{annotation}{' = ' if annotation else '='}{_value(parameter.default)}"


def _value(default: Any) -> str:
    """A default as the source spells it; "..." for one that may look different elsewhere."""
    parts = default if isinstance(default, tuple) else (default,)
    return repr(default) if all(isinstance(part, _PLAIN) for part in parts) else "..."


def _annotation(before: str, annotation: Any) -> str:
    """A type without the modules of its names, which differ between versions of Python."""
    if annotation is inspect.Parameter.empty:
        return ""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return before + re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", text)


def _docstring(what: Any) -> str:
    """The docstring, without those that Python makes up for data classes and named tuples."""
    text = inspect.getdoc(what) or ""
    made_up = inspect.isclass(what) and text.startswith(f"{what.__name__}(")
    return "" if made_up or (inspect.isclass(what) and what.__doc__ is None) else text


def _prose(what: Any) -> Iterator[str]:
    """The docstring as Markdown: a section is a list, with its items' names in code."""
    section = ""
    for line in _docstring(what).splitlines():
        heading = _SECTION.match(line)
        if heading:
            section = heading[1]
            yield from (f"*{section}*", "")
        elif section and not section.startswith("Example"):
            yield _in_section(line, named=section not in ("Returns", "Yields"))
        elif line.startswith(("    ", ">>>")):  # code
            yield f"    {line.strip()}" if line.startswith(">>>") else line
        else:
            yield _marked(line)


def _in_section(line: str, named: bool) -> str:
    """An item of a section starts at four spaces, and what belongs to it at more."""
    text = line.strip()
    if re.match(" {5,}", line):
        return f"  {_marked(text)}"
    if not line.startswith("    "):
        return _marked(line)
    name, colon, about = text.partition(": ")
    return f"* `{name}`: {_marked(about)}" if named and colon else f"* {_marked(text)}"


def _marked(text: str) -> str:
    """A line of reStructuredText, as far as docstrings use it, in Markdown."""
    return _ROLE.sub("", text.replace("``", "`"))
