"""Before anything is made: can it be, and what may it cost."""

from dataclasses import replace

import pytest

from patternlab.hpc.cluster import plan
from patternlab.hpc.cluster.plan import price
from patternlab.hpc.errors import HPCError


def test_a_plan_makes_nothing(cloud, wanted):
    ec2, iam = cloud.client("ec2"), cloud.client("iam")
    assert not ec2.describe_instances()["Reservations"]
    assert not ec2.describe_placement_groups()["PlacementGroups"]
    assert not iam.list_roles()["Roles"] and not iam.list_instance_profiles()["InstanceProfiles"]
    assert wanted.name == "efa-lab"


def test_the_most_it_can_cost_is_all_nodes_until_the_timer_has_ended_them(wanted):
    # 1.944 + 0.005 for the address + 30 GB of disk, for two; and five minutes to boot
    each = 1.944 + 0.005 + 30 * 0.08 / 730
    assert wanted.usd_an_hour == pytest.approx(2 * each)
    assert wanted.most_usd == pytest.approx(2 * each * 50 / 60)


def test_the_plan_says_what_will_be_made_and_what_it_costs_at_most(wanted):
    said = str(wanted)
    for part in ("2 × c5n.9xlarge", "us-east-1a", "72 (quota 384", "45 minutes", "3.25 USD"):
        assert part in said
    assert "2026-01-19" in said and "quoted" in said  # where the price comes from


def test_the_image_is_todays_amazon_linux_for_the_types_architecture(cloud, wanted):
    path = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"
    parameter = cloud.client("ssm").get_parameter
    assert wanted.image == parameter(Name=f"{path}x86_64")["Parameter"]["Value"]
    arm = plan(cloud, "hpc7g.4xlarge")
    assert arm.architecture == "arm64"
    assert arm.image == parameter(Name=f"{path}arm64")["Parameter"]["Value"]


def test_the_first_zone_that_offers_the_type_and_the_others_to_try(cloud, wanted):
    assert wanted.zone == "us-east-1a" and "us-east-1b" in wanted.other_zones
    assert "us-east-1e" not in wanted.other_zones  # c5n is not offered there
    assert plan(cloud, zone="us-east-1b").zone == "us-east-1b"
    assert plan(cloud, "hpc7g.4xlarge").zone == "us-east-1c"  # the only zone


def test_what_runs_already_counts_for_the_quota(cloud):
    ec2, ids = cloud.client("ec2"), []
    for count, kind in ((1, "c5.4xlarge"), (2, "c5n.9xlarge"), (1, "g4dn.xlarge")):
        made = ec2.run_instances(ImageId="ami-1", InstanceType=kind, MinCount=count, MaxCount=count)
        ids += [one["InstanceId"] for one in made["Instances"]]
    assert plan(cloud).running == 16 + 2 * 36  # a g4dn counts for another quota
    ec2.terminate_instances(InstanceIds=ids)
    assert plan(cloud).running == 0


def test_elsewhere_the_price_is_taken_to_be_twice_as_high_and_it_says_so():
    here, there = price("c5n.9xlarge", "us-east-1"), price("c5n.9xlarge", "eu-west-1")
    assert there[0] == 2 * here[0] and "eu-west-1 is taken to cost 2 times" in there[1]


def test_a_quota_that_nobody_may_read_is_not_known(cloud, monkeypatch):
    quotas = cloud.client("service-quotas")
    refuse = quotas.exceptions.AccessDeniedException({"Error": {"Code": "AccessDenied"}}, "Get")

    def denied(**which):
        raise refuse

    monkeypatch.setattr(quotas, "get_service_quota", denied)
    asked = plan(cloud)
    assert asked.quota is None and "quota not known" in str(asked)


# -- what cannot be, in a sentence ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"instance_type": "m5.large"}, "m5.large has no EFA"),
        ({"instance_type": "c5n.huge"}, "knows no type 'c5n.huge' in us-east-1"),
        ({"instance_type": "hpc6a.48xlarge"}, "hpc6a.48xlarge is not offered in us-east-1"),
        ({"zone": "us-east-1e"}, "us-east-1e does not offer c5n.9xlarge. Choose one of us-east-1a"),
        ({"instance_type": "p5en.48xlarge"}, "no price of p5en.48xlarge|offered|quota"),
        ({"nodes": 1}, "a ping needs a pong"),
        ({"nodes": True}, "whole number"),
        ({"minutes": 5}, "from 20"),
        ({"minutes": 500}, "to 240"),
        ({"minutes": "45"}, "whole number"),
    ],
)
def test_what_cannot_be_is_one_sentence(cloud, asked, said):
    with pytest.raises(HPCError, match=said):
        plan(cloud, **asked)


def test_too_small_a_quota_is_told_before_anything_is_made(cloud, monkeypatch):
    services = cloud._backend.services
    monkeypatch.setattr(services, "knobs", replace(services.knobs, vcpu_quota=32))
    with pytest.raises(HPCError, match="32 vCPUs.*72"):
        plan(cloud)


def test_a_region_without_a_default_subnet(cloud, monkeypatch):
    ec2 = cloud.client("ec2")
    monkeypatch.setattr(ec2, "describe_subnets", lambda **which: {"Subnets": []})
    with pytest.raises(HPCError, match="create-default-vpc"):
        plan(cloud)
