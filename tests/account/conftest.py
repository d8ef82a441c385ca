"""What the tests of an account share: false credentials, a learner's settings, a stand-in."""

from collections.abc import Iterator

import pytest

from patternlab.account import backend
from patternlab.service_models import loader
from tests.account.standin.server import StandIn, running


@pytest.fixture(scope="session", autouse=True)
def service_models() -> Iterator[None]:
    """What botocore knows of the services is read once, whoever makes a session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", lambda data_path: loader())
        yield


@pytest.fixture(scope="module")
def ministack() -> Iterator[StandIn]:
    """A ministack server of this module's own, on 127.0.0.1 and a free port."""
    with running() as server:
        yield server


@pytest.fixture
def credentials(monkeypatch):
    """False credentials, for moto and for what never asks AWS."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # two thousand, read every time
    return monkeypatch


@pytest.fixture
def learner(credentials, tmp_path):
    """A learner who has agreed to a dollar; gives the folder of the ledgers."""
    credentials.setenv("PATTERNLAB_STATE", str(tmp_path))
    credentials.setenv("PATTERNLAB_CEILING", "1.00")
    credentials.setenv("PATTERNLAB_NOTEBOOK", "01-sqs-lambda-dlq")
    credentials.setattr(backend, "QUIET", 0.0)
    return tmp_path
