"""Reports of the ping-pong as tests need them, judged by its own code."""

from patternlab.hpc.pingpong import report as reports


def a_report(machines=("m0", "m1"), hosts=("node-0", "node-1"), us=15.6, **changes):
    ranks = [
        {"rank": n, "host": host, "machine": machine, "environment": {}, "ptrace_scope": None}
        for n, (host, machine) in enumerate(zip(hosts, machines, strict=True))
    ]
    row = {"size_bytes": 1, "ranks": [0, 1], "trips": 2, "us": [us, us]}
    report = {
        "format": reports.FORMAT,
        "transport": "efa",
        "asked": None,
        "carried": {"payload": 100, "tcp": 0, "efa": 120},
        "provider": "libfabric",
        "library": "Open MPI v5",
        "clock": {"name": "clock_gettime", "resolution_ns": 1.0},
        "crowded": False,
        "pattern": "latency",
        "wire": None,
        "ranks": ranks,
        "rows": [reports.summary(row, "latency")],
        **changes,
    }
    report["kind"], report["verdict"] = reports.judge(report)
    return report
