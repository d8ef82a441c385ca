"""Six clusters that were meant to run on EFA: evidence to find out what is wrong with each.

They are made up, in the form in which EC2 and the ping-pong report; the verdicts are the
ping-pong's own. Latencies of EFA and of one host are of the size that the quoted tables have
(``data/latency.csv``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patternlab.hpc.cluster.diagnosis import Evidence
from patternlab.hpc.measure.results import Report
from patternlab.hpc.pingpong import report as reports
from patternlab.hpc.pingpong.surroundings import provider

GROUP = "sg-0efa1ab0c0ffee000"
NODES = ("ip-10-0-0-11", "ip-10-0-0-12")
OPEN_MPI = "Open MPI v4.1.8"
MPICH = "MPICH Version: 5.0.2\nMPICH Device: ch4:ucx ofi"
INTEL = "Intel(R) MPI Library 2021.4 for Linux* OS"
HAS_EFA = "provider: efa fabric: efa type: FI_EP_RDM protocol: FI_PROTO_EFA"
NO_EFA = "fi_getinfo: -61 (No data available)"
BY_NAME = {"FI_PROVIDER": "efa", "OMPI_MCA_mtl": "ofi", "OMPI_MCA_pml": "cm"}
ITSELF = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": GROUP}], "IpRanges": []}
ANYWHERE = {"IpProtocol": "-1", "UserIdGroupPairs": [], "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def cases() -> dict[str, Evidence]:
    """The evidence by the name of the cluster."""
    return {
        "amber": Evidence(
            security_group(outbound=[ANYWHERE]),
            interfaces("efa"),
            said="Open MPI says it took the provider efa. Then nothing: timed out after 120 s.",
        ),
        "birch": Evidence(
            security_group(),
            interfaces("efa"),
            report({1: 27.4, 4194304: 3610.0}, "tcp", {"FI_PROVIDER": "efa"}, MPICH, "efa"),
        ),
        "cedar": Evidence(
            security_group(),
            interfaces("interface"),
            report({1: 26.1, 4194304: 3584.0}, "tcp", {}, OPEN_MPI, None, fi_info=NO_EFA),
        ),
        "delta": Evidence(
            security_group(),
            interfaces("efa"),
            report(
                {1: 0.49, 1048576: 174.0},
                "shared memory",
                {"FI_PROVIDER": "efa"},
                INTEL,
                "efa",
                nodes=(NODES[0], NODES[0]),
            ),
        ),
        "ember": Evidence(
            security_group(),
            interfaces("efa"),
            report(
                {1: 0.61, 4194304: 1240.0},
                "shared memory",
                {"OMPI_MCA_btl": "^tcp", "OMPI_MCA_pml": "ob1"},
                OPEN_MPI,
                "shared memory",
                nodes=(NODES[0], NODES[0]),
                ptrace_scope="1",
            ),
        ),
        "fjord": Evidence(
            security_group(outbound=[ITSELF, ANYWHERE]),
            interfaces("efa"),
            report({1: 17.9, 4194304: 1551.0}, "efa", BY_NAME, OPEN_MPI, "efa"),
        ),
    }


def security_group(
    inbound: list[Mapping[str, Any]] | None = None, outbound: list[Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """A group as EC2 describes it; without arguments all traffic with itself, and out."""
    return {
        "GroupId": GROUP,
        "GroupName": "efa-lab",
        "Description": "EFA lab",
        "VpcId": "vpc-0efa1ab0c0ffee000",
        "IpPermissions": [ITSELF] if inbound is None else inbound,
        "IpPermissionsEgress": [ITSELF, ANYWHERE] if outbound is None else outbound,
    }


def interfaces(kind: str) -> list[dict[str, Any]]:
    """The interfaces of two nodes as EC2 describes them."""
    return [
        {
            "NetworkInterfaceId": f"eni-0efa1ab0c0ffee0{number:02d}",
            "InterfaceType": kind,
            "Groups": [{"GroupId": GROUP, "GroupName": "efa-lab"}],
            "PrivateIpAddress": f"10.0.0.{11 + number}",
        }
        for number in range(len(NODES))
    ]


def report(
    medians: Mapping[int, float],
    transport: str,
    settings: Mapping[str, str],
    library: str,
    asked: str | None,
    *,
    nodes: tuple[str, str] = NODES,
    machines: tuple[str, str] | None = None,
    ptrace_scope: str | None = "0",
    fi_info: str = HAS_EFA,
    wire: str | None = None,
) -> Report:
    """A report with these medians (bytes -> us), judged as the ping-pong judges its own."""
    ranks = [
        {
            "rank": rank,
            "host": host,
            "machine": (machines or tuple(f"kernel of {node}" for node in nodes))[rank],
            "environment": dict(settings),
            "ptrace_scope": ptrace_scope,
        }
        for rank, host in enumerate(nodes)
    ]
    trips = [
        {"size_bytes": size, "ranks": [0, 1], "trips": 100, "us": [us] * 100}
        for size, us in medians.items()
    ]
    payload = 110 * 2 * sum(medians)
    data = {
        "format": reports.FORMAT,
        "transport": transport,
        "asked": asked,
        "carried": {
            "payload": payload,
            "tcp": round(payload * 1.01) if transport == "tcp" else 2048,
            "uncounted": False,
            "efa": None if fi_info == NO_EFA else round(payload * (transport == "efa")),
        },
        "provider": provider(library, dict(settings)),
        "library": library.splitlines()[0],
        "clock": {"name": "clock_gettime(CLOCK_MONOTONIC)", "resolution_ns": 1.0},
        "pattern": "latency",
        "crowded": False,
        "wire": wire,
        "ranks": ranks,
        "efa_devices": [] if fi_info == NO_EFA else ["rdmap0s6"],
        "fi_info": fi_info,
        "rows": [reports.summary(row, "latency") for row in trips],
    }
    data["kind"], data["verdict"] = reports.judge(data)
    return Report(data)
