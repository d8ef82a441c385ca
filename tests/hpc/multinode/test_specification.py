"""Definition and overrides: who runs what; what AWS refuses, in its words where they are known."""

import copy

import pytest

from patternlab.hpc.errors import HPCError
from patternlab.hpc.multinode.specification import check, needs, nodes_of, with_overrides


def container(*command, vcpus="2", memory="512", **variables):
    return {
        "image": "python:3.13",
        "command": list(command),
        "environment": [{"name": name, "value": value} for name, value in variables.items()],
        "resourceRequirements": [
            {"type": "VCPU", "value": vcpus},
            {"type": "MEMORY", "value": memory},
        ],
    }


def properties(*groups, nodes=4, main=0):
    made = [{"targetNodes": target, "container": content} for target, content in groups]
    return {"numNodes": nodes, "mainNode": main, "nodeRangeProperties": made}


def test_each_node_has_the_command_and_the_variables_of_its_group():
    job = properties(("0:", container("work")), ("0:0", container("lead", PART="first")))
    nodes = nodes_of(job, {})
    assert [list(node.command) for node in nodes] == [["lead"], ["work"], ["work"], ["work"]]
    assert [node.group for node in nodes] == [1, 0, 0, 0]
    assert nodes[0].environment == {"PART": "first"} and nodes[1].environment == {}


def test_parameters_are_filled_in_the_longest_name_first():
    job = properties(("0:", container("run", "Ref::in", "Ref::input/x")), nodes=1)
    (node,) = nodes_of(job, {"in": "A", "input": "B"})
    assert node.command == ["run", "A", "B/x"]


def test_what_a_job_needs_is_the_most_that_a_node_asks_for():
    job = properties(("0:2", container(vcpus="36")), ("3:", container(memory="9000")))
    assert needs(job) == (36, 9000)
    old = container()
    del old["resourceRequirements"]
    assert needs(properties(("0:", old | {"vcpus": 3, "memory": 64}))) == (3, 64)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"numNodes": 0}, "1 to 1000 .*not 0"),
        ({"numNodes": 1001}, "1 to 1000 .*not 1001"),
        ({"mainNode": 4}, "0 to 3, not 4.*mainNode"),
        ({"mainNode": -1}, "0 to 3, not -1"),
        ({"numNodes": 5}, "Node 4 .*0:3"),
    ],
)
def test_a_definition_that_no_job_can_have_is_refused(change, told):
    job = properties(("0:3", container()))
    check(job)
    with pytest.raises(HPCError, match=told):
        check(job | change)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"image": ""}, "image"),
        ({"resourceRequirements": []}, "VCPU .*1"),
        ({"resourceRequirements": [{"type": "VCPU", "value": "1"}]}, "MEMORY .*4"),
        ({"environment": [{"name": "AWS_BATCH_JOB_ID", "value": "x"}]}, "AWS_BATCH_JOB_ID"),
    ],
)
def test_a_container_that_batch_refuses(change, told):
    with pytest.raises(HPCError, match=told):
        check(properties(("0:", container() | change)))


def test_other_refusals():
    with pytest.raises(HPCError, match="nodeProperties: numNodes, mainNode"):
        check(None)
    with pytest.raises(HPCError, match="'0:'"):
        check(properties(("0:", None)))
    two = properties(("0:1", container()), ("2:", container()))
    two["nodeRangeProperties"][0]["instanceTypes"] = ["c5n.large"]
    check(two)
    two["nodeRangeProperties"][1]["instanceTypes"] = ["c5n.xlarge"]
    with pytest.raises(HPCError, match="c5n.large and c5n.xlarge"):
        check(two)
    two["nodeRangeProperties"][1]["instanceTypes"] = ["c5n.large", "c5n.xlarge"]
    with pytest.raises(HPCError, match="limited to one type"):
        check(two)


def test_the_number_of_nodes_can_be_overridden_where_a_range_is_open():
    job = properties(("0:0", container("lead")), ("1:", container("work")))
    assert len(nodes_of(with_overrides(job, {"numNodes": 9}), {})) == 9
    closed = properties(("0:3", container()))
    with pytest.raises(HPCError, match=r"NumNodes override can only be applied if .* \(:\) or"):
        with_overrides(closed, {"numNodes": 3})


def test_an_override_must_leave_room_for_the_main_node_and_every_range():
    job = properties(("0:", container()), main=3)
    with pytest.raises(HPCError, match="mainNode .* 3"):
        with_overrides(job, {"numNodes": 2})
    job = properties(("0:1", container()), ("2:", container()))
    with pytest.raises(HPCError, match="node 2"):
        with_overrides(job, {"numNodes": 2})


def test_an_override_of_a_group_adds_variables_by_name_and_replaces_the_rest():
    job = properties(("0:", container("old", A="1", B="2")))
    before = copy.deepcopy(job)
    change = {
        "targetNodes": "0:",
        "instanceTypes": ["c5n.18xlarge"],
        "containerOverrides": {
            "command": ["new"],
            "environment": [{"name": "B", "value": "3"}],
            "resourceRequirements": [{"type": "VCPU", "value": "72"}],
        },
    }
    changed = with_overrides(job, {"nodePropertyOverrides": [change]})
    node = nodes_of(changed, {})[0]
    assert node.command == ["new"] and node.environment == {"A": "1", "B": "3"}
    assert needs(changed) == (72, 512)
    assert changed["nodeRangeProperties"][0]["instanceTypes"] == ["c5n.18xlarge"]
    assert job == before


def test_an_override_cannot_cut_a_new_group():
    job = properties(("0:", container()))
    told = "NodeOverride targets should match job definition. Non matching targets - 0:0"
    with pytest.raises(HPCError, match=told):
        with_overrides(job, {"nodePropertyOverrides": [{"targetNodes": "0:0"}]})
    with pytest.raises(HPCError, match="node range"):
        with_overrides(job, {"nodePropertyOverrides": [{"targetNodes": "x"}]})
