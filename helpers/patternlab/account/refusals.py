"""What AWS or the network refuses, as one sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as botocore
from botocore.exceptions import BotoCoreError, ClientError

from patternlab.account.advice import advice_for, mask
from patternlab.account.errors import AccountError

_NONE = (
    botocore.NoCredentialsError,
    botocore.PartialCredentialsError,
    botocore.CredentialRetrievalError,
    botocore.ProfileNotFound,
)
_SIGNED_OUT = (botocore.SSOError, botocore.TokenRetrievalError)
_NO_NETWORK = (botocore.HTTPClientError, botocore.ConnectionError)


@contextmanager
def refused(doing: str, action: str) -> Iterator[None]:
    """Turn what botocore raises in the block into an AccountError.

    `doing` completes "Cannot ...": "create the budget". `action` is the IAM action that it takes.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise refusal(error, doing, action) from error


def refusal(error: ClientError | BotoCoreError, doing: str, action: str) -> AccountError:
    """The sentence for one error of botocore."""
    said = _answered(error, action) if isinstance(error, ClientError) else _before(error)
    return AccountError(f"Cannot {doing}: {said.rstrip('. ')}.")


def code_of(error: BaseException) -> str:
    """AWS's code of an error; "" for one that AWS did not give."""
    return error.response["Error"].get("Code", "") if isinstance(error, ClientError) else ""


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


def _before(error: BotoCoreError) -> str:
    """Nothing was answered, and mostly nothing was asked."""
    if isinstance(error, _SIGNED_OUT):
        return "the sign-in is over. Sign in again (aws sso login) and repeat this"
    if isinstance(error, _NONE):
        return (
            f"there are no usable credentials ({mask(str(error)).rstrip('.')}). Give some with "
            "'aws configure', 'aws sso login' or AWS_PROFILE, and repeat this"
        )
    if isinstance(error, botocore.NoRegionError):
        return "no region is chosen. Set AWS_REGION, eu-central-1 for one"
    if isinstance(error, _NO_NETWORK):
        return "AWS cannot be reached. See whether the network works, and repeat this"
    return mask(str(error))
