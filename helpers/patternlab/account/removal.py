"""How each kind of thing is found, looked at and deleted; one class a kind.

Everything here acts on one thing in one place. What may be deleted, and in which order, is decided
in sweep.py.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from patternlab.account.asking import Gone, Place, Refusal, until
from patternlab.account.kinds import bare
from patternlab.account.naming import ALPHABET, PROJECT

#: Stands for the account's id in the names that hold one (SNS's log groups).
ACCOUNT = "{account}"
_NAME = re.compile(rf"(?:^|/){PROJECT}-([{ALPHABET}]{{6}})-")
_AWS_ACCOUNT = '"$(aws sts get-caller-identity --query Account --output text)"'


@dataclass(frozen=True)
class Thing:
    """One thing on the account.

    `name` is the name, or for what has none the name of what it belongs to; `identifier` tells such
    things apart. `region` is "global" for kinds that belong to no region.
    """

    kind: str
    name: str
    region: str
    identifier: str | None = None

    @property
    def session(self) -> str | None:
        """The id of the session in the name; None for a name that is not the course's."""
        found = _NAME.search(self.name)
        return found[1] if found else None

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Removal:
    """What can be done to one kind. The methods raise what ``Place.call`` raises."""

    kind: str
    is_global = False
    patience = 30.0  # seconds that a deletion may take until the thing is no longer there
    can_be_tagged = True
    by_id = False  # its name alone does not find it
    owner: str | None = None  # the kind that a thing's `name` is the name of

    def find(self, at: Place) -> Iterator[Thing]:
        """All things of this kind whose name looks like the course's."""
        for name, identifier in self.names(at):
            thing = self.thing(at, name, identifier)
            if thing.session:
                yield thing

    def thing(self, at: Place, name: str, identifier: str | None = None) -> Thing:
        return Thing(self.kind, name, "global" if self.is_global else at.region, identifier)

    def names(self, at: Place) -> Iterator[tuple[str, str | None]]:
        """(name, identifier) of what there is."""
        raise NotImplementedError

    def there(self, at: Place, thing: Thing) -> bool:
        """Whether it exists, a thing that is just being deleted included."""
        try:
            self.look(at, thing)
        except Gone:
            return False
        return True

    def look(self, at: Place, thing: Thing) -> Any:
        """Ask for it by name or identifier; raises Gone."""
        raise NotImplementedError

    def tags(self, at: Place, thing: Thing) -> Mapping[str, str]:
        """Its tags."""
        return {}

    def delete(self, at: Place, thing: Thing) -> None:
        """Delete it with all that is part of it."""
        raise NotImplementedError

    def by_hand(self, thing: Thing) -> str:
        """The command of the AWS CLI that deletes it."""
        raise NotImplementedError


def pairs(tags: list[dict[str, str]]) -> dict[str, str]:
    """Tags in the shape of most APIs, as a dictionary."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def aws(thing: Thing, command: str, **options: str) -> str:
    """A command line of the AWS CLI."""
    where = [] if thing.region == "global" else ["--region", thing.region]
    given = [f"--{key.replace('_', '-')} {shlex.quote(value)}" for key, value in options.items()]
    return " ".join(["aws", command, *where, *given])


class EventSourceMapping(Removal):
    kind, owner, by_id, patience = "mapping", "function", True, 180.0

    def names(self, at):
        for page in at.pages("lambda", "list_event_source_mappings"):
            for one in page["EventSourceMappings"]:
                yield bare(one.get("FunctionArn", "")), one["UUID"]

    def look(self, at, thing):
        return at.call("lambda", "get_event_source_mapping", UUID=thing.identifier)

    def tags(self, at, thing):
        arn = at.arn("lambda", f"event-source-mapping:{thing.identifier}")
        return at.call("lambda", "list_tags", Resource=arn).get("Tags", {})

    def delete(self, at, thing):
        if self.look(at, thing).get("State") != "Deleting":
            at.call("lambda", "delete_event_source_mapping", UUID=thing.identifier)

    def by_hand(self, thing):
        return aws(thing, "lambda delete-event-source-mapping", uuid=thing.identifier or "UUID")


class Rule(Removal):
    kind = "rule"

    def names(self, at):
        for page in at.pages("events", "list_rules", NamePrefix=f"{PROJECT}-"):
            yield from ((one["Name"], None) for one in page["Rules"])

    def look(self, at, thing):
        return at.call("events", "describe_rule", Name=thing.name)

    def tags(self, at, thing):
        arn = at.arn("events", f"rule/{thing.name}")
        return pairs(at.call("events", "list_tags_for_resource", ResourceARN=arn)["Tags"])

    def delete(self, at, thing):
        for page in at.pages("events", "list_targets_by_rule", Rule=thing.name):
            if ids := [target["Id"] for target in page["Targets"]]:
                at.call("events", "remove_targets", Rule=thing.name, Ids=ids)
        at.call("events", "delete_rule", Name=thing.name)

    def by_hand(self, thing):
        targets = aws(thing, "events list-targets-by-rule", rule=thing.name)
        remove = aws(thing, "events remove-targets", rule=thing.name)
        return f'{remove} --ids $({targets} --query "Targets[].Id" --output text); ' + aws(
            thing, "events delete-rule", name=thing.name
        )


class Subscription(Removal):
    kind, owner, by_id, can_be_tagged = "subscription", "topic", True, False

    def names(self, at):
        for page in at.pages("sns", "list_subscriptions"):
            for one in page["Subscriptions"]:
                arn = one["SubscriptionArn"]
                if arn.startswith("arn:"):  # one that was never confirmed ends by itself
                    yield bare(one["TopicArn"]), bare(arn)

    def look(self, at, thing):
        arn = at.arn("sns", thing.identifier)
        return at.call("sns", "get_subscription_attributes", SubscriptionArn=arn)

    def delete(self, at, thing):
        at.call("sns", "unsubscribe", SubscriptionArn=at.arn("sns", thing.identifier))

    def by_hand(self, thing):
        arn = f"arn:aws:sns:{thing.region}:{_AWS_ACCOUNT}:{thing.identifier}"
        return f"{aws(thing, 'sns unsubscribe')} --subscription-arn {arn}"


class Topic(Removal):
    kind = "topic"

    def names(self, at):
        for page in at.pages("sns", "list_topics"):
            yield from ((bare(one["TopicArn"]), None) for one in page["Topics"])

    def look(self, at, thing):
        return at.call("sns", "get_topic_attributes", TopicArn=at.arn("sns", thing.name))

    def tags(self, at, thing):
        arn = at.arn("sns", thing.name)
        return pairs(at.call("sns", "list_tags_for_resource", ResourceArn=arn)["Tags"])

    def delete(self, at, thing):
        at.call("sns", "delete_topic", TopicArn=at.arn("sns", thing.name))

    def by_hand(self, thing):
        arn = f"arn:aws:sns:{thing.region}:{_AWS_ACCOUNT}:{thing.name}"
        return f"{aws(thing, 'sns delete-topic')} --topic-arn {arn}"


class Function(Removal):
    kind, patience = "function", 60.0

    def names(self, at):
        for page in at.pages("lambda", "list_functions"):
            yield from ((one["FunctionName"], None) for one in page["Functions"])

    def look(self, at, thing):
        return at.call("lambda", "get_function_configuration", FunctionName=thing.name)

    def tags(self, at, thing):
        arn = at.arn("lambda", f"function:{thing.name}")
        return at.call("lambda", "list_tags", Resource=arn).get("Tags", {})

    def delete(self, at, thing):
        at.call("lambda", "delete_function", FunctionName=thing.name)

    def by_hand(self, thing):
        return aws(thing, "lambda delete-function", function_name=thing.name)


class Bucket(Removal):
    kind, is_global = "bucket", True

    def names(self, at):
        for page in at.pages("s3", "list_buckets"):
            yield from ((one["Name"], None) for one in page["Buckets"])

    def look(self, at, thing):
        return at.call("s3", "head_bucket", Bucket=thing.name)

    def tags(self, at, thing):
        try:
            return pairs(at.call("s3", "get_bucket_tagging", Bucket=thing.name)["TagSet"])
        except Gone:  # S3 says so of a bucket without tags, too
            return {}

    def delete(self, at, thing):
        """Silence it first, or deleting each object would be one more event."""
        at.call(
            "s3",
            "put_bucket_notification_configuration",
            Bucket=thing.name,
            NotificationConfiguration={},
        )
        for page in at.pages("s3", "list_multipart_uploads", Bucket=thing.name):
            for one in page.get("Uploads", []):
                what = {"Key": one["Key"], "UploadId": one["UploadId"]}
                at.call("s3", "abort_multipart_upload", Bucket=thing.name, **what)
        for page in at.pages("s3", "list_object_versions", Bucket=thing.name):
            self._delete_objects(at, thing, page)
        at.call("s3", "delete_bucket", Bucket=thing.name)

    def _delete_objects(self, at: Place, thing: Thing, page: Mapping[str, Any]) -> None:
        objects = [
            {"Key": one["Key"], "VersionId": one["VersionId"]}
            for one in page.get("Versions", []) + page.get("DeleteMarkers", [])
        ]
        if not objects:
            return
        what = {"Objects": objects, "Quiet": True}
        answer = at.call("s3", "delete_objects", Bucket=thing.name, Delete=what)
        for error in answer.get("Errors", []):
            raise Refusal(f"AWS did not delete the object {error['Key']} ({error.get('Code')}).")

    def by_hand(self, thing):
        return f"aws s3 rb s3://{thing.name} --force"


class Queue(Removal):
    kind, patience = "queue", 90.0  # "the deletion process takes up to 60 seconds" (DeleteQueue)

    def names(self, at):
        for page in at.pages("sqs", "list_queues", QueueNamePrefix=f"{PROJECT}-"):
            yield from ((url.rsplit("/", 1)[-1], None) for url in page.get("QueueUrls", []))

    def look(self, at, thing):
        return at.call("sqs", "get_queue_url", QueueName=thing.name)["QueueUrl"]

    def tags(self, at, thing):
        url = self.look(at, thing)
        return at.call("sqs", "list_queue_tags", QueueUrl=url).get("Tags", {})

    def delete(self, at, thing):
        at.call("sqs", "delete_queue", QueueUrl=self.look(at, thing))

    def by_hand(self, thing):
        url = aws(thing, "sqs get-queue-url", queue_name=thing.name)
        return f"{aws(thing, 'sqs delete-queue')} --queue-url $({url} --output text)"


class LogGroup(Removal):
    """Its own ones, those Lambda writes and those SNS writes (whose names hold the account id)."""

    kind = "log group"

    def names(self, at):
        sns = f"sns/{at.region}/{at.account}/{PROJECT}-"
        for prefix in (f"{PROJECT}-", f"/aws/lambda/{PROJECT}-", sns):
            for page in at.pages("logs", "describe_log_groups", logGroupNamePrefix=prefix):
                for one in page["logGroups"]:
                    yield one["logGroupName"].replace(at.account, ACCOUNT), None

    def look(self, at, thing):
        name = self._real(at, thing)
        for page in at.pages("logs", "describe_log_groups", logGroupNamePrefix=name):
            if any(one["logGroupName"] == name for one in page["logGroups"]):
                return name
        raise Gone(f"There is no {thing}.")

    def _real(self, at: Place, thing: Thing) -> str:
        return thing.name.replace(ACCOUNT, at.account)

    def tags(self, at, thing):
        arn = at.arn("logs", f"log-group:{self._real(at, thing)}")
        return at.call("logs", "list_tags_for_resource", resourceArn=arn).get("tags", {})

    def delete(self, at, thing):
        at.call("logs", "delete_log_group", logGroupName=self._real(at, thing))

    def by_hand(self, thing):
        name = shlex.quote(thing.name).strip("'").replace(ACCOUNT, _AWS_ACCOUNT)
        return f"{aws(thing, 'logs delete-log-group')} --log-group-name {name}"


class Role(Removal):
    kind, is_global = "role", True

    def names(self, at):
        for page in at.pages("iam", "list_roles"):
            yield from ((one["RoleName"], None) for one in page["Roles"])

    def look(self, at, thing):
        return at.call("iam", "get_role", RoleName=thing.name)

    def tags(self, at, thing):
        return pairs(at.call("iam", "list_role_tags", RoleName=thing.name)["Tags"])

    def delete(self, at, thing):
        role = {"RoleName": thing.name}
        for page in at.pages("iam", "list_attached_role_policies", **role):
            for one in page["AttachedPolicies"]:
                at.call("iam", "detach_role_policy", PolicyArn=one["PolicyArn"], **role)
        for page in at.pages("iam", "list_role_policies", **role):
            for name in page["PolicyNames"]:
                at.call("iam", "delete_role_policy", PolicyName=name, **role)
        at.call("iam", "delete_role", **role)

    def by_hand(self, thing):
        policy = aws(thing, "iam delete-role-policy", role_name=thing.name, policy_name=PROJECT)
        return f"{policy}; {aws(thing, 'iam delete-role', role_name=thing.name)}"


class Schedule(Removal):
    kind, can_be_tagged = "schedule", False

    def names(self, at):
        for page in at.pages("scheduler", "list_schedules", NamePrefix=f"{PROJECT}-"):
            yield from ((one["Name"], None) for one in page["Schedules"])

    def look(self, at, thing):
        return at.call("scheduler", "get_schedule", Name=thing.name)

    def tags(self, at, thing):
        """Those of the role that it acts through: a schedule cannot have any."""
        role = bare(self.look(at, thing)["Target"]["RoleArn"])
        return pairs(at.call("iam", "list_role_tags", RoleName=role)["Tags"])

    def delete(self, at, thing):
        at.call("scheduler", "delete_schedule", Name=thing.name)

    def by_hand(self, thing):
        return aws(thing, "scheduler delete-schedule", name=thing.name)


class Budget(Removal):
    """A session's own. The account's lasting alarm has no session in its name and stays."""

    kind, is_global = "budget", True

    def names(self, at):
        for page in at.pages("budgets", "describe_budgets", AccountId=at.account):
            yield from ((one["BudgetName"], None) for one in page.get("Budgets", []))

    def _its(self, at: Place, thing: Thing) -> dict[str, str]:
        return {"AccountId": at.account, "BudgetName": thing.name}

    def look(self, at, thing):
        return at.call("budgets", "describe_budget", **self._its(at, thing))

    def tags(self, at, thing):
        arn = f"arn:{at.partition}:budgets::{at.account}:budget/{thing.name}"
        found = at.call("budgets", "list_tags_for_resource", ResourceARN=arn)
        return pairs(found.get("ResourceTags", []))

    def delete(self, at, thing):
        at.call("budgets", "delete_budget", **self._its(at, thing))

    def by_hand(self, thing):
        command = aws(thing, "budgets delete-budget", budget_name=thing.name)
        return f"{command} --account-id {_AWS_ACCOUNT}"


class RestApi(Removal):
    """With its stages, its resources and all."""

    kind, by_id = "rest api", True

    def names(self, at):
        for page in at.pages("apigateway", "get_rest_apis"):
            yield from ((one["name"], one["id"]) for one in page["items"])

    def look(self, at, thing):
        return at.call("apigateway", "get_rest_api", restApiId=thing.identifier)

    def tags(self, at, thing):
        return self.look(at, thing).get("tags", {})

    def delete(self, at, thing):
        at.call("apigateway", "delete_rest_api", restApiId=thing.identifier)

    def by_hand(self, thing):
        return aws(thing, "apigateway delete-rest-api", rest_api_id=thing.identifier or "ID")


class Stage(Removal):
    """`identifier` is "<id of its API>/<name>"."""

    kind, by_id = "stage", True

    def names(self, at):
        for page in at.pages("apigateway", "get_rest_apis"):
            for api in page["items"]:
                if not _NAME.search(api["name"]):
                    continue
                for one in at.call("apigateway", "get_stages", restApiId=api["id"])["item"]:
                    yield one["stageName"], f"{api['id']}/{one['stageName']}"

    def _its(self, thing: Thing) -> dict[str, str]:
        api, _, name = (thing.identifier or "").partition("/")
        return {"restApiId": api, "stageName": name}

    def look(self, at, thing):
        return at.call("apigateway", "get_stage", **self._its(thing))

    def tags(self, at, thing):
        return self.look(at, thing).get("tags", {})

    def delete(self, at, thing):
        at.call("apigateway", "delete_stage", **self._its(thing))

    def by_hand(self, thing):
        api, name = self._its(thing).values()
        return aws(thing, "apigateway delete-stage", rest_api_id=api, stage_name=name)


class Distribution(Removal):
    """CloudFront deletes only what is switched off, and switching off takes some minutes."""

    kind, is_global, by_id = "distribution", True, True
    switched_off_within = 1200.0

    def names(self, at):
        for page in at.pages("cloudfront", "list_distributions"):
            for one in page["DistributionList"].get("Items", []):
                got = at.call("cloudfront", "get_distribution_config", Id=one["Id"])
                yield got["DistributionConfig"]["CallerReference"], one["Id"]

    def look(self, at, thing):
        return at.call("cloudfront", "get_distribution", Id=thing.identifier)

    def tags(self, at, thing):
        arn = self.look(at, thing)["Distribution"]["ARN"]
        found = at.call("cloudfront", "list_tags_for_resource", Resource=arn)
        return pairs(found["Tags"].get("Items", []))

    def delete(self, at, thing):
        its = {"Id": thing.identifier}
        got = at.call("cloudfront", "get_distribution_config", **its)
        if got["DistributionConfig"]["Enabled"]:
            off = {**got["DistributionConfig"], "Enabled": False}
            its_now = {**its, "IfMatch": got["ETag"], "DistributionConfig": off}
            at.call("cloudfront", "update_distribution", **its_now)
        if not until(lambda: self._deployed(at, thing), self.switched_off_within, at.sleep):
            raise Refusal("CloudFront is still switching it off. Sweep again in some minutes.")
        tag = at.call("cloudfront", "get_distribution_config", **its)["ETag"]
        at.call("cloudfront", "delete_distribution", IfMatch=tag, **its)

    def _deployed(self, at: Place, thing: Thing) -> bool:
        return self.look(at, thing)["Distribution"]["Status"] == "Deployed"

    def by_hand(self, thing):
        return (
            "switch it off in the CloudFront console, wait until it is deployed, and delete it "
            f"there ({thing.identifier})"
        )


class CachePolicy(Removal):
    kind, is_global, by_id, can_be_tagged = "cache policy", True, True, False

    def names(self, at):
        for page in at.pages("cloudfront", "list_cache_policies", Type="custom"):
            for one in page["CachePolicyList"].get("Items", []):
                policy = one["CachePolicy"]
                yield policy["CachePolicyConfig"]["Name"], policy["Id"]

    def look(self, at, thing):
        return at.call("cloudfront", "get_cache_policy", Id=thing.identifier)

    def delete(self, at, thing):
        tag = self.look(at, thing)["ETag"]
        at.call("cloudfront", "delete_cache_policy", Id=thing.identifier, IfMatch=tag)

    def by_hand(self, thing):
        get = aws(thing, "cloudfront get-cache-policy", id=thing.identifier or "ID")
        delete = aws(thing, "cloudfront delete-cache-policy", id=thing.identifier or "ID")
        return f"{delete} --if-match $({get} --query ETag --output text)"


class _Ec2(Removal):
    """What EC2 lists under `listing` in the answer to `operation`, each with its name in `by`."""

    operation: str
    listing: str
    by: str
    filter: str

    def _all(self, at: Place) -> Iterator[dict[str, Any]]:
        wanted = [{"Name": self.filter, "Values": [f"{PROJECT}-*"]}]
        for page in at.pages("ec2", self.operation, Filters=wanted):
            yield from page[self.listing]

    def names(self, at):
        yield from ((one[self.by], None) for one in self._all(at))

    def look(self, at, thing):
        for one in self._all(at):
            if one[self.by] == thing.name:
                return one
        raise Gone(f"There is no {thing}.")

    def tags(self, at, thing):
        return pairs(self.look(at, thing).get("Tags", []))


class LaunchTemplate(_Ec2):
    kind, operation, listing = "launch template", "describe_launch_templates", "LaunchTemplates"
    by, filter = "LaunchTemplateName", "launch-template-name"

    def delete(self, at, thing):
        at.call("ec2", "delete_launch_template", LaunchTemplateName=thing.name)

    def by_hand(self, thing):
        return aws(thing, "ec2 delete-launch-template", launch_template_name=thing.name)


class PlacementGroup(_Ec2):
    kind, operation, listing = "placement group", "describe_placement_groups", "PlacementGroups"
    by, filter = "GroupName", "group-name"

    def delete(self, at, thing):
        at.call("ec2", "delete_placement_group", GroupName=thing.name)

    def by_hand(self, thing):
        return aws(thing, "ec2 delete-placement-group", group_name=thing.name)


class SecurityGroup(_Ec2):
    kind, operation, listing = "security group", "describe_security_groups", "SecurityGroups"
    by, filter = "GroupName", "group-name"

    def delete(self, at, thing):
        group = self.look(at, thing)["GroupId"]
        at.call("ec2", "delete_security_group", GroupId=group)

    def by_hand(self, thing):
        find = aws(thing, "ec2 describe-security-groups")
        find += f' --filters Name=group-name,Values={thing.name} --query "SecurityGroups[].GroupId"'
        return f"{aws(thing, 'ec2 delete-security-group')} --group-id $({find} --output text)"


class Instance(Removal):
    """Named by its placement group."""

    kind, by_id, patience = "instance", True, 600.0

    def names(self, at):
        for one in self._running(at):
            yield one.get("Placement", {}).get("GroupName", ""), one["InstanceId"]

    def look(self, at, thing):
        for one in self._running(at, InstanceIds=[thing.identifier]):
            return one
        raise Gone(f"There is no {thing}.")

    def _running(self, at, **which):
        for page in at.pages("ec2", "describe_instances", **which):
            for one in (one for some in page["Reservations"] for one in some["Instances"]):
                if one["State"]["Name"] != "terminated":
                    yield one

    def tags(self, at, thing):
        return pairs(self.look(at, thing).get("Tags", []))

    def delete(self, at, thing):
        at.call("ec2", "terminate_instances", InstanceIds=[thing.identifier])

    def by_hand(self, thing):
        return aws(thing, "ec2 terminate-instances", instance_ids=thing.identifier or "ID")


REMOVALS: dict[str, Removal] = {
    removal.kind: removal
    for removal in (
        Schedule(),
        EventSourceMapping(),
        Rule(),
        Subscription(),
        Topic(),
        Stage(),
        RestApi(),
        Distribution(),
        CachePolicy(),
        Function(),
        Bucket(),
        Queue(),
        Instance(),
        LaunchTemplate(),
        PlacementGroup(),
        SecurityGroup(),
        LogGroup(),
        Budget(),
        Role(),
    )
}
