"""A good cluster file that the tests change."""

import pytest

from patternlab.hpc.parallelcluster import EXAMPLE, judge

FILE = """\
Region: us-east-1
Image:
  Os: alinux2023
HeadNode:
  InstanceType: c5.large
  Networking:
    SubnetId: subnet-public1a
  Ssh:
    KeyName: lab
Scheduling:
  Scheduler: slurm
  SlurmQueues:
    - Name: mpi
      ComputeResources:
        - Name: c5n
          InstanceType: c5n.18xlarge
          MinCount: 1
          MaxCount: 4
          Efa:
            Enabled: true
      Networking:
        SubnetIds:
          - subnet-inside1a
        PlacementGroup:
          Enabled: true
"""


@pytest.fixture
def file():
    return FILE


@pytest.fixture
def changed():
    """Return a function: the good file with `old` replaced by `new`, once."""

    def change(old, new):
        assert FILE.count(old) >= 1, old
        return FILE.replace(old, new, 1)

    return change


@pytest.fixture
def judged(changed):
    """Return a function: what is said of the good file with `old` replaced by `new`."""

    def judge_changed(old="", new="", site=EXAMPLE):
        return judge(changed(old, new), site)

    return judge_changed
