"""EC2 that knows HPC: placement groups, EFA interfaces, refusals as EC2 words them, capacity.

moto launches everything, and ignores the placement group and the kind of the network interfaces.
Here a launch is checked before moto sees it, and what moto left out is added afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import moto.ec2.utils as utils
from moto.core.resource_tagging import TaggedResource
from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend, ec2_backends, elastic_network_interfaces
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.models.instances import Instance
from moto.ec2.responses import EC2Response

from patternlab.local.ec2.groups import PlacementGroups
from patternlab.local.ec2.launch import (
    EFA,
    EFA_ONLY,
    Launch,
    card_of,
    check_interfaces,
    check_type,
    no_capacity,
    type_of,
    zones_with,
)
from patternlab.local.ec2.types import page_of
from patternlab.local.services import LocalService, Services, body_of, in_place_of

PREFIX = "pg"  # of a placement group's id


class LocalEC2Backend(LocalService, EC2Backend):
    """moto's EC2 backend of one Region, with placement groups, EFA and capacity."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.placement_groups = PlacementGroups(self)

    # -- launches ----------------------------------------------------------------------------

    def zone_of(self, launch: Launch) -> str | None:
        """Return the zone of a launch (None: moto's default), or raise EC2's error."""
        if launch.instance_type is None:  # EC2's default type, an old and small one
            return launch.zone
        check_type(launch.instance_type, self.region_name, launch.zone)
        check_interfaces(launch)
        zone = self._zone(launch.instance_type, launch)
        if launch.group is not None:
            launch.group.check(INSTANCE_TYPES[launch.instance_type], launch.count, zone)
            launch.group.partition_for(launch.partition)  # checked here, assigned in complete
        return zone

    def _zone(self, name: str, launch: Launch) -> str:
        """Return a zone with capacity: the one asked for, the group's, or the first of the rest."""
        wanted = launch.zone
        offered = zones_with(name, self.region_name)
        free = [zone for zone in offered if not self.services.faults.lacks(name, zone)]
        if wanted is None and launch.group is not None and launch.group.strategy == "cluster":
            wanted = next((each.placement.zone for each in launch.group.instances()), None)
        default = self.get_default_subnets()
        choice = [wanted] if wanted else [zone for zone in offered if zone in default] or offered
        found = next((zone for zone in choice if zone in free), None)
        if found is None:
            raise no_capacity(name, wanted, free)
        return found

    def complete(self, instances: list[Instance], launch: Launch) -> None:
        """Add the group and the kinds of the interfaces to what moto launched."""
        for instance in instances:
            if launch.group is not None:
                place: Any = instance.placement  # moto's serializer looks for more than it has
                group = launch.group
                place.partition_number = group.partition_for(launch.partition)
                place.group_name, place.group_id = group.group_name, group.id
            self._complete_interfaces(instance, launch.interfaces)

    def _complete_interfaces(self, instance: Instance, asked: Any) -> None:
        eni: Any
        given = [each.get("NetworkInterfaceId") for each in asked]
        made = iter([e for e in self.enis.values() if e.instance is instance and e.id not in given])
        attached = [self.enis[eni] if eni else next(made) for eni in given] or list(made)
        for eni, spec in zip(attached, asked or [{}], strict=False):
            eni.network_card_index = card_of(spec)
            if not spec.get("NetworkInterfaceId"):
                eni.interface_type = type_of(spec)
                # moto deletes only what it is asked to; EC2 deletes what came with the launch.
                eni.delete_on_termination = spec.get("DeleteOnTermination", True)
        primary, *others = attached
        for eni in others:
            if eni.interface_type == EFA_ONLY:
                eni.private_ip_address, eni.private_ip_addresses = None, []
            elif eni.private_ip_address == primary.private_ip_address:  # both at device index 0
                eni.private_ip_address = eni.subnet.get_available_subnet_ip(instance)
                eni.private_ip_addresses = [
                    {"Primary": True, "PrivateIpAddress": eni.private_ip_address}
                ]
        # moto keeps one interface for each device index; cards have their own.
        instance.nics = dict(enumerate(attached))
        if not instance.security_groups:
            instance.security_groups = list(primary.group_set)

    # -- interfaces and tags -----------------------------------------------------------------

    def attach_network_interface(self, eni_id: str, instance_id: str, device_index: int) -> Any:
        """Attach; an EFA only while the instance is stopped (EC2 User Guide, create-efa)."""
        eni, instance = self.get_network_interface(eni_id), self.get_instance(instance_id)
        if eni.interface_type in (EFA, EFA_ONLY) and instance.state != "stopped":
            raise EC2ClientError(
                "IncorrectInstanceState",
                f"An EFA is attached at launch or to a stopped instance; {instance_id} is "
                f"{instance.state}.",
            )
        return super().attach_network_interface(eni_id, instance_id, device_index)

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        yield from super().iter_tagged_resources()
        for group in self.placement_groups:
            yield TaggedResource(
                arn=group.group_arn,
                tags=dict(self.tags.get(group.id, {})),
                resource_type="ec2:placement-group",
            )


class LocalEC2Response(EC2Response):
    """moto's EC2 responses, and what they leave out."""

    ec2_backend: LocalEC2Backend

    # -- placement groups --------------------------------------------------------------------

    def create_placement_group(self) -> ActionResult:
        tags = self._parse_tag_specification("placement-group").get("placement-group", {})
        self.error_on_dryrun()
        group = self.ec2_backend.placement_groups.create(
            self._get_param("GroupName"),
            self._get_param("Strategy"),
            self._get_param("PartitionCount"),
        )
        group.add_tags(tags)
        return ActionResult({"PlacementGroup": group})

    def describe_placement_groups(self) -> ActionResult:
        found = self.ec2_backend.placement_groups.describe(
            self._get_param("GroupNames", []),
            self._get_param("GroupIds", []),
            self._filters_from_querystring(),
        )
        return ActionResult({"PlacementGroups": found})

    def delete_placement_group(self) -> ActionResult:
        self.error_on_dryrun()
        self.ec2_backend.placement_groups.delete(self._get_param("GroupName"))
        return EmptyResult()

    # -- instances ---------------------------------------------------------------------------

    def run_instances(self) -> ActionResult:
        launch = self._launch()
        zone = self.ec2_backend.zone_of(launch)
        if launch.zone is None and zone is not None:
            self.params.setdefault("Placement", {})["AvailabilityZone"] = zone
        answer = super().run_instances()
        made: Any = answer.result  # moto's Reservation
        self.ec2_backend.complete(made.instances, launch)
        self._give_profile(made.instances[1:])
        return answer

    def _give_profile(self, others: list[Instance]) -> None:
        """The instance profile for all instances of a launch: moto gives it to the first one."""
        profile = self._get_param("IamInstanceProfile", {})
        which = {"iam_instance_profile_name": profile.get("Name")}
        which["iam_instance_profile_arn"] = profile.get("Arn")
        for instance in others if profile else []:
            self.ec2_backend.associate_iam_instance_profile(instance_id=instance.id, **which)

    def _launch(self) -> Launch:
        asked = self._asked()
        placement, interfaces = asked("Placement", {}), asked("NetworkInterfaces", [])
        name, identity = placement.get("GroupName"), placement.get("GroupId")
        groups = self.ec2_backend.placement_groups
        return Launch(
            instance_type=asked("InstanceType"),
            count=int(self._get_param("MinCount", 1)),
            zone=self._zone(placement, interfaces),
            group=groups.get(name, identity) if name or identity else None,
            partition=placement.get("PartitionNumber"),
            interfaces=interfaces,
            security_groups=bool(self._get_param("SecurityGroupIds")),
        )

    def _asked(self) -> Any:
        """Looks a parameter up in the request, and then in its launch template."""
        template = self._get_param("LaunchTemplate", {})
        data: Mapping[str, Any] = {}
        if template:
            data = self.ec2_backend._get_template_from_args(template).data

        def asked(name: str, default: Any = None) -> Any:
            return self._get_param(name) or data.get(name) or default

        return asked

    def _zone(self, placement: Mapping[str, Any], interfaces: Any) -> str | None:
        subnet = self._get_param("SubnetId")
        for each in interfaces:
            if eni := each.get("NetworkInterfaceId"):
                return self.ec2_backend.get_network_interface(eni).subnet.availability_zone
            subnet = subnet or each.get("SubnetId")
        if subnet:
            return self.ec2_backend.get_subnet(subnet).availability_zone
        return placement.get("AvailabilityZone")

    # -- interfaces and types ----------------------------------------------------------------

    def create_network_interface(self) -> ActionResult:
        answer = super().create_network_interface()
        body_of(answer)["NetworkInterface"].interface_type = type_of(self.params)
        return answer

    def describe_instance_types(self) -> Any:
        names = [
            each["InstanceType"]
            for each in self.ec2_backend.describe_instance_types(
                self._get_param("InstanceTypes", []), self._filters_from_querystring()
            )
        ]
        body, _ = page_of(names, self._get_param("MaxResults"), self._get_param("NextToken"))
        return 200, {}, body


class _Attachment(elastic_network_interfaces.Attachment):
    """An interface's place in its instance, with the network card, which moto takes to be 0."""

    def __init__(self, eni: NetworkInterface) -> None:
        super().__init__(eni)
        self.network_card_index = getattr(eni, "network_card_index", 0)


@contextmanager
def install(services: Services) -> Iterator[None]:
    """Let moto's EC2 be ours, know placement groups by their ids, and network cards."""
    # When moto stops, Auto Scaling makes an EC2 backend once more, which stays afterwards.
    ec2_backends.clear()
    group, by_name = "placement-group", {"placement-group-name": "placement.group_name"}
    with (
        patch.object(elastic_network_interfaces, "Attachment", _Attachment),
        patch.dict(utils.EC2_RESOURCE_TO_PREFIX, {group: PREFIX}),
        patch.dict(utils.EC2_PREFIX_TO_RESOURCE, {PREFIX: group}),
        patch.dict(utils.filter_dict_attribute_mapping, by_name),
        in_place_of(ec2_backends, LocalEC2Backend, services, LocalEC2Response),
    ):
        yield
