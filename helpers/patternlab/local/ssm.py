"""Systems Manager for the nodes of the EFA lab: agents that report, and a Run Command that runs.

moto takes any command and answers "Success" without running it. A node of a local cloud is moto's
and runs nothing, so here Run Command knows the four scripts of
:mod:`patternlab.hpc.cluster.commands` and refuses all others. Three of them have nothing to do. The
fourth, the ping-pong, runs for real: the same zip that would travel to a node, between two
processes of this machine.
"""

from __future__ import annotations

import base64
import tempfile
from contextlib import AbstractContextManager
from datetime import UTC
from pathlib import Path
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.ssm.models import Command as MotoCommand
from moto.ssm.models import SimpleSystemManagerBackend, ssm_backends
from moto.ssm.responses import SimpleSystemManagerResponse

from patternlab.functions.roles import MANAGED
from patternlab.hpc.cluster.commands import Command, MakeKey, PingPong, Prepare, read
from patternlab.hpc.cluster.program import MODULE, packed
from patternlab.hpc.errors import HPCError
from patternlab.hpc.mpi import python_program, run_mpi
from patternlab.local.services import LocalService, Services, in_place_of

#: A public key without a private one: there is no node to log in to.
NO_KEY = "ssh-ed25519 " + base64.b64encode(b"the nodes of a local cloud are moto's").decode()
NOTHING = "A node of moto's: nothing is installed, and nothing runs on it."
REFUSED = (
    "The nodes of a local cloud run nothing but the scripts of patternlab.hpc.cluster, and this is "
    "another one. Run it on an account, or here, in a terminal."
)
SHELL = "AWS-RunShellScript"


class LocalSSMBackend(LocalService, SimpleSystemManagerBackend):
    """moto's Systems Manager of one Region, whose agents report and whose commands run."""

    def agents(self) -> list[dict[str, Any]]:
        """The instances whose agent has reported: they run, have booted, and may talk to AWS."""
        found = []
        for instance in self._instances():
            up = self._seconds_until_up(instance)
            if up > 0:
                self.services.clock.env.timeout(up)  # so that cloud.wait_until checks again then
            elif self._may_report(instance):
                found.append(self._information(instance))
        return found

    def _instances(self) -> list[Any]:
        backend = ec2_backends[self.account_id][self.region_name]
        running = [each for each in backend.all_instances() if each.state == "running"]
        return sorted(running, key=lambda each: each.id)

    def _seconds_until_up(self, instance: Any) -> float:
        started = instance.launch_time.replace(tzinfo=UTC)
        age = (self.services.clock.now() - started).total_seconds()
        return self.services.knobs.instance_boot - age

    def _may_report(self, instance: Any) -> bool:
        """Whether its profile's role has AWS's policy for Session Manager."""
        backend = ec2_backends[self.account_id][self.region_name]
        association = backend.iam_instance_profile_associations.get(instance.id)
        if association is None:
            return False
        name = association.iam_instance_profile.name
        profile = iam_backends[self.account_id]["aws"].instance_profiles.get(name)
        return any(MANAGED in role.managed_policies for role in (profile.roles if profile else []))

    def _information(self, instance: Any) -> dict[str, Any]:
        return {
            "InstanceId": instance.id,
            "PingStatus": "Online",
            "LastPingDateTime": self.services.clock.time(),
            "PlatformType": "Linux",
            "PlatformName": "Amazon Linux",
            "ResourceType": "EC2Instance",
            "IPAddress": instance.private_ip,
        }

    # -- Run Command -------------------------------------------------------------------------

    def send_command(self, *args: Any, **asked: Any) -> MotoCommand:
        """Run one of our scripts on the instances; the answer comes when it has run."""
        script = "\n".join(asked["parameters"].get("commands", []))
        command = read(script) if asked["document_name"] == SHELL else None
        if command is None:
            raise JsonRESTError("InvalidParameters", REFUSED)
        online = {one["InstanceId"] for one in self.agents()}
        wanted = asked["instance_ids"]
        if not wanted or not set(wanted) <= online:
            raise JsonRESTError(
                "InvalidInstanceId",
                f"Instances [{', '.join(sorted(set(wanted) - online))}] not in a valid state",
            )
        sent = super().send_command(*args, **asked)
        limit = float(asked["parameters"].get("executionTimeout", ["3600"])[0])
        done = _done(command, limit)
        for invocation in sent.invocations:
            invocation.update(done)
        return sent


class LocalSSMResponse(SimpleSystemManagerResponse):
    """moto's Systems Manager responses, and one that it leaves out."""

    ssm_backend: LocalSSMBackend

    def describe_instance_information(self) -> ActionResult:
        agents = self.ssm_backend.agents()
        for one in self._get_param("Filters") or []:
            if one["Key"] != "InstanceIds":
                raise JsonRESTError(
                    "InvalidFilterKey", "A local cloud filters instances by InstanceIds only."
                )
            agents = [each for each in agents if each["InstanceId"] in one["Values"]]
        return ActionResult({"InstanceInformationList": agents})


def _done(command: Command, limit: float) -> dict[str, Any]:
    """What a node would have answered: status and output."""
    said = {Prepare: NOTHING, MakeKey: NO_KEY}.get(type(command), "")
    if not isinstance(command, PingPong):
        return _answer("Success", said)
    try:
        return _answer("Success", _ping_pong(command, limit))
    except HPCError as error:
        return _answer("Failed", "", str(error))


def _answer(status: str, out: str, err: str = "") -> dict[str, Any]:
    return {
        "Status": status,
        "StatusDetails": status,
        "ResponseCode": 0 if status == "Success" else 1,
        "StandardOutputContent": out,
        "StandardErrorContent": err,
    }


def _ping_pong(command: PingPong, limit: float) -> str:
    """The program that would travel, from the zip in which it would, between two processes."""
    with tempfile.TemporaryDirectory(prefix="patternlab-node-") as folder:
        program = Path(folder) / "pingpong.zip"
        program.write_bytes(base64.b64decode(packed()))
        return run_mpi(
            python_program("-m", MODULE, *command.arguments),
            environment={**command.environment, "PYTHONPATH": str(program)},
            time_limit=limit,
        ).stdout


def install(services: Services) -> AbstractContextManager[Any]:
    """A scope in which moto's Systems Manager is ours."""
    return in_place_of(ssm_backends, LocalSSMBackend, services, LocalSSMResponse)
