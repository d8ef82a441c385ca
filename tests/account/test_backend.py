"""The door to a real account: agreed to, guarded, and left as it was found. moto is the account."""

import boto3
import pytest
from moto import mock_aws

from patternlab import open_cloud
from patternlab.account.ledger import Ledger, ledgers_in
from patternlab.cloud import CloudError
from patternlab.resources.errors import AccountError

MOTO = {"lambda": {"use_docker": False}}


@pytest.fixture
def account(learner):
    """An account for this test alone: moto's, as an assumed role, with a price agreed to."""
    with mock_aws(config=MOTO):
        yield learner


@pytest.fixture
def cloud(account):
    with open_cloud(backend="aws") as opened:
        yield opened


def work(event, context):
    return None


def test_without_a_price_agreed_to_the_card_is_shown_and_nothing_is_opened(account, monkeypatch):
    monkeypatch.delenv("PATTERNLAB_CEILING")
    with pytest.raises(AccountError, match="01-sqs-lambda-dlq") as refused:
        open_cloud(backend="aws")
    assert "PATTERNLAB_CEILING=1.00" in str(refused.value) and not ledgers_in(account)


def test_a_ceiling_below_the_card_is_refused(account, monkeypatch):
    monkeypatch.setenv("PATTERNLAB_CEILING", "0.0001")
    with pytest.raises(AccountError, match="0.0001 USD"):
        open_cloud(backend="aws")


def test_a_refused_account_leaves_the_door_free(account, monkeypatch):
    monkeypatch.setenv("PATTERNLAB_BLOCKED_ACCOUNTS", "123456789012")
    with pytest.raises(AccountError, match="…9012"):
        open_cloud(backend="aws")
    open_cloud(backend="local").close()


def test_an_unknown_backend_is_a_sentence():
    with pytest.raises(CloudError, match="azure"):
        open_cloud(backend="azure")


def test_the_banner_says_where_who_and_how_much_and_no_account_id(cloud, capsys):
    banner = cloud._backend.banner()
    assert "REAL ACCOUNT …9012 · AWS · us-east-1" in banner
    assert "one run" in banner and "1.00 USD at most" in banner
    assert "123456789012" not in banner


def test_the_account_id_is_shown_to_who_asks(account, monkeypatch):
    monkeypatch.setenv("PATTERNLAB_SHOW_ACCOUNT", "1")
    with open_cloud(backend="aws") as cloud:
        assert "123456789012" in cloud._backend.banner()


def test_a_function_gets_its_role_its_log_and_its_tags(cloud):
    cloud.deploy_function("save", work)
    name = cloud.name("save")
    found = cloud.client("lambda").get_function(FunctionName=name)
    assert found["Tags"]["project"] == "patternlab"
    assert found["Configuration"]["Role"].endswith(f"{name}-role")
    [group] = cloud.client("logs").describe_log_groups()["logGroups"]
    assert (group["logGroupName"], group["retentionInDays"]) == (f"/aws/lambda/{name}", 1)


def test_a_function_is_deployed_again_under_the_same_name(cloud):
    first = cloud.deploy_function("save", work)
    assert cloud.deploy_function("save", work, timeout=9) == first
    functions = cloud.client("lambda").list_functions()["Functions"]
    assert [(f["FunctionName"], f["Timeout"]) for f in functions] == [(cloud.name("save"), 9)]


def test_topics_write_their_deliveries_to_the_logs(cloud):
    sns = cloud.client("sns")
    asked = []
    sns.meta.events.register(
        "before-parameter-build.sns.SetTopicAttributes", lambda params, **_: asked.append(params)
    )
    sns.create_topic(Name=cloud.name("orders"))
    assert {one["AttributeName"] for one in asked} == {
        f"{protocol}{result}FeedbackRoleArn"
        for protocol in ("Lambda", "SQS", "HTTP")
        for result in ("Success", "Failure")
    }
    assert all(one["AttributeValue"].endswith(cloud.name("sns-status-role")) for one in asked)


def test_what_the_learner_makes_with_boto3_itself_is_watched_too(cloud):
    with pytest.raises(AccountError, match="cloud.name"):
        boto3.client("sqs", region_name="us-east-1").create_queue(QueueName="orders")


def test_an_outage_cannot_be_ordered(cloud):
    with pytest.raises(CloudError, match="cloud.faults"):
        cloud.faults.outage("arn", minutes=2)


def test_history_waits_until_the_logs_are_quiet(cloud):
    assert list(cloud.history()["outcome"]) == []
    assert list(cloud.deliveries()["outcome"]) == []


def test_closing_deletes_everything_and_says_so(account, capsys):
    cloud = open_cloud(backend="aws")
    sqs, sns = cloud.client("sqs"), cloud.client("sns")
    sqs.create_queue(QueueName=cloud.name("orders"))
    topic = sns.create_topic(Name=cloud.name("orders"))["TopicArn"]
    arn = "arn:aws:sqs:us-east-1:123456789012:" + cloud.name("orders")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    cloud.deploy_function("save", work)
    capsys.readouterr()
    cloud.close()
    said = capsys.readouterr().out
    assert "123456789012" not in said
    client = boto3.Session(region_name="us-east-1").client
    assert "QueueUrls" not in client("sqs").list_queues()
    assert client("sns").list_topics()["Topics"] == []
    assert client("lambda").list_functions()["Functions"] == []
    assert client("iam").list_roles()["Roles"] == []
    assert client("logs").describe_log_groups()["logGroups"] == []
    [path] = ledgers_in(account)
    assert Ledger.read(path).open_entries() == []


def test_a_closed_account_is_closed(account):
    cloud = open_cloud(backend="aws")
    cloud.close()
    cloud.close()
    assert boto3.DEFAULT_SESSION is not cloud._backend.boto3
    with pytest.raises(CloudError, match="open_cloud"):
        cloud.client("sqs")


def test_time_is_real(cloud):
    before = cloud.now()
    cloud.wait(0.001)
    assert before < cloud.now()
    assert cloud.wait_until(lambda: True) < 60
