"""A stand-in for an account, one server a module; see ``standin.py`` for how to use it."""

from collections.abc import Iterator

import pytest

from patternlab.service_models import loader
from tests.account.standin import StandIn, running


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
