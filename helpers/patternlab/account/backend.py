"""The account backend: the same facade as a local cloud, in front of real AWS."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NoReturn
from urllib.parse import urlsplit

import boto3
import pandas as pd
from botocore.exceptions import WaiterError

from patternlab.account import timer
from patternlab.account.consistency import ask_again
from patternlab.account.cost.card import Card, Ceiling, card
from patternlab.account.hooks import Hooks
from patternlab.account.identity import refuse_if_unsafe, who_am_i
from patternlab.account.ledger import Ledger
from patternlab.account.settings import CEILING, Settings, read_settings
from patternlab.account.status_logs import feedback_role, write_status
from patternlab.account.sweep.sweep import sweep_session
from patternlab.account.waiting import wait, wait_until, when_quiet
from patternlab.account.web import send
from patternlab.backend import WebServer, local_only
from patternlab.clock import WallClock
from patternlab.functions.delivery_status import read_delivery_status
from patternlab.resources import Resource
from patternlab.resources.errors import AccountError
from patternlab.resources.naming import Session, new_session
from patternlab.service_models import boto3_session
from patternlab.web import Answer

RETENTION = 1  # days that a log is kept if nobody sweeps it
QUIET, LATEST = 5.0, 60.0  # seconds without a new log line; seconds we look at most
FUNCTION_READY = 120  # seconds that Lambda may take to make or change a function


class AccountBackend:
    """One session with a real account, from the agreed price to the last deletion."""

    name = "aws"

    def __init__(self, *, region: str) -> None:
        self.settings = read_settings()
        self.clock = WallClock()
        self.session = new_session(region, self.clock.now(), self.settings.hours)
        self.card, self.ceiling = agreed(self.settings, self.session)
        self.boto3: Any = boto3_session(region)  # boto3-stubs know no service by a variable name
        self.identity = who_am_i(self.boto3)
        refuse_if_unsafe(self.identity, self.settings)
        self.ledger = Ledger.open(
            self.settings.state, self.session, account=self.identity.masked, endpoint=endpoint()
        )
        # clients take the events as they are when they are made: that of STS is not watched
        hooks = Hooks(self.session, self.ledger, self._allow, self._made)
        hooks.register(self.boto3.events)
        ask_again(self.boto3.events, print)
        self._clients: dict[tuple[str, str | None], Any] = {}
        self._default, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, self.boto3
        self._closed = False
        atexit.register(self._at_exit)

    def banner(self) -> str:
        """Say where we are, who we are, and what it may cost."""
        where = f"at {endpoint()}" if endpoint() else "AWS"
        account = self.identity.account if self.settings.show_account else self.identity.masked
        until = f"{self.session.expires:%Y-%m-%d %H:%M} UTC"
        return (
            f"Pattern Lab · REAL ACCOUNT {account} · {where} · {self.session.region} · "
            f"as {self.identity.who}\n"
            f"Names begin with {self.session.prefix} · forgotten after {until} · "
            "seed, start and knobs are for a local cloud\n"
            f"{self.card}\n"
            f"You agreed to {self.ceiling.usd:.2f} USD at most ({CEILING}). cloud.close() deletes "
            "what was made; so does, at any time: python -m patternlab sweep --delete"
        )

    # -- boto3 -------------------------------------------------------------------------------

    def client(self, service: str, region_name: str | None = None, **kwargs: Any) -> Any:
        """Return a boto3 client of this session."""
        if kwargs:
            return self.boto3.client(service, region_name, **kwargs)
        key = service, region_name
        if key not in self._clients:
            self._clients[key] = self.boto3.client(service, region_name)
        return self._clients[key]

    def resource(self, service: str, region_name: str | None = None, **kwargs: Any) -> Any:
        """Return a boto3 resource of this session."""
        return self.boto3.resource(service, region_name, **kwargs)

    def name_of(self, short: str) -> str:
        """Return `short` with the session's prefix."""
        return self.session.name(short)

    def _allow(self, kind: type[Resource], params: Mapping[str, Any]) -> None:
        """Refuse what would cost more than was agreed to."""
        left = (self.session.expires - self.clock.now()).total_seconds() / 3600
        self.ceiling.allow(kind.kind, max(left, 0.0), kind.hourly(params))

    def _made(self, kind: type[Resource], name: str, answer: Mapping[str, Any]) -> None:
        if kind.kind == "topic":
            role = feedback_role(self.client("iam"), self.session)
            write_status(self.client("sns"), answer["TopicArn"], role)

    # -- functions ---------------------------------------------------------------------------

    def prepare_logs(self, group: str) -> None:
        """Make a function's log group before the function: tagged, and kept for a day only."""
        logs = self.client("logs")
        try:
            logs.create_log_group(logGroupName=group)
        except logs.exceptions.ResourceAlreadyExistsException:
            return
        logs.put_retention_policy(logGroupName=group, retentionInDays=RETENTION)

    def wait_for_function(self, name: str) -> None:
        """Wait until Lambda has made or changed the function."""
        functions = self.client("lambda")
        limits = {"Delay": 1, "MaxAttempts": FUNCTION_READY}
        for waiter in ("function_active_v2", "function_updated_v2"):
            try:
                functions.get_waiter(waiter).wait(FunctionName=name, WaiterConfig=limits)
            except WaiterError as error:
                raise AccountError(
                    f"Lambda did not get {name} ready within {FUNCTION_READY} s ({error}). Look at "
                    "the function's state in the console, or deploy it again."
                ) from None

    # -- time --------------------------------------------------------------------------------

    def wait(self, seconds: float) -> None:
        """Wait in real time."""
        wait(self.clock, seconds)

    def wait_until(self, condition: Callable[[], Any], timeout: float) -> bool:
        """Ask once per second; return False after `timeout` seconds."""
        return wait_until(self.clock, condition, timeout)

    def set_timer(self, instance: str, at: datetime) -> None:
        """Let EventBridge Scheduler terminate an instance at that moment."""
        timer.set_timer(self.session, instance, at, client=self.client)

    def clear_timer(self, instance: str) -> None:
        """Delete the timer of an instance, and the role it acts through."""
        timer.clear_timer(self.session, instance, client=self.client)

    # -- the web -----------------------------------------------------------------------------

    def request(
        self, method: str, url: str, headers: Mapping[str, str], body: str | None, signed: bool
    ) -> Answer:
        """Send a real request to a web address."""
        stand_in = os.environ.get("AWS_ENDPOINT_URL")
        return send(self.boto3, method, url, headers, body, signed=signed, endpoint=stand_in)

    # -- what happened -----------------------------------------------------------------------

    def when_written(self, read: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return what `read` finds in CloudWatch Logs once no new lines come."""
        return when_quiet(read, quiet=QUIET, limit=LATEST)

    def deliveries(self) -> pd.DataFrame:
        """Return what SNS wrote about its deliveries: one row each, with the number of attempts."""
        logs = self.client("logs")
        ours = {"beginning": self.session.prefix}
        return self.when_written(lambda: read_delivery_status(logs, **ours))

    # -- only in a local cloud ---------------------------------------------------------------

    @property
    def faults(self) -> NoReturn:
        """Refuse: see :class:`patternlab.backend.Backend`."""
        raise local_only("faults", "Nobody can order an outage of AWS.")

    def web_endpoint(self, url: str, answer: WebServer) -> NoReturn:
        """Refuse: see :class:`patternlab.backend.Backend`."""
        raise local_only("web_endpoint", "There, subscribe a web server that exists.")

    # -- the end -----------------------------------------------------------------------------

    def close(self) -> str:
        """Delete what this session made; says what is left."""
        self._closed = True
        atexit.unregister(self._at_exit)
        if boto3.DEFAULT_SESSION is self.boto3:
            boto3.DEFAULT_SESSION = self._default
        return str(sweep_session(boto3_session(self.session.region), self.ledger))

    def _at_exit(self) -> None:
        """The kernel ends without cloud.close()."""
        if not self._closed:
            print(self.close())


def agreed(settings: Settings, session: Session) -> tuple[Card, Ceiling]:
    """Return the session's cost card and ceiling. Raises AccountError without an agreed price."""
    price = card(session.notebook, session.region)
    if settings.ceiling is None:
        raise AccountError(
            f"{price}\nNothing is created on a real account before you agree to a price. Set "
            f"{CEILING} to the most that this may cost, in US dollars, for example {CEILING}=1.00, "
            "and run this cell again."
        )
    ceiling = Ceiling.parse(settings.ceiling)
    ceiling.check(price, settings.hours)
    return price, ceiling


def endpoint() -> str | None:
    """Return the address that stands in for AWS, if AWS_ENDPOINT_URL names one."""
    url = os.environ.get("AWS_ENDPOINT_URL")
    return urlsplit(url).netloc or url if url else None
