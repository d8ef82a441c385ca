"""Patches to moto and botocore internals: our clock, our seed, no network and no profile.

Each function here relies on one internal; tests/local/contracts/test_common.py names the line and
fails when a new version moves it.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType
from typing import Any
from unittest.mock import patch

import boto3
import botocore.session
import moto.core.utils
from botocore.httpsession import URLLib3Session
from moto.core.base_backend import AccountSpecificBackend
from moto.logs.models import LogEvent
from moto.moto_api._internal import mock_random

from patternlab.clock import VirtualClock


class NetworkRefused(RuntimeError):
    """A local cloud was asked for something outside of it."""


def no_network() -> AbstractContextManager[Any]:
    """A scope in which no request of botocore leaves this process.

    Not even one of a client that the learner has made with boto3 itself, or that client's search
    for credentials on the network.
    """

    def refuse(self: URLLib3Session, request: Any) -> Any:
        raise NetworkRefused(
            f"While a local cloud is open nothing is sent to {request.url}. Get clients from the "
            "cloud, with cloud.client(...), or close it first."
        )

    return patch.object(URLLib3Session, "send", refuse)


def clock_in_moto(clock: VirtualClock) -> AbstractContextManager[Any]:
    """A scope in which ``moto.core.utils.utcnow`` and all that calls it give the time of `clock`.

    ``utcnow`` looks up the name ``datetime`` in its own module at each call, so one attribute
    there serves every module that has imported the function.
    """
    return patch.object(moto.core.utils, "datetime", datetime_module(clock))


def datetime_module(clock: VirtualClock) -> ModuleType:
    """The module ``datetime`` whose ``now``, ``utcnow`` and ``today`` are those of `clock`.

    Its classes are Python's own to ``isinstance``: real dates are instances of them.
    """

    class AnyDatetime(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, datetime.datetime)

    class CloudDatetime(datetime.datetime, metaclass=AnyDatetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return clock.now().astimezone(tz) if tz else clock.now().replace(tzinfo=None)

        @classmethod
        def utcnow(cls) -> Any:
            return cls.now()

        @classmethod
        def today(cls) -> Any:
            return cls.now()

    class AnyDate(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, datetime.date)

    class CloudDate(datetime.date, metaclass=AnyDate):
        @classmethod
        def today(cls) -> Any:
            return clock.now().date()

    CloudDatetime.__name__ = CloudDatetime.__qualname__ = "datetime"
    CloudDate.__name__ = CloudDate.__qualname__ = "date"
    return copy_of(datetime, datetime=CloudDatetime, date=CloudDate)


def copy_of(module: ModuleType, **changes: Any) -> ModuleType:
    """A copy of a module with other values for some names; the module itself stays as it is."""
    copy = ModuleType(module.__name__, module.__doc__)
    names = {k: v for k, v in module.__dict__.items() if not k.startswith("__") or k == "__all__"}
    copy.__dict__.update(names | changes)
    return copy


@contextmanager
def no_profile() -> Iterator[None]:
    """Hide the learner's settings of AWS while a part of moto is imported.

    ``moto.ec2`` makes boto3 sessions as it is imported, which read the profile that AWS_PROFILE
    names and fail when there is none.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    files = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull)
    with patch.dict(os.environ, kept | files, clear=True):
        yield


def seed_moto(seed: int) -> None:
    """Make moto's identifiers the same in every run with this `seed`."""
    mock_random.seed(seed)
    LogEvent._event_id = 0  # it counts on from one cloud to the next


@contextmanager
def moto_asks(session: boto3.Session, core: botocore.session.Session) -> Iterator[None]:
    """Let moto ask `session` and its `core` which Regions and services there are.

    By itself it makes sessions that read the learner's profile, and fail when AWS_PROFILE names
    one that does not exist.
    """
    with (
        patch.object(AccountSpecificBackend, "get_session", classmethod(lambda cls: session)),
        patch.object(moto.core.utils, "Session", lambda: core),
    ):
        yield
