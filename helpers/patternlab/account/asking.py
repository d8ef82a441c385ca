"""Calls to AWS for the sweep: asked again where that helps, and their errors told apart."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import tenacity
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from patternlab.account.advice import advice_for, mask
from patternlab.account.errors import AccountError
from patternlab.account.refusals import code_of, refusal

TRIES = 8  # with pauses of 1 to 15 seconds between them: about a minute
#: A sweep has nothing to lose by waiting a little, and an account may be far away.
PATIENT = Config(
    connect_timeout=10, read_timeout=60, retries={"mode": "standard", "max_attempts": 3}
)
_GONE = re.compile(r"NotFound|NoSuch|NonExist|DoesNotExist|\.Unknown$|^404$")
_DENIED = {advice_for("AccessDenied")}
_NOT_LET_IN = {
    advice_for(code) for code in ("ExpiredToken", "InvalidClientTokenId", "OptInRequired")
}
#: Errors that pass: AWS wants fewer calls, or something else is being done to the thing just now.
_PASSING = re.compile(
    r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|PriorRequestNotComplete"
    r"|ResourceInUse|ResourceConflict|ConcurrentModification|OperationAborted|Conflict$"
    r"|DependencyViolation|BucketNotEmpty|InternalError|InternalFailure|ServiceUnavailable"
)


class Refusal(AccountError):
    """One call that AWS did not carry out; the sentence names the action and AWS's code."""


class Gone(Refusal):
    """What the call was about does not exist, or no longer."""


class Denied(Refusal):
    """These credentials may not do that."""


class Unreachable(AccountError):
    """No answer: the network, the credentials or the region do not work."""


class Place:
    """One region of one account.

    Args:
        session: a boto3 session; the region of its clients is `region`.
        sleep: waits so many seconds between two tries.
    """

    def __init__(
        self, session: Any, region: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.session, self.region, self.sleep = session, region, sleep
        self._clients: dict[str, Any] = {}
        self.account = self.partition = self.endpoint = ""

    def who(self) -> None:
        """Find out account and partition. Raises Unreachable where AWS does not say."""
        try:
            answer = self.call("sts", "get_caller_identity")
        except Refusal as error:
            raise Unreachable(str(error)) from None
        self.account, self.partition = answer["Account"], answer["Arn"].split(":")[1]
        self.endpoint = self.client("sts").meta.endpoint_url

    def arn(self, service: str, rest: str) -> str:
        """An ARN in this region and account. For calls only: it is never shown or kept."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{rest}"

    def client(self, service: str) -> Any:
        """A patient client, made once."""
        if service not in self._clients:
            self._clients[service] = self.session.client(
                service, region_name=self.region, config=PATIENT
            )
        return self._clients[service]

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """Call `operation` ("delete_queue") until it is answered for good.

        Raises Gone, Denied, Unreachable, or Refusal for any other error, each a sentence.
        """
        return self._ask(service, operation, lambda do: do(**params))

    def pages(self, service: str, operation: str, **params: Any) -> Iterator[dict[str, Any]]:
        """The answers to `operation`, one after the other, until there are no more."""

        def fetch(once: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
            client = self.client(service)
            if not client.can_paginate(operation):
                return [once(**params)]
            return list(client.get_paginator(operation).paginate(**params))

        yield from self._ask(service, operation, fetch)

    def _ask(self, service: str, operation: str, ask: Callable[[Any], Any]) -> Any:
        tries = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_passes),
            stop=tenacity.stop_after_attempt(TRIES),
            wait=tenacity.wait_random_exponential(multiplier=1, min=1, max=15),
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return tries(lambda: ask(getattr(self.client(service), operation)))
        except ClientError as error:
            raise _told_apart(error, service) from None
        except (BotoCoreError, OSError) as error:
            raise _not_asked(error, service, operation) from None


def until(true: Callable[[], bool], seconds: float, sleep: Callable[[float], None]) -> bool:
    """Ask `true` with growing pauses, for about `seconds` in all; whether it became so."""
    asking = tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda answer: not answer),
        stop=_stop_after_pauses(seconds),
        wait=tenacity.wait_exponential(multiplier=0.1, max=5),
        sleep=sleep,
        retry_error_callback=lambda state: False,
    )
    return asking(true)


def _stop_after_pauses(seconds: float) -> Callable[[tenacity.RetryCallState], bool]:
    """By the pauses and not by a clock, so that a test that does not sleep ends as well."""
    return lambda state: state.idle_for >= seconds


def _passes(error: BaseException) -> bool:
    return isinstance(error, ClientError) and bool(_PASSING.search(code_of(error)))


def _told_apart(error: ClientError, service: str) -> AccountError:
    code, action = code_of(error), f"{service}:{error.operation_name}"
    advice = advice_for(code)
    if _GONE.search(code):
        return Gone(f"{action}: it does not exist ({code}).")
    if advice in _DENIED or code == "403":  # S3's answer to a HEAD has no words
        return Denied(f"These credentials may not do {action} ({code}).")
    if advice in _NOT_LET_IN:
        return Unreachable(f"AWS refused {action} ({code}). {advice}")
    said = mask(str(error.response["Error"].get("Message", ""))).rstrip(". ")
    return Refusal(f"AWS refused {action} ({code}): {said or 'it gave no reason'}.")


def _not_asked(error: Exception, service: str, operation: str) -> AccountError:
    if isinstance(error, ParamValidationError):
        return Refusal(f"{service}:{operation} could not be asked: {mask(str(error))}")
    if isinstance(error, BotoCoreError):
        return Unreachable(str(refusal(error, "sweep", f"{service}:{operation}")))
    return Unreachable(f"No answer from AWS to {service}:{operation}: {mask(str(error))}.")
