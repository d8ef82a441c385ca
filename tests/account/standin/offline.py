"""Run in a process of its own: cells of notebooks, and a watch on what they reach for.

    python -m tests.account.standin.offline WATCHED NOTEBOOK ...

runs the code cells of each NOTEBOOK one after the other, and prints one line of JSON a notebook:
how many ran, which raised what, every connection that was tried (and refused), and every file or
folder below WATCHED that was opened. Python's own audit events tell of it, so no way around a
patched name. What the imports do counts for the first notebook.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

NETWORK = {
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.gethostbyaddr",
    "socket.sendto",
    "socket.sendmsg",
}


def main(watched: str, *notebooks: str) -> None:
    """Run the cells and print what they did."""
    tried: list[str] = []
    opened: list[str] = []
    watch_over(tried, opened, watched)
    shell = InteractiveShell.instance()
    for notebook in notebooks:
        ran = [shell.run_cell(cell, store_history=True) for cell in cells_of(notebook)]
        errors = [repr(r.error_before_exec or r.error_in_exec) for r in ran if not r.success]
        print()
        print(json.dumps({"ran": len(ran), "errors": errors, "tried": tried, "opened": opened}))
        for noted in (tried, opened):
            noted.clear()
        shell.reset()


def cells_of(notebook: str) -> list[str]:
    """The sources of its code cells. Without nbformat, which takes long to import."""
    book = json.loads(Path(notebook).read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]


def watch_over(tried: list[str], opened: list[str], watched: str) -> None:
    """Refuse and note each connection, and note each opening of a path below `watched`."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in NETWORK:
            tried.append(f"{event} {arguments[1:]}")
            raise ConnectionRefusedError(f"{event}: this process may not")
        if event == "open" and isinstance(arguments[0], str | os.PathLike):
            path = os.path.abspath(arguments[0])
            opened.extend([path] if path.startswith(watched) else [])

    sys.addaudithook(hook)


if __name__ == "__main__":
    main(*sys.argv[1:])
