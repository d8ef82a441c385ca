"""A stand-in for an account, one server a module; see ``standin.py`` for how to use it."""

from collections.abc import Iterator

import pytest

from tests.account.standin import StandIn, running


@pytest.fixture(scope="module")
def ministack() -> Iterator[StandIn]:
    """A ministack server of this module's own, on 127.0.0.1 and a free port."""
    with running() as server:
        yield server
