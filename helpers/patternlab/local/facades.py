"""The standard modules as a handler sees them: time is the cloud's, boto3 reaches the cloud.

A handler's ``import time`` gets a module made here; nobody else's does. Nothing is patched, so
time outside the cloud stays real, in other threads too.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from patternlab.clock import VirtualClock, seconds_of
from patternlab.local.hub import sleep


def _copy_of(module: ModuleType) -> ModuleType:
    copy = ModuleType(module.__name__, module.__doc__)
    copy.__dict__.update(
        {k: v for k, v in module.__dict__.items() if not k.startswith("__") or k == "__all__"}
    )
    return copy


def time_module(clock: VirtualClock) -> ModuleType:
    """``time`` on the cloud's clock. ``time.sleep`` gives way to everything else that is due."""

    def gmtime(seconds: float | None = None) -> time.struct_time:
        return time.gmtime(clock.time() if seconds is None else seconds)

    def strftime(pattern: str, moment: Any = None) -> str:
        return time.strftime(pattern, time.gmtime(clock.time()) if moment is None else moment)

    module = _copy_of(time)
    module.__dict__.update(
        time=clock.time,
        time_ns=lambda: round(clock.time() * 1e9),
        monotonic=lambda: clock.elapsed,
        monotonic_ns=lambda: round(clock.elapsed * 1e9),
        perf_counter=lambda: clock.elapsed,
        perf_counter_ns=lambda: round(clock.elapsed * 1e9),
        sleep=lambda seconds: sleep(clock, seconds_of(seconds, "time.sleep")),
        gmtime=gmtime,
        # Lambda's local time is UTC. A partial, as time.localtime is no method of a class either.
        localtime=partial(gmtime),
        strftime=strftime,
    )
    return module


def datetime_module(clock: VirtualClock) -> ModuleType:
    """``datetime`` whose ``now``, ``utcnow`` and ``today`` are the cloud's."""

    class _AnyDatetime(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, datetime.datetime)

    class CloudDatetime(datetime.datetime, metaclass=_AnyDatetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
            moment = clock.now().astimezone(tz) if tz else clock.now().replace(tzinfo=None)
            return moment

        @classmethod
        def utcnow(cls) -> datetime.datetime:
            return clock.now().replace(tzinfo=None)

        @classmethod
        def today(cls) -> datetime.datetime:
            return clock.now().replace(tzinfo=None)

    class _AnyDate(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, datetime.date)

    class CloudDate(datetime.date, metaclass=_AnyDate):
        @classmethod
        def today(cls) -> datetime.date:
            return clock.now().date()

    CloudDatetime.__name__ = CloudDatetime.__qualname__ = "datetime"
    CloudDate.__name__ = CloudDate.__qualname__ = "date"
    module = _copy_of(datetime)
    module.__dict__.update(datetime=CloudDatetime, date=CloudDate)
    return module


def boto3_module(client: Callable[..., Any], resource: Callable[..., Any]) -> ModuleType:
    """``boto3`` whose clients and resources are the cloud's, whatever session they come from."""
    import boto3

    class CloudSession:
        """Every session of a handler is the cloud's own."""

        def __init__(self, *_: Any, region_name: str | None = None, **__: Any) -> None:
            self.region_name = region_name

        def client(self, service: str, *args: Any, **kwargs: Any) -> Any:
            return client(service, *args, **kwargs)

        def resource(self, service: str, *args: Any, **kwargs: Any) -> Any:
            return resource(service, *args, **kwargs)

    module = _copy_of(boto3)
    module.__dict__.update(
        client=client, resource=resource, Session=CloudSession, DEFAULT_SESSION=None
    )
    return module
