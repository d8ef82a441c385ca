"""What a cloud is made of: the one interface that a local cloud and a real account implement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

import pandas as pd

from patternlab.clock import Clock
from patternlab.delivery.faults import Outages
from patternlab.web import Answer

#: Stands in for a web server: called with the headers and the body of a request.
WebServer = Callable[[dict[str, str], str], Any]


class CloudError(RuntimeError):
    """Something that was asked of the cloud cannot be done, and what to do instead."""


class Backend(Protocol):
    """What :class:`patternlab.cloud.Cloud` asks for, of moto or of AWS."""

    @property
    def clock(self) -> Clock:
        """The clock that :meth:`wait` moves."""

    def banner(self) -> str:
        """Return what ``open_cloud`` prints: which cloud this is, and what it may cost."""

    def close(self) -> str:
        """Delete what was made, and return a report of what is left."""

    # -- boto3 -------------------------------------------------------------------------------

    def client(self, service: str, region_name: str | None = None, **kwargs: Any) -> Any:
        """Return a boto3 client."""

    def resource(self, service: str, region_name: str | None = None, **kwargs: Any) -> Any:
        """Return a boto3 resource."""

    def name_of(self, short: str) -> str:
        """Return what to call a thing in this cloud."""

    # -- functions ---------------------------------------------------------------------------

    def prepare_logs(self, group: str) -> None:
        """Make the log group of a function that is about to be created."""

    def wait_for_function(self, name: str) -> None:
        """Wait until a function that was created or changed can be used."""

    def when_written(self, read: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return what `read` finds in the logs once every line has arrived there."""

    # -- time --------------------------------------------------------------------------------

    def wait(self, seconds: float) -> None:
        """Let time pass."""

    def wait_until(self, condition: Callable[[], Any], timeout: float) -> bool:
        """Let time pass until `condition()` is true; return False after `timeout` seconds."""

    def set_timer(self, instance: str, at: datetime) -> None:
        """Let an EC2 instance be terminated at that moment."""

    def clear_timer(self, instance: str) -> None:
        """Remove the timer of an instance, if it has one."""

    # -- deliveries --------------------------------------------------------------------------

    def request(
        self, method: str, url: str, headers: Mapping[str, str], body: str | None, signed: bool
    ) -> Answer:
        """Send an HTTP request and return the answer."""

    def deliveries(self) -> pd.DataFrame:
        """Return one row per attempt of a topic to deliver a message."""

    @property
    def faults(self) -> Outages:
        """What is ordered to fail. A :class:`CloudError` on a real account."""

    def web_endpoint(self, url: str, answer: WebServer) -> None:
        """Let `answer` stand in for the web server at `url`. As :attr:`faults`."""


def local_only(name: str, instead: str) -> CloudError:
    """Return the error for a part of a cloud that a real account does not have."""
    return CloudError(f"cloud.{name} is for a local cloud only. {instead}")
