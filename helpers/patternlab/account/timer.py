"""A self-destruct timer for what is billed by the hour: it works with the laptop closed.

A timer is a one-time schedule of EventBridge Scheduler that calls one operation of AWS at one
moment (a "universal target") and is deleted after it. It acts through a role of its own, which may
do that one action to that one thing, and which Scheduler alone may assume. If the call fails,
Scheduler repeats it for a day (up to 185 times, its default).

A schedule cannot carry tags (only schedule groups can), so the sweep finds it by its name, which
begins with the session's prefix. After it went off its role is left, which costs nothing and has
tags: the sweep takes it too.

Price (quoted): a timer is one invocation, 1.00 USD a million after 14 million free ones a month
(aws.amazon.com/eventbridge/pricing, as listed by cloudburn.io, 2026-03-13).
Sources: EventBridge Scheduler User Guide, "Using universal targets", "Confused deputy prevention",
"Deletion after schedule completion"; read 2026-11-22. CloudFront is not here: it bills requests
and bytes, not hours.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from patternlab.account.errors import AccountError
from patternlab.account.naming import Session
from patternlab.account.refusals import code_of, refusal, refused
from patternlab.functions.roles import POLICY, allow, document, trusted_by

#: A new role takes up to a minute to be known, and a timer that is due before is of no use.
SOONEST = timedelta(minutes=2)
LATEST = timedelta(days=365)
GROUP = "default"
LONGEST_NAME = 64  # of roles and of schedules alike

Client = Callable[[str], Any]
Parameters = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """How one kind of billed thing is ended, by us now or by Scheduler later.

    Attributes:
        service: what boto3 and universal targets call the service.
        operation: the API operation, as universal targets spell it.
        permission: the IAM action that it takes.
        resource: the ARN of one thing without "arn:<partition>:", with fields {region}, {account}
            and one for each of its names ("{0}" ...).
        parameters: the operation's parameters for these names, as boto3 spells them.
        gone: error codes that say there is nothing to end.
        words: what it is called, with the same fields as `resource`.
    """

    service: str
    operation: str
    permission: str
    resource: str
    parameters: Callable[..., Parameters]
    gone: frozenset[str]
    words: str


KINDS = {
    "instance": Kind(
        service="ec2",
        operation="terminateInstances",
        permission="ec2:TerminateInstances",
        resource="ec2:{region}:{account}:instance/{0}",
        parameters=lambda instance: {"InstanceIds": [instance]},
        gone=frozenset({"InvalidInstanceID.NotFound"}),
        words="the instance {0}",
    ),
    "stage cache": Kind(
        service="apigateway",
        operation="updateStage",
        permission="apigateway:PATCH",  # API Gateway's actions are the verbs of HTTP
        resource="apigateway:{region}::/restapis/{0}/stages/{1}",
        parameters=lambda api, stage: {
            "restApiId": api,
            "stageName": stage,
            "patchOperations": [
                {"op": "replace", "path": "/cacheClusterEnabled", "value": "false"}
            ],
        },
        gone=frozenset({"NotFoundException"}),
        words="the cache of stage {1} of the API {0}",
    ),
}


@dataclass(frozen=True)
class Thing:
    """One thing that a timer ends.

    Attributes:
        kind: a key of KINDS.
        names: what its ARN is made of.
    """

    kind: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return KINDS[self.kind].words.format(*self.names)

    def parameters(self) -> Parameters:
        """Of the operation that ends it, as boto3 spells them."""
        return KINDS[self.kind].parameters(*self.names)

    def arn(self, partition: str, region: str, account: str) -> str:
        """For a policy."""
        pattern = f"arn:{partition}:{KINDS[self.kind].resource}"
        return pattern.format(*self.names, region=region, account=account)


def instance(identity: str) -> Thing:
    """One EC2 instance. Raises AccountError for what is no id.

    One instance, one timer: TerminateInstances ends none of several if one is gone already.
    """
    if not re.fullmatch(r"i-[0-9a-f]{8,17}", identity):
        raise AccountError(
            f"A timer ends an instance by its id, i-0123456789abcdef0 for one: not by {identity!r}."
        )
    return Thing("instance", (identity,))


def stage_cache(rest_api_id: str, stage: str) -> Thing:
    """The cache of one stage of an API Gateway REST API; the stage itself stays."""
    if not re.fullmatch(r"[a-z0-9]+", rest_api_id) or not re.fullmatch(r"[A-Za-z0-9_-]+", stage):
        raise AccountError(
            "A timer ends a stage's cache by the API's id and the stage's name, abc123def4 and "
            f"prod for one: not by {rest_api_id!r} and {stage!r}."
        )
    return Thing("stage cache", (rest_api_id, stage))


def timer_name(session: Session, what: Thing) -> str:
    """What the schedule of `what`, and its role, are called; at most 64 characters."""
    return named(session.prefix, what)


def named(prefix: str, what: Thing) -> str:
    """The same, for the session whose names begin with `prefix`."""
    label = re.sub(r"[^0-9A-Za-z_.-]", "-", "-".join(what.names))
    name = f"{prefix}timer-{label}"
    if len(name) > LONGEST_NAME:
        digest = hashlib.sha256(label.encode()).hexdigest()[:8]
        name = f"{name[: LONGEST_NAME - 9]}-{digest}"
    return name


def set_timer(
    session: Session,
    what: Thing,
    at: datetime,
    *,
    client: Client,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> str:
    """Let AWS end `what` at that moment, to the minute. A second time, it moves the timer.

    Args:
        session: whose prefix and tags the timer has, and whose region it is in.
        at: an aware datetime from two minutes to a year ahead.
        client: gives the client of a service: ``cloud.client``, so that the ledger hears of it,
            and so that it waits until IAM knows the new role (consistency.py).
        now: the time, for tests.

    Returns:
        the name of the schedule, which is its role's name as well.

    Raises:
        AccountError: the time makes no sense, or AWS refuses. No new timer is left behind then,
            and one that was set before is as it was or has the new time.
    """
    when = _checked(at, now())
    name = timer_name(session, what)
    with refused("find out whose account this is", "sts:GetCallerIdentity"):
        caller = client("sts").get_caller_identity()
    partition, account = caller["Arn"].split(":")[1], caller["Account"]
    iam = client("iam")
    is_new = False
    try:
        with refused(f"make the role of the timer for {what}", "iam:CreateRole"):
            is_new = _make_role(iam, session, name, _trust(partition, session.region, account))
        with refused(f"give the timer for {what} its permission", "iam:PutRolePolicy"):
            iam.put_role_policy(
                RoleName=name,
                PolicyName=POLICY,
                PolicyDocument=_allowed(what, partition, session.region, account),
            )
        role = f"arn:{partition}:iam::{account}:role/{name}"
        with refused(
            f"set the timer for {what}", "scheduler:CreateSchedule (and iam:PassRole on its role)"
        ):
            _schedule(client("scheduler"), name, when, _target(partition, what, role))
    except BaseException as error:  # an interrupt too
        if is_new:
            _remove_again(client, name, error)
        raise
    return name


def clear_timer(session: Session, what: Thing, *, client: Client) -> None:
    """Delete the timer of `what` and its role. Content where they are gone already.

    Raises:
        AccountError: AWS refuses; what is left is in the sweep's reach.
    """
    with refused(f"clear the timer for {what}", "scheduler:DeleteSchedule, iam:DeleteRole"):
        _clear(client, timer_name(session, what))


def end(session: Session, what: Thing, *, client: Client) -> None:
    """End `what` now, then clear its timer: a timer outlives only what could not be ended.

    Raises:
        AccountError: AWS refuses.
    """
    _end(what, client)
    clear_timer(session, what, client=client)


@dataclass
class Watch:
    """Sets timers for what a ``billed`` block makes."""

    session: Session
    at: datetime
    client: Client
    now: Callable[[], datetime]
    things: list[Thing] = field(default_factory=list)

    def add(self, *made: Thing) -> None:
        """Set the timers of what was made just now. Where one fails, the block fails."""
        self.things += made  # first: the block ends all of them if a timer cannot be set
        for what in made:
            self._set(what)

    def _set(self, what: Thing) -> None:
        set_timer(self.session, what, self.at, client=self.client, now=self.now)


@contextmanager
def billed(
    session: Session,
    at: datetime,
    what: Thing | None = None,
    *,
    client: Client,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[Watch]:
    """Make something billed by the hour in this block, so that it never runs without a timer.

    Where its id is known, the timer is set before the block begins, and without it nothing is
    made. Where AWS makes up the id, call ``add`` at once::

        with billed(session, at, stage_cache(api, "prod"), client=cloud.client):
            gateway.update_stage(...)

        with billed(session, at, client=cloud.client) as watch:
            made = ec2.run_instances(...)["Instances"]
            watch.add(*(instance(each["InstanceId"]) for each in made))

    After the block it runs on with its timer; ``end`` ends both. If the block fails or is
    interrupted, or a timer cannot be set, what was made is ended again.

    Raises:
        AccountError: a timer could not be set; it says whether the thing still costs money.
    """
    _checked(at, now())  # before anything is made
    watch = Watch(session, at, client, now)
    if what is not None:
        try:
            watch._set(what)
        except AccountError as error:
            raise AccountError(f"{error} So {what} was not made.") from error
        watch.things.append(what)
    try:
        yield watch
        if not watch.things:
            raise AccountError("This block set no timer: call add(...) with what it made.")
    except BaseException as error:  # an interrupt too
        said = " ".join(_end_after_failure(watch, each) for each in watch.things)
        if isinstance(error, AccountError):
            raise AccountError(f"{error} {said}".rstrip()) from error
        error.add_note(said)
        raise


def _end_after_failure(watch: Watch, what: Thing) -> str:
    """End `what`; a sentence that says whether it still costs money."""
    try:
        _end(what, watch.client)
    except AccountError as error:
        return (
            f"{error} It may still cost money: end it in the AWS console, or with "
            "'python -m patternlab sweep'."
        )
    try:
        clear_timer(watch.session, what, client=watch.client)
    except AccountError as error:
        return f"{_capital(what)} was ended again and costs no more. {error}"
    return f"{_capital(what)} was ended again and costs no more."


def _capital(what: Thing) -> str:
    text = str(what)
    return text[0].upper() + text[1:]


def _end(what: Thing, client: Client) -> None:
    kind = KINDS[what.kind]
    try:
        getattr(client(kind.service), xform_name(kind.operation))(**what.parameters())
    except (ClientError, BotoCoreError) as error:
        if code_of(error) not in kind.gone:
            raise refusal(error, f"end {what}", kind.permission) from error


def _checked(at: datetime, now: datetime) -> datetime:
    """`at` in UTC, if a timer can be set to it."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise AccountError(
            f"{at} has no time zone: say which, datetime.now(UTC) + timedelta(hours=2) for one."
        )
    at = at.astimezone(UTC)
    if at < now + SOONEST:
        raise AccountError(
            f"A timer needs {SOONEST.seconds // 60} minutes to be set up, and {at:%Y-%m-%d %H:%M} "
            "UTC is sooner or past: choose a later time."
        )
    if at > now + LATEST:
        raise AccountError(
            f"{at:%Y-%m-%d %H:%M} UTC is more than a year ahead: a timer for what is billed by "
            "the hour goes off sooner."
        )
    return at


def _allowed(what: Thing, partition: str, region: str, account: str) -> str:
    """The one action to the one thing."""
    permission = KINDS[what.kind].permission
    return json.dumps(document(allow([permission], what.arn(partition, region, account))))


def _trust(partition: str, region: str, account: str) -> str:
    """Scheduler alone, and only for schedules of this account's group (never of one schedule:
    AWS warns against it)."""
    group = f"arn:{partition}:scheduler:{region}:{account}:schedule-group/{GROUP}"
    only = {"aws:SourceAccount": account, "aws:SourceArn": group}
    return json.dumps(trusted_by("scheduler.amazonaws.com", StringEquals=only))


def _make_role(iam: Any, session: Session, name: str, trust: str) -> bool:
    """Make the role; False where it was there, from the timer that is to be moved."""
    tags = [{"Key": key, "Value": value} for key, value in session.tags.items()]
    try:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=tags)
    except iam.exceptions.EntityAlreadyExistsException:
        return False
    return True


def _target(partition: str, what: Thing, role: str) -> Parameters:
    kind = KINDS[what.kind]
    return {
        "Arn": f"arn:{partition}:scheduler:::aws-sdk:{kind.service}:{kind.operation}",
        "RoleArn": role,
        "Input": json.dumps(_capitals(what.parameters())),
    }


def _capitals(value: Any) -> Any:
    """Parameters as a universal target spells them: with a capital, whatever the service does."""
    if isinstance(value, dict):
        return {key[0].upper() + key[1:]: _capitals(each) for key, each in value.items()}
    return [_capitals(each) for each in value] if isinstance(value, list) else value


def _schedule(scheduler: Any, name: str, at: datetime, target: Parameters) -> None:
    """Create the schedule, or move the one that is there."""
    schedule = {
        "Name": name,
        "GroupName": GROUP,
        "ScheduleExpression": f"at({at:%Y-%m-%dT%H:%M:%S})",
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": target,
    }

    try:
        scheduler.create_schedule(**schedule)
    except scheduler.exceptions.ConflictException:
        scheduler.update_schedule(**schedule)


def _clear(client: Client, name: str) -> None:
    """Delete a schedule and its role: whatever of it is there."""
    scheduler, iam = client("scheduler"), client("iam")
    try:
        scheduler.delete_schedule(Name=name, GroupName=GROUP)
    except scheduler.exceptions.ResourceNotFoundException:
        pass  # it went off, or was never made
    for delete, parameters in (
        (iam.delete_role_policy, {"RoleName": name, "PolicyName": POLICY}),
        (iam.delete_role, {"RoleName": name}),
    ):
        try:
            delete(**parameters)
        except iam.exceptions.NoSuchEntityException:
            pass


def _remove_again(client: Client, name: str, why: BaseException) -> None:
    """Delete a timer that failed half-way; if that fails as well, the sweep will."""
    try:
        _clear(client, name)
    except (ClientError, BotoCoreError, AccountError):
        why.add_note(f"The role {name} is left: 'python -m patternlab sweep' removes it.")
