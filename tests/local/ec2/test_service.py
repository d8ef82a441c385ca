"""EC2 in a local cloud: placement groups, EFA interfaces, refusals, capacity."""

import pytest
from botocore.exceptions import ClientError

from patternlab import open_cloud
from patternlab.local.ec2 import groups as ec2_groups
from tests.local.refusals import refused

IMAGE = "ami-12c6146b"


@pytest.fixture
def ec2(cloud):
    return cloud.client("ec2")


@pytest.fixture
def run(ec2):
    return runner(ec2)


def runner(ec2):
    """Run instances as a learner writes it; `group`, `zone`, `partition` make its Placement."""

    def run(instance_type, count=1, group=None, zone=None, partition=None, **more):
        named = {"GroupName": group, "AvailabilityZone": zone, "PartitionNumber": partition}
        placement = {name: value for name, value in named.items() if value is not None}
        if placement:
            more["Placement"] = placement
        return ec2.run_instances(
            ImageId=IMAGE, InstanceType=instance_type, MinCount=count, MaxCount=count, **more
        )["Instances"]

    return run


def subnet_in(ec2, zone):
    filters = [{"Name": "availability-zone", "Values": [zone]}]
    return ec2.describe_subnets(Filters=filters)["Subnets"][0]["SubnetId"]


def fabric(subnet, *cards, kind="efa", **more):
    """One interface of that kind on each of the network cards."""
    return [
        {
            "NetworkCardIndex": card,
            "DeviceIndex": min(card, 1),
            "SubnetId": subnet,
            "InterfaceType": kind,
            **more,
        }
        for card in cards
    ]


# -- placement groups ------------------------------------------------------------------------


def test_a_group_is_made_with_tags_and_found_by_them(ec2):
    tags = [{"Key": "lab", "Value": "efa"}]
    made = ec2.create_placement_group(
        GroupName="hpc",
        Strategy="cluster",
        TagSpecifications=[{"ResourceType": "placement-group", "Tags": tags}],
    )["PlacementGroup"]
    ec2.create_placement_group(GroupName="other", Strategy="spread")
    assert (made["State"], made["Tags"]) == ("available", tags)
    assert made["GroupArn"].endswith(":placement-group/hpc")
    for name, value in (("tag:lab", "efa"), ("strategy", "cluster"), ("group-name", "hpc")):
        found = ec2.describe_placement_groups(Filters=[{"Name": name, "Values": [value]}])
        assert [group["GroupId"] for group in found["PlacementGroups"]] == [made["GroupId"]]
    by_id = ec2.describe_placement_groups(GroupIds=[made["GroupId"]])["PlacementGroups"]
    assert by_id[0]["GroupName"] == "hpc"


def test_tags_of_a_group_are_added_later_and_listed_with_all_others(cloud, ec2):
    group = ec2.create_placement_group(GroupName="hpc", Strategy="cluster")["PlacementGroup"]
    ec2.create_tags(Resources=[group["GroupId"]], Tags=[{"Key": "lab", "Value": "efa"}])
    tagging = cloud.client("resourcegroupstaggingapi")
    found = tagging.get_resources(TagFilters=[{"Key": "lab"}])["ResourceTagMappingList"]
    assert [each["ResourceARN"] for each in found] == [group["GroupArn"]]
    ec2.delete_placement_group(GroupName="hpc")
    assert tagging.get_resources(TagFilters=[{"Key": "lab"}])["ResourceTagMappingList"] == []


def test_how_many_partitions_a_group_has(ec2):
    def partitions(name, **more):
        made = ec2.create_placement_group(GroupName=name, Strategy="partition", **more)
        return made["PlacementGroup"]["PartitionCount"]

    assert (partitions("default"), partitions("most", PartitionCount=7)) == (2, 7)
    assert refused(partitions, "more", PartitionCount=8)[0] == "InvalidParameterValue"
    spread = {"GroupName": "s", "Strategy": "spread", "PartitionCount": 2}
    assert refused(ec2.create_placement_group, **spread)[0] == "InvalidParameterCombination"


def test_a_groups_name_is_taken_unknown_or_one_too_many(ec2, monkeypatch):
    ec2.create_placement_group(GroupName="hpc", Strategy="cluster")
    again = refused(ec2.create_placement_group, GroupName="hpc", Strategy="spread")
    words = "The placement group 'hpc' already exists."
    assert again == ("InvalidPlacementGroup.Duplicate", words)
    unknown = "InvalidPlacementGroup.Unknown", "The Placement Group 'nope' is unknown."
    assert refused(ec2.delete_placement_group, GroupName="nope") == unknown
    assert refused(ec2.describe_placement_groups, GroupNames=["nope"]) == unknown
    assert refused(ec2.create_placement_group, GroupName="x")[0] == "MissingParameter"
    assert ec2_groups.MAX_GROUPS == 500
    monkeypatch.setattr(ec2_groups, "MAX_GROUPS", 1)
    limit = refused(ec2.create_placement_group, GroupName="last", Strategy="cluster")
    assert limit[0] == "PlacementGroupLimitExceeded"


def test_a_group_is_deleted_once_its_instances_are_terminated(ec2, run):
    ec2.create_placement_group(GroupName="hpc", Strategy="cluster")
    ids = [each["InstanceId"] for each in run("c5n.18xlarge", 2, group="hpc")]
    in_use = refused(ec2.delete_placement_group, GroupName="hpc")
    words = "The placement group 'hpc' is in use and may not be deleted."
    assert in_use == ("InvalidPlacementGroup.InUse", words)
    ec2.stop_instances(InstanceIds=ids)
    assert refused(ec2.delete_placement_group, GroupName="hpc") == in_use
    ec2.terminate_instances(InstanceIds=ids)
    ec2.delete_placement_group(GroupName="hpc")
    assert ec2.describe_placement_groups()["PlacementGroups"] == []


# -- launches into them ----------------------------------------------------------------------


def test_instances_say_which_group_they_are_in(ec2, run):
    ec2.create_placement_group(GroupName="hpc", Strategy="cluster")
    launched = run("c5n.18xlarge", 2, group="hpc")
    assert {each["Placement"]["GroupName"] for each in launched} == {"hpc"}
    run("c5n.18xlarge")
    filters = [{"Name": "placement-group-name", "Values": ["hpc"]}]
    found = ec2.describe_instances(Filters=filters)["Reservations"]
    assert len(found) == 1 and len(found[0]["Instances"]) == 2


def test_a_cluster_group_stays_in_its_zone(ec2, run):
    ec2.create_placement_group(GroupName="hpc", Strategy="cluster")
    run("c5n.18xlarge", group="hpc", zone="us-east-1b")
    later = run("c5n.18xlarge", group="hpc")
    assert later[0]["Placement"]["AvailabilityZone"] == "us-east-1b"
    assert refused(run, "c5n.18xlarge", group="hpc", zone="us-east-1a") == (
        "InvalidPlacementGroup.InUse",
        "The placement group 'hpc' is in use in another availability zone: us-east-1b",
    )


def test_a_spread_group_takes_seven_instances_a_zone(ec2, run):
    ec2.create_placement_group(GroupName="apart", Strategy="spread")
    run("c5n.18xlarge", 7, group="apart", zone="us-east-1a")
    again = refused(run, "c5n.18xlarge", group="apart", zone="us-east-1a")
    assert again[0] == "InstanceLimitExceeded"
    assert run("c5n.18xlarge", 7, group="apart", zone="us-east-1b")


def test_a_partition_group_deals_its_instances_out(ec2, run):
    ec2.create_placement_group(GroupName="racks", Strategy="partition", PartitionCount=3)
    first = [each["Placement"]["PartitionNumber"] for each in run("m5.large", 4, group="racks")]
    assert first == [1, 2, 3, 1]
    asked = run("m5.large", group="racks", partition=3)
    assert asked[0]["Placement"]["PartitionNumber"] == 3
    assert refused(run, "m5.large", group="racks", partition=4)[0] == "InvalidParameterValue"


def test_a_refused_launch_launches_nothing(ec2, run):
    assert refused(run, "c5n.18xlarge", group="nope")[0] == "InvalidPlacementGroup.Unknown"
    ec2.create_placement_group(GroupName="hpc", Strategy="cluster")
    code, message = refused(run, "t3.micro", group="hpc")
    assert code == "InvalidParameterCombination"
    assert message.startswith("Cluster placement groups are not supported by the 't3.micro'")
    assert ec2.describe_instances()["Reservations"] == []
    ec2.create_placement_group(GroupName="apart", Strategy="spread")
    assert run("t3.micro", group="apart")


def test_a_dry_run_is_judged_too(ec2, run):
    assert refused(run, "c5n.18xlarge", DryRun=True)[0] == "DryRunOperation"
    assert refused(run, "c5n.18xlarge", group="nope", DryRun=True)[0] == (
        "InvalidPlacementGroup.Unknown"
    )


def test_a_launch_template_brings_group_and_interfaces(ec2, run):
    subnet = subnet_in(ec2, "us-east-1a")
    ec2.create_placement_group(GroupName="hpc", Strategy="cluster")
    data = {
        "InstanceType": "c5n.18xlarge",
        "Placement": {"GroupName": "hpc"},
        "NetworkInterfaces": [
            {"DeviceIndex": 0, "SubnetId": subnet, "InterfaceType": "efa", "Groups": []}
        ],
    }
    ec2.create_launch_template(LaunchTemplateName="node", LaunchTemplateData=data)
    wrong = {"LaunchTemplate": {"LaunchTemplateName": "node"}}
    assert refused(run, "m5.2xlarge", **wrong) == (
        "UnsupportedOperation",
        "EFA interfaces are not supported on m5.2xlarge",
    )


# -- types and zones -------------------------------------------------------------------------


def test_a_type_is_not_offered_in_that_zone_or_region_or_at_all(run):
    assert refused(run, "hpc7g.4xlarge", zone="us-east-1a") == (
        "Unsupported",
        "Your requested instance type (hpc7g.4xlarge) is not supported in your requested "
        "Availability Zone (us-east-1a). Please retry your request by not specifying an "
        "Availability Zone or choosing us-east-1c.",
    )
    code, message = refused(run, "hpc6a.48xlarge")
    assert code == "Unsupported" and "currently not supported" in message
    assert refused(run, "c5n.huge") == (
        "InvalidParameterValue",
        "Invalid value 'c5n.huge' for InstanceType.",
    )


def test_a_launch_without_a_zone_goes_where_the_type_is_offered(run):
    assert run("hpc7g.4xlarge")[0]["Placement"]["AvailabilityZone"] == "us-east-1c"


def test_a_launch_without_a_type_is_ec2s_default(ec2):
    made = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1)["Instances"]
    assert made[0]["InstanceType"] == "m1.small"


def test_types_come_in_pages_of_at_most_100(ec2):
    ask = ec2.describe_instance_types
    first = ask()
    second = ask(NextToken=first["NextToken"], MaxResults=10)["InstanceTypes"]
    names = [each["InstanceType"] for each in [*first["InstanceTypes"], *second]]
    assert len(set(names)) == len(names) == 110
    assert [each["InstanceType"] for each in ask(MaxResults=10)["InstanceTypes"]] == names[:10]
    assert refused(ask, NextToken="zzz")[0] == "InvalidNextToken"


@pytest.mark.deep
def test_all_pages_have_all_types(ec2):
    pages = ec2.get_paginator("describe_instance_types").paginate()
    names = [each["InstanceType"] for page in pages for each in page["InstanceTypes"]]
    assert len(names) == len(set(names)) > 1000


def test_a_type_is_described_as_moto_describes_it(ec2):
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    names = ["c5n.18xlarge", "p5.48xlarge", "t3.micro", "hpc7g.4xlarge"]
    described = ec2.describe_instance_types(InstanceTypes=names)
    for each in described["InstanceTypes"]:
        written = INSTANCE_TYPES[each["InstanceType"]]
        for part in ("NetworkInfo", "PlacementGroupInfo", "VCpuInfo", "SupportedUsageClasses"):
            assert each[part] == written[part]


# -- EFA -------------------------------------------------------------------------------------


def test_the_kind_of_an_interface_is_kept(ec2, run):
    subnet = subnet_in(ec2, "us-east-1a")
    launched = run("c5n.18xlarge", 2, NetworkInterfaces=fabric(subnet, 0))
    kinds = [each["NetworkInterfaces"][0]["InterfaceType"] for each in launched]
    assert kinds == ["efa", "efa"]
    filters = [{"Name": "interface-type", "Values": ["efa"]}]
    assert len(ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]) == 2
    alone = ec2.create_network_interface(SubnetId=subnet, InterfaceType="efa")
    assert alone["NetworkInterface"]["InterfaceType"] == "efa"
    assert run("m5.large")[0]["NetworkInterfaces"][0]["InterfaceType"] == "interface"


def test_each_network_card_has_its_interface(ec2, run):
    interfaces = fabric(subnet_in(ec2, "us-east-1a"), 0, 1, 2)
    interfaces += fabric(subnet_in(ec2, "us-east-1a"), 3, kind="efa-only")
    launched = run("p4d.24xlarge", NetworkInterfaces=interfaces)[0]["NetworkInterfaces"]
    cards = [each["Attachment"]["NetworkCardIndex"] for each in launched]
    assert (cards, launched[3]["InterfaceType"]) == ([0, 1, 2, 3], "efa-only")
    addresses = [each.get("PrivateIpAddress") for each in launched]
    assert addresses[3] is None and len(set(addresses[:3])) == 3


def test_cards_may_all_use_device_index_0(ec2, run):
    interfaces = fabric(subnet_in(ec2, "us-east-1a"), 0, 1)
    interfaces[1]["DeviceIndex"] = 0
    launched = run("c6in.32xlarge", NetworkInterfaces=interfaces)
    found = launched[0]["NetworkInterfaces"]
    assert len(found) == 2
    assert found[0]["PrivateIpAddress"] != found[1]["PrivateIpAddress"]


def test_the_security_groups_are_those_of_the_primary_interface(ec2, run):
    group = ec2.create_security_group(GroupName="efa", Description="efa")["GroupId"]
    interfaces = fabric(subnet_in(ec2, "us-east-1a"), 0, Groups=[group])
    launched = run("c5n.18xlarge", NetworkInterfaces=interfaces)
    assert [each["GroupId"] for each in launched[0]["SecurityGroups"]] == [group]


def test_interfaces_go_with_their_instance_unless_told_to_stay(ec2, run):
    subnet = subnet_in(ec2, "us-east-1a")
    stay = fabric(subnet, 0, DeleteOnTermination=False)
    launched = run("c5n.18xlarge", NetworkInterfaces=stay) + run("c5n.18xlarge")
    ec2.terminate_instances(InstanceIds=[each["InstanceId"] for each in launched])
    left = ec2.describe_network_interfaces()["NetworkInterfaces"]
    kept = launched[0]["NetworkInterfaces"][0]["NetworkInterfaceId"]
    assert [each["NetworkInterfaceId"] for each in left] == [kept]


@pytest.mark.parametrize(
    ("instance_type", "cards", "more", "code"),
    [
        ("m5.2xlarge", [0], {}, "UnsupportedOperation"),
        ("c5n.18xlarge", [0, 1], {}, "InvalidParameterValue"),  # it has one card
        ("p4d.24xlarge", [0, 1, 2, 3, 4], {}, "InvalidParameterValue"),  # it has four
        ("c5n.18xlarge", [0], {"kind": "fast"}, "InvalidParameterValue"),
        ("c5n.18xlarge", [0], {"kind": "efa-only"}, "InvalidParameterCombination"),
        (
            "p4d.24xlarge",
            [0, 1],
            {"AssociatePublicIpAddress": True},
            "InvalidParameterCombination",
        ),
    ],
)
def test_interfaces_that_cannot_be(ec2, run, instance_type, cards, more, code):
    interfaces = fabric(subnet_in(ec2, "us-east-1a"), *cards, **more)
    assert refused(run, instance_type, NetworkInterfaces=interfaces)[0] == code


def test_one_efa_a_card_and_a_device_index_of_its_own(ec2, run):
    subnet = subnet_in(ec2, "us-east-1a")
    twice = fabric(subnet, 0, 0)
    assert "unique device index" in refused(run, "c5n.18xlarge", NetworkInterfaces=twice)[1]
    twice[1]["DeviceIndex"] = 1
    code, message = refused(run, "c5n.18xlarge", NetworkInterfaces=twice)
    assert code == "AttachmentLimitExceeded"
    assert message.startswith("c5n.18xlarge takes 1 EFA interface(s)")


def test_interfaces_and_security_groups_of_the_instance_do_not_go_together(ec2, run):
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    interfaces = fabric(subnet_in(ec2, "us-east-1a"), 0)
    call = {"NetworkInterfaces": interfaces, "SecurityGroupIds": [group]}
    assert refused(run, "c5n.18xlarge", **call)[0] == "InvalidParameterCombination"


def test_an_efa_is_attached_to_a_stopped_instance_only(ec2, run):
    instance = run("c5n.18xlarge", zone="us-east-1a")[0]["InstanceId"]
    made = ec2.create_network_interface(SubnetId=subnet_in(ec2, "us-east-1a"), InterfaceType="efa")
    which = {
        "NetworkInterfaceId": made["NetworkInterface"]["NetworkInterfaceId"],
        "InstanceId": instance,
        "DeviceIndex": 1,
    }
    assert refused(ec2.attach_network_interface, **which)[0] == "IncorrectInstanceState"
    ec2.stop_instances(InstanceIds=[instance])
    assert ec2.attach_network_interface(**which)["AttachmentId"]


# -- capacity --------------------------------------------------------------------------------


def test_no_capacity_in_a_zone_is_an_error_there_and_a_launch_elsewhere(cloud, run):
    cloud.faults.no_capacity("c5n.18xlarge", "us-east-1a", minutes=30)
    code, message = refused(run, "c5n.18xlarge", zone="us-east-1a")
    assert code == "InsufficientInstanceCapacity"
    assert message.endswith("or choosing us-east-1b, us-east-1c, us-east-1d, us-east-1f.")
    assert run("c5n.18xlarge")[0]["Placement"]["AvailabilityZone"] == "us-east-1b"
    cloud.wait(minutes=30)
    assert run("c5n.18xlarge", zone="us-east-1a")


def test_no_capacity_anywhere(cloud, run):
    cloud.faults.no_capacity("c5n.18xlarge", minutes=30)
    code, message = refused(run, "c5n.18xlarge")
    assert code == "InsufficientInstanceCapacity" and "any Availability Zone" in message
    cloud.faults.clear()
    assert run("c5n.18xlarge")


def test_a_cluster_group_gets_no_capacity_elsewhere(cloud, ec2, run):
    ec2.create_placement_group(GroupName="hpc", Strategy="cluster")
    run("c5n.18xlarge", group="hpc", zone="us-east-1a")
    cloud.faults.no_capacity("c5n.18xlarge", "us-east-1a", minutes=30)
    assert refused(run, "c5n.18xlarge", group="hpc")[0] == "InsufficientInstanceCapacity"


def test_a_share_of_the_launches_fails_by_the_seed():
    def outcomes(seed):
        with open_cloud(seed=seed) as cloud:
            run = runner(cloud.client("ec2"))
            cloud.faults.no_capacity("c5n.18xlarge", "us-east-1a", hours=1, share=0.5)
            return [_launches(run) for _ in range(6)]

    once = outcomes(1)
    assert once == outcomes(1) and set(once) == {True, False}
    assert once != outcomes(2)


def _launches(run):
    try:
        return bool(run("c5n.18xlarge", zone="us-east-1a"))
    except ClientError:
        return False
