"""What the exercises of notebook 11 about Batch rest on. (That retries are as on AWS, the runner's
tests say, with nodes that run.)"""

import json

from patternlab.exercises import orchestration as bank
from patternlab.hpc.multinode.ranges import groups_of
from patternlab.paths import NOTEBOOKS


def text():
    cells = json.loads((NOTEBOOKS / bank.NOTEBOOK).read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells)


def test_the_notebook_shows_the_queues_that_are_judged():
    vcpus = {each.name: each.vcpus for each in bank.TYPES}
    for queue, (managed, kind, name, most, quota) in bank.QUEUES.items():
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
