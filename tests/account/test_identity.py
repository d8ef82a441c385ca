"""Who we are on an account, and when we do not even begin."""

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from patternlab.account.identity import Identity, refuse_if_unsafe, who_am_i
from patternlab.account.settings import read_settings
from patternlab.resources.errors import AccountError

ADA = Identity("918273645546", "user/ada")


class FakeSession:
    """A session whose STS answers as it is told to."""

    def __init__(self, **answer):
        self.sts = boto3.client("sts", region_name="us-east-1", aws_access_key_id="testing",
                                aws_secret_access_key="testing")  # fmt: skip
        stub = Stubber(self.sts)
        if "Error" in answer:
            stub.add_client_error("get_caller_identity", *answer["Error"])
        else:
            stub.add_response("get_caller_identity", answer)
        stub.activate()

    def client(self, service):
        return self.sts


def test_we_are_whom_sts_names():
    arn = "arn:aws:sts::918273645546:assumed-role/course/ada"
    found = who_am_i(FakeSession(Account="918273645546", Arn=arn, UserId="x"))
    assert found == Identity("918273645546", "assumed-role/course/ada")
    assert found.masked == "…5546"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("ExpiredToken", "expired"),
        ("InvalidClientTokenId", "credentials are wrong"),
        ("SignatureDoesNotMatch", "credentials are wrong"),
        ("AccessDenied", "sts:GetCallerIdentity"),
        ("Throttling", "slow"),
    ],
)
def test_refused_credentials_are_a_sentence(code, sentence):
    with pytest.raises(AccountError, match=sentence) as caught:
        who_am_i(FakeSession(Error=(code, "for arn:aws:iam::918273645546:user/ada")))
    assert "918273645546" not in str(caught.value)


def test_missing_credentials_are_a_sentence(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(AccountError, match="AWS_PROFILE"):
        who_am_i(boto3.Session(region_name="us-east-1"))


def test_an_address_that_nobody_answers_is_a_sentence(credentials, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # discard: nobody listens
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(AccountError, match="open the account"):
        who_am_i(boto3.Session(region_name="us-east-1"))


def test_the_root_user_is_refused():
    with pytest.raises(AccountError, match="learner.json"):
        refuse_if_unsafe(Identity("918273645546", "root"), read_settings({}))


def test_an_account_on_the_block_list_is_refused():
    blocked = read_settings({"PATTERNLAB_BLOCKED_ACCOUNTS": "918273645546"})
    with pytest.raises(AccountError, match="…5546"):
        refuse_if_unsafe(ADA, blocked)
    refuse_if_unsafe(ADA, read_settings({"PATTERNLAB_BLOCKED_ACCOUNTS": "111122223333"}))


def test_moto_knows_us_as_somebody(credentials):
    with mock_aws():
        assert who_am_i(boto3.Session(region_name="us-east-1")).account == "123456789012"
