"""Run notebooks in place, so that running them again changes no byte."""

import json
import os
import re
import shutil
import sys
import tempfile
import weakref
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager, KernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from traitlets import default

CELL_SECONDS = 120
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"


class NotebookError(Exception):
    """A notebook that cannot be read, or a cell that failed. The text says which, and why."""


class PrivateSockets(KernelManager):
    """A kernel on sockets in a folder of its own.

    Kernels that start together on TCP ports can pick the same ports. Windows has no such sockets,
    and keeps TCP.
    """

    @default("transport")
    def _private_transport(self) -> str:
        return "tcp" if sys.platform == "win32" else "ipc"

    @default("ip")
    def _private_ip(self) -> str:
        if self.transport == "tcp":
            return "127.0.0.1"
        folder = tempfile.mkdtemp(prefix="patternlab-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return os.path.join(folder, "kernel")


class AsyncPrivateSockets(PrivateSockets, AsyncKernelManager):
    """The same for nbclient, which awaits its kernels."""


def run(path: Path) -> None:
    """Execute the notebook at `path` from its first cell to its last, and write it back.

    A failing notebook is left as it was. Raises NotebookError.
    """
    notebook = _read(path)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        kernel_manager_class=AsyncPrivateSockets,
        timeout=CELL_SECONDS,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute(env=os.environ | {"PYTHONHASHSEED": "0"})
    except CellExecutionError as error:
        raise NotebookError(
            f"{path} stopped at a cell that raised {error.ename}: {error.evalue}\n{error.traceback}"
        ) from None
    except CellTimeoutError:
        raise NotebookError(
            f"{path} has a cell that ran longer than {CELL_SECONDS} seconds."
        ) from None
    except DeadKernelError:
        raise NotebookError(f"{path}: its Python process ended in the middle of a cell.") from None
    text = nbformat.writes(_renamed_widgets(tidy(notebook), path.stem))
    path.write_text(text.rstrip("\n") + "\n", encoding="utf-8", newline="\n")


def _read(path: Path) -> NotebookNode:
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat trips over a malformed file in many ways
        reason = str(error).partition("\n")[0]
        raise NotebookError(f"{path} is not a notebook that can be read: {reason}") from None
    return notebook


def tidy(notebook: NotebookNode) -> NotebookNode:
    """Drop what differs between two runs or two machines: times, and the Python version."""
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    }
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        for volatile in ("execution", "ExecuteTime"):
            cell.metadata.pop(volatile, None)
    return notebook


def _renamed_widgets(notebook: NotebookNode, name: str) -> NotebookNode:
    """Widgets get random ids; number them in the order of their creation instead."""
    models = notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    numbers = {model: f"{name}-widget-{n}" for n, model in enumerate(models, start=1)}
    if not numbers:
        return notebook
    ids = re.compile("|".join(map(re.escape, numbers)))
    return nbformat.from_dict(json.loads(ids.sub(lambda m: numbers[m[0]], json.dumps(notebook))))
