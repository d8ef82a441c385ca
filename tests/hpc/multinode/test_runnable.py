"""What a multi-node job waits for: kind of environment, whole instances, quota, capacity."""

import pytest

from patternlab.hpc.multinode.runnable import (
    REQUIREMENT,
    UNDETERMINED,
    Need,
    Type,
    blocks,
    need_of,
    smallest,
)

TYPES = [
    Type("c5n.9xlarge", 36, 98_304),
    Type("c5n.18xlarge", 72, 196_608),
    Type("m4.large", 2, 8_192),
]
NEED = Need(nodes=4, vcpus=30, memory=4096)


def environment(name="one", *, types=("c5n.18xlarge",), most=288, kind="EC2", **more):
    resources = {"type": kind, "instanceTypes": list(types), "maxvCpus": most}
    return {
        "computeEnvironmentName": name,
        "type": "MANAGED",
        "state": "ENABLED",
        "computeResources": resources,
    } | more


def found(*environments, need=NEED, quota=1000):
    return blocks(need, environments, TYPES, lambda name: quota)


@pytest.mark.parametrize(
    ("where", "cause", "reason"),
    [
        (environment(kind="FARGATE_SPOT"), "Spot", UNDETERMINED),
        (environment(kind="FARGATE"), "not EC2", UNDETERMINED),
        (environment(state="DISABLED"), "disabled", UNDETERMINED),
        (environment(types=["m4.large"]), "too small", REQUIREMENT),
    ],
)
def test_each_cause_has_its_word_and_its_status_reason(where, cause, reason):
    (block,) = found(where)
    assert (block.cause, block.status_reason, block.environment) == (cause, reason, "one")
    assert block.sentence.endswith(".")


@pytest.mark.parametrize(
    ("most", "quota", "cause"), [(287, 288, "maxvCpus"), (288, 287, "quota"), (288, 288, None)]
)
def test_a_node_takes_a_whole_instance(most, quota, cause):
    """4 x 30 vCPUs would fit into 287; 4 x 72 do not."""
    told = found(environment(most=most), quota=quota)
    assert [block.cause for block in told] == ([cause] if cause else [])
    assert all("4 whole instances c5n.18xlarge: 288 vCPUs" in block.sentence for block in told)


def test_one_environment_of_the_queue_that_can_run_it_is_enough():
    assert found(environment(kind="SPOT"), environment()) == []
    assert [block.environment for block in found(environment(most=1), environment("two", most=2))]


def test_the_smallest_instance_that_fits_is_taken():
    assert smallest(NEED, ["c5n"], TYPES).name == "c5n.9xlarge"
    assert smallest(Need(1, 40, 4), ["c5n"], TYPES).name == "c5n.18xlarge"
    assert smallest(Need(1, 1, 100_000), ["c5n"], TYPES).name == "c5n.18xlarge"
    assert smallest(Need(1, 1, 1), ["optimal"], TYPES).name == "m4.large"
    assert smallest(Need(1, 73, 1), ["c5n"], TYPES) is None


def test_a_type_that_the_job_names_must_be_allowed():
    named = Need(4, 30, 4096, "c5n.18xlarge")
    assert found(environment(), need=named) == []
    (block,) = found(environment(types=["c5n.9xlarge"]), need=named)
    assert "asks for c5n.18xlarge" in block.sentence and block.cause == "too small"


def test_what_a_job_needs_is_read_from_its_definition():
    container = {"image": "i", "vcpus": 8, "memory": 64}
    group = {"targetNodes": "0:", "container": container, "instanceTypes": ["c5n.large"]}
    properties = {"numNodes": 3, "mainNode": 0, "nodeRangeProperties": [group]}
    assert need_of(properties) == Need(3, 8, 64, "c5n.large")
