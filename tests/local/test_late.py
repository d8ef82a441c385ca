"""Services that are put in place when they are first asked for."""

import importlib.util
import os
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from patternlab.local import late


@pytest.fixture
def opened(monkeypatch):
    """The services in the order in which they come and go, with what AWS_PROFILE was."""
    told = []

    def ours(name):
        @contextmanager
        def opens(services):
            told.append((name, services, os.environ.get("AWS_PROFILE")))
            yield
            told.append((name, "gone", os.environ.get("AWS_PROFILE")))

        return opens

    monkeypatch.setattr(late, "_OURS", {name: ours(name) for name in late._OURS})
    monkeypatch.setenv("AWS_PROFILE", "learner")
    return told


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        (["sqs", "s3", "lambda"], []),
        (["datasync", "datasync"], ["datasync"]),
        (["ssm"], ["ec2", "ssm"]),
        (["ec2", "batch", "ec2", "ssm"], ["ec2", "batch", "ssm"]),
        (["resourcegroupstaggingapi"], ["ec2"]),
    ],
)
def test_each_comes_once_and_ec2_before_what_asks_it(opened, asked, there):
    with ExitStack() as stack:
        services = late.Late("services", stack)
        for service in asked:
            services.prepare(service)
        assert opened == [(name, "services", None) for name in there]
    assert [name for name, what, _ in opened if what == "gone"] == there[::-1]


def test_the_learners_settings_are_back_afterwards(opened):
    with ExitStack() as stack:
        late.Late(None, stack).prepare("ec2")
        assert os.environ["AWS_PROFILE"] == "learner"


@pytest.mark.parametrize("service", sorted(late.WITHOUT_EC2))
def test_moto_asks_no_ec2_for_these(service):
    """A contract: these packages of moto do not know its EC2."""
    package = {"lambda": "awslambda"}.get(service, service)
    [folder] = importlib.util.find_spec(f"moto.{package}").submodule_search_locations
    for path in Path(folder).glob("*.py"):
        assert "ec2_backends" not in path.read_text(encoding="utf-8"), path.name
