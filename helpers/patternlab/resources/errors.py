"""What AWS or the network refuses, as one sentence that says what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as botocore
from botocore.exceptions import BotoCoreError, ClientError

_ACCOUNT = re.compile(r"(?<!\d)\d{8}(\d{4})(?!\d)")
_SIGNED = re.compile(r"([?&](?:X-Amz-[A-Za-z-]+|Signature|AWSAccessKeyId)=)[^&\s\"']+")
_KEY = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{12,}")

_NONE = (
    botocore.NoCredentialsError,
    botocore.PartialCredentialsError,
    botocore.CredentialRetrievalError,
    botocore.ProfileNotFound,
)
_SIGNED_OUT = (botocore.SSOError, botocore.TokenRetrievalError)
_NO_NETWORK = (botocore.HTTPClientError, botocore.ConnectionError)

#: What to do -> the error codes for which that helps.
_CODES = {
    "The credentials have expired: get new ones (aws sso login), then try again.": """
        ExpiredToken ExpiredTokenException RequestExpired TokenRefreshRequired""",
    "The credentials are wrong or belong to another partition: check AWS_PROFILE.": """
        InvalidClientTokenId UnrecognizedClientException SignatureDoesNotMatch InvalidAccessKeyId
        AuthFailure InvalidSignatureException""",
    "Your user or role may not do this: attach data/policies/learner.json to it, or ask whoever "
    "manages the account.": """
        AccessDenied AccessDeniedException UnauthorizedOperation AuthorizationError
        AuthorizationErrorException Forbidden""",
    "AWS asks to go slower: wait a minute and try again.": """
        Throttling ThrottlingException ThrottledException RequestThrottled TooManyRequestsException
        RequestLimitExceeded SlowDown""",
    "A quota of the account is reached: delete what you no longer need (python -m patternlab sweep "
    "finds what this course left), or ask for more in Service Quotas.": """
        LimitExceeded LimitExceededException TooManyBuckets TopicLimitExceeded
        CodeStorageExceededException ServiceQuotaExceededException InstanceLimitExceeded
        VcpuLimitExceeded""",
    "The name is taken, perhaps by an earlier run: use cloud.name(...) and a new session.": """
        BucketAlreadyExists BucketAlreadyOwnedByYou QueueAlreadyExists QueueNameExists
        EntityAlreadyExists ResourceConflictException""",
    "It does not exist, or no longer: somebody may have deleted it. Run the cell that made it.": """
        AWS.SimpleQueueService.NonExistentQueue QueueDoesNotExist ResourceNotFoundException
        NoSuchBucket NotFound NotFoundException""",
    "This region is not enabled for the account, or has no such service: choose another.": """
        OptInRequired InvalidRegion AuthorizationHeaderMalformed""",
}
ADVICE = {code: advice for advice, codes in _CODES.items() for code in codes.split()}


class AccountError(RuntimeError):
    """Something that was asked of a real account cannot be done, and what to do instead."""


def advice_for(code: str) -> str:
    """Return what to do about an error `code`; empty if AWS's own words must do."""
    return ADVICE.get(code, "")


def mask(text: str) -> str:
    """Return `text` without account ids, access keys and signatures: "…3456" is an account."""
    return _KEY.sub(r"\1…", _SIGNED.sub(r"\1…", _ACCOUNT.sub(r"…\1", text)))


def code_of(error: BaseException) -> str:
    """Return AWS's code of an error; "" for one that AWS did not give."""
    return error.response["Error"].get("Code", "") if isinstance(error, ClientError) else ""


@contextmanager
def refused(doing: str, action: str) -> Iterator[None]:
    """Turn what botocore raises in the block into an AccountError.

    Args:
        doing: completes "Cannot ...": "create the budget".
        action: the IAM action that it takes.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise refusal(error, doing, action) from error


def refusal(error: ClientError | BotoCoreError, doing: str, action: str) -> AccountError:
    """Return the sentence for one error of botocore; the arguments are those of `refused`."""
    said = _answered(error, action) if isinstance(error, ClientError) else _unanswered(error)
    return AccountError(f"Cannot {doing}: {said.rstrip('. ')}.")


def _answered(error: ClientError, action: str) -> str:
    code = code_of(error)
    advice = advice_for(code)
    if advice and advice == advice_for("AccessDenied"):
        said = f"these credentials may not do {action}"
    else:
        words = mask(error.response["Error"].get("Message") or "no reason given")
        said = f"AWS answered {code or 'an error'}, {words}".rstrip(". ")
    # a client of open_cloud() has the advice in its message already
    return said if advice.rstrip(". ") in said else f"{said}. {advice}"


def _unanswered(error: BotoCoreError) -> str:
    """Nothing was answered, and mostly nothing was asked."""
    if isinstance(error, _SIGNED_OUT):
        return "the sign-in is over. Sign in again (aws sso login) and repeat this"
    if isinstance(error, _NONE):
        return (
            f"there are no usable credentials ({mask(str(error)).rstrip('.')}). Give some with "
            "'aws configure', 'aws sso login' or AWS_PROFILE, and repeat this"
        )
    if isinstance(error, botocore.NoRegionError):
        return "no region is chosen. Set AWS_REGION, for example to eu-central-1"
    if isinstance(error, _NO_NETWORK):
        return "AWS cannot be reached. Check the network, and repeat this"
    return mask(str(error))
