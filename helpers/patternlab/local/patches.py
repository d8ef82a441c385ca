"""moto on our clock, with our seed, off the network: the few places where the ground is touched.

Each function here leans on one internal of moto; tests/local/contracts/test_common.py names the
line and fails when a new moto moves it.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import boto3
import botocore.session
import moto.core.utils
from botocore.httpsession import URLLib3Session
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.logs.models import LogEvent
from moto.moto_api._internal import mock_random

from patternlab.clock import VirtualClock


class NetworkRefused(RuntimeError):
    """A local cloud was asked for something outside of it."""


@contextmanager
def no_network() -> Iterator[None]:
    """Let no request of botocore leave this process, not even one of a client that the learner
    has made with boto3 itself, or that client's search for credentials on the network."""

    def refuse(self: URLLib3Session, request: Any) -> Any:
        raise NetworkRefused(
            f"While a local cloud is open nothing is sent to {request.url}. Get clients from the "
            "cloud, with cloud.client(...), or close it first."
        )

    before = URLLib3Session.send
    URLLib3Session.send = refuse
    try:
        yield
    finally:
        URLLib3Session.send = before


@contextmanager
def clock_in_moto(clock: VirtualClock) -> Iterator[None]:
    """Let ``moto.core.utils.utcnow`` and all that asks it tell the time of `clock`.

    ``utcnow`` looks up the name ``datetime`` in its own module at each call, so one attribute
    there serves every module that has imported the function.
    """

    class CloudDatetime(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
            return clock.now().astimezone(tz) if tz else clock.now().replace(tzinfo=None)

        @classmethod
        def utcnow(cls) -> datetime.datetime:
            return clock.now().replace(tzinfo=None)

    shim = ModuleType("datetime")
    shim.__dict__.update(datetime.__dict__, datetime=CloudDatetime)
    before = moto.core.utils.datetime
    moto.core.utils.datetime = shim
    try:
        yield
    finally:
        moto.core.utils.datetime = before


@contextmanager
def no_profile() -> Iterator[None]:
    """Hide the learner's settings of AWS while a part of moto is imported.

    ``moto.ec2`` makes boto3 sessions as it is imported, which read the profile that AWS_PROFILE
    names and fail when there is none.
    """
    before = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    for name in before:
        del os.environ[name]
    files = "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"
    os.environ.update(dict.fromkeys(files, os.devnull))
    try:
        yield
    finally:
        for name in files:
            del os.environ[name]
        os.environ.update(before)


def seed_moto(seed: int) -> None:
    """Make moto's identifiers the same in every run with this `seed`."""
    mock_random.seed(seed)
    LogEvent._event_id = 0  # it counts on from one cloud to the next


@contextmanager
def backend_class(backends: BackendDict[Any], replacement: type) -> Iterator[None]:
    """Let `backends` make its regions' backends from `replacement`."""
    before = backends.backend
    backends.backend = replacement
    try:
        yield
    finally:
        backends.backend = before


@contextmanager
def moto_asks(session: boto3.Session, core: botocore.session.Session) -> Iterator[None]:
    """Let moto ask `session` and its `core` which regions and services there are.

    By itself it makes sessions that read the learner's profile, and fail when AWS_PROFILE names
    one that does not exist.
    """
    before = AccountSpecificBackend.__dict__["get_session"], moto.core.utils.Session
    AccountSpecificBackend.get_session = classmethod(lambda cls: session)
    moto.core.utils.Session = lambda: core
    try:
        yield
    finally:
        AccountSpecificBackend.get_session, moto.core.utils.Session = before
