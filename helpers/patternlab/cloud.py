"""``open_cloud()``: the one door to a cloud, local or real."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from patternlab.backend import Backend, CloudError, WebServer
from patternlab.clock import DEFAULT_START, seconds_of
from patternlab.delivery.faults import Outages
from patternlab.delivery.knobs import Knobs
from patternlab.functions.history import PREFIX as LOG_PREFIX
from patternlab.functions.history import read_history
from patternlab.functions.logs import log_groups
from patternlab.functions.packaging import ENTRY, package
from patternlab.functions.roles import put_role
from patternlab.web import Answer

__all__ = ["Cloud", "CloudError", "WaitTimeout", "open_cloud"]

RUNTIME = "python3.12"


class WaitTimeout(TimeoutError):
    """The timeout of ``wait_until`` passed before the condition became true."""


_open: Cloud | None = None


def open_cloud(
    *,
    seed: int = 0,
    start: datetime = DEFAULT_START,
    region: str = "us-east-1",
    knobs: Knobs | None = None,
    handler_limit: float = 5.0,
    backend: str | None = None,
) -> Cloud:
    """Open a cloud: moto with a clock of its own, or a real account if PATTERNLAB_BACKEND=aws.

    A real account needs PATTERNLAB_CEILING too: the most that this may cost, in US dollars. Its
    seed, start, knobs and handler_limit are AWS's own. Only one cloud is open at a time.

    Args:
        seed: Decides everything that is random: ids, jitter, knobs.
        start: The date and time at which a local cloud's clock starts.
        region: The AWS Region of its clients.
        knobs: What AWS does not publish (:class:`patternlab.delivery.Knobs`).
        handler_limit: Real seconds a handler may compute without sleeping before it is stopped.
        backend: ``"local"`` or ``"aws"``; it takes precedence over PATTERNLAB_BACKEND.

    Raises:
        CloudError: If a cloud is already open, or there is no such backend.
        AccountError: Without a price agreed to, without credentials, as the root user, or in an
            account of PATTERNLAB_BLOCKED_ACCOUNTS. Then nothing is opened.
    """
    global _open
    if _open is not None:
        raise CloudError(
            "A cloud is already open in this kernel. Close it first with cloud.close(), or restart "
            "the kernel; then run this cell again."
        )
    kind = backend or os.environ.get("PATTERNLAB_BACKEND", "local")
    if kind == "local":
        from patternlab.local.backend import LocalBackend  # moto takes a second to import

        made: Backend = LocalBackend(
            seed=seed,
            start=start,
            region=region,
            knobs=knobs or Knobs(),
            handler_limit=handler_limit,
        )
    elif kind == "aws":
        from patternlab.account.backend import AccountBackend

        made = AccountBackend(region=region)
    else:
        raise CloudError(
            f"There is no backend {kind!r}: PATTERNLAB_BACKEND is 'local' (as when it is not set) "
            "or 'aws'."
        )
    _open = Cloud(made)
    print(made.banner())
    return _open


class Cloud:
    """An open cloud. Make one with :func:`open_cloud`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._closed = False

    # -- boto3 -------------------------------------------------------------------------------

    def client(self, service: str, region_name: str | None = None, **kwargs: Any) -> Any:
        """Return a boto3 client, nothing wrapped: ``cloud.client("sqs")``.

        It takes what ``boto3.client`` takes. A local cloud refuses an ``endpoint_url``.
        """
        return self._live().client(service, region_name, **kwargs)

    def resource(self, service: str, region_name: str | None = None, **kwargs: Any) -> Any:
        """Return a boto3 resource: ``cloud.resource("s3")``."""
        return self._live().resource(service, region_name, **kwargs)

    def name(self, short: str) -> str:
        """Return what to call a thing in this cloud.

        That is `short` itself locally, and `short` with this session's prefix on a real account,
        where others have queues too and bucket names are worldwide.
        """
        return self._live().name_of(short)

    def deploy_function(
        self,
        name: str,
        handler: Callable[[Any, Any], Any],
        *,
        timeout: int = 3,
        memory: int = 128,
        environment: Mapping[str, str] | None = None,
        reads: str | Iterable[str] = (),
        writes: str | Iterable[str] = (),
    ) -> str:
        """Zip `handler`, a function of this notebook, create it in Lambda, and return its ARN.

        What the handler uses of the notebook goes along. If a function of that name exists, it
        gets the new code and settings. Its role allows only what `reads` and `writes` name, and
        writing its own log.

        Args:
            name: The function's name.
            handler: Called with (event, context).
            timeout: Seconds, 1 to 900.
            memory: Megabytes.
            environment: Environment variables.
            reads: ARNs of the queues that a mapping polls for it, and of the buckets it reads.
            writes: ARNs of the queues, topics, buckets and functions that it sends to, its
                destinations among them.
        """
        name = self.name(name)
        code = package(handler)
        backend = self._live()
        settings = {
            "Runtime": RUNTIME,
            "Role": put_role(self.client("iam"), name, reads, writes),
            "Handler": ENTRY,
            "Timeout": timeout,
            "MemorySize": memory,
            "Environment": {"Variables": dict(environment or {})},
        }
        backend.prepare_logs(LOG_PREFIX + name)
        functions = self.client("lambda")
        try:
            made = functions.create_function(FunctionName=name, Code={"ZipFile": code}, **settings)
        except functions.exceptions.ResourceConflictException:
            functions.update_function_code(FunctionName=name, ZipFile=code)
            backend.wait_for_function(name)
            made = functions.update_function_configuration(FunctionName=name, **settings)
        backend.wait_for_function(name)
        return str(made["FunctionArn"])

    # -- time --------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Return the cloud's date and time, aware, in UTC."""
        return self._live().clock.now()

    def wait(self, seconds: float = 0, *, minutes: float = 0, hours: float = 0) -> None:
        """Let time pass on the cloud's clock."""
        parts = {"seconds": seconds, "minutes": minutes, "hours": hours}
        total = sum(
            seconds_of(value, f"wait({unit}=...)") * factor
            for (unit, value), factor in zip(parts.items(), (1, 60, 3600), strict=True)
        )
        self._live().wait(total)

    def wait_until(self, condition: Callable[[], Any], timeout: float = 600) -> float:
        """Let time pass until `condition()` is true, and return the seconds that took.

        It asks at most once per second of the cloud's clock.

        Raises:
            WaitTimeout: After `timeout` seconds of the cloud's clock.
        """
        clock = self._live().clock
        begun = clock.elapsed
        if not self._backend.wait_until(condition, timeout):
            raise WaitTimeout(
                f"The condition did not become true within {timeout:g} s of the cloud's time. "
                "Look at what it asks for, or wait longer with timeout=..."
            )
        return clock.elapsed - begun

    def set_timer(self, instance: str, at: datetime) -> None:
        """Let the EC2 instance with this id be terminated at that moment, an aware datetime.

        On an account AWS itself does it (EventBridge Scheduler), even if the laptop is closed.
        """
        self._live().set_timer(instance, at)

    def clear_timer(self, instance: str) -> None:
        """Remove the timer of an instance. No error if it has none."""
        self._live().clear_timer(instance)

    # -- the web -----------------------------------------------------------------------------

    def get(
        self, url: str, headers: Mapping[str, str] | None = None, *, signed: bool = False
    ) -> Answer:
        """Get `url` as a browser would, and return the answer. No status raises an error.

        A local cloud answers for the address of an API itself, on its clock:
        ``https://API.execute-api.REGION.amazonaws.com/STAGE/PATH``. With a real account it is a
        real request, to any https address.

        Args:
            url: The address.
            headers: Of the request.
            signed: Send it with the cloud's credentials (AWS Signature Version 4), as methods with
                authorizationType AWS_IAM require.
        """
        return self.request("GET", url, headers, signed=signed)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
        *,
        signed: bool = False,
    ) -> Answer:
        """Do as :meth:`get`, with any method: ``cloud.request("POST", url, body="...")``."""
        return self._live().request(method, url, headers or {}, body, signed)

    # -- what happened -----------------------------------------------------------------------

    def history(self, function: str | None = None) -> pd.DataFrame:
        """Return one row per delivery attempt, oldest first, read from CloudWatch Logs.

        The columns are the fields of :class:`patternlab.delivery.attempts.Attempt`: message_id,
        key, receive_count, group, function, request_id, sent, start, end (UTC), outcome
        ("succeeded", "failed", "timed out"), error_type. Only functions deployed
        with :meth:`deploy_function` write what is read here, and an invocation whose code could
        not be loaded writes nothing. A response that reports batchItemFailures is believed, whether
        its mapping asks for such reports or not: the logs do not say.
        """
        logs = self.client("logs")
        prefix = LOG_PREFIX + self.name(function or "")

        def read() -> pd.DataFrame:
            groups = log_groups(logs, prefix)
            if function is not None:
                groups = [group for group in groups if group == prefix]
            return read_history(logs, groups)

        return self._backend.when_written(read)

    def deliveries(self, topic: str | None = None) -> pd.DataFrame:
        """Return one row per attempt of an SNS topic to deliver a message, oldest first.

        Columns: message_id, topic, destination (ARN, URL or address), protocol, attempt (1, 2 ...;
        0 when filtered out), time (UTC), outcome ("delivered", "failed" when another attempt
        followed, "dead-letter queue", "dropped", "filtered"), error. `topic` is a topic's name.

        SNS itself writes one line per delivery to CloudWatch Logs, once a topic has feedback roles:
        :func:`patternlab.functions.delivery_status.read_delivery_status` reads those, here too.
        """
        table = self._live().deliveries()
        if topic is not None:
            table = table.loc[table["topic"] == self.name(topic)].reset_index(drop=True)
        return table

    # -- only in a local cloud ---------------------------------------------------------------

    @property
    def faults(self) -> Outages:
        """What is ordered to fail, in a local cloud.

        ``cloud.faults.outage(arn, minutes=30)``, with ``kind="client"`` for errors that are not
        retried; ``cloud.faults.no_capacity("c5n.18xlarge", "us-east-1a", minutes=30)`` for EC2
        without capacity. ``cloud.faults.clear()`` ends them.
        """
        return self._live().faults

    def web_endpoint(self, url: str, answer: WebServer) -> None:
        """Let `answer` stand in for the web server at `url`, in a local cloud.

        It is called with the headers and the body of each request and gives a status code, or None
        for no answer in time. Behind an API it may give ``(status, body)`` as well.
        """
        self._live().web_endpoint(url, answer)

    # -- the end -----------------------------------------------------------------------------

    def close(self) -> None:
        """Delete what this cloud made, and print what is left."""
        global _open
        if self._closed:
            return
        self._closed = True
        if _open is self:
            _open = None
        print(self._backend.close())

    def __enter__(self) -> Cloud:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def _live(self) -> Backend:
        if self._closed:
            raise CloudError("This cloud is closed. Open one with cloud = open_cloud().")
        return self._backend
