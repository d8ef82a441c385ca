"""The exercises of the EFA lab: what its rules, settings and reports give away."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from patternlab.hpc.cluster import cases
from patternlab.hpc.cluster.diagnosis import (
    CAUSES,
    FINE,
    NO_EFA,
    ONE_HOST,
    OUTBOUND,
    PROVIDER,
    PTRACE,
    diagnose,
    lets_itself,
)
from patternlab.learn.exercises import Exercise
from patternlab.learn.judging import Wrong, fields, on_seeds
from patternlab.learn.situations import situations
from patternlab.service_models import loader

# -- silent-tcp ----------------------------------------------------------------------------------

CHOICES = (*CAUSES, FINE)


def _cause(name: str) -> str:
    """The one thing that is wrong with a cluster, as the diagnosis finds it."""
    found = [finding.cause for finding in diagnose(cases.cases()[name])]
    assert len(found) <= 1, found
    return found[0] if found else FINE


LOOK_AGAIN = {
    "amber": "The provider was chosen, and no message arrived. Read both lists of rules: does each "
    "one name the group itself?",
    "birch": "Rules and card are right, and FI_PROVIDER asks for EFA. Who reads FI_PROVIDER? Look "
    "at what stands between this library and the wire.",
    "cedar": "Ask the card first: what do the interfaces and fi_info say?",
    "delta": "No network answers within half a microsecond. Where did the two ranks run?",
    "ember": "It was asked for shared memory, and shared memory answered: one host is no mistake "
    "here. Small messages are quick, large ones are not. What may a process read of another one?",
    "fjord": "EFA was asked for, EFA carried the bytes, and the ranks ran on two machines.",
}


silent_tcp = situations(
    "silent-tcp",
    {
        "amber": OUTBOUND,
        "birch": PROVIDER,
        "cedar": NO_EFA,
        "delta": ONE_HOST,
        "ember": PTRACE,
        "fjord": FINE,
    },
    truth=_cause,
    choices=CHOICES,
    refusal=lambda name, given: f"{name}: it is not {given!r}. {LOOK_AGAIN[name]}",
    praise="diagnose(cases()[name]) says how to mend each.",
    slips=[
        ("amber", PROVIDER, "does each one name the group itself?"),
        ("birch", FINE, "Who reads FI_PROVIDER?"),
        ("cedar", PROVIDER, "Ask the card first"),
        ("delta", FINE, "within half a microsecond"),
        ("ember", ONE_HOST, "What may a process read of another one?"),
        ("fjord", PTRACE, "the ranks ran on two machines"),
    ],
    hints=[
        "Go from the card up: interfaces, both lists of rules, provider, hosts. The first that "
        "does not fit is the cause.",
        "0.0.0.0/0 does not count for EFA: a rule names the group itself, or it does not help. "
        "In one of the six, only the inbound list does.",
        "UCX reads UCX_TLS, libfabric reads FI_PROVIDER. MPICH here is built with both and "
        "takes UCX unless MPIR_CVAR_CH4_NETMOD says ofi.",
    ],
)

# -- self-rules ----------------------------------------------------------------------------------

CALLS = {"inbound": "IpPermissions", "outbound": "IpPermissionsEgress"}
NEW_GROUP = {"inbound": [], "outbound": [cases.ANYWHERE]}


def judge_rules(answer: Any) -> str:
    """Add the rules to a new group, as EC2 would, and look at what passes."""
    for direction, rules in fields(answer, CALLS).items():
        _ask_ec2(direction, rules)
    added = {name: NEW_GROUP[name] + [_filled(rule) for rule in answer[name]] for name in CALLS}
    group = cases.security_group(**added)
    for direction, key in CALLS.items():
        if not lets_itself(group, key):
            raise Wrong(f"{direction}: {_why_not(answer[direction])}")
    if any(_from_outside(rule) for rule in added["inbound"]):
        raise Wrong(
            "EFA works, and the door is open: somebody else may come in. Session Manager needs no "
            "inbound rule, for its agent calls out."
        )
    return "All traffic between the nodes passes, both ways, and nobody else comes in."


def _ask_ec2(direction: str, rules: Any) -> None:
    """Refuse a list of rules that EC2 would not take."""
    model = ServiceModel(loader().load_service_model("ec2", "service-2"))
    shape = model.shape_for("AuthorizeSecurityGroupIngressRequest")
    given = {"IpPermissions": list(rules) if isinstance(rules, tuple) else rules}
    report = ParamValidator().validate(given, shape)
    if report.has_errors():
        raise Wrong(
            f"{direction}: boto3 refuses this list. {report.generate_report().splitlines()[0]}"
        )
    if missing := [rule for rule in rules if "IpProtocol" not in rule]:
        raise Wrong(f"{direction}: {missing[0]} has no IpProtocol. -1 means all.")
    if direction == "outbound" and any(_filled(rule) == cases.ANYWHERE for rule in rules):
        raise Wrong(
            "outbound: a new group lets everything out to 0.0.0.0/0 already, and EC2 answers "
            "InvalidPermission.Duplicate. What is missing is another rule."
        )


def _filled(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {"UserIdGroupPairs": [], "IpRanges": [], **rule}


def _why_not(rules: Any) -> str:
    """Why a list does not let the group's traffic pass."""
    mine = [rule for rule in map(_filled, rules) if _names_itself(rule)]
    if mine:
        return (
            f"with the group itself only {mine[0]['IpProtocol']} may pass. EFA's packets are none "
            "of TCP, UDP or ICMP."
        )
    if any(rule.get("UserIdGroupPairs") for rule in rules):
        return f"that is another group. The nodes are in {cases.GROUP}."
    if any(rule.get("IpRanges") for rule in rules):
        return "a rule for addresses does not count for EFA, however wide it is. Name the group."
    return "nothing lets the group's own traffic pass. EFA needs it in both directions."


def _names_itself(rule: Mapping[str, Any]) -> bool:
    return any(pair.get("GroupId") == cases.GROUP for pair in rule["UserIdGroupPairs"])


def _from_outside(rule: Mapping[str, Any]) -> bool:
    others = [p for p in rule["UserIdGroupPairs"] if p.get("GroupId") != cases.GROUP]
    return bool(others or rule["IpRanges"] or rule.get("Ipv6Ranges") or rule.get("PrefixListIds"))


_SELF = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": cases.GROUP}]}
_TCP = {**_SELF, "IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535}
_OTHER = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-0decaf0c0ffee0000"}]}
_SUBNET = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/24"}]}
_ALL_OUT = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
_SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}

self_rules = Exercise(
    "self-rules",
    judge=judge_rules,
    reference={"inbound": [_SELF], "outbound": [_SELF]},
    alternatives=[
        {"outbound": (_SELF,), "inbound": (_SELF,)},
        {"inbound": [_SELF, _TCP], "outbound": [{**_SELF, "IpRanges": []}]},
    ],
    misconceptions=[
        ({"inbound": [_SELF], "outbound": []}, "nothing lets the group's own"),
        ({"inbound": [_SELF], "outbound": [_ALL_OUT]}, "Duplicate"),
        ({"inbound": [_SUBNET], "outbound": [_SELF]}, "a rule for addresses"),
        ({"inbound": [_TCP], "outbound": [_SELF]}, "none of TCP, UDP or ICMP"),
        ({"inbound": [_OTHER], "outbound": [_SELF]}, "that is another group"),
        ({"inbound": [_SELF, _SSH], "outbound": [_SELF]}, "the door is open"),
    ],
    hints=[
        "A new group lets nothing in and everything out to 0.0.0.0/0. EFA needs all traffic to "
        "and from the group itself.",
        "A rule that names a group has UserIdGroupPairs: [{'GroupId': ...}]; all protocols are "
        "IpProtocol '-1'.",
        "The same rule in both lists, and no other.",
    ],
)

# -- may-it-be-called-efa ------------------------------------------------------------------------

SEEDS = (1, 2, 3)
KEPT_BACK = ("kind", "verdict")  # what the learner's function finds out


def _reports(seed: int) -> Iterator[tuple[str, bool, dict[str, Any]]]:
    """Situations: what to say when it is judged wrongly, what is true, and the report."""
    rng = random.Random(seed)
    one, two = cases.NODES

    def made(low: float, high: float, transport: str, asked: str | None = "efa", **where: Any):
        us = round(rng.uniform(low, high), 2)
        settings = {"FI_PROVIDER": "efa"} if asked == "efa" else {}
        found = cases.report({1: us}, transport, settings, cases.OPEN_MPI, asked, **where).data
        return {name: value for name, value in found.items() if name not in KEPT_BACK}

    yield "EFA carried it between two machines.", True, made(12, 25, "efa")
    same = made(0.4, 0.6, "shared memory", nodes=(one, one))
    yield "Both ranks sat on one host: that is shared memory.", False, same
    yield "EFA was asked for, and TCP carried the bytes.", False, made(22, 30, "tcp")
    back = made(13, 20, "efa", nodes=(one, one))
    yield "The card carried it, from a host to itself: that is no network.", False, back
    boxes = made(13, 20, "efa", nodes=(one, two), machines=("one kernel", "one kernel"))
    yield "Two host names, and one kernel: these are containers of one machine.", False, boxes
    yield "A slow EFA is an EFA: the number may be called what it is.", True, made(36, 45, "efa")
    yield "Nobody asked for EFA, and EFA answered.", True, made(12, 25, "efa", None)
    wire = made(15, 17, "shared memory", nodes=(one, one), wire="15.6 us + n / 100 Gbps")
    yield "An emulated wire is held, not measured.", False, wire


def _latency(report: dict[str, Any]) -> float:
    return report["rows"][0]["median_us"]


def judge_name(answer: Any) -> str:
    """Ask the function about seeded reports."""

    def judge_reports(seed: int) -> None:
        for told, truth, report in _reports(seed):
            said = answer(report)
            if not isinstance(said, bool):
                raise Wrong(f"The function returns True or False, not {said!r}.")
            if said is not truth:
                raise Wrong(f"A report of {_latency(report)} us: you said {said}. {told}")

    on_seeds(SEEDS, judge_reports)
    return "It calls EFA what EFA carried from one machine to another, and nothing else."


def may_be_called_efa(report):
    """Is this a number of EFA between machines?"""
    machines = {rank["machine"] for rank in report["ranks"]}
    return report["transport"] == "efa" and len(machines) == len(report["ranks"])


def _by_bytes(report):
    (here, there), carried = report["ranks"], report["carried"]
    by_efa = (carried["efa"] or 0) > carried["payload"] / 2
    return by_efa and here["machine"] != there["machine"] and report["wire"] is None


def _between_hosts(report):
    return len({rank["host"] for rank in report["ranks"]}) == 2


may_it_be_called_efa = Exercise(
    "may-it-be-called-efa",
    judge=judge_name,
    reference=may_be_called_efa,
    alternatives=[_by_bytes],
    misconceptions=[
        (lambda r: _latency(r) < 20, "that is shared memory"),
        (lambda r: r["asked"] == "efa" and _between_hosts(r), "TCP carried the bytes"),
        (lambda r: r["transport"] == "efa", "from a host to itself"),
        (
            lambda r: r["transport"] == "efa" and _between_hosts(r),
            "Two host names, and one kernel",
        ),
        (lambda r: may_be_called_efa(r) and _latency(r) < 30, "A slow EFA is an EFA"),
        (lambda r: may_be_called_efa(r) and r["asked"] == "efa", "Nobody asked for EFA"),
    ],
    hints=[
        "Neither a latency nor a setting tells what carried the bytes. Which entry of the "
        "report counted them?",
        "Both ranks on one machine are no network, whatever the host names say.",
        "Compare report['transport'], and the rank['machine'] of report['ranks'].",
    ],
)
