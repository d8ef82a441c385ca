"""Deleting a cluster, and the proof that nothing is left."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from patternlab.hpc.cluster import remains, teardown
from patternlab.hpc.errors import HPCError


def quiet(line):
    pass


def test_all_kinds_are_there_before_and_none_after(cloud, wanted, cluster):
    kinds = [one.rsplit(" ", 1)[0] for one in remains(cloud, wanted.name)]
    assert sorted(kinds) == [
        *["instance", "instance", "instance profile", "placement group", "role"],
        *["security group", "volume", "volume"],
    ]
    cluster.close()
    assert cluster.remains() == []


def test_a_block_ends_its_cluster_also_after_an_error(cloud, wanted, cluster):
    with pytest.raises(ZeroDivisionError), cluster:
        raise ZeroDivisionError
    assert not remains(cloud, wanted.name)


def test_a_second_time_there_is_nothing_to_do(cloud, wanted, cluster):
    cluster.close()
    cluster.close()
    teardown(cloud, wanted.name, quiet)


def test_another_cluster_stays(cloud, wanted, cluster):
    teardown(cloud, "somebody-elses", quiet)
    assert len(remains(cloud, wanted.name)) == 8


def test_a_group_is_deleted_once_the_interfaces_have_let_go(cloud, wanted, cluster, monkeypatch):
    ec2 = cloud.client("ec2")
    real, tries = ec2.delete_security_group, []

    def busy(**which):
        tries.append(which)
        if len(tries) < 2:
            raise ClientError({"Error": {"Code": "DependencyViolation"}}, "DeleteSecurityGroup")
        return real(**which)

    monkeypatch.setattr(ec2, "delete_security_group", busy)
    cluster.close()
    assert len(tries) == 2


def test_a_group_that_stays_in_use_is_named(cloud, wanted, cluster, monkeypatch):
    def busy(**which):
        raise ClientError({"Error": {"Code": "DependencyViolation"}}, "DeleteSecurityGroup")

    monkeypatch.setattr(cloud.client("ec2"), "delete_security_group", busy)
    before = cloud.now()
    with pytest.raises(HPCError, match="sg-.*DependencyViolation"):
        cluster.close()
    assert cloud.now() - before >= timedelta(seconds=180)


def test_what_is_left_all_the_same_is_named(cloud, wanted, cluster, monkeypatch):
    monkeypatch.setattr(cloud.client("ec2"), "delete_placement_group", lambda **which: None)
    with pytest.raises(HPCError, match="placement group efa-lab"):
        cluster.close()


@pytest.mark.deep
def test_nodes_that_do_not_end_are_told(cloud, wanted, cluster, monkeypatch):
    monkeypatch.setattr(cloud.client("ec2"), "terminate_instances", lambda **which: None)
    with pytest.raises(HPCError, match="600 s"):
        cluster.close()
