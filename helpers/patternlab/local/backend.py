"""The local backend: moto's services, our queues and functions, one simulated clock."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import pandas as pd
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.config import DefaultConfig
from moto.logs.models import logs_backends
from moto.sqs.models import sqs_backends

from patternlab.backend import WebServer
from patternlab.clock import VirtualClock, seconds_of
from patternlab.delivery.faults import Outages
from patternlab.delivery.knobs import Knobs
from patternlab.delivery.sns.delivery_log import delivery_frame
from patternlab.local.apigateway import gateway
from patternlab.local.guard import Guard
from patternlab.local.hub import in_handler, wait_for
from patternlab.local.install import AT_ONCE, Installer
from patternlab.local.patches import clock_in_moto, moto_asks, no_network, seed_moto
from patternlab.local.services import Services
from patternlab.local.session import LocalSession
from patternlab.local.sqs.queue import LocalQueue
from patternlab.web import Answer

MOTO_CONFIG: DefaultConfig = {
    "core": {"mock_credentials": False, "reset_boto3_session": False},
    "lambda": {"use_docker": False},
    "batch": {"use_docker": False},
}


class LocalBackend:
    """Everything a local cloud is made of, from start to stop."""

    name = "local"

    def __init__(
        self, *, seed: int, start: datetime, region: str, knobs: Knobs, handler_limit: float
    ) -> None:
        self.clock = VirtualClock(start)
        self.region, self.seed = region, seed
        guard = Guard(handler_limit)
        self.clock.while_moving = lambda: guard.interrupts(self.clock.env)
        self.session = LocalSession(region, guard)
        self.services = Services(
            clock=self.clock,
            knobs=knobs,
            rng=random.Random(seed),
            guard=guard,
            session=self.session,
            faults=Outages(self.clock, random.Random(f"{seed} faults")),
        )
        self._stack = ExitStack()
        self._timers: dict[str, datetime] = {}  # instance -> when it ends
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise

    def _start(self) -> None:
        enter = self._stack.enter_context
        enter(no_network())
        enter(moto_asks(self.session.boto3, self.session.core))
        enter(clock_in_moto(self.clock))
        installer = Installer(self.services, self._stack)
        for service in AT_ONCE:
            installer.prepare(service)
        enter(mock_aws(config=MOTO_CONFIG))
        seed_moto(self.seed)
        self.session.prepare = installer.prepare

    def banner(self) -> str:
        """What this cloud is, in two lines."""
        return (
            f"Pattern Lab · local cloud (moto with a clock of its own) · {self.region}\n"
            f"Cloud time {self.clock.now():%Y-%m-%d %H:%M:%S} UTC · seed {self.seed} · "
            "no network, no credentials, no cost"
        )

    # -- boto3 -------------------------------------------------------------------------------

    def client(self, service: str, *args: Any, **kwargs: Any) -> Any:
        """A boto3 client of this cloud."""
        return self.session.client(service, *args, **kwargs)

    def resource(self, service: str, *args: Any, **kwargs: Any) -> Any:
        """A boto3 resource of this cloud."""
        return self.session.resource(service, *args, **kwargs)

    def name_of(self, short: str) -> str:
        """Names are free in a local cloud: `short` as it is."""
        return short

    def prepare_logs(self, group: str) -> None:
        """Nothing: here a function's log group comes with its first line, and goes with moto."""

    def wait_for_function(self, name: str) -> None:
        """Nothing: here a function is ready at once."""

    def when_written(self, read: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """What `read` finds in the logs, which are never late here."""
        return read()

    # -- time --------------------------------------------------------------------------------

    def wait(self, seconds: float) -> None:
        """Let `seconds` pass on the cloud's clock."""
        seconds = seconds_of(seconds, "The time to wait")
        if in_handler():
            wait_for(self.clock, self.clock.env.timeout(seconds))
        else:
            self.clock.wait(seconds)

    def set_timer(self, instance: str, at: datetime) -> None:
        """Let an EC2 instance be terminated at that moment of the clock."""
        from moto.ec2.models import ec2_backends  # which takes a second to import

        def goes_off() -> Generator[Any, Any, None]:
            yield self.clock.env.timeout(max((at - self.clock.now()).total_seconds(), 0.0))
            backend = ec2_backends[DEFAULT_ACCOUNT_ID][self.region]
            timer_stands = self._timers.get(instance) == at
            if timer_stands and any(each.id == instance for each in backend.all_instances()):
                backend.terminate_instances([instance])

        self._timers[instance] = at
        self.clock.env.process(goes_off())

    def clear_timer(self, instance: str) -> None:
        """Forget the timer of an instance, if it has one."""
        self._timers.pop(instance, None)

    def next_change(self) -> float:
        """The next moment at which anything happens in this cloud; infinity if nothing will."""
        queues = [
            queue
            for account in sqs_backends.values()
            for backend in account.values()
            for queue in backend.queues.values()
            if isinstance(queue, LocalQueue)
        ]
        return min([self.clock.env.peek(), *(queue.model.next_due() for queue in queues)])

    def wait_until(self, condition: Callable[[], Any], timeout: float) -> bool:
        """Let time pass until `condition()` is true; return False after `timeout` seconds.

        The condition is evaluated at most once per second, and only after something happened.
        """
        clock = self.clock
        end = clock.elapsed + seconds_of(timeout, "timeout")
        while not condition():
            if clock.elapsed >= end:
                return False
            self.wait(min(max(self.next_change(), clock.elapsed + 1.0), end) - clock.elapsed)
        return True

    # -- the web -----------------------------------------------------------------------------

    def request(
        self, method: str, url: str, headers: Mapping[str, str], body: str | None, signed: bool
    ) -> Answer:
        """A request to an API of this cloud."""
        return gateway.request(self.services, method, url, headers, body, signed=signed)

    # -- deliveries --------------------------------------------------------------------------

    @property
    def faults(self) -> Outages:
        """Outages of endpoints and of EC2's capacity, to order."""
        return self.services.faults

    def deliveries(self) -> pd.DataFrame:
        """Every attempt of a topic to deliver a message."""
        return delivery_frame(self.services.deliveries, self.clock.start)

    def log_lines(self) -> list[str]:
        """Every line in CloudWatch Logs, read without a request."""
        return [
            event.message
            for backends in logs_backends.values()
            for backend in backends.values()
            for group in backend.groups.values()
            for stream in group.streams.values()
            for event in stream.events
        ]

    def web_endpoint(self, url: str, answer: WebServer) -> None:
        """Let `answer` stand in for the web server at `url`."""
        self.services.web[url] = answer

    def close(self) -> str:
        """Stop moto and give back what was touched; says what is left."""
        self.session.closed = True
        self._stack.close()
        return "The local cloud is closed. Nothing is left: it only ever was in memory."
