"""What stands between boto3 calls and an account."""

from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from patternlab.account.hooks import Hooks, NetworkGone, Refused
from patternlab.resources.errors import AccountError, advice_for
from patternlab.resources.naming import new_session

SESSION = new_session("us-east-1", datetime(2026, 1, 5, tzinfo=UTC), hours=4)


class Book:
    """A ledger that remembers in which order it was told."""

    def __init__(self):
        self.lines = []

    def planned(self, kind, name, region=None):
        self.lines.append(("planned", kind, name, region))
        return str(len(self.lines))

    def made(self, entry, identifier=None):
        self.lines.append(("made", entry, identifier))

    def failed(self, entry):
        self.lines.append(("failed", entry))


@pytest.fixture
def book():
    return Book()


@pytest.fixture
def clients(book, credentials):
    with mock_aws():
        session = boto3.Session(region_name="us-east-1")
        Hooks(SESSION, book).register(session.events)
        yield session.client


def test_a_create_is_written_down_before_it_is_sent(clients, book):
    sqs = clients("sqs")
    sent = []
    sqs.meta.events.register("before-send", lambda **_: sent.append(list(book.lines)))
    sqs.create_queue(QueueName=SESSION.name("orders"))
    assert sent[0] == [("planned", "queue", SESSION.name("orders"), "us-east-1")]
    assert book.lines[1][:2] == ("made", "1")


def test_what_is_made_in_another_region_is_written_down_there(clients, book):
    clients("sqs", region_name="eu-west-1").create_queue(QueueName=SESSION.name("orders"))
    assert book.lines[0][-1] == "eu-west-1"


def test_a_create_carries_the_sessions_tags_beside_the_learners_own(clients):
    sqs = clients("sqs")
    mine = {"team": "blue"}
    url = sqs.create_queue(QueueName=SESSION.name("orders"), tags=mine)["QueueUrl"]
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "blue", **SESSION.tags}
    assert mine == {"team": "blue"}


def test_a_name_without_the_prefix_is_refused_and_nothing_is_sent(clients, book):
    with pytest.raises(Refused, match=r"cloud.name\('orders'\)"):
        clients("sqs").create_queue(QueueName="orders")
    assert book.lines == [] and "QueueUrls" not in clients("sqs").list_queues()


def test_what_no_sweep_would_find_is_not_created(clients):
    with pytest.raises(Refused, match="rds CreateDBInstance"):
        clients("rds").create_db_instance(
            DBInstanceIdentifier="x", DBInstanceClass="db.t3.micro", Engine="mysql"
        )


def test_what_hangs_on_a_foreign_thing_is_refused(clients):
    with pytest.raises(Refused, match="payroll"):
        clients("sns").subscribe(
            TopicArn="arn:aws:sns:us-east-1:123456789012:payroll",
            Protocol="sqs",
            Endpoint="arn:aws:sqs:us-east-1:123456789012:q",
        )


def test_what_hangs_on_nothing_is_refused(clients, book):
    with pytest.raises(Refused, match="Placement.GroupName"):
        clients("ec2").run_instances(ImageId="ami-1", MinCount=1, MaxCount=1)
    assert book.lines == []


def test_a_create_that_aws_refuses_is_written_down_as_failed(clients, book):
    with pytest.raises(ClientError):
        clients("sqs").create_queue(QueueName=SESSION.name("no such character: !"))
    assert [line[0] for line in book.lines] == ["planned", "failed"]


def test_an_error_keeps_its_class_and_gains_advice_and_loses_the_account(clients):
    iam = clients("iam")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName="nobody")
    logs = clients("logs")
    with pytest.raises(logs.exceptions.ResourceNotFoundException, match=advice_for("NotFound")):
        logs.filter_log_events(logGroupName="nothing")


def test_the_account_id_in_an_error_is_masked(clients):
    functions = clients("lambda")
    with pytest.raises(ClientError) as caught:
        functions.get_function(FunctionName="arn:aws:lambda:us-east-1:123456789012:function:no")
    assert "123456789012" not in str(caught.value) and "…9012" in str(caught.value)


def test_without_an_answer_the_ledger_stays_open_and_a_sentence_says_so(clients, book):
    sqs = clients("sqs")

    def cut(**_):
        raise EndpointConnectionError(endpoint_url="https://sqs.us-east-1.amazonaws.com/")

    sqs.meta.events.register_first("before-send", cut)
    with pytest.raises(NetworkGone, match="queue .*orders"):
        sqs.create_queue(QueueName=SESSION.name("orders"))
    assert [line[0] for line in book.lines] == ["planned"]


def test_a_refused_price_stops_the_create_before_the_ledger(book, credentials):
    def too_dear(kind, params):
        raise AccountError(f"a {kind.kind} costs too much")

    with mock_aws():
        session = boto3.Session(region_name="us-east-1")
        Hooks(SESSION, book, too_dear).register(session.events)
        with pytest.raises(AccountError, match="a queue costs too much"):
            session.client("sqs").create_queue(QueueName=SESSION.name("orders"))
    assert book.lines == []


def test_reading_and_changing_pass_unhindered(clients, book):
    sqs = clients("sqs")
    url = sqs.create_queue(QueueName=SESSION.name("orders"))["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="one")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "one"
    assert len(book.lines) == 2


def test_a_change_that_starts_a_bill_is_not_sent(clients):
    gateway = clients("apigateway")
    sent = []
    gateway.meta.events.register("before-send", lambda **_: sent.append(1))
    with pytest.raises(Refused, match="CreateDeployment.*create_stage"):
        gateway.create_deployment(restApiId="a", stageName="s", cacheClusterEnabled=True)
    on = {"op": "replace", "path": "/cacheClusterEnabled", "value": "true"}
    with pytest.raises(Refused, match="UpdateStage.*create_stage"):
        gateway.update_stage(restApiId="a", stageName="s", patchOperations=[on])
    assert not sent
