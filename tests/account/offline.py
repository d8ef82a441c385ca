"""Run in a process of its own: cells of a notebook, and a watch on what they reach for.

    python -m tests.account.offline NOTEBOOK WATCHED ...

runs the code cells of NOTEBOOK one after the other, and prints one line of JSON at the end: how
many ran, which raised what, every connection that was tried (and refused), and every file or folder
of WATCHED that was opened. Python's own audit events tell of it, so no way around a patched name.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import nbformat
from IPython.core.interactiveshell import InteractiveShell

NETWORK = {
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.gethostbyaddr",
    "socket.sendto",
    "socket.sendmsg",
}


def main(notebook: str, watched: list[str]) -> None:
    """Run the cells and print what they did."""
    tried: list[str] = []
    opened: list[str] = []
    watch_over(tried, opened, watched)
    cells = [c for c in nbformat.read(notebook, as_version=4).cells if c.cell_type == "code"]
    shell = InteractiveShell.instance()
    results = [shell.run_cell(cell.source, store_history=True) for cell in cells]
    errors = [repr(r.error_before_exec or r.error_in_exec) for r in results if not r.success]
    print()
    print(json.dumps({"ran": len(cells), "errors": errors, "tried": tried, "opened": opened}))


def watch_over(tried: list[str], opened: list[str], watched: list[str]) -> None:
    """Refuse and note each connection, and note each opening of a watched path."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in NETWORK:
            tried.append(f"{event} {arguments[1:]}")
            raise ConnectionRefusedError(f"{event}: this process may not")
        if event == "open" and isinstance(arguments[0], str | os.PathLike):
            path = os.path.abspath(arguments[0])
            opened.extend(path for one in watched if path.startswith(one))

    sys.addaudithook(hook)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
