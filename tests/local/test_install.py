"""Our services in the place of moto's: when they come, and who answers at their addresses."""

import importlib.util
import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace

import moto.backends
import pytest

from patternlab.local import install


@pytest.fixture
def opened(monkeypatch):
    """The services in the order in which they come and go, with what AWS_PROFILE was."""
    seen = []

    @contextmanager
    def opens(name, services):
        seen.append((name, services, os.environ.get("AWS_PROFILE")))
        yield
        seen.append((name, "gone", os.environ.get("AWS_PROFILE")))

    monkeypatch.setattr(install, "installed", opens)
    monkeypatch.setenv("AWS_PROFILE", "learner")
    return seen


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        (["sqs", "s3", "lambda", "sqs"], ["sqs", "s3", "lambda"]),
        (["datasync", "datasync"], ["datasync"]),
        (["ssm"], ["ec2", "ssm"]),
        (["ec2", "batch", "ec2", "ssm"], ["ec2", "batch", "ssm"]),
        (["resourcegroupstaggingapi"], ["ec2"]),
    ],
)
def test_each_comes_once_and_ec2_before_what_asks_it(opened, asked, there):
    with ExitStack() as stack:
        installer = install.Installer("services", stack)
        for service in asked:
            installer.prepare(service)
        assert os.environ["AWS_PROFILE"] == "learner"
        assert opened == [(name, "services", None) for name in there]
    assert [name for name, what, _ in opened if what == "gone"] == there[::-1]


@pytest.mark.parametrize("service", sorted(install.WITHOUT_EC2))
def test_moto_asks_no_ec2_for_these(service):
    """A contract: these packages of moto do not know its EC2."""
    package = {"lambda": "awslambda"}.get(service, service)
    [folder] = importlib.util.find_spec(f"moto.{package}").submodule_search_locations
    for path in Path(folder).glob("*.py"):
        assert "ec2_backends" not in path.read_text(encoding="utf-8"), path.name


@pytest.mark.parametrize("service", ["iam", "events", "service-quotas"])
def test_motos_own_responses_stay_where_we_have_none(service):
    with install.installed(service, SimpleNamespace()):
        answers = _answers(service)
    assert answers and {answer.__self__.__module__.split(".")[0] for answer in answers} == {"moto"}


STATIC = ["get_rest_api_without_id", "get_api_without_id"]


@pytest.mark.parametrize(
    ("service", "ours", "static"),
    [
        (
            "apigateway",
            "LocalAPIGatewayResponse",
            STATIC,
        ),
        ("batch", "LocalBatchResponse", []),
        ("datasync", "LocalDataSyncResponse", []),
        ("ec2", "LocalEC2Response", []),
        ("lambda", "LocalLambdaResponse", []),
        ("s3", "LocalS3Response", []),
        ("sns", "LocalSNSResponse", ["serve_pem"]),
        ("sqs", "LocalSQSResponse", []),
        ("ssm", "LocalSSMResponse", []),
    ],
)
def test_every_address_is_answered_by_ours(service, ours, static):
    """But for the static methods of moto's, and API Gateway's addresses of version 2."""
    with install.installed(service, SimpleNamespace()):
        answers = _answers(service)
    classes = [getattr(answer, "__self__", None) for answer in answers]
    found = {each.__name__ for each in classes if each} - {"ApiGatewayV2Response"}
    assert found == {ours}
    assert [a.__name__ for a, each in zip(answers, classes, strict=True) if not each] == static


def _answers(service):
    """Who answers at each address of the service, of the backend that is in place."""
    return list(moto.backends.get_backend(service).backend._url_module.url_paths.values())
