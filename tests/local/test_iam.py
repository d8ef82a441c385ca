"""AWS's own managed policies, in a local cloud: there when they are asked for."""

import pytest

CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
UNDER_A_PATH = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


@pytest.fixture
def iam(cloud):
    return cloud.client("iam")


@pytest.mark.parametrize("arn", [CORE, UNDER_A_PATH])
def test_a_policy_of_aws_can_be_attached_and_read(iam, arn):
    iam.create_role(RoleName="nodes", AssumeRolePolicyDocument="{}")
    iam.attach_role_policy(RoleName="nodes", PolicyArn=arn)
    attached = iam.list_attached_role_policies(RoleName="nodes")["AttachedPolicies"]
    assert [one["PolicyArn"] for one in attached] == [arn]
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCare",
        "arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole",  # it lives under a path
        "arn:aws:iam::123456789012:policy/AmazonSSMManagedInstanceCore",
    ],
)
def test_what_is_no_policy_of_aws_is_not_found(iam, arn):
    iam.create_role(RoleName="nodes", AssumeRolePolicyDocument="{}")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.attach_role_policy(RoleName="nodes", PolicyArn=arn)
