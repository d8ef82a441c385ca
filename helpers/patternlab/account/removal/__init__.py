"""How each kind of thing is found, looked at and deleted: one module a service, one class a kind.

Everything here acts on one thing in one place. What may be deleted, and in which order, is decided
in sweep.py. A new kind is a class in the module of its service and a line in the table below.
"""

from __future__ import annotations

from patternlab.account.removal import (
    apigateway,
    awslambda,
    budgets,
    cloudfront,
    ec2,
    events,
    iam,
    logs,
    s3,
    sns,
    sqs,
)
from patternlab.account.removal.thing import ACCOUNT, Removal, Thing

__all__ = ["ACCOUNT", "REMOVALS", "Removal", "Thing"]

#: Kind -> how it is removed; each kind of kinds.KINDS is here.
REMOVALS: dict[str, Removal] = {
    removal.kind: removal
    for removal in (
        awslambda.EventSourceMapping(),
        awslambda.Function(),
        events.Rule(),
        events.Schedule(),
        sns.Subscription(),
        sns.Topic(),
        sqs.Queue(),
        s3.Bucket(),
        apigateway.Stage(),
        apigateway.RestApi(),
        cloudfront.Distribution(),
        cloudfront.CachePolicy(),
        ec2.Instance(),
        ec2.LaunchTemplate(),
        ec2.PlacementGroup(),
        ec2.SecurityGroup(),
        logs.LogGroup(),
        budgets.Budget(),
        iam.InstanceProfile(),
        iam.Role(),
    )
}
