"""What the exercises of notebook 11 about Batch rest on. (That retries are as on AWS, the runner's
tests say, with nodes that run.)"""

import json

import pytest

from patternlab.exercises import orchestration as bank
from patternlab.hpc.multinode.ranges import groups_of
from patternlab.hpc.parallelcluster import EXAMPLE, judge
from patternlab.learn import check
from patternlab.paths import NOTEBOOKS


def text():
    cells = json.loads((NOTEBOOKS / "11-orchestration.ipynb").read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells)


def test_the_notebook_shows_the_queues_that_are_judged():
    vcpus = {each.name: each.vcpus for each in bank.TYPES}
    for queue, ((managed, kind, name, most, quota), _) in bank.QUEUES.items():
        where = f"managed, {kind}" if managed else "unmanaged"
        assert f"| {queue} | {where} | {name} ({vcpus[name]}) | {most} | {quota:,} |" in text()


def test_the_notebook_shows_the_situations_that_are_judged():
    for situation in bank.MAINS:
        assert f"| {situation} |" in text()
    assert "`attemptDurationSeconds` is 600" in text()


def test_each_cause_is_asked_for_once():
    assert sorted(bank.cause_in(queue) for queue in bank.QUEUES) == sorted(bank.CAUSES)


def test_the_sizes_of_the_instances_are_motos():
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    for each in bank.TYPES:
        about = INSTANCE_TYPES[each.name]
        assert each.vcpus == about["VCpuInfo"]["DefaultVCpus"]
        assert each.memory == about["MemoryInfo"]["SizeInMiB"]


def test_the_reference_gives_every_node_to_the_group_that_the_text_says():
    ranges = bank._ranges("0:0", "1:8", "4:5", "9:")
    held = groups_of(list(ranges.values()), 12)
    counts = [held.count(group) for group in range(4)]
    assert counts == [1, 6, 2, 3]


def test_the_broken_file_is_refused_in_two_rounds():
    assert {found.validator for found in judge(bank.BROKEN, EXAMPLE).findings} == {"schema"}
    second = bank.BROKEN.replace("awsbatch", "slurm").replace("MaxNodes", "MaxCount")
    validators = {found.validator for found in judge(second, EXAMPLE).of_level("error")}
    assert {"EfaValidator", "EfaSecurityGroupValidator", "EfaPlacementGroupValidator"} <= validators


@pytest.mark.parametrize("name", ["mend-the-cluster", "cluster-for-two-codes"])
@pytest.mark.parametrize("answer", [b"Region: x", "\t", "Region: us-east-1"])
def test_odd_answers_get_a_sentence(name, answer):
    feedback = check(name, answer)
    assert not feedback.is_right and "could not finish" not in feedback.message


def test_any_file_that_creates_the_right_cluster_is_right():
    one_line = bank.TWO_CODES.replace("Image: {Os: alinux2023}", "Image:\n    Os: ubuntu2404")
    renamed = one_line.replace("weather", "forecast").replace("charts", "plots")
    assert check("cluster-for-two-codes", renamed).is_right
    more = bank.MENDED + "    - Name: other\n" + bank.MENDED.split("- Name: mpi\n")[1]
    assert check("mend-the-cluster", more).is_right
