"""Errors that pass by themselves are asked about again, and no others."""

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from patternlab.account.consistency import LIMIT, PASSING, PAUSE, ask_again
from patternlab.functions.packaging import package
from tests.account.clients import answer_with


@pytest.fixture
def functions(credentials, monkeypatch):
    """A Lambda client that fails as it is told to, and what was told and slept meanwhile."""
    slept, told = [], []
    monkeypatch.setattr("botocore.endpoint.time.sleep", slept.append)
    with mock_aws():
        session = boto3.Session(region_name="us-east-1")
        ask_again(session.events, told.append)
        session.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
        client = session.client("lambda")
        client.slept, client.told = slept, told
        yield client


def answers(client, code, message, times):
    """Let the next `times` answers be this error, and those after them moto's own."""
    answer_with(client.meta.events, "before-send.lambda", code, message, times)


ROLE = "The role defined for the function cannot be assumed by Lambda."


def work(event, context):
    return None


def create(client):
    return client.create_function(
        FunctionName="f",
        Role="arn:aws:iam::123456789012:role/r",
        Runtime="python3.12",
        Handler="a.b",
        Code={"ZipFile": package(work)},
    )


def test_a_role_that_iam_has_not_spread_yet_is_waited_for(functions):
    create(functions)
    answers(functions, "InvalidParameterValueException", ROLE, times=3)
    assert functions.update_function_configuration(FunctionName="f", Timeout=9)["Timeout"] == 9
    assert functions.slept == [PAUSE] * 3
    assert len(functions.told) == 1 and "60 s" in functions.told[0]


def test_the_wait_has_an_end(functions):
    answers(functions, "InvalidParameterValueException", ROLE, times=1000)
    with pytest.raises(ClientError, match="cannot be assumed"):
        create(functions)
    assert sum(functions.slept) == pytest.approx(LIMIT, abs=PAUSE)


def test_another_error_is_not_asked_about_again(functions):
    answers(functions, "InvalidParameterValueException", "Timeout is too long", times=1000)
    with pytest.raises(ClientError, match="Timeout is too long"):
        create(functions)
    assert functions.slept == [] and functions.told == []


def test_another_operation_is_not_asked_about_again(functions):
    answers(functions, "InvalidParameterValueException", ROLE, times=1000)
    with pytest.raises(ClientError):
        functions.get_function(FunctionName="nobody")
    assert functions.slept == []


@pytest.mark.parametrize("passing", PASSING, ids=lambda one: one.operations + one.code)
def test_each_operation_named_exists(passing):
    model = boto3.client(passing.service, region_name="us-east-1").meta.service_model
    assert set(passing.operations.split()) <= set(model.operation_names)
