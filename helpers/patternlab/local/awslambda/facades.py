"""The standard modules as a handler sees them: time is the cloud's, boto3 reaches the cloud.

Only a handler's ``import time`` gets a module made here. Nothing is patched, so
time outside the cloud stays real, in other threads too.
"""

from __future__ import annotations

import time
from functools import partial
from types import ModuleType
from typing import Any

import boto3
import boto3.session

from patternlab.clock import VirtualClock, seconds_of
from patternlab.local.hub import sleep
from patternlab.local.patches import copy_of, datetime_module
from patternlab.local.session import LocalSession


def time_module(clock: VirtualClock) -> ModuleType:
    """``time`` on the cloud's clock. ``time.sleep`` gives way to everything else that is due."""

    def gmtime(seconds: float | None = None) -> time.struct_time:
        return time.gmtime(clock.time() if seconds is None else seconds)

    def strftime(pattern: str, moment: Any = None) -> str:
        return time.strftime(pattern, time.gmtime(clock.time()) if moment is None else moment)

    return copy_of(
        time,
        time=clock.time,
        time_ns=lambda: round(clock.time() * 1e9),
        monotonic=lambda: clock.elapsed,
        monotonic_ns=lambda: round(clock.elapsed * 1e9),
        perf_counter=lambda: clock.elapsed,
        perf_counter_ns=lambda: round(clock.elapsed * 1e9),
        sleep=lambda seconds: sleep(clock, seconds_of(seconds, "time.sleep")),
        gmtime=gmtime,
        # Lambda's local time is UTC. A partial, like time.localtime, is not a method in a class.
        localtime=partial(gmtime),
        strftime=strftime,
    )


def boto3_modules(session: LocalSession, region: str) -> dict[str, ModuleType]:
    """Return ``boto3`` and ``boto3.session`` whose clients are the cloud's.

    They are in the function's `region` unless another one is asked for. What a handler sets up
    there is not seen outside.
    """

    class Session:
        """A boto3 session of the cloud; its credentials are the cloud's too."""

        def __init__(self, *_: Any, region_name: str | None = None, **__: Any) -> None:
            self.region_name = region_name or region

        def client(self, service: str, region_name: str | None = None, **kwargs: Any) -> Any:
            return session.client(service, region_name or self.region_name, **kwargs)

        def resource(self, service: str, region_name: str | None = None, **kwargs: Any) -> Any:
            return session.resource(service, region_name or self.region_name, **kwargs)

        def __getattr__(self, name: str) -> Any:
            return getattr(session.boto3, name)

    def setup_default_session(**kwargs: Any) -> None:
        module.DEFAULT_SESSION = Session(**kwargs)

    def client(*args: Any, **kwargs: Any) -> Any:
        return module.DEFAULT_SESSION.client(*args, **kwargs)

    def resource(*args: Any, **kwargs: Any) -> Any:
        return module.DEFAULT_SESSION.resource(*args, **kwargs)

    submodule = copy_of(boto3.session, Session=Session)
    module: Any = copy_of(
        boto3,
        session=submodule,
        Session=Session,
        DEFAULT_SESSION=Session(),
        setup_default_session=setup_default_session,
        _get_default_session=lambda: module.DEFAULT_SESSION,
        client=client,
        resource=resource,
    )
    return {"boto3": module, "boto3.session": submodule}


def handler_modules(
    clock: VirtualClock, session: LocalSession, region: str
) -> dict[str, ModuleType]:
    """The modules that a handler gets in place of Python's own, by name."""
    return {
        "time": time_module(clock),
        "datetime": datetime_module(clock),
        **boto3_modules(session, region),
    }
