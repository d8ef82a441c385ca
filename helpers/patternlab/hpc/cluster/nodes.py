"""Run a script on nodes by Systems Manager's Run Command, and fetch what it printed.

Sources: Systems Manager User Guide, "Run Command"; API reference of GetCommandInvocation (24,000
characters of output).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from patternlab.hpc.cluster.commands import Command
from patternlab.hpc.errors import HPCError

LONGEST_SCRIPT, LONGEST_OUTPUT = 64_000, 24_000  # characters
DELIVERED_WITHIN = 120  # seconds that a command may wait for a node's agent
_UNDER_WAY = frozenset(["Pending", "InProgress", "Delayed", "Cancelling"])


def online(cloud: Any, ids: Sequence[str]) -> list[str]:
    """List the instances whose Session Manager agent is online."""
    asked = [{"Key": "InstanceIds", "Values": list(ids)}]
    found = cloud.client("ssm").describe_instance_information(Filters=asked)
    return [
        one["InstanceId"]
        for one in found["InstanceInformationList"]
        if one["PingStatus"] == "Online"
    ]


def run(cloud: Any, ids: Sequence[str], command: Command, *, time_limit: int = 300) -> list[str]:
    """Run `command` on all instances at the same time; return what each printed, in order.

    Raises an :class:`HPCError` with the last lines of a node if it fails, or if it is not done
    `time_limit` seconds after it was sent.
    """
    ssm, script = cloud.client("ssm"), command.script
    if len(script) > LONGEST_SCRIPT:
        raise HPCError(
            f"The script {command.called} has {len(script)} characters, and Run Command takes "
            f"{LONGEST_SCRIPT}."
        )
    sent = ssm.send_command(
        InstanceIds=list(ids),
        DocumentName="AWS-RunShellScript",
        Comment=f"Pattern Lab: {command.called}",
        TimeoutSeconds=DELIVERED_WITHIN,
        Parameters={"commands": [script], "executionTimeout": [str(time_limit)]},
    )["Command"]["CommandId"]
    return [_output(cloud, ssm, sent, one, command, time_limit) for one in ids]


def _output(
    cloud: Any, ssm: Any, sent: str, instance: str, command: Command, time_limit: int
) -> str:
    done: dict[str, Any] = {}

    def is_done() -> bool:
        try:
            done.update(ssm.get_command_invocation(CommandId=sent, InstanceId=instance))
        except ClientError as error:
            if error.response["Error"]["Code"] == "InvocationDoesNotExist":
                return False  # sent a moment ago
            raise
        return done["Status"] not in _UNDER_WAY

    try:
        cloud.wait_until(is_done, timeout=time_limit + DELIVERED_WITHIN)
    except TimeoutError:
        raise HPCError(
            f"{command.called} on {instance} was not done after {time_limit + DELIVERED_WITHIN} s. "
            "Close the cluster, or look at the node with Session Manager."
        ) from None
    said = done.get("StandardOutputContent", "")
    if done["Status"] != "Success":
        raise HPCError(_failed(command, instance, done["Status"], said, done))
    if len(said) >= LONGEST_OUTPUT:
        raise HPCError(
            f"{command.called} printed more than Run Command keeps: ask for fewer sizes."
        )
    return said


def _failed(command: Command, instance: str, status: str, said: str, done: dict[str, Any]) -> str:
    words = (done.get("StandardErrorContent") or said).strip()[-800:]
    how = {"TimedOut": "ran out of time", "Cancelled": "was cancelled"}.get(status, "failed")
    return f"{command.called} {how} on {instance}. It said: {words or 'nothing'}"
