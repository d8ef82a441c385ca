"""What to do about an error of AWS: one sentence beside AWS's own words, and no account id."""

from __future__ import annotations

import re

_SWEEP = "python -m patternlab sweep"
_ACCOUNT = re.compile(r"(?<!\d)\d{8}(\d{4})(?!\d)")
_SIGNED = re.compile(r"([?&](?:X-Amz-[A-Za-z-]+|Signature|AWSAccessKeyId)=)[^&\s\"']+")
_KEY = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{12,}")

_EXPIRED = "The credentials have expired: get new ones (aws sso login), then try again. "
_WRONG = "The credentials are wrong or belong to another partition: check AWS_PROFILE. "
_DENIED = (
    "Your user or role may not do this: attach data/policies/learner.json to it, or ask who "
    "manages the account. "
)
_SLOW = "AWS asks to go slower: wait a minute and try again. "
_QUOTA = (
    "A quota of the account is reached: delete what you no longer need "
    f"({_SWEEP} finds what this course left), or ask for more in Service Quotas. "
)
_TAKEN = "The name is taken, perhaps by an earlier run: use cloud.name(...) and a new session. "
_GONE = "It does not exist, or no longer: somebody may have deleted it. Run the cell that made it. "
_REGION = "This region is not enabled for the account, or has no such service: choose another. "

ADVICE = {
    **dict.fromkeys(
        ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"),
        _EXPIRED,
    ),
    **dict.fromkeys(
        (
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "SignatureDoesNotMatch",
            "InvalidAccessKeyId",
            "AuthFailure",
            "InvalidSignatureException",
        ),
        _WRONG,
    ),
    **dict.fromkeys(
        (
            "AccessDenied",
            "AccessDeniedException",
            "UnauthorizedOperation",
            "AuthorizationError",
            "AuthorizationErrorException",
            "Forbidden",
        ),
        _DENIED,
    ),
    **dict.fromkeys(
        (
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "RequestThrottled",
            "TooManyRequestsException",
            "RequestLimitExceeded",
            "SlowDown",
        ),
        _SLOW,
    ),
    **dict.fromkeys(
        (
            "LimitExceeded",
            "LimitExceededException",
            "TooManyBuckets",
            "TopicLimitExceeded",
            "CodeStorageExceededException",
            "ServiceQuotaExceededException",
            "InstanceLimitExceeded",
            "VcpuLimitExceeded",
        ),
        _QUOTA,
    ),
    **dict.fromkeys(
        (
            "BucketAlreadyExists",
            "BucketAlreadyOwnedByYou",
            "QueueAlreadyExists",
            "QueueNameExists",
            "EntityAlreadyExists",
            "ResourceConflictException",
        ),
        _TAKEN,
    ),
    **dict.fromkeys(
        (
            "AWS.SimpleQueueService.NonExistentQueue",
            "QueueDoesNotExist",
            "ResourceNotFoundException",
            "NoSuchBucket",
            "NotFound",
            "NotFoundException",
        ),
        _GONE,
    ),
    **dict.fromkeys(("OptInRequired", "InvalidRegion", "AuthorizationHeaderMalformed"), _REGION),
}


def advice_for(code: str) -> str:
    """What to do about an error `code`; empty where AWS's own words must do."""
    return ADVICE.get(code, "").strip()


def mask(text: str) -> str:
    """`text` without account ids, access keys and signatures: "…3456" stands for an account."""
    text = _ACCOUNT.sub(r"…\1", text)
    text = _SIGNED.sub(r"\1…", text)
    return _KEY.sub(r"\1…", text)
