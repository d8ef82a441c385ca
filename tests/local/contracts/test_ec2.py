"""The internals of moto's EC2 that ``patternlab.local.ec2.service`` and the modules around it lean
on. A new moto that moves one of them fails here, by name."""

import inspect

import moto.autoscaling.models
import moto.ec2.utils as utils
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.ec2 import models, responses
from moto.ec2.models import availability_zones_and_regions, elastic_network_interfaces, instances
from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, INSTANCE_TYPES

Backend, Response = models.EC2Backend, responses.EC2Response
NetworkInterface = elastic_network_interfaces.NetworkInterface


def source(thing):
    return inspect.getsource(thing)


def test_an_accounts_backends_keep_the_class_they_began_with():
    """So ours is in place, and what was there gone, before EC2 is asked anything."""
    assert "backend=self.backend" in source(BackendDict._create_account_specific_backend)
    assert "self.backend(region_name" in source(AccountSpecificBackend.__getitem__)


def test_auto_scaling_asks_for_an_ec2_backend_as_it_is_reset():
    made = source(moto.autoscaling.models.AutoScalingBackend.__init__)
    assert "ec2_backends[self.account_id][region_name]" in made


def test_moto_has_no_placement_groups_yet():
    """When it has, ours go."""
    assert not hasattr(Response, "create_placement_group")
    assert "placement-group" not in utils.EC2_RESOURCE_TO_PREFIX
    assert "placement-group-name" not in utils.filter_dict_attribute_mapping


def test_an_id_is_known_by_its_prefix():
    assert "EC2_RESOURCE_TO_PREFIX.values()" in source(utils.is_valid_resource_id)
    assert utils.EC2_PREFIX_TO_RESOURCE["i"] == "instance"
    assert utils.random_id("pg").startswith("pg-")


def test_an_instances_placement_has_room_for_a_group():
    placement = instances.InstancePlacement("us-east-1a")
    assert (placement.group_name, placement.zone) == ("", "us-east-1a")


def test_a_launch_takes_its_zone_from_the_parameters_and_gives_a_reservation():
    launch = source(Response.run_instances)
    assert 'self._get_param("Placement.AvailabilityZone")' in launch
    assert "return ActionResult(new_reservation)" in launch
    assert "self.params" in source(Response._get_param)


def test_a_launch_makes_its_interfaces_in_the_order_of_the_request():
    prepared = source(instances.Instance.prep_nics)
    assert "for nic in nic_spec:" in prepared and "self.nics: dict[int" in prepared
    assert "self.attach_eni(use_nic, device_index)" in prepared
    assert "eni.instance = self" in source(instances.Instance.attach_eni)


def test_interfaces_stay_in_moto_unless_they_are_told_to_go():
    """In EC2 those of a launch go with it; ours does that."""
    prepared = source(instances.Instance.prep_nics)
    assert 'delete_on_termination=nic.get("DeleteOnTermination") is True' in prepared
    assert "if nic.delete_on_termination:" in source(instances.Instance.terminate)


def test_an_attachment_is_made_by_name_with_network_card_0():
    assert "return Attachment(self)" in source(NetworkInterface.attachment.fget)
    assert "self.network_card_index = 0" in source(elastic_network_interfaces.Attachment)


def test_an_interface_is_of_the_plain_kind():
    assert 'self.interface_type = "interface"' in source(NetworkInterface.__init__)
    assert "getattr(self, filter_name" in source(models.instances.TaggedEC2Resource)


def test_the_catalogue_is_a_dictionary_by_type_and_offerings_are_lists_by_region():
    assert INSTANCE_TYPES["c5n.18xlarge"]["NetworkInfo"]["EfaInfo"]["MaximumEfaInterfaces"] == 1
    assert INSTANCE_TYPES["t3.micro"]["PlacementGroupInfo"]["SupportedStrategies"]
    offered = INSTANCE_TYPE_OFFERINGS["availability-zone"]["us-east-1"]
    assert {"InstanceType", "Location"} <= set(offered[0])


def test_types_are_not_given_in_pages():
    """So ours are."""
    assert "NextToken" not in source(Response.describe_instance_types)


def test_a_launch_judges_neither_type_nor_zone():
    """So ours does. A variable makes moto look at the type, and that alone."""
    assert "settings.EC2_ENABLE_INSTANCE_TYPE_VALIDATION" in source(Backend.run_instances)
    assert "Efa" not in source(instances)


def test_regions_are_asked_of_a_session_of_boto3_at_import():
    """So the learner's profile is hidden while that happens."""
    assert "in Session().get_available_regions(" in source(availability_zones_and_regions)
