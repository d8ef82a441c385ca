"""Run notebooks as they are on stand-ins for an account, at the same time, and keep what came out.

Each notebook has a server, a kernel and a folder of its own. The kernel is told by its environment
that the cloud is an account, which one, and what it may cost, as a learner would; and it imports
``shorter.py``, for the time that passes. Cells tagged ``local-only`` are left out. An error does
not end the run: the next cell is tried, so that one run tells of every cell.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from patternlab.authoring.notebooks import AsyncPrivateSockets
from tests.account.standin.server import StandIn, running

ROOT = Path(__file__).parents[3]
LOCAL_ONLY = "local-only"
CELL_SECONDS = 120
IN_VAIN = "STANDIN_WAITS_IN_VAIN"  # the environment variable that shorter.py reads
CEILING = "1.00"  # US dollars


@dataclass
class Pass:
    """What came of one notebook."""

    name: str
    folder: Path  # the ledger's, and where the kernel's own output went
    notebook: NotebookNode
    seconds: float
    left: dict[str, list[str]]  # what the server still had at the end, by kind
    secrets: list[str]  # the credentials of its session

    @property
    def ran(self) -> list[NotebookNode]:
        """The code cells that were run."""
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]

    def written(self) -> dict[str, str]:
        """All that was written down, by where: outputs, ledger, the kernel's own output."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        texts = {str(path): path.read_text("utf-8", "replace") for path in files}
        for number, cell in enumerate(self.ran):
            texts[f"cell {number} ({cell.id})"] = json.dumps(cell, ensure_ascii=False)
        texts["metadata"] = json.dumps(self.notebook.metadata, ensure_ascii=False)  # widgets
        return texts


def run_all(
    paths: Iterable[Path], folder: Path, in_vain: Iterable[str] = (), **settings: str
) -> dict[str, Pass]:
    """A pass of each notebook, by its name; `settings` are ministack's.

    `in_vain` are pieces of the source of cells that wait for what does not come on a stand-in.
    """
    paths, in_vain = list(paths), list(in_vain)
    with ExitStack() as stack, ThreadPoolExecutor() as threads:
        begun = [threads.submit(stack.enter_context, running(**settings)) for _ in paths]
        servers = [server.result() for server in begun]

        async def together() -> list[Pass]:
            return await asyncio.gather(
                *(_pass(*one, folder, in_vain) for one in zip(paths, servers, strict=True))
            )

        return {one.name: one for one in asyncio.run(together())}


async def _pass(path: Path, server: StandIn, base: Path, in_vain: list[str]) -> Pass:
    folder = base / path.stem
    folder.mkdir()
    notebook = _for_an_account(nbformat.read(path, as_version=4))
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        kernel_manager_class=AsyncPrivateSockets,
        timeout=CELL_SECONDS,
        allow_errors=True,
        coalesce_streams=True,
        extra_arguments=["--IPKernelApp.exec_lines=import tests.account.standin.shorter as _"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    begun = time.monotonic()
    with open(folder / "kernel.log", "wb") as log:
        environment = _environment(server, path, folder) | {IN_VAIN: json.dumps(in_vain)}
        await client.async_execute(env=environment, stdout=log, stderr=log)
    seconds = time.monotonic() - begun
    secrets = list(server.credentials.values())
    return Pass(path.stem, folder, notebook, seconds, left_on(server), secrets)


def _for_an_account(notebook: NotebookNode) -> NotebookNode:
    """`notebook` without its outputs and without the cells for a local cloud."""
    notebook.cells = [c for c in notebook.cells if LOCAL_ONLY not in c.metadata.get("tags", [])]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _environment(server: StandIn, path: Path, folder: Path) -> dict[str, str]:
    ours = {n: v for n, v in os.environ.items() if not n.startswith(("AWS_", "PATTERNLAB_"))}
    return ours | server.environment | {
        "PATTERNLAB_BACKEND": "aws",
        "PATTERNLAB_CEILING": CEILING,
        "PATTERNLAB_NOTEBOOK": str(path),
        "PATTERNLAB_STATE": str(folder / "state"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "helpers")]),
        "PYTHONHASHSEED": "0",
    }  # fmt: skip


def left_on(server: StandIn) -> dict[str, list[str]]:
    """What the server has whose name holds "patternlab-", by kind, as other clients see it."""
    ask = server.client
    found = {
        "queues": ask("sqs").list_queues().get("QueueUrls", []),
        "topics": [t["TopicArn"] for t in ask("sns").list_topics()["Topics"]],
        "subscriptions": [
            s["SubscriptionArn"] for s in ask("sns").list_subscriptions()["Subscriptions"]
        ],
        "functions": _names(ask("lambda").list_functions()["Functions"], "FunctionName"),
        "mappings": _names(
            ask("lambda").list_event_source_mappings()["EventSourceMappings"], "EventSourceArn"
        ),
        "log groups": _names(ask("logs").describe_log_groups()["logGroups"], "logGroupName"),
        "roles": _names(ask("iam").list_roles()["Roles"], "RoleName"),
        "buckets": _names(ask("s3").list_buckets()["Buckets"], "Name"),
        "rules": _names(ask("events").list_rules()["Rules"], "Name"),
    }
    ours = {
        kind: [name for name in names if "patternlab-" in name] for kind, names in found.items()
    }
    return {kind: names for kind, names in ours.items() if names}


def _names(things: list[dict[str, Any]], field: str) -> list[str]:
    return [thing[field] for thing in things]
