"""The sweep on moto: every kind made, swept and gone; and all that can go wrong on the way."""

import json
import re
from collections import Counter
from datetime import UTC, datetime

import botocore.client
import botocore.exceptions
import pytest
from botocore import xform_name

from patternlab.account.ledger import Ledger
from patternlab.account.sweep import command as sweeping
from patternlab.account.sweep.look import EVERYDAY
from patternlab.account.sweep.report import LOG_GROUPS
from patternlab.account.sweep.sweep import SETTLED, sweep, sweep_session
from patternlab.resources import KINDS
from patternlab.resources.naming import Session
from patternlab.resources.place import TRIES, Place
from tests.account.clients import Clients, fail
from tests.account.moto_with import moto_with

REGION, ACCOUNT = "us-east-1", "123456789012"
EXPIRES = datetime(2031, 5, 1, 12, tzinfo=UTC)
BEFORE, LATER = EXPIRES.replace(hour=11), EXPIRES.replace(hour=13)
SESSION = Session("k3f9qb", REGION, "01-sqs", EXPIRES)
OTHER = Session("zzzzzz", REGION, "05-s3", EXPIRES)
ORDER = list(KINDS)
BUDGET = {
    "BudgetType": "COST",
    "TimeUnit": "MONTHLY",
    "BudgetLimit": {"Amount": "1", "Unit": "USD"},
}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def client(service, region=REGION):
    return Clients(region).client(service)


@pytest.fixture(autouse=True)
def account(credentials):
    credentials.setenv("AWS_DEFAULT_REGION", REGION)
    credentials.setattr(sweeping, "boto3_session", Clients)
    with moto_with("ec2", config={"lambda": {"use_docker": False}}):
        yield


@pytest.fixture
def ledger(tmp_path) -> Ledger:
    return Ledger.open(tmp_path, SESSION, account=ACCOUNT, endpoint=None)


class Maker:
    """Makes things as the hooks do: tagged, and written down first."""

    def __init__(self, ledger=None, session=SESSION, region=REGION, tagged=True):
        self.ledger, self.session, self.region, self.tagged = ledger, session, region, tagged

    def __call__(self, kind, **params):
        what = KINDS[kind]
        if what.tags_at and self.tagged:
            what.tags_at.put(params, self.session.tags)
        if self.ledger:
            entry = self.ledger.planned(kind, what.name_in(params), self.region)
        ask = client(what.service, self.region)
        answer = getattr(ask, xform_name(what.create))(**params)
        if self.ledger:
            self.ledger.made(entry, what.id_in(answer))
        return answer

    def queue(self, short="orders"):
        return self("queue", QueueName=self.session.name(short))["QueueUrl"]

    def role(self, short="work-role"):
        name = self.session.name(short)
        arn = self("role", RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        iam = client("iam")
        allow = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        iam.put_role_policy(RoleName=name, PolicyName="patternlab", PolicyDocument=document)
        policy = iam.create_policy(PolicyName=short, PolicyDocument=document)["Policy"]["Arn"]
        iam.attach_role_policy(RoleName=name, PolicyArn=policy)
        return arn

    def function(self, short="work"):
        return self(
            "function",
            FunctionName=self.session.name(short),
            Role=self.role(f"{short}-role"),
            Runtime="python3.12",
            Handler="a.b",
            Code={"ZipFile": b"zip"},
        )["FunctionArn"]

    def bucket(self, short="photos"):
        s3, name = client("s3"), self.session.name(short)
        self("bucket", Bucket=name)
        if self.tagged:  # moto takes no notice of the tags in CreateBucket
            tags = [{"Key": key, "Value": value} for key, value in self.session.tags.items()]
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
        told = {"QueueArn": queue_arn(self.queue("told")), "Events": ["s3:ObjectCreated:*"]}
        s3.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"QueueConfigurations": [told]}
        )
        versioning = {"Status": "Enabled"}
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=versioning)
        for body in (b"one", b"two"):
            s3.put_object(Bucket=name, Key="cat.jpg", Body=body)
        s3.delete_object(Bucket=name, Key="cat.jpg")
        s3.create_multipart_upload(Bucket=name, Key="film.mp4")
        return name

    def node(self):
        """An instance, with all that it is launched with."""
        name = self.session.name
        group = self("security group", GroupName=name("open"), Description="d")["GroupId"]
        self("placement group", GroupName=name("near"), Strategy="cluster")
        self.role("node")
        self("instance profile", InstanceProfileName=name("node"))
        client("iam").add_role_to_instance_profile(
            InstanceProfileName=name("node"), RoleName=name("node")
        )
        self(
            "instance",
            **{"ImageId": "ami-12345678", "InstanceType": "c5n.9xlarge"},
            **{"MinCount": 1, "MaxCount": 1, "SecurityGroupIds": [group]},
            Placement={"GroupName": name("near")},
            IamInstanceProfile={"Name": name("node")},
        )

    def everything(self):
        """One of each kind of the event notebooks, and of the later ones that moto knows."""
        name = self.session.name
        orders = queue_arn(self.queue())
        function = self.function()
        self("mapping", FunctionName=name("work"), EventSourceArn=orders)
        topic = self("topic", Name=name("news"))["TopicArn"]
        self("subscription", TopicArn=topic, Protocol="lambda", Endpoint=function)
        self("rule", Name=name("big"), EventPattern='{"source": ["aws.s3"]}')
        client("events", self.region).put_targets(
            Rule=name("big"), Targets=[{"Id": "1", "Arn": orders}]
        )
        self.bucket()
        self("log group", logGroupName="/aws/lambda/" + name("work"))
        self(
            "schedule",
            Name=name("off"),
            ScheduleExpression="rate(1 hour)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": orders, "RoleArn": self.role("s")},
        )
        self("rest api", name=name("door"))
        self(
            "launch template",
            LaunchTemplateName=name("node"),
            LaunchTemplateData={"InstanceType": "t3.micro"},
        )
        self.node()
        if self.ledger:  # moto cannot tell the tags of a budget
            self("budget", AccountId=ACCOUNT, Budget=BUDGET | {"BudgetName": name("cost")})


def queue_arn(url):
    asked = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return asked["Attributes"]["QueueArn"]


def run(ledgers=(), regions=(REGION,), **options):
    options = {"delete": True, "kinds": ORDER, "now": lambda: BEFORE} | options
    options.setdefault("sleep", lambda seconds: None)
    return sweep(
        Clients,
        regions=list(regions),
        ledgers=list(ledgers),
        **options,
    )


def there():
    """Names of all that the account holds, asked kind by kind."""
    at = Place(Clients(REGION), REGION)
    at.who()
    kinds = [kind for kind in KINDS.values() if kind.kind != "cache policy"]  # moto has none
    return sorted(str(one) for kind in kinds for one in kind.find(at))


# -- all is well ---------------------------------------------------------------------------------


def test_everything_made_is_swept_and_the_ledger_closed(ledger):
    Maker(ledger).everything()
    made = {thing.split(" patternlab")[0].split(" /aws")[0] for thing in there()}
    later = {"instance", "instance profile", "placement group", "security group"}
    assert made >= set(EVERYDAY) | later | {"schedule", "rest api", "budget"}
    report = run([ledger])
    assert report.clean and report.exit_code == 0, str(report)
    assert there() == [] and ledger.open_entries() == []
    assert str(report).endswith("Nothing is left.") and ACCOUNT not in str(report)


def test_a_second_sweep_finds_nothing_to_do(ledger):
    Maker(ledger).everything()
    run([ledger])
    again = run([ledger])
    assert again.clean and not again.deleted and not again.gone


def test_without_a_ledger_the_tags_are_enough(ledger):
    Maker().everything()
    Maker().queue("late")
    report = run(everything=True)
    assert report.clean and there() == [], str(report)
    assert all("tag" in found.by and "ledger" not in found.by for found in report.found)


def test_without_tags_the_ledger_is_enough(ledger):
    Maker(ledger, tagged=False).everything()
    assert run([ledger]).clean and there() == []


def test_things_are_deleted_before_what_they_need(ledger):
    Maker(ledger).everything()
    order = [thing.kind for thing in run([ledger]).deleted]
    assert order == sorted(order, key=ORDER.index)
    for first, then in [("mapping", "function"), ("subscription", "topic"), ("function", "role"),
                        ("bucket", "queue"), ("function", "log group"),
                        ("instance", "placement group"), ("instance", "security group"),
                        ("instance", "instance profile"),
                        ("instance profile", "role")]:  # fmt: skip
        assert order.index(first) < order.index(then)


def test_a_dry_run_deletes_nothing_and_shows_all(ledger):
    Maker(ledger).everything()
    before = there()
    report = run([ledger], delete=False)
    assert there() == before and ledger.open_entries() and report.exit_code == 1
    said = str(report)
    assert "sweep --delete" in said
    assert "2031-05-01 12:00" in said and "k3f9qb" in said
    assert all(thing.name in said for thing in (found.resource for found in report.found))
    assert run([], delete=False, session="bbbbbb").exit_code == 0


def test_one_session_only(ledger, tmp_path):
    other = Ledger.open(tmp_path, OTHER, account=ACCOUNT, endpoint=None)
    Maker(ledger).queue()
    Maker(other, OTHER).queue()
    report = sweep_session(Clients(REGION), ledger, sleep=lambda seconds: None)
    assert report.clean and there() == ["queue patternlab-zzzzzz-orders"]
    assert other.open_entries() and not ledger.open_entries()


def test_only_what_has_expired(ledger):
    Maker(ledger).queue()
    assert run([ledger], expired=True).deleted == []
    assert len(run([ledger], expired=True, now=lambda: LATER).deleted) == 1


def test_what_somebody_else_is_using_is_left_until_it_expires_or_is_asked_for():
    Maker(session=OTHER).queue()
    report = run()
    assert not report.deleted and report.exit_code == 1
    assert "2031-05-01 12:00: 1 queue" in str(report)
    assert "sweep --session zzzzzz --delete" in str(report)
    assert run(now=lambda: LATER).clean and there() == []
    for options in ({"session": "zzzzzz"}, {"everything": True}):
        Maker(session=OTHER).queue()
        assert run(**options).clean and there() == []


def test_every_region_of_the_ledger_is_swept(ledger):
    Maker(ledger).queue()
    Maker(ledger, region="eu-west-1").queue()
    report = sweep_session(Clients(REGION), ledger, sleep=lambda seconds: None)
    assert sorted(thing.region for thing in report.deleted) == ["eu-west-1", REGION]
    assert not client("sqs", "eu-west-1").list_queues().get("QueueUrls")


def test_a_region_that_is_not_swept_stays_open_and_is_named(ledger):
    Maker(ledger, region="eu-west-1").queue()
    report = run([ledger])
    assert ledger.open_entries() and "--region eu-west-1" in str(report) and not report.clean


# -- only what is ours ---------------------------------------------------------------------------


def test_neither_name_nor_tag_alone_is_enough():
    sqs = client("sqs")
    sqs.create_queue(QueueName="orders", tags=SESSION.tags)  # tag, no name
    sqs.create_queue(QueueName="patternlab-k3f9qb-mine")  # name, no tag
    sqs.create_queue(QueueName="patternlab-notes", tags={"project": "patternlab"})  # no session
    report = run(everything=True)
    assert len(sqs.list_queues()["QueueUrls"]) == 3 and not report.deleted
    assert [left.resource.name for left in report.left] == ["patternlab-k3f9qb-mine"]
    assert "aws sqs delete-queue" in str(report)


def test_log_groups_go_with_the_function_or_topic_that_they_are_of(ledger):
    logs = client("logs")
    Maker(ledger).function()
    Maker(ledger)("topic", Name=SESSION.name("news"))
    logs.create_log_group(logGroupName="/aws/lambda/patternlab-k3f9qb-work")
    logs.create_log_group(logGroupName=f"sns/{REGION}/{ACCOUNT}/patternlab-k3f9qb-news/Failure")
    logs.create_log_group(logGroupName="/aws/lambda/patternlab-zzzzzz-theirs")
    report = run([ledger])
    assert there() == ["log group /aws/lambda/patternlab-zzzzzz-theirs"]
    assert ACCOUNT not in str(report)
    assert LOG_GROUPS in str(report)
    logs.create_log_group(logGroupName="/aws/lambda/patternlab-k3f9qb-work")  # Lambda, later
    assert "/aws/lambda/patternlab-k3f9qb-work" in str(run([ledger], session="k3f9qb").deleted)


def test_the_lasting_budget_is_not_a_sessions():
    lasting = BUDGET | {"BudgetName": "patternlab-budget"}
    client("budgets").create_budget(AccountId=ACCOUNT, Budget=lasting)
    assert run(everything=True).clean
    assert client("budgets").describe_budgets(AccountId=ACCOUNT)["Budgets"]


def test_a_ledger_of_another_account_stays_open_and_says_so(tmp_path):
    far = Ledger.open(tmp_path / "a", SESSION, account="999999990000", endpoint=None)
    local = Ledger.open(tmp_path / "b", OTHER, account=ACCOUNT, endpoint="127.0.0.1:4566")
    for ledger in (far, local):
        ledger.planned("queue", SESSION.name("orders"))
    report = run([far, local])
    assert far.open_entries() and local.open_entries() and report.exit_code == 1
    for where in ("…0000 at aws", "…9012 at aws", "…9012 at 127.0.0.1:4566"):
        assert where in str(report)


# -- what goes wrong -----------------------------------------------------------------------------


def test_what_others_deleted_meanwhile_counts_as_gone(ledger):
    url = Maker(ledger).queue()
    Maker(ledger).function()
    client("sqs").delete_queue(QueueUrl=url)
    report = run([ledger])
    assert report.clean and [thing.kind for thing in report.gone] == ["queue"]
    assert not ledger.open_entries()


def test_deleted_by_others_between_the_look_and_the_deletion(ledger, monkeypatch):
    Maker(ledger).queue()
    fail(monkeypatch, "AWS.SimpleQueueService.NonExistentQueue", "DeleteQueue", times=1)
    report = run([ledger])
    assert report.clean and [one.kind for one in report.gone] == ["queue"]


def test_a_create_that_never_arrived_is_closed(ledger):
    for kind in ("queue", "mapping", "bucket", "role"):
        ledger.planned(kind, SESSION.name("never"))
    assert run([ledger]).clean and not ledger.open_entries()


def test_a_create_that_arrives_late_is_waited_for(ledger):
    ledger.planned("queue", SESSION.name("orders"))
    paused = []

    def sleep(seconds):
        paused.append(seconds)
        Maker().queue()

    sent = ledger.open_entries()[0].at
    report = run([ledger], sleep=sleep, now=lambda: sent)
    assert paused[0] == SETTLED
    assert report.clean and len(report.deleted) == 1 and there() == []


@pytest.mark.parametrize("code", ["ThrottlingException", "TooManyRequestsException", "SlowDown"])
def test_throttling_is_waited_out(ledger, monkeypatch, code):
    Maker(ledger).everything()
    paused = []
    count = fail(monkeypatch, code, "DeleteFunction", times=3)
    assert run([ledger], sleep=paused.append).clean
    assert count["DeleteFunction"] == 3 and len(paused) >= 3 and there() == []


def test_throttling_without_end_is_left_and_named(ledger, monkeypatch):
    Maker(ledger).queue()
    count = fail(monkeypatch, "ThrottlingException", "DeleteQueue")
    report = run([ledger])
    assert "sqs:DeleteQueue (ThrottlingException)" in str(report) and report.exit_code == 1
    assert count["DeleteQueue"] == TRIES and ledger.open_entries()


def test_a_denied_action_is_one_sentence_and_the_rest_goes_on(ledger, monkeypatch):
    Maker(ledger).everything()
    fail(monkeypatch, "AccessDeniedException", "DeleteFunction")
    report = run([ledger])
    assert [left.resource.kind for left in report.left] == ["function"] and report.exit_code == 1
    said = str(report)
    assert "lambda:DeleteFunction (AccessDeniedException)" in said
    assert "aws lambda delete-function --region us-east-1" in said
    assert "--function-name patternlab-k3f9qb-work" in said
    assert ACCOUNT not in said and there() == ["function patternlab-k3f9qb-work"]
    assert [entry.kind for entry in ledger.open_entries()] == ["function"]
    monkeypatch.undo()


def test_a_denied_listing_is_said_and_the_ledger_still_finds(ledger, monkeypatch):
    Maker(ledger).queue()
    fail(monkeypatch, "AccessDenied", "ListQueues")
    report = run([ledger])
    assert [thing.kind for thing in report.deleted] == ["queue"] and report.exit_code == 1
    assert "sqs:ListQueues (AccessDenied)" in str(report)


def test_without_the_tagging_api_the_services_are_asked(monkeypatch):
    Maker().everything()
    fail(monkeypatch, "AccessDeniedException", "GetResources")
    assert run(everything=True).clean and there() == []


@pytest.mark.parametrize(
    ("code", "advice"), [("ExpiredToken", "expired"), ("InvalidClientTokenId", "wrong")]
)
def test_credentials_that_do_not_work_are_one_sentence(ledger, monkeypatch, code, advice):
    Maker(ledger).queue()
    fail(monkeypatch, code, "GetCallerIdentity")
    report = run([ledger])
    assert code in report.stopped and advice in report.stopped and "\n" not in report.stopped
    assert ledger.open_entries() and report.exit_code == 1


def test_missing_credentials_are_one_sentence(ledger, monkeypatch):
    fail(monkeypatch, botocore.exceptions.NoCredentialsError(), "GetCallerIdentity")
    assert "no usable credentials" in run([ledger]).stopped


@pytest.mark.parametrize("operation", ["DeleteFunction", "DeleteBucket", "ListRoles"])
def test_the_network_gone_in_the_middle_and_the_next_sweep_finishes(ledger, monkeypatch, operation):
    Maker(ledger).everything()
    gone = botocore.exceptions.EndpointConnectionError(endpoint_url="https://sqs.amazonaws.com")
    with monkeypatch.context() as patch:
        fail(patch, gone, operation)
        fail_too = botocore.client.BaseClient._make_api_call

        def no_network(self, name, params):
            if name == "GetCallerIdentity" and no_network.asked:
                raise gone
            no_network.asked |= name == "GetCallerIdentity"
            return fail_too(self, name, params)

        no_network.asked = False
        patch.setattr("botocore.client.BaseClient._make_api_call", no_network)
        report = run([ledger])
    assert "cannot be reached" in report.stopped and report.exit_code == 1
    assert "sweep --delete" in str(report)
    there_now = Counter(thing.split(" ")[0] for thing in there())
    open_now = Counter(entry.kind.split(" ")[0] for entry in ledger.open_entries())
    assert all(open_now[kind] >= count for kind, count in there_now.items())  # the ledger is true
    assert run([ledger]).clean and there() == [] and not ledger.open_entries()


def test_a_region_that_does_not_answer_is_left_out(ledger, monkeypatch):
    Maker(ledger).queue()
    Maker(ledger, region="eu-west-1").queue()
    call = botocore.client.BaseClient._make_api_call

    def half(self, name, params):
        if self.meta.region_name == "eu-west-1":
            raise botocore.exceptions.EndpointConnectionError(endpoint_url="https://x")
        return call(self, name, params)

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", half)
    report = run([ledger], regions=[REGION, "eu-west-1"])
    assert len(report.deleted) == 1 and not report.stopped and "eu-west-1: " in str(report)
    assert [entry.region for entry in ledger.open_entries()] == ["eu-west-1"]
    assert report.exit_code == 1


def test_an_interrupt_ends_it_cleanly(ledger, monkeypatch):
    Maker(ledger).everything()
    with monkeypatch.context() as patch:
        fail(patch, KeyboardInterrupt(), "DeleteFunction")
        report = run([ledger])
    assert "interrupted" in report.stopped and ledger.open_entries()
    assert run([ledger]).clean and there() == []


def test_what_takes_too_long_to_go_is_left_and_said(ledger, monkeypatch):
    Maker(ledger).queue()
    monkeypatch.setattr(KINDS["queue"], "exists", lambda one, at: True)
    paused = []
    report = run([ledger], sleep=paused.append)
    assert "90 s" in str(report) and sum(paused) >= 90
    assert ledger.open_entries()


def test_an_object_that_cannot_be_deleted_leaves_the_bucket(ledger, monkeypatch):
    Maker(ledger).bucket()
    answer = {"Errors": [{"Key": "cat.jpg", "Code": "AccessDenied"}]}
    call = botocore.client.BaseClient._make_api_call
    monkeypatch.setattr(
        "botocore.client.BaseClient._make_api_call",
        lambda self, name, params: answer if name == "DeleteObjects" else call(self, name, params),
    )
    report = run([ledger])
    assert "cat.jpg (AccessDenied)" in str(report)
    assert [left.resource.kind for left in report.left] == ["bucket"]


# -- the command ---------------------------------------------------------------------------------


def command(tmp_path, **options):
    given = {"delete": False, "session": None, "expired": False, "everything": False, "regions": []}
    return sweeping.command(**given | {"state": tmp_path, "kinds": ORDER} | options)


def test_the_command_shows_then_deletes(ledger, tmp_path, capsys):
    Maker(ledger).queue()
    assert command(tmp_path) == 1
    assert "patternlab-k3f9qb-orders" in capsys.readouterr().out and there()
    assert command(tmp_path, delete=True) == 0
    assert "Deleted 1 queue." in capsys.readouterr().out and there() == []
    assert command(tmp_path) == 0


def test_a_damaged_ledger_is_said_and_the_tags_find_the_rest(ledger, tmp_path, capsys):
    Maker(ledger).queue()
    ledger.path.write_text(ledger.path.read_text() + "scribble\n")
    assert command(tmp_path, delete=True, everything=True) == 1
    assert f"{ledger.path} is damaged at line 4" in capsys.readouterr().out
    assert there() == []


def test_no_region_at_all_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    assert command(tmp_path) == 1
    assert "--region us-east-1" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ORDER)
def test_every_kind_can_be_deleted_by_hand_without_an_account_id(kind):
    said = KINDS[kind]("patternlab-k3f9qb-x", REGION, "i-1/x").by_hand()
    assert "patternlab-k3f9qb-x" in said or "i-1" in said
    assert not re.search(r"\d{12}", said)
