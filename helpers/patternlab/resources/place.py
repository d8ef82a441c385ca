"""One region of one account: calls to AWS that are repeated when that helps, with plain errors."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import tenacity
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from patternlab.resources.errors import AccountError, advice_for, code_of, mask, refusal

TRIES = 8  # with pauses of 1 to 15 seconds between them: about a minute
#: A sweep loses nothing by waiting a little, and an account may be far away.
PATIENT = Config(
    connect_timeout=10, read_timeout=60, retries={"mode": "standard", "max_attempts": 3}
)
_GONE = re.compile(r"NotFound|NoSuch|NonExist|DoesNotExist|\.Unknown$|^404$")
_DENIED = {advice_for("AccessDenied")}
_NOT_LET_IN = {
    advice_for(code) for code in ("ExpiredToken", "InvalidClientTokenId", "OptInRequired")
}
#: Errors that pass: AWS wants fewer calls, or the resource is busy. botocore repeats only the
#: first, and gives up sooner.
_PASSING = re.compile(
    r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|PriorRequestNotComplete"
    r"|ResourceInUse|ResourceConflict|ConcurrentModification|OperationAborted|Conflict$"
    r"|DependencyViolation|\.InUse$|BucketNotEmpty"
    r"|InternalError|InternalFailure|ServiceUnavailable"
)


class Refusal(AccountError):
    """One call that AWS did not carry out; the sentence names the action and AWS's code."""


class Gone(Refusal):
    """What the call was about does not exist, or no longer exists."""


class Denied(Refusal):
    """These credentials may not do that."""


class Unreachable(AccountError):
    """No answer: the network, the credentials or the region do not work."""


class Place:
    """One region of one account.

    Args:
        session: has a method ``client``, as a boto3 session; `region` is that of its clients.
        region: the region.
        sleep: waits so many seconds between two tries.
        tries: how often a call is made that AWS cannot carry out yet.
    """

    def __init__(
        self,
        session: Any,
        region: str,
        sleep: Callable[[float], None] = time.sleep,
        tries: int = TRIES,
    ) -> None:
        self.session, self.region, self.sleep, self._tries = session, region, sleep, tries
        self._clients: dict[str, Any] = {}
        self.account = self.partition = self.endpoint = ""

    @classmethod
    def nowhere(cls, region: str, account: str) -> Place:
        """Return a place for names and ARNs only: it has no session."""
        at = cls(None, region)
        at.account, at.partition = account, "aws"
        return at

    def who(self) -> None:
        """Find out account and partition. Raises Unreachable if AWS does not say."""
        try:
            answer = self.call("sts", "GetCallerIdentity")
        except Refusal as error:
            raise Unreachable(str(error)) from None
        self.account, self.partition = answer["Account"], answer["Arn"].split(":")[1]
        self.endpoint = self.client("sts").meta.endpoint_url

    def arn(self, service: str, rest: str, region: str | None = None) -> str:
        """Return an ARN in this account. It is for calls only and is never shown or kept.

        Args:
            service: the part of the ARN that names the service.
            rest: its last part.
            region: this region if it is None; "" for what belongs to no region.
        """
        where = self.region if region is None else region
        return f"arn:{self.partition}:{service}:{where}:{self.account}:{rest}"

    def client(self, service: str) -> Any:
        """Return a patient client, made once."""
        if service not in self._clients:
            self._clients[service] = self.session.client(
                service, region_name=self.region, config=PATIENT
            )
        return self._clients[service]

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """Call an operation ("DeleteQueue") until the answer is final, and return it.

        Raises:
            Gone, Denied, Unreachable: each a sentence.
            Refusal: any other error.
        """
        method = xform_name(operation)
        return self._repeat(service, operation, lambda client: getattr(client, method)(**params))

    def items(self, service: str, operation: str, path: str, **params: Any) -> Iterator[Any]:
        """Yield all items in the answers to an operation that lists.

        Args:
            service: the name boto3 knows the service by.
            operation: as the API spells it ("ListQueues").
            path: where an answer holds its items ("DistributionList.Items": one inside another).
            **params: the parameters of the operation.

        Raises:
            Refusal, Unreachable: as `call`.
        """
        method = xform_name(operation)

        def fetch(client: Any) -> list[dict[str, Any]]:
            if not client.can_paginate(method):
                return [getattr(client, method)(**params)]
            return list(client.get_paginator(method).paginate(**params))

        for found in self._repeat(service, operation, fetch):
            for key in path.split("."):
                found = found.get(key) or {}
            yield from found

    def _repeat(self, service: str, operation: str, ask: Callable[[Any], Any]) -> Any:
        # no jitter: a local cloud waits here too, and its time must not be random
        tries = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_passes),
            stop=tenacity.stop_after_attempt(self._tries),
            wait=tenacity.wait_exponential(multiplier=1, min=1, max=15),
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return tries(ask, self.client(service))
        except ClientError as error:
            raise _refusal_of(error, f"{service}:{operation}") from None
        except (BotoCoreError, OSError) as error:
            raise _unanswered(error, f"{service}:{operation}") from None


def until(condition: Callable[[], bool], seconds: float, sleep: Callable[[float], None]) -> bool:
    """Ask `condition` with growing pauses, for about `seconds` in all; return how it ended."""
    asking = tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda answer: not answer),
        # by the pauses and not by a clock, so that a test that does not sleep ends as well
        stop=lambda state: state.idle_for >= seconds,
        wait=tenacity.wait_exponential(multiplier=0.1, max=5),
        sleep=sleep,
        retry_error_callback=lambda state: False,
    )
    return asking(condition)


def _passes(error: BaseException) -> bool:
    return bool(_PASSING.search(code_of(error)))


def _refusal_of(error: ClientError, action: str) -> AccountError:
    code = code_of(error)
    advice = advice_for(code)
    if _GONE.search(code):
        return Gone(f"{action}: it does not exist ({code}).")
    if advice in _DENIED or code == "403":  # S3's answer to a HEAD has no words
        return Denied(f"These credentials may not do {action} ({code}).")
    if advice in _NOT_LET_IN:
        return Unreachable(f"AWS refused {action} ({code}). {advice}")
    message = mask(str(error.response["Error"].get("Message", ""))).rstrip(". ")
    return Refusal(f"AWS refused {action} ({code}): {message or 'it gave no reason'}.")


def _unanswered(error: Exception, action: str) -> AccountError:
    if isinstance(error, ParamValidationError):
        return Refusal(f"{action} could not be asked: {mask(str(error))}")
    if isinstance(error, BotoCoreError):
        return Unreachable(str(refusal(error, "sweep", action)))
    return Unreachable(f"No answer from AWS to {action}: {mask(str(error))}.")
