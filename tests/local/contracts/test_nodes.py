"""The internals of moto that ``patternlab.local.ssm``, ``iam``, ``quotas`` and ``nodes`` lean on.
A new moto that moves one of them fails here, by name."""

import inspect
import json

from moto.ec2.models import EC2Backend
from moto.ec2.models.iam_instance_profile import IamInstanceProfileAssociation
from moto.iam import aws_managed_policies
from moto.iam.models import AWSManagedPolicy, IAMBackend, InstanceProfile
from moto.ssm import urls
from moto.ssm.models import Command, SimpleSystemManagerBackend
from moto.ssm.responses import SimpleSystemManagerResponse

from patternlab.functions.roles import MANAGED
from tests.local.contracts.inspection import parameters


def test_a_command_is_made_by_names_and_answered_from_its_invocations():
    asked = {"document_name", "instance_ids", "parameters"}
    assert asked < set(parameters(SimpleSystemManagerBackend.send_command))
    source = inspect.getsource(SimpleSystemManagerResponse.send_command)
    assert all(f"{name}=" in source for name in asked)
    assert "self.invocations" in inspect.getsource(Command.get_invocation)
    answer = inspect.getsource(Command.invocation_response)
    for key in ("Status", "StatusDetails", "ResponseCode", "StandardOutputContent"):
        assert f'"{key}"' in answer


def test_it_does_not_list_agents_itself_so_ours_shadows_nothing():
    assert not hasattr(SimpleSystemManagerResponse, "describe_instance_information")
    assert list(urls.url_paths) == ["{0}/$"]


def test_an_instances_profile_is_found_through_its_association():
    assert "iam_instance_profile_associations" in inspect.getsource(EC2Backend.__init__) + (
        inspect.getsource(inspect.getmodule(IamInstanceProfileAssociation))
    )
    assert "iam_instance_profile" in parameters(IamInstanceProfileAssociation.__init__)
    assert "roles" in parameters(InstanceProfile.__init__)


def test_managed_policies_are_kept_by_arn_and_made_from_what_moto_has_written_down():
    assert parameters(AWSManagedPolicy.from_data) == ["name", "account_id", "region_name", "data"]
    known = json.loads(aws_managed_policies.aws_managed_policies_data)
    name = MANAGED.rsplit("/", 1)[-1]
    made = AWSManagedPolicy.from_data(name, "123456789012", "aws", known[name])
    assert made.arn == MANAGED
    assert "self.managed_policies" in inspect.getsource(IAMBackend.attach_role_policy)
