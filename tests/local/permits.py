"""Policies and permissions that deliveries need, and what CloudWatch counts."""

import json


def policy(service, action, resource, source=None, account=None):
    """A resource's policy that lets `service` ("sns") in, for `source` only if it is given."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": action,
        "Resource": resource,
    }
    if source:
        statement["Condition"] = {"ArnLike": {"aws:SourceArn": source}}
    if account:
        statement["Condition"]["StringEquals"] = {"aws:SourceAccount": account}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def let_in(cloud, arn, service, source=None):
    """Let `service` send to the queue `arn`."""
    sqs = cloud.client("sqs", region_name=arn.split(":")[3])
    sqs.set_queue_attributes(
        QueueUrl=sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"],
        Attributes={"Policy": policy(service, "sqs:SendMessage", arn, source)},
    )


def permit(cloud, function, service, source, **more):
    """Let `service` invoke the function, for `source`."""
    cloud.client("lambda").add_permission(
        FunctionName=function,
        StatementId=service,
        Action="lambda:InvokeFunction",
        Principal=f"{service}.amazonaws.com",
        SourceArn=source,
        **more,
    )


def counted(cloud, namespace, metric, **dimensions):
    """The sum of a metric on the cloud's day."""
    found = cloud.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=cloud.now().replace(hour=0),
        EndTime=cloud.now().replace(hour=23),
        Period=86_400,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in found["Datapoints"])
