"""The report: what was measured, between which hosts, over what, and what it may be called.

A report is a dict, ready for JSON:

=============== ===================================================================================
``format``      "ping-pong 1"
``kind``        "network", "same host", "emulated", "other transport" (another one than was asked
                for answered) or "unknown transport"; ``verdict`` says it in a sentence
``transport``   "tcp", "efa", "shared memory" or "unknown": by bytes counted, not by settings
``asked``       the transport that was asked for, or None
``carried``     bytes that arrived: ``payload``, by ``tcp``, by ``efa`` (None: not counted); and
                whether there was a way that nobody counts, ``uncounted``
``provider``    what stands between MPI and the wire, with the settings that choose it
``library``     MPI library and version; ``python``, ``mpi4py``
``clock``       its name and its resolution in ns
``crowded``     whether two ranks have only one core between them
``pattern``     "latency", "bidirectional" or "all-pairs"
``wire``        the emulated wire, or None
``ranks``       a dict per rank: ``rank``, ``host``, ``machine``, ``environment``, ``ptrace_scope``
``efa_devices`` of the first rank's machine; ``fi_info``: what that command says of EFA there
``rows``        one dict per size and pair: ``size_bytes``, ``ranks``, ``trips``, ``median_us``,
                ``p99_us``, ``mean_us`` (half round trips; one exchange when bidirectional),
                ``bandwidth_MBps`` (10^6 bytes per second), and ``asked_us`` and ``late`` (share of
                the messages that came later than due) with an emulated wire
=============== ===================================================================================
"""

from __future__ import annotations

import csv
import io
import json
import math
from statistics import fmean, median

FORMAT = "ping-pong 1"
COLUMNS = ("size_bytes", "ranks", "trips", "median_us", "p99_us", "mean_us", "bandwidth_MBps")
#: Settings that name a libfabric provider.
ASKING = (
    "FI_PROVIDER",
    "MPIR_CVAR_OFI_USE_PROVIDER",
    "I_MPI_OFI_PROVIDER",
    "OMPI_MCA_mtl_ofi_provider_include",
)
CROWDED = (
    "Two ranks share one core: they take turns, and these times are the scheduler's. Give each "
    "rank a core of its own."
)
NAMES = {"efa": "EFA", "tcp": "TCP", "shared memory": "shared memory"}


def summary(row: dict, pattern: str, wire=None) -> dict:
    """Replace the trips' times of a row by their median, 99th percentile and mean."""
    us, size = sorted(row["us"]), row["size_bytes"]
    directions = 2 if pattern == "bidirectional" else 1
    middle = median(us)
    found = {
        "size_bytes": size,
        "ranks": row["ranks"],
        "trips": row["trips"],
        "median_us": round(middle, 4),
        "p99_us": round(us[math.ceil(0.99 * len(us)) - 1], 4),
        "mean_us": round(fmean(us), 4),
        "bandwidth_MBps": round(directions * size / middle, 3),
    }
    if wire is not None:
        found.update(asked_us=round(wire.microseconds(size), 4), late=round(row["late"], 4))
    return found


def transport(carried: dict, one_host: bool) -> str:
    """Name what carried most of the payload.

    `carried` has ``payload`` and, where counted, ``tcp`` and ``efa``: bytes that arrived. Shared
    memory has no counter: it is what is left on one host, unless there was UDP, which has none.
    """
    for name in ("tcp", "efa"):
        if carried[name] is not None and carried[name] >= carried["payload"] / 2:
            return name
    counted = carried["tcp"] is not None and not carried["uncounted"]
    return "shared memory" if one_host and counted else "unknown"


def asked_for(expect: str | None, environment: dict[str, str]) -> str | None:
    """Return the transport that was asked for: by ``--expect``, or EFA by a setting."""
    if expect is not None:
        return expect
    asked = {environment[name].split(",")[0] for name in ASKING if name in environment}
    return "efa" if "efa" in asked else None


def judge(report: dict) -> tuple[str, str]:
    """Return the kind of the report and its verdict: what its numbers may be called."""
    kind, verdict = _judge(report)
    return kind, f"{verdict} {CROWDED}" if report["crowded"] else verdict


def _judge(report: dict) -> tuple[str, str]:
    hosts = sorted({each["host"] for each in report["ranks"]})
    machines = {each["machine"] for each in report["ranks"]}
    answered, asked = report["transport"], report["asked"]
    if report["wire"]:
        return "emulated", (
            f"Emulated: each message was held as long as the asked wire takes ({report['wire']}). "
            f"No network did this; both ranks ran on {hosts[0]}."
        )
    refusal = ""
    if asked and answered not in (asked, "unknown"):
        refusal = f"{NAMES[asked]} was asked for, and {NAMES[answered]} answered"
    if len(machines) < len(report["ranks"]):
        return "same host", _same_host(report, hosts, refusal)
    if refusal:
        sentence = f"{refusal}: {_share(report)} This is no number of {NAMES[asked]}."
        return "other transport", sentence
    if answered == "unknown":
        sentence = "The ranks ran on different hosts, but nothing here tells what carried the bytes"
        return "unknown transport", f"{sentence}: {_smallest(report)} between {', '.join(hosts)}."
    return "network", (
        f"A network number: {_smallest(report)} over {NAMES[answered]} between {', '.join(hosts)}."
    )


def _same_host(report: dict, hosts: list[str], refusal: str) -> str:
    all_of_them = len({each["machine"] for each in report["ranks"]}) == 1
    who = ("Both" if len(report["ranks"]) == 2 else "All") if all_of_them else "Some"
    where = ", ".join(hosts) if all_of_them and len(hosts) == 1 else f"one machine of {len(hosts)}"
    if all_of_them and len(hosts) > 1:
        where = f"one machine: {' and '.join(hosts)} share a kernel"
    over = {"tcp": "the kernel's TCP", "shared memory": "shared memory"}.get(report["transport"])
    took = f"{_smallest(report)} is what {over or 'that machine'} takes there"
    sentence = f"{who} ranks ran on {where}. This is no network number: {took}."
    return f"{sentence} {refusal}." if refusal else sentence


def _smallest(report: dict) -> str:
    row = min(report["rows"], key=lambda row: row["size_bytes"])
    return f"{row['median_us']:.2f} us at {row['size_bytes']} B"


def _share(report: dict) -> str:
    carried, by = report["carried"], report["transport"]
    if carried.get(by) is None:
        return "no other way was counted."
    return f"{min(1, carried[by] / carried['payload']):.0%} of the bytes came by {NAMES[by]}."


def to_json(report: dict) -> str:
    """The report as one line of JSON."""
    return json.dumps(report)


def to_csv(report: dict) -> str:
    """The rows as CSV; what holds for all of them is in comment lines above."""
    out = io.StringIO()
    hosts = " ".join(each["host"] for each in report["ranks"])
    for name in ("verdict", "kind", "transport", "provider", "library", "pattern", "wire"):
        print(f"# {name}: {report[name]}", file=out)
    print(f"# hosts: {hosts}\n# clock: {report['clock']['name']}", file=out)
    columns = [*COLUMNS, "asked_us", "late"] if report["wire"] else list(COLUMNS)
    table = csv.DictWriter(out, columns, lineterminator="\n")
    table.writeheader()
    for row in report["rows"]:
        table.writerow({**row, "ranks": "-".join(map(str, row["ranks"]))})
    return out.getvalue()


def to_text(report: dict) -> str:
    """The report for a reader."""
    hosts = ", ".join(f"rank {each['rank']} on {each['host']}" for each in report["ranks"])
    lines = [
        f"{report['pattern']}: {hosts}",
        f"transport: {report['transport']}, by {report['provider']}",
        f"{report['library']}; clock {report['clock']['name']}",
        f"{'bytes':>10} {'ranks':>6} {'trips':>7} {'median us':>11} {'p99 us':>11} {'MB/s':>10}",
    ]
    for row in report["rows"]:
        pair = "-".join(map(str, row["ranks"]))
        lines.append(
            f"{row['size_bytes']:10} {pair:>6} {row['trips']:7} {row['median_us']:11.2f} "
            f"{row['p99_us']:11.2f} {row['bandwidth_MBps']:10.1f}"
        )
    return "\n".join([*lines, report["verdict"]])
