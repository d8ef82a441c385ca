"""What is there before the cluster: the subnets and security groups a file may name."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Subnet:
    """A subnet of the account.

    Attributes:
        id: as in the file: "subnet-" and 8 or 17 letters or digits.
        zone: its Availability Zone's letter, "a" for us-east-1a.
        public: does it give its instances public addresses?
        vpc: a name that distinguishes its VPC from others.
    """

    id: str
    zone: str = "a"
    public: bool = False
    vpc: str = "vpc"


@dataclass(frozen=True)
class SecurityGroup:
    """A security group.

    Attributes:
        id: as in the file: "sg-" and 8 or 17 letters or digits.
        rules: "self" lets all traffic to and from the group itself, which EFA needs; "open" lets
            all out to anywhere, and SSH in from anywhere; "self in" lets all traffic from itself
            in, and all out to anywhere.
    """

    id: str
    rules: str = "self"


@dataclass(frozen=True)
class Site:
    """The network of an account, as far as a cluster file can name it.

    A file that names another subnet is refused, as AWS would. Security groups that are not listed
    are taken to be there, with rules "self".
    """

    subnets: tuple[Subnet, ...]
    security_groups: tuple[SecurityGroup, ...] = ()

    def table(self, region: str = "us-east-1") -> pd.DataFrame:
        """One row per subnet: subnet, Availability Zone, public; and VPC if there are several."""
        rows = [
            {
                "subnet": subnet.id,
                "zone": region + subnet.zone,
                "public": "yes" if subnet.public else "no",
                "VPC": subnet.vpc,
            }
            for subnet in self.subnets
        ]
        table = pd.DataFrame(rows, columns=["subnet", "zone", "public", "VPC"])
        return table if table["VPC"].nunique() > 1 else table.drop(columns="VPC")


#: The network of notebook 11. Real ids are hexadecimal; these can be read.
EXAMPLE = Site(
    subnets=(
        Subnet("subnet-public1a", "a", public=True),
        Subnet("subnet-inside1a", "a"),
        Subnet("subnet-inside1b", "b"),
    ),
    security_groups=(SecurityGroup("sg-mpinodes", "self in"),),
)
