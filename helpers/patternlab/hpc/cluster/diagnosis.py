"""Find out why a cluster does not run on EFA, from what AWS and the ping-pong say.

Nothing is measured here, and only :func:`gather` asks EC2. The evidence is what a
learner can read too: the rules of the security group, the network interfaces, the report.

Sources: EC2 User Guide, "Get started with EFA and MPI" (security group; ptrace protection on
Ubuntu); open-mpi/ompi#6795 (0.0.0.0/0 does not suffice: EFA was chosen, and no message arrived
until the egress rule named the group); NVIDIA/nccl#229 ("All TCP" is not "All traffic");
libfabric's pull request 5614 (shared memory without cross-memory attach).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from patternlab.hpc.measure.results import SAME_HOST, Report

NO_EFA = "no EFA interface"
INBOUND = "inbound rule"
OUTBOUND = "outbound rule"
PROVIDER = "provider"
ONE_HOST = "one host"
PTRACE = "ptrace"
FINE = "nothing"
#: What can be found, in the order in which to look: from the card up to the program.
CAUSES = (NO_EFA, INBOUND, OUTBOUND, PROVIDER, ONE_HOST, PTRACE)
EFA_KINDS = frozenset(["efa", "efa-only"])


@dataclass(frozen=True)
class Evidence:
    """What is known of a cluster that was meant to run on EFA.

    Attributes:
        security_group: one of ``describe_security_groups()["SecurityGroups"]``.
        interfaces: ``describe_network_interfaces()["NetworkInterfaces"]`` of its nodes.
        report: the ping-pong's, or None if it did not end.
        said: what the command printed in place of a report.
    """

    security_group: Mapping[str, Any]
    interfaces: Sequence[Mapping[str, Any]]
    report: Report | None = None
    said: str = ""

    def table(self) -> pd.DataFrame:
        """All of it in words, one row each: ``what`` and ``found``."""
        group = self.security_group
        kinds = sorted({each["InterfaceType"] for each in self.interfaces})
        rows = {
            "interfaces": ", ".join(kinds),
            "inbound": "; ".join(map(_rule, group["IpPermissions"])) or "nothing",
            "outbound": "; ".join(map(_rule, group["IpPermissionsEgress"])) or "nothing",
        }
        rows |= _told(self.report) if self.report else {"ping-pong": self.said}
        return pd.DataFrame(rows.items(), columns=["what", "found"])


@dataclass(frozen=True)
class Finding:
    """One cause: what gives it away, and what to do."""

    cause: str
    seen: str
    mend: str


def gather(ec2: Any, group: str, report: Report | None = None, said: str = "") -> Evidence:
    """Ask EC2, through a boto3 client, for the rules and interfaces of a security group."""
    (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    mine = [{"Name": "group-id", "Values": [group]}]
    interfaces = ec2.describe_network_interfaces(Filters=mine)["NetworkInterfaces"]
    return Evidence(found, interfaces, report, said)


def diagnose(evidence: Evidence) -> list[Finding]:
    """List every cause that the evidence shows, in the order of CAUSES."""
    looks = (_interfaces, _inbound, _outbound, _provider, _one_host, _ptrace)
    return [finding for look in looks if (finding := look(evidence)) is not None]


def lets_itself(group: Mapping[str, Any], direction: str) -> bool:
    """Does a rule of the group allow all traffic from (to) the group itself?

    EFA's packets are not TCP, and a rule that names addresses does not count for them.

    Args:
        group: one of ``describe_security_groups()["SecurityGroups"]``.
        direction: ``"IpPermissions"`` for inbound, ``"IpPermissionsEgress"`` for outbound.
    """
    return any(
        rule["IpProtocol"] == "-1"
        and any(pair.get("GroupId") == group["GroupId"] for pair in rule["UserIdGroupPairs"])
        for rule in group[direction]
    )


def _interfaces(evidence: Evidence) -> Finding | None:
    without = [i for i in evidence.interfaces if i["InterfaceType"] not in EFA_KINDS]
    efas = len(evidence.interfaces) - len(without)
    if efas:
        return None
    return Finding(
        NO_EFA,
        f"{len(without)} interfaces, and none of type efa: there is nothing that EFA could use.",
        'Launch again with InterfaceType="efa": a running instance cannot get one.',
    )


def _inbound(evidence: Evidence) -> Finding | None:
    return _missing(evidence, "IpPermissions", INBOUND, "authorize_security_group_ingress")


def _outbound(evidence: Evidence) -> Finding | None:
    return _missing(evidence, "IpPermissionsEgress", OUTBOUND, "authorize_security_group_egress")


def _missing(evidence: Evidence, direction: str, cause: str, call: str) -> Finding | None:
    group = evidence.security_group
    if lets_itself(group, direction):
        return None
    there = "; ".join(map(_rule, group[direction])) or "nothing"
    return Finding(
        cause,
        f"{cause.split()[0]}: {there}. No rule allows all traffic with the group itself.",
        f"{call} with IpProtocol -1 and the group's own id, {group['GroupId']}.",
    )


def _provider(evidence: Evidence) -> Finding | None:
    report = evidence.report
    if report is None or report.transport != "tcp" or report.kind == SAME_HOST:
        return None
    chosen = _chosen_by(report)
    if not chosen:
        return None
    return Finding(
        PROVIDER,
        f"{chosen}, and TCP answered.",
        "Ask for EFA in the words that this MPI library reads, so that nothing else can answer.",
    )


def _chosen_by(report: Report) -> str | None:
    """The setting that keeps EFA out, in words."""
    settings = report.environment
    for name in ("FI_PROVIDER", "I_MPI_OFI_PROVIDER", "OMPI_MCA_mtl_ofi_provider_include"):
        if name in settings and "efa" not in settings[name].split(","):
            return f"{name}={settings[name]}"
    for name, way in {"OMPI_MCA_pml": "ob1", "OMPI_MCA_btl": "tcp", "UCX_TLS": "tcp"}.items():
        if way in settings.get(name, "").split(","):
            return f"{name}={settings[name]}"
    if report.data["provider"].startswith("UCX"):
        ignored = " reads no FI_PROVIDER and" if "FI_PROVIDER" in settings else ""
        return f"MPICH took UCX, which{ignored} knows no EFA"
    return None


def _one_host(evidence: Evidence) -> Finding | None:
    report = evidence.report
    if report is None or report.kind != SAME_HOST or report.data["asked"] == "shared memory":
        return None
    return Finding(
        ONE_HOST,
        f"{' and '.join(report.hosts)}: one kernel, {report.latency_us:.2f} us.",
        "Start one rank on each node: --map-by ppr:1:node, or a host file with one slot each.",
    )


def _ptrace(evidence: Evidence) -> Finding | None:
    report = evidence.report
    if report is None or report.kind != SAME_HOST or report.data["asked"] != "shared memory":
        return None
    scope = report.data["ranks"][0]["ptrace_scope"]
    if scope in (None, "0"):
        return None
    return Finding(
        PTRACE,
        f"ptrace_scope is {scope}: no rank may read another one's memory, so each large message "
        "is copied twice.",
        "sysctl -w kernel.yama.ptrace_scope=0 on each node (Ubuntu has 1).",
    )


def _rule(rule: Mapping[str, Any]) -> str:
    """A rule in words: protocol, ports and with whom."""
    name = {"-1": "all traffic"}.get(rule["IpProtocol"], rule["IpProtocol"])
    if "FromPort" in rule and rule["IpProtocol"] != "-1":
        name += f" {rule['FromPort']}-{rule['ToPort']}"
    with_whom = [pair.get("GroupId", "") for pair in rule.get("UserIdGroupPairs", ())]
    with_whom += [each["CidrIp"] for each in rule.get("IpRanges", ())]
    return f"{name}, {' and '.join(with_whom)}"


def _told(report: Report) -> dict[str, str]:
    settings = ", ".join(f"{name}={value}" for name, value in report.environment.items())
    scope = report.data["ranks"][0]["ptrace_scope"]
    largest = report.table()["median_us"]
    return {
        "library": report.data["library"],
        "settings": settings or "none",
        "fi_info -p efa": (report.data["fi_info"] or "not installed").replace("\n", " "),
        "ptrace_scope": scope or "no such file",
        "machines": ", ".join(each["machine"] for each in report.data["ranks"]),
        "transport": report.transport,
        "medians": ", ".join(f"{us:.2f} us at {size} B" for size, us in largest.items()),
        "verdict": report.verdict,
    }
