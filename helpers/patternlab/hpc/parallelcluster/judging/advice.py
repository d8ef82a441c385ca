"""What to do about a finding, and which keys of the file it is about."""

from __future__ import annotations

from difflib import get_close_matches

GENERAL = "Change the file as the message says, and look the key up in the User Guide."
ASK_AWS = "Only a real account can tell: run pcluster create-cluster with --dryrun true there."

#: validator -> (keys the finding is about, what to do)
_KNOWN: dict[str, tuple[tuple[str, ...], str]] = {
    "AmiOsCompatibleValidator": (
        ("CustomAmi",),
        "Give an image built for the system in Image.Os, or change Os.",
    ),
    "ArchitectureOsValidator": (
        ("Os",),
        "Choose a system that exists for this architecture, or another InstanceType.",
    ),
    "CapacityTypeValidator": (
        ("CapacityType",),
        "Use CapacityType: ONDEMAND, or an instance type that is sold as asked.",
    ),
    "ClusterNameValidator": ((), "Choose another cluster name."),
    "ComputeResourceLaunchTemplateValidator": (
        ("SubnetIds", "InstanceType"),
        "Put the queue into a subnet in a zone that offers the type, or choose another type.",
    ),
    "ComputeResourceSizeValidator": (
        ("MinCount", "MaxCount"),
        "Make MinCount at most as large as MaxCount.",
    ),
    "CustomAmiTagValidator": (
        ("CustomAmi",),
        "Make the image with pcluster build-image, or be sure that it was.",
    ),
    "DeletionPolicyValidator": (
        ("DeletionPolicy",),
        "Write DeletionPolicy: Retain if it must outlive the cluster.",
    ),
    "DuplicateMountDirValidator": (("MountDir",), "Give each file system its own MountDir."),
    "DuplicateNameValidator": (("Name",), "Give each queue and each compute resource a name."),
    "EbsVolumeTypeSizeValidator": (("Size", "VolumeType"), "Change Size or VolumeType."),
    "EfaMultiAzValidator": (
        ("SubnetIds",),
        "Keep one subnet in SubnetIds: EFA does not cross Availability Zones.",
    ),
    "EfaOsArchitectureValidator": (("Os",), "Choose a system that EFA supports."),
    "EfaPlacementGroupValidator": (
        ("PlacementGroup", "Networking"),
        "Add PlacementGroup: Enabled: true to the queue's Networking (or Enabled: false, if you "
        "mean it).",
    ),
    "EfaSecurityGroupValidator": (
        ("SecurityGroups",),
        "Give the group two rules: all traffic in from itself, and all traffic out to itself. Or "
        "leave SecurityGroups out: ParallelCluster then makes such a group.",
    ),
    "EfaValidator": (
        ("InstanceType", "Efa"),
        "Enable EFA on types that have it, such as c5n.9xlarge or hpc7g.4xlarge, and only there.",
    ),
    "HeadNodeLaunchTemplateValidator": (
        ("SubnetId", "InstanceType"),
        "Put the head node into a subnet in a zone that offers its type, or change the type.",
    ),
    "HeadNodeMemorySizeValidator": (
        ("InstanceType",),
        "Take a head node with more memory, or lower MaxCount.",
    ),
    "InstanceArchitectureCompatibilityValidator": (
        ("InstanceType",),
        "Let the head node and all fleets have one architecture: all x86_64 or all arm64.",
    ),
    "InstanceTypeBaseAMICompatibleValidator": (
        ("InstanceType", "CustomAmi"),
        "Take a type that the region offers, and an image of its architecture.",
    ),
    "InstanceTypeOSCompatibleValidator": (
        ("InstanceType", "Os"),
        "Choose another system or another instance type.",
    ),
    "InstanceTypePlacementGroupValidator": (
        ("InstanceType",),
        "Take a type that may be in a cluster placement group (no t types), or no group.",
    ),
    "InstanceTypeValidator": (
        ("InstanceType",),
        "Look for a typing error, or take a type that the region offers.",
    ),
    "InstancesAcceleratorsValidator": (("Instances",), "List types with the same GPUs."),
    "InstancesCPUValidator": (("Instances",), "List types with the same number of vCPUs."),
    "InstancesEFAValidator": (
        ("Instances", "Efa"),
        "Let all types of this compute resource have EFA, or switch Efa off.",
    ),
    "InstancesNetworkingValidator": (
        ("PlacementGroup", "Instances"),
        "Read what the mix of types costs in the placement group, and change it if it matters.",
    ),
    "KeyPairValidator": (
        ("Ssh", "HeadNode"),
        "Add Ssh: KeyName, or reach the head node by Session Manager instead.",
    ),
    "MaxCountValidator": (("SlurmQueues",), "Use fewer queues or compute resources."),
    "MixedSecurityGroupOverwriteValidator": (
        ("SecurityGroups",),
        "Use AdditionalSecurityGroups, or make sure that all nodes reach one another.",
    ),
    "MultiAzPlacementGroupValidator": (
        ("SubnetIds",),
        "Keep one subnet in SubnetIds, or switch the placement group off.",
    ),
    "MultiNetworkInterfacesInstancesValidator": (
        ("SubnetIds",),
        "Use a private subnet: nodes with several network interfaces get no public address.",
    ),
    "NameValidator": (
        ("Name",),
        "Begin with a small letter, and use small letters, digits and hyphens only.",
    ),
    "OsCustomAmiValidator": (("Os",), "Choose another system, or give a CustomAmi for this one."),
    "OverlappingMountDirValidator": (("MountDir",), "Mount no file system inside another one."),
    "PlacementGroupCapacityTypeValidator": (
        ("PlacementGroup",),
        "Switch the placement group off, or use another CapacityType.",
    ),
    "QueueSubnetsValidator": (("SubnetIds",), "Name subnets in different zones, each once."),
    "RegionValidator": (("Region",), "Choose a region that ParallelCluster supports."),
    "SchedulerValidator": (("Scheduler",), "Write Scheduler: slurm."),
    "SharedEbsPerformanceBottleNeckValidator": (
        ("SharedStorage",),
        "Use EFS or FSx for so many nodes.",
    ),
    "SharedStorageMountDirValidator": (("MountDir",), "Choose another MountDir."),
    "SingleInstanceTypeSubnetValidator": (
        ("SubnetIds",),
        "Keep one subnet in SubnetIds, or list the type under Instances.",
    ),
    "SubnetsValidator": (
        ("SubnetIds", "SubnetId"),
        "Name a subnet that the account has, all in one VPC.",
    ),
    "RootVolumeSizeValidator": (("Size",), "Make the root volume at least as large as the image."),
}

_IDS = {
    "SubnetId": "subnet",
    "SubnetIds": "subnet",
    "SecurityGroups": "sg",
    "AdditionalSecurityGroups": "sg",
}

#: Validators that ask for things which are not put in place here: roles, file systems, URLs ...
NOT_JUDGED = {
    "AdditionalIamPolicyValidator",
    "AsyncTimedUrlValidator",
    "CapacityReservationResourceGroupValidator",
    "CapacityReservationSizeValidator",
    "CapacityReservationValidator",
    "EbsVolumeSizeSnapshotValidator",
    "EfsIdValidator",
    "ElasticIpValidator",
    "ExistingFsxNetworkingValidator",
    "FsxBackupIdValidator",
    "HostedZoneValidator",
    "IamPolicyValidator",
    "InstanceProfileValidator",
    "KmsKeyValidator",
    "MungeKeySecretSizeAndBase64Validator",
    "PasswordSecretArnValidator",
    "PlacementGroupCapacityReservationValidator",
    "RoleValidator",
    "SharedEbsVolumeIdValidator",
    "UrlValidator",
}


def keys_of(validator: str) -> tuple[str, ...]:
    """The keys of the file that a finding of this validator is about."""
    return _KNOWN.get(validator, ((), ""))[0]


def advice_of(validator: str) -> str:
    """What to do about a finding of this validator."""
    return _KNOWN.get(validator, ((), GENERAL))[1]


def advice_of_key(key: str) -> str:
    """What to do where only the key of the value is known that AWS does not like."""
    validators = {
        "InstanceType": "InstanceTypeValidator",
        "SubnetId": "SubnetsValidator",
        "SubnetIds": "SubnetsValidator",
    }
    return advice_of(validators.get(key, ""))


def advice_of_schema(message: str, key: str, known: list[str]) -> str:
    """What to do about a finding of the schema.

    Args:
        message: of marshmallow.
        key: the last key of its path.
        known: the keys that may be where `key` is.
    """
    if message == "Unknown field.":
        return _advice_of_unknown(key, known)
    if message.startswith("Missing data"):
        return f"Add {key}; if it is there already, look at its indentation."
    if message == "Field may not be null.":
        return f"Give {key} a value; what belongs to it must be indented below it."
    if message.startswith("Not a valid"):
        wanted = message.removeprefix("Not a valid ").rstrip(".")
        return f"Give {key} a value of this kind: {wanted}."
    if message.startswith("Must be one of"):
        values = message.removeprefix("Must be one of: ").rstrip(".")
        return f"Choose for {key}: {values}." if "," in values else f"Write {key}: {values}."
    if "pattern" in message and key in _IDS:
        return f"Copy the id from your account: {_IDS[key]}- and 8 or 17 letters and digits."
    if message.startswith("Invalid input type"):
        return f"Indent the keys of {key} below it, with a dash before each entry of a list."
    return f"Change {key} as the message says."


def _advice_of_unknown(key: str, known: list[str]) -> str:
    if not known:
        return "Remove it: no key may be here."
    if close := get_close_matches(key, known, n=1, cutoff=0.75):
        return f"Write {close[0]}."
    move = "Remove it, or indent it so that it belongs where it should."
    if near := get_close_matches(key, known, n=1, cutoff=0.5):
        return f"{move} Perhaps {near[0]} is meant."
    return f"{move} Here may be: {', '.join(known)}."
