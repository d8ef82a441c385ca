"""What is added to AWS's words, and what is taken out of them."""

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from patternlab.resources.errors import ADVICE, AccountError, advice_for, mask, refused
from tests.account.clients import refused as answer


def test_an_account_id_keeps_its_last_four_digits():
    arn = "User: arn:aws:iam::918273645546:user/ada is not authorized"
    assert mask(arn) == "User: arn:aws:iam::…5546:user/ada is not authorized"


def test_a_queue_url_loses_its_account():
    assert mask("https://sqs.us-east-1.amazonaws.com/918273645546/q").endswith("/…5546/q")


@given(st.from_regex(r"\A[0-9]{12}\Z"), st.text(alphabet="abc:/ -_.", max_size=5))
def test_no_account_id_gets_through_wherever_it_stands(account, around):
    assert account not in mask(f"{around}{account}{around}")


def test_a_longer_number_is_no_account_id():
    assert mask("1234567890123") == "1234567890123"


def test_signatures_and_keys_are_cut():
    url = "https://b.s3.amazonaws.com/k?X-Amz-Signature=0a1b2c&X-Amz-Credential=AKIA&x=1"
    assert mask(url) == "https://b.s3.amazonaws.com/k?X-Amz-Signature=…&X-Amz-Credential=…&x=1"
    assert mask("key AKIAIOSFODNN7EXAMPLE used") == "key AKIA… used"


def test_every_advice_is_a_whole_sentence():
    for code in ADVICE:
        advice = advice_for(code)
        assert advice[0].isupper() and advice.endswith("."), code


def test_an_unknown_code_gets_no_advice():
    assert advice_for("InvalidAttributeValue") == ""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (answer("ExpiredTokenException", "x"), "expired"),
        (answer("UnrecognizedClientException", "x"), "credentials are wrong"),
        (answer("ThrottlingException", "x"), "slower"),
        (answer("ServiceQuotaExceededException", "x"), "quota"),
        (answer("CreationLimitExceededException", "x"), "CreationLimitExceededException"),
        (EndpointConnectionError(endpoint_url="https://x"), "network"),
    ],
)
def test_what_aws_refuses_is_one_sentence_without_the_account(error, said):
    with pytest.raises(AccountError, match=said) as told, refused("make it", "x:MakeIt"):
        raise error
    sentence = str(told.value)
    assert sentence.startswith("Cannot make it: ") and "123456789012" not in sentence
    assert "\n" not in sentence
