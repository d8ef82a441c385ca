"""What a file creates, and what it costs."""

import math

import pytest

from patternlab.hpc.parallelcluster import EXAMPLE, judge
from patternlab.hpc.parallelcluster.created import price

MORE = """\
    - Name: charts
      CapacityType: SPOT
      ComputeResources:
        - {Name: small, Instances: [{InstanceType: m5.large}, {InstanceType: m5a.large}]}
      Networking: {SubnetIds: [subnet-inside1a, subnet-inside1b]}
SharedStorage:
  - {Name: home, MountDir: /home2, StorageType: Ebs, EbsSettings: {Size: 200}}
  - {Name: old, MountDir: /old, StorageType: Efs, EfsSettings: {FileSystemId: fs-01234567}}
  - Name: scratch
    MountDir: /scratch
    StorageType: FsxLustre
    FsxLustreSettings: {StorageCapacity: 1200}
LoginNodes:
  Pools:
    - Name: in
      Count: 2
      InstanceType: c5.large
      Networking: {SubnetIds: [subnet-public1a]}
"""


@pytest.fixture
def cluster(file):
    return judge(file + MORE, EXAMPLE).cluster


def test_a_fleet_is_what_the_file_says_and_the_catalogue_adds(cluster):
    _, fleet = cluster.fleets[0]
    assert (fleet.minimum, fleet.maximum, fleet.efa) == (1, 4, True)
    assert (fleet.cores, fleet.vcpus, fleet.gbps, fleet.architecture) == (36, 72, 100.0, "x86_64")


def test_without_multithreading_a_node_has_as_many_cpus_as_cores(judged):
    made = judged(
        "          Efa:", "          DisableSimultaneousMultithreading: true\n          Efa:"
    )
    assert made.cluster.fleets[0][1].vcpus == 36


def test_a_managed_placement_group_is_the_clusters_own(cluster, judged):
    fleet = cluster.fleets[0][1]
    assert fleet.managed_group and fleet.placement_group == "mpi-c5n"
    own = judged(
        "PlacementGroup:\n          Enabled: true", "PlacementGroup:\n          Name: mine"
    )
    fleet = own.cluster.fleets[0][1]
    assert not fleet.managed_group and fleet.placement_group == "mine"


def test_what_the_file_leaves_out_has_awss_defaults(cluster):
    queue, fleet = cluster.fleets[1]
    assert (queue.capacity_type, fleet.minimum, fleet.maximum) == ("SPOT", 0, 10)
    assert fleet.instance_types == ("m5.large", "m5a.large") and not fleet.efa
    assert not fleet.placement_group


def test_storage_is_new_or_there_already(cluster):
    assert [(s.kind, s.mounted_at, s.size_gib, s.new) for s in cluster.storage] == [
        ("EBS", "/home2", 200, True),
        ("EFS", "/old", None, False),
        ("FSx for Lustre", "/scratch", 1200, True),
    ]


def test_only_subnets_in_use_are_part_of_it(file):
    names = [subnet.id for subnet in judge(file, EXAMPLE).cluster.subnets]
    assert names == ["subnet-public1a", "subnet-inside1a"]


def test_the_table_has_a_row_for_each_part(cluster):
    table = cluster.table()
    assert list(table["part"]) == [
        "head node",
        "login nodes",
        "queue mpi",
        "queue charts",
        "storage EBS",
        "storage EFS",
        "storage FSx for Lustre",
    ]
    assert table.loc[3, "subnets"] == "subnet-inside1a, subnet-inside1b"


def test_costs_go_from_the_smallest_fleet_to_the_largest(file):
    cluster = judge(file, EXAMPLE).cluster
    costs = cluster.costs()
    head, node = price("c5.large"), price("c5n.18xlarge")
    assert costs["least"].sum() == pytest.approx(head + node)
    assert costs["most"].sum() == pytest.approx(head + 4 * node)
    assert f"${head + 4 * node:,.2f} with the largest" in cluster.cost_line()


def test_a_price_that_is_not_known_is_said_so(cluster):
    assert math.isnan(price("m5a.large"))
    assert "no price for: m5.large or m5a.large" in cluster.cost_line()


def test_a_file_that_is_refused_for_what_it_is_still_shows_what_it_would_create(judged):
    judgement = judged("MinCount: 1", "MinCount: 9")
    assert not judgement.accepted and judgement.cluster.least_nodes == 9
