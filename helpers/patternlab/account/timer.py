"""A self-destruct timer for an EC2 instance: it works with the laptop closed.

A timer is a one-time schedule of EventBridge Scheduler that calls TerminateInstances at one moment
(a "universal target") and is deleted afterwards. It acts through a role of its own, which may
terminate that one instance and nothing else, and which only Scheduler may assume. If the call
fails, Scheduler repeats it for a day (up to 185 times, its default).

A schedule cannot have tags (only schedule groups can), so the sweep finds it by its name, which
begins with the session's prefix. After the timer has gone off, its role is left. It costs nothing
and has tags: the sweep deletes it too.

Price (quoted): a timer is one invocation, 1.00 USD per million after 14 million free ones per month
(aws.amazon.com/eventbridge/pricing, as listed by cloudburn.io, 2026-03-13).
Sources: EventBridge Scheduler User Guide, "Using universal targets", "Confused deputy prevention",
"Deletion after schedule completion"; read 2026-11-22.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from patternlab.functions.roles import POLICY, allow, document, trusted_by
from patternlab.resources.errors import AccountError, refused
from patternlab.resources.naming import Session

#: A new role takes up to a minute to be known, and a timer that is due before that is of no use.
SOONEST = timedelta(minutes=2)
LATEST = timedelta(days=365)
GROUP = "default"

Client = Callable[[str], Any]


def timer_name(prefix: str, instance: str) -> str:
    """Return the name of the schedule of an instance, which is the name of its role too.

    Args:
        prefix: what the names of the session begin with.
        instance: the id of the instance.
    """
    return f"{prefix}timer-{instance}"


def set_timer(
    session: Session,
    instance: str,
    at: datetime,
    *,
    client: Client,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> str:
    """Let AWS terminate an instance at a given moment. A second call moves the timer.

    Each instance has a timer of its own: TerminateInstances ends none of several instances if one
    of them is gone already.

    Args:
        session: whose prefix and tags the timer has, and whose region it is in.
        instance: the id of the instance.
        at: an aware datetime from two minutes to a year ahead.
        client: gives the client of a service: ``cloud.client``, so that the ledger learns of it,
            and so that it waits until IAM knows the new role (consistency.py).
        now: the time, for tests.

    Returns:
        The name of the schedule, which is its role's name as well.

    Raises:
        AccountError: the id or the time is not valid, or AWS refuses. Then no new timer is left
            behind, and one that was set before either is unchanged or has the new time.
    """
    if not re.fullmatch(r"i-[0-9a-f]{8,17}", instance):
        raise AccountError(
            f"{instance!r} is not the id of an instance. Give one like i-0123456789abcdef0."
        )
    when = _checked(at, now())
    name = timer_name(session.prefix, instance)
    with refused("find out whose account this is", "sts:GetCallerIdentity"):
        caller = client("sts").get_caller_identity()
    partition, account = caller["Arn"].split(":")[1], caller["Account"]
    here = f"{session.region}:{account}"
    iam = client("iam")
    is_new = False
    try:
        with refused(f"make the role of the timer for {instance}", "iam:CreateRole"):
            is_new = _make_role(iam, session, name, _trust(partition, here))
        with refused(f"give the timer for {instance} its permission", "iam:PutRolePolicy"):
            arn = f"arn:{partition}:ec2:{here}:instance/{instance}"
            allowed = json.dumps(document(allow(["ec2:TerminateInstances"], arn)))
            iam.put_role_policy(RoleName=name, PolicyName=POLICY, PolicyDocument=allowed)
        target = {
            "Arn": f"arn:{partition}:scheduler:::aws-sdk:ec2:terminateInstances",
            "RoleArn": f"arn:{partition}:iam::{account}:role/{name}",
            "Input": json.dumps({"InstanceIds": [instance]}),
        }
        with refused(
            f"set the timer for {instance}",
            "scheduler:CreateSchedule (and iam:PassRole on its role)",
        ):
            _schedule(client("scheduler"), name, when, target)
    except BaseException as error:  # an interrupt too
        if is_new:
            _remove_again(client, name, error)
        raise
    return name


def clear_timer(session: Session, instance: str, *, client: Client) -> None:
    """Delete the timer of an instance and its role. It is no error if they are already deleted.

    Raises:
        AccountError: AWS refuses; the sweep can still delete what is left.
    """
    with refused(f"clear the timer for {instance}", "scheduler:DeleteSchedule, iam:DeleteRole"):
        _clear(client, timer_name(session.prefix, instance))


def _checked(at: datetime, now: datetime) -> datetime:
    """`at` in UTC, if a timer can be set to it."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise AccountError(
            f"{at} has no time zone. Give one, for example datetime.now(UTC) + timedelta(hours=2)."
        )
    at = at.astimezone(UTC)
    if not now + SOONEST <= at <= now + LATEST:
        raise AccountError(
            f"A timer can be set from {SOONEST.seconds // 60} minutes to {LATEST.days} days ahead, "
            f"and {at:%Y-%m-%d %H:%M} UTC is not. Choose another time."
        )
    return at


def _trust(partition: str, here: str) -> str:
    """Trust Scheduler alone, and only for schedules of this account's group.

    The condition names the group and never one schedule: AWS warns against that.
    """
    group = f"arn:{partition}:scheduler:{here}:schedule-group/{GROUP}"
    only = {"aws:SourceAccount": here.split(":")[1], "aws:SourceArn": group}
    return json.dumps(trusted_by("scheduler.amazonaws.com", StringEquals=only))


def _make_role(iam: Any, session: Session, name: str, trust: str) -> bool:
    """Make the role; False if it exists, because the timer is being moved."""
    tags = [{"Key": key, "Value": value} for key, value in session.tags.items()]
    try:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=tags)
    except iam.exceptions.EntityAlreadyExistsException:
        return False
    return True


def _schedule(scheduler: Any, name: str, at: datetime, target: dict[str, str]) -> None:
    """Create the schedule, or move the existing one."""
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
    """Delete a schedule and its role, as far as they exist."""
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
    """Delete a timer that failed half-way; if that fails as well, the sweep will do it."""
    try:
        _clear(client, name)
    except (ClientError, BotoCoreError, AccountError):
        why.add_note(f"The role {name} is left. 'python -m patternlab sweep' deletes it.")
