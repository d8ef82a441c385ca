"""The bytes and the lines of a file, compressed or not, with errors that name file and line."""

from __future__ import annotations

import gzip
import re
import zlib
from contextlib import suppress
from importlib import import_module
from io import BufferedIOBase
from pathlib import Path

from patternlab.caching.errors import TraceError

#: What reading a damaged packed file raises.
DAMAGE: tuple[type[Exception], ...] = (EOFError, gzip.BadGzipFile, zlib.error)
with suppress(ImportError):  # not every Python is built with it
    DAMAGE = (*DAMAGE, import_module("lzma").LZMAError)

#: How compressed files begin, whatever they are called.
GZIP, XZ = b"\x1f\x8b", b"\xfd7zXZ\x00"

#: What no line of a log or of a CSV file holds: control characters other than tab and line end.
JUNK = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\r(?!\n)")


def content(path: str | Path, length: int = -1) -> bytes:
    """Read all bytes of the file, or the first `length`, unpacked if it is gzip or xz.

    Raises:
        TraceError: the file is missing, cannot be opened, is empty, or its packing is damaged or
            cut off.
    """
    try:
        with _opened(path) as file:
            data = file.read(length)
    except DAMAGE as error:
        raise TraceError(f"the packed file is cut off or damaged ({error}).", path) from None
    except FileNotFoundError:
        raise TraceError("there is no such file.", path) from None
    except OSError as error:
        raise TraceError(f"the file cannot be read ({error.strerror}).", path) from None
    if not data:
        raise TraceError("the file is empty: there must be at least one request.", path)
    return data


def _opened(path: str | Path) -> BufferedIOBase:
    with open(path, "rb") as file:
        start = file.read(len(XZ))
    if start.startswith(GZIP):
        return gzip.open(path)
    if start == XZ:
        try:
            unpacked: BufferedIOBase = import_module("lzma").open(path)
        except ImportError:
            raise TraceError("this Python cannot unpack xz: unpack the file first.", path) from None
        return unpacked
    return open(path, "rb")


def is_text(data: bytes) -> bool:
    """Return whether `data` could be lines of UTF-8 text."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return JUNK.search(data) is None


def lines_of(data: bytes, path: str | Path) -> list[str]:
    """Split a text file into lines, without their ends; a :class:`TraceError` if it is not text."""
    data = data.removeprefix(b"\xef\xbb\xbf")  # a byte order mark, as spreadsheets write it
    junk = JUNK.search(data)
    good = data[: junk.start()] if junk else data
    try:
        text = good.decode()
    except UnicodeDecodeError as error:
        raise _no_text(data, error.start, path) from None
    if junk:
        raise _no_text(data, junk.start(), path)
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if not lines[-1] else lines


def _no_text(data: bytes, at: int, path: str | Path) -> TraceError:
    return TraceError(
        f"the byte {data[at]:#04x} is not text: the file is damaged, or binary, or not in UTF-8.",
        path,
        data.count(b"\n", 0, at) + 1,
    )
