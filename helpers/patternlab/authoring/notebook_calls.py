"""Run the notebooks on a local cloud and count what they ask AWS for.

``python -m patternlab policies`` writes the counts to ``data/notebook_calls.csv`` (its columns are
in :mod:`patternlab.account.calls`); cost card and policies are made from that file.
"""

from __future__ import annotations

import ast
import linecache
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nbformat
from moto.apigateway.models import apigateway_backends
from moto.core import DEFAULT_ACCOUNT_ID

import patternlab
from patternlab.account import calls
from patternlab.account.calls import (
    CLOUD,
    FILE,
    FUNCTION,
    LOG_EVENT_OVERHEAD,
    NOTEBOOK,
    Row,
    as_csv,
)
from patternlab.account.policies import page
from patternlab.authoring.lesson import LOCAL_ONLY
from patternlab.caching.gateway import Request
from patternlab.cloud import Cloud, open_cloud
from patternlab.delivery.sns.delivery_log import FILTERED
from patternlab.hpc.cluster.plan import SLACK
from patternlab.local.apigateway.service import SMALLEST
from patternlab.local.backend import LocalBackend
from patternlab.local.hub import in_handler
from patternlab.paths import ROOT, books
from patternlab.web import Answer

NOT_POLLING = ("Disabling", "Disabled", "Deleting")  # states of an event source mapping
_BILLED = re.compile(r"Billed Duration: (\d+) ms\tMemory Size: (\d+) MB")


@dataclass(frozen=True)
class Call:
    """One request: who made it (NOTEBOOK or FUNCTION), and boto3's names and parameters.

    A signed one to an API is no call of boto3's: "execute-api", its action, `url` and `method`.
    """

    by: str
    service: str
    operation: str
    params: dict[str, Any]


@dataclass
class Recording:
    """What one notebook asked of its cloud, and what the cloud did meanwhile."""

    calls: list[Call] = field(default_factory=list)
    #: (service, quantity) -> amount, for what costs money and is no request of anybody's.
    quantities: dict[tuple[str, str], float] = field(default_factory=dict)

    def rows(self, notebook: str) -> Iterator[Row]:
        """The rows of ``data/notebook_calls.csv`` about this notebook, in order of name."""
        counts = Counter((call.by, call.service, call.operation) for call in self.calls)
        for (by, service, operation), count in sorted(counts.items()):
            yield Row(notebook, service, operation, count, by)
        # one row at least, by which a notebook that asks for nothing is known to have been counted
        quantities = self.quantities if self.calls or self.quantities else {("cloud", "seconds"): 0}
        for (service, name), amount in sorted(quantities.items()):
            yield Row(notebook, service, name, round(amount, 6), CLOUD)


def record(path: Path, prepare: Callable[[Cloud], None] | None = None) -> Recording:
    """Run the notebook at `path` on a local cloud, without the cells that only such a one can run.

    One that opens no cloud in the others asks AWS for nothing. It is not run: its servers (nginx,
    Valkey) and simulations would take their time for no row. `prepare` is called with the cloud as
    soon as it is open. Raises what a cell raises.
    """
    if not opens_cloud(path):
        return Recording()
    watch = _Watch(prepare)
    with patch.object(patternlab, "open_cloud", watch.open), redirect_stdout(StringIO()):
        try:
            _run(path)
        finally:
            watch.close()
    return watch.recording


def rows(paths: Iterable[Path]) -> list[Row]:
    """The rows of ``data/notebook_calls.csv`` for the notebooks at `paths`."""
    return [row for path in paths for row in record(path).rows(path.stem)]


def write(paths: Sequence[Path] = ()) -> int:
    """Count the calls of these notebooks anew, or of all, and write the policies; an exit code."""
    kept: dict[str, list[Row]] = {path.stem: [] for path in books()}
    for row in calls.read() if paths else ():
        kept.setdefault(row.notebook, []).append(row)
    for path in paths or books():
        kept[path.stem] = rows([path])
    found = [row for path in books() for row in kept[path.stem]]
    texts = {FILE: as_csv(found)}
    texts |= {page.FOLDER / name: text for name, text in page.files(found).items()}
    page.FOLDER.mkdir(exist_ok=True)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8", newline="\n")
        print(f"{path.relative_to(ROOT)}: {text.count(chr(10))} lines.")
    return 0


def opens_cloud(path: Path) -> bool:
    """Does a cell that an account runs call ``open_cloud``, and not for a local one by name?"""
    return any(
        isinstance(node, ast.Call)
        and "open_cloud" in (getattr(node.func, "id", ""), getattr(node.func, "attr", ""))
        and "backend='local'" not in map(ast.unparse, node.keywords)
        for _, source in _cells(path)
        for node in ast.walk(ast.parse(source))
    )


def _cells(path: Path) -> Iterator[tuple[int, str]]:
    """Number and source of the code cells that an account runs."""
    for number, cell in enumerate(nbformat.read(path, as_version=4).cells):
        if cell.cell_type == "code" and LOCAL_ONLY not in cell.metadata.get("tags", []):
            yield number, cell.source + "\n"


def _run(path: Path) -> None:
    """Execute the code cells, in a namespace of their own."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for number, source in _cells(path):
        name = f"<ipython-input {path.stem} {number}>"
        # where inspect finds the source of a handler
        linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name
        exec(compile(source, name, "exec"), namespace)


def _local(cloud: Cloud) -> LocalBackend:
    backend = cloud._backend
    assert isinstance(backend, LocalBackend), "calls are counted on a local cloud"
    return backend


class _Watch:
    """Opens the notebook's cloud, writes its requests down, and reads its meters at the end."""

    def __init__(self, prepare: Callable[[Cloud], None] | None) -> None:
        self.recording = Recording()
        self._prepare = prepare
        self._cloud: Cloud | None = None
        self._since: dict[str, float] = {}  # the mappings that poll, and when they began
        self._polled, self._most = 0.0, 0
        self._sent = 0  # to addresses of APIs
        self._caches: Counter[str] = Counter()  # size -> caches, at most at the same time
        self._launched: dict[str, str] = {}  # instance -> its type
        self._timers: dict[str, float] = {}  # instance -> seconds until its timer ends it

    def open(self, **settings: Any) -> Cloud:
        """``open_cloud`` for the notebook."""
        self._cloud = cloud = open_cloud(**settings)
        core = _local(cloud).session.core
        # clients take the handlers along that are there when they are made: none is made yet
        core.register("before-parameter-build", self._asked)
        core.register("after-call.lambda", self._answered)
        core.register("after-call.apigateway", self._count_caches)
        core.register("after-call.ec2.RunInstances", self._count_instances)
        for name in ("close", "request", "set_timer"):
            setattr(cloud, name, getattr(self, name))
        if self._prepare is not None:
            self._prepare(cloud)
        return cloud

    def close(self) -> None:
        """Read the meters, which are gone with the cloud, and close it."""
        if self._cloud is None:
            return
        cloud, self._cloud = self._cloud, None
        try:
            self.recording.quantities = self._read(cloud)
        finally:
            Cloud.close(cloud)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
        *,
        signed: bool = False,
    ) -> Answer:
        """``cloud.request``, of which ``cloud.get`` makes use too: all are to APIs, here."""
        self._sent += 1
        if signed:
            anew = Request(method, {}, {}, headers or {}).invalidates
            for action in ("Invoke", "InvalidateCache") if anew else ("Invoke",):
                call = Call(NOTEBOOK, "execute-api", action, {"url": url, "method": method})
                self.recording.calls.append(call)
        return Cloud.request(self._opened, method, url, headers, body, signed=signed)

    def set_timer(self, instance: str, at: datetime) -> None:
        """``cloud.set_timer``."""
        self._timers[instance] = (at - self._opened.now()).total_seconds()
        Cloud.set_timer(self._opened, instance, at)

    @property
    def _opened(self) -> Cloud:
        if self._cloud is None:
            raise RuntimeError("The notebook's cloud is closed. Use it before it is.")
        return self._cloud

    def _asked(self, **event: Any) -> None:
        if self._cloud is None:
            return
        if in_handler():
            by = FUNCTION
        elif _local(self._cloud).clock.moves:
            return  # the local cloud itself, for a destination or a metric
        else:
            by = NOTEBOOK
        model, params = event["model"], dict(event["params"])
        service = model.service_model.service_name
        self.recording.calls.append(Call(by, service, model.name, params))

    # -- meters ------------------------------------------------------------------------------

    def _answered(self, **event: Any) -> None:
        """Keep book of the event source mappings that poll, by what Lambda says of them."""
        parsed = event["parsed"]
        if self._cloud is None or "EventSourceArn" not in parsed:
            return
        now, uuid = _local(self._cloud).clock.elapsed, parsed["UUID"]
        if parsed["State"] not in NOT_POLLING:
            self._since.setdefault(uuid, now)
            self._most = max(self._most, len(self._since))
        else:
            self._polled += now - self._since.pop(uuid, now)

    def _count_caches(self, **_: Any) -> None:
        """Count what stages are billed for by the hour, after each request to API Gateway."""
        regions = apigateway_backends[DEFAULT_ACCOUNT_ID].values()
        apis = [api for region in regions for api in region.apis.values()]
        stages = [stage for api in apis for stage in api.stages.values()]
        billed = [stage for stage in stages if stage.cache_cluster_enabled]
        self._caches |= Counter(str(stage.cache_cluster_size or SMALLEST) for stage in billed)

    def _count_instances(self, **event: Any) -> None:
        for instance in event["parsed"].get("Instances", []):
            self._launched[instance["InstanceId"]] = instance["InstanceType"]

    def _instances(self, now: float) -> dict[str, float]:
        """Return how many seconds the instances of each type may run.

        Until their timers end them, with some minutes more as the lab counts them; without a timer
        until now.
        """
        seconds: defaultdict[str, float] = defaultdict(float)
        for instance, kind in self._launched.items():
            timer = self._timers.get(instance)
            seconds[kind] += now if timer is None else timer + 60 * SLACK
        return seconds

    def _read(self, cloud: Cloud) -> dict[tuple[str, str], float]:
        backend = _local(cloud)
        now, lines = backend.clock.elapsed, backend.log_lines()
        billed = [(int(ms), int(mb)) for line in lines for ms, mb in _BILLED.findall(line)]
        deliveries = cloud.deliveries()
        found = {
            ("cloud", "seconds"): now,
            ("apigateway", "request-rest"): self._sent,
            **{("apigateway", f"cache-{size}GB"): most for size, most in self._caches.items()},
            **{("ec2", f"{kind}-seconds"): much for kind, much in self._instances(now).items()},
            ("lambda", "invocations"): len(billed),
            ("lambda", "gb-seconds"): sum(ms / 1000 * mb / 1024 for ms, mb in billed),
            ("logs", "bytes"): sum(len(line.encode()) + LOG_EVENT_OVERHEAD for line in lines),
            ("sns", "deliveries"): int((deliveries["outcome"] != FILTERED).sum()),
            ("sqs", "poll-mappings"): self._most,
            ("sqs", "mapping-seconds"): self._polled
            + sum(now - since for since in self._since.values()),
        }
        return {key: amount for key, amount in found.items() if amount}
