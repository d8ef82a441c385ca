"""What EC2 refuses to launch, in its own words, and where a launch lands.

moto launches any type in any zone, with any number of EFA interfaces. Sentences marked AWS's are
quoted by users; the others are ours under AWS's error code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, INSTANCE_TYPES

EFA, EFA_ONLY = "efa", "efa-only"
INTERFACE_TYPES = "interface", EFA, EFA_ONLY

# AWS's words: skyplane-project/skyplane issue 172 (2022); infochimps-labs/ironfan issue 324 (2013);
# hashicorp/terraform-provider-aws issue 9113 (2019); openshift/enhancements, EFA (2022).
NOT_IN_ZONE = (
    "Your requested instance type ({type}) is not supported in your requested Availability Zone "
    "({zone}). Please retry your request by not specifying an Availability Zone or choosing "
    "{others}."
)
NO_CAPACITY = (
    "We currently do not have sufficient {type} capacity in the Availability Zone you requested "
    "({zone}). Our system will be working on provisioning additional capacity. You can currently "
    "get {type} capacity by not specifying an Availability Zone in your request or choosing "
    "{others}."
)
NOT_IN_REGION = (
    "The requested configuration is currently not supported. Please check the documentation for "
    "supported configurations."
)
NO_EFA = "EFA interfaces are not supported on {}"
PUBLIC_IP = (
    "The associatePublicIPAddress parameter cannot be specified when launching with multiple "
    "network interfaces."
)


@dataclass(frozen=True)
class Launch:
    """The part of a RunInstances request that is checked here.

    `instance_type` is None where the request leaves it to EC2's default. `zone` is that of the
    subnet or the one asked for by name.
    """

    instance_type: str | None
    count: int
    zone: str | None
    group: Any = None
    partition: int | None = None
    interfaces: Sequence[Mapping[str, Any]] = ()
    security_groups: bool = False


def zones_with(instance_type: str, region: str) -> list[str]:
    """The Availability Zones of `region` that offer `instance_type`, by moto's catalogue."""
    offered = INSTANCE_TYPE_OFFERINGS["availability-zone"].get(region, [])
    return sorted(row["Location"] for row in offered if row["InstanceType"] == instance_type)


def check_type(instance_type: str, region: str, zone: str | None) -> None:
    """Refuse a type that does not exist, or is not to be had there."""
    if instance_type not in INSTANCE_TYPES:
        raise EC2ClientError(
            "InvalidParameterValue", f"Invalid value '{instance_type}' for InstanceType."
        )
    zones = zones_with(instance_type, region)
    if not zones:
        raise EC2ClientError("Unsupported", NOT_IN_REGION)
    if zone is not None and zone not in zones:
        raise EC2ClientError(
            "Unsupported",
            NOT_IN_ZONE.format(type=instance_type, zone=zone, others=", ".join(zones)),
        )


def check_interfaces(launch: Launch) -> None:
    """Refuse network interfaces that the type cannot have."""
    interfaces = launch.interfaces
    if interfaces and launch.security_groups:
        raise EC2ClientError(
            "InvalidParameterCombination",
            "Network interfaces and an instance-level security groups may not be specified on the "
            "same request",
        )
    if len(interfaces) > 1 and any("AssociatePublicIpAddress" in each for each in interfaces):
        raise EC2ClientError("InvalidParameterCombination", PUBLIC_IP)
    places = [(card_of(each), int(each.get("DeviceIndex", 0))) for each in interfaces]
    if len(set(places)) < len(places):
        raise EC2ClientError(
            "InvalidParameterValue", "Each network interface requires a unique device index."
        )
    for each, place in zip(interfaces, places, strict=True):
        _check_kind(type_of(each), place)
    fabric = [card_of(each) for each in interfaces if type_of(each) in (EFA, EFA_ONLY)]
    if fabric and launch.instance_type is not None:
        _check_fabric(launch.instance_type, fabric)


def _check_kind(kind: str, place: tuple[int, int]) -> None:
    if kind not in INTERFACE_TYPES:
        raise EC2ClientError(
            "InvalidParameterValue", f"Value ({kind}) for parameter interfaceType is invalid."
        )
    if kind == EFA_ONLY and place == (0, 0):
        raise EC2ClientError(
            "InvalidParameterCombination",
            "An efa-only interface has no IP address and cannot be the primary network interface: "
            "use efa, or another interface, at device index 0 of network card 0.",
        )


def _check_fabric(instance_type: str, cards: Sequence[int]) -> None:
    """`cards` are the network cards of the EFA interfaces asked for."""
    network = INSTANCE_TYPES[instance_type]["NetworkInfo"]
    if not network.get("EfaSupported"):
        raise EC2ClientError("UnsupportedOperation", NO_EFA.format(instance_type))
    most = network["EfaInfo"]["MaximumEfaInterfaces"]
    there = network["MaximumNetworkCards"]
    if max(cards) >= there:
        raise EC2ClientError(
            "InvalidParameterValue",
            f"{instance_type} has {there} network card(s), counted from 0: there is no card "
            f"{max(cards)}.",
        )
    if len(cards) > most or len(set(cards)) < len(cards):
        raise EC2ClientError(
            "AttachmentLimitExceeded",
            f"{instance_type} takes {most} EFA interface(s), one per network card: {len(cards)} "
            f"were asked for, on the card(s) {', '.join(map(str, cards))}.",
        )


def type_of(interface: Mapping[str, Any]) -> str:
    """``"interface"``, ``"efa"`` or ``"efa-only"``, as a RunInstances says it."""
    return interface.get("InterfaceType") or "interface"


def card_of(interface: Mapping[str, Any]) -> int:
    """The network card of an interface, as a RunInstances says it."""
    return int(interface.get("NetworkCardIndex") or 0)


def no_capacity(instance_type: str, zone: str | None, others: Sequence[str]) -> EC2ClientError:
    """InsufficientInstanceCapacity, with the zones that have some."""
    if zone is None or not others:
        return EC2ClientError(
            "InsufficientInstanceCapacity",
            f"We currently do not have sufficient {instance_type} capacity in "
            f"{zone or 'any Availability Zone of this Region'}. Try later, or with another "
            "instance type.",
        )
    return EC2ClientError(
        "InsufficientInstanceCapacity",
        NO_CAPACITY.format(type=instance_type, zone=zone, others=", ".join(others)),
    )
