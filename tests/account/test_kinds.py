"""The table of kinds against botocore's own description of the API."""

import botocore.session
import pytest
from botocore.validate import ParamValidator

from patternlab.account.kinds import KINDS, bare, creation, is_unknown_creation, kind_named

TAGS = {"project": "patternlab", "session": "k3f9qb"}
NAME = "patternlab-k3f9qb-orders"
SESSION = botocore.session.get_session()
EVENT_KINDS = ["mapping", "rule", "subscription", "topic", "function", "bucket", "queue"]
EVENT_KINDS += ["log group", "role"]


def shape(kind):
    return SESSION.get_service_model(kind.service).operation_model(kind.create).input_shape


def nested(path, value):
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


def complaints(kind, params):
    """What botocore has against these parameters, except that others are missing."""
    report = ParamValidator().validate(params, shape(kind))
    return [what for what in report.generate_report().splitlines() if "Missing" not in what]


def pairs(value):
    """Every (key, value) of tags, in whatever shape they are."""
    if isinstance(value, list):
        return {pair for one in value for pair in pairs(one)}
    if isinstance(value, dict) and {"Key", "Value"} <= set(value):
        return {(value["Key"], value["Value"])}
    if isinstance(value, dict):
        strings = {(k, v) for k, v in value.items() if isinstance(v, str)}
        return strings | {pair for one in value.values() for pair in pairs(one)}
    return set()


def test_the_kinds_of_the_event_notebooks_are_there():
    assert all(kind_named(name) for name in EVENT_KINDS)
    assert kind_named("nonsense") is None


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_is_an_operation_whose_parameters_exist(kind):
    assert creation(kind.service, kind.create) is kind
    where = kind.named_by or kind.of
    params = nested(where, NAME)
    assert not complaints(kind, params)
    assert kind.name_in(params) == NAME
    required = shape(kind).required_members
    assert kind.name_in({}) == (None if where.split(".")[0] in required else "")


@pytest.mark.parametrize("kind", [k for k in KINDS if k.tag], ids=lambda kind: kind.name)
def test_tags_go_in_in_the_shape_of_the_api(kind):
    params = {}
    kind.tag(params, TAGS)
    assert not complaints(kind, params)
    assert set(TAGS.items()) <= pairs(params)


@pytest.mark.parametrize("kind", [k for k in KINDS if k.tag], ids=lambda kind: kind.name)
def test_tags_are_the_same_however_often_they_go_in(kind):
    once, twice = {}, {}
    kind.tag(once, TAGS)
    for _ in range(2):
        kind.tag(twice, TAGS)
    assert once == twice


def test_only_what_the_api_cannot_tag_is_untagged():
    assert {k.name for k in KINDS if not k.tag} == {"subscription", "schedule", "cache policy"}


def test_tags_of_the_learner_stay_and_ours_win():
    topic = kind_named("topic")
    theirs = [{"Key": "team", "Value": "blue"}, {"Key": "project", "Value": "mine"}]
    params = {"Tags": theirs}
    topic.tag(params, TAGS)
    assert pairs(params) == {("team", "blue"), *TAGS.items()}
    assert len(theirs) == 2 and theirs[1]["Value"] == "mine"


def test_a_bucket_keeps_where_it_is():
    given = {"LocationConstraint": "eu-west-1"}
    params = {"Bucket": NAME, "CreateBucketConfiguration": given}
    kind_named("bucket").tag(params, TAGS)
    assert params["CreateBucketConfiguration"]["LocationConstraint"] == "eu-west-1"
    assert given == {"LocationConstraint": "eu-west-1"}


def test_volumes_are_tagged_with_their_instance():
    params = {"TagSpecifications": [{"ResourceType": "instance", "Tags": []}]}
    kind_named("instance").tag(params, TAGS)
    types = [one["ResourceType"] for one in params["TagSpecifications"]]
    assert types == ["instance", "volume"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("orders", "orders"),
        ("arn:aws:lambda:eu-west-1:123456789012:function:orders", "orders"),
        ("arn:aws:lambda:eu-west-1:123456789012:function:orders:live", "orders"),
        ("arn:aws:sns:eu-west-1:123456789012:orders", "orders"),
        ("arn:aws:sqs:eu-west-1:123456789012:orders.fifo", "orders.fifo"),
        ("arn:aws:s3:::photos", "photos"),
        ("arn:aws:iam::123456789012:role/orders-role", "orders-role"),
        ("arn:aws:events:eu-west-1:123456789012:rule/big", "big"),
    ],
)
def test_an_arn_is_cut_down_to_the_name(text, name):
    assert bare(text) == name


def test_the_id_in_an_answer_holds_no_account_id():
    arn = f"arn:aws:sns:eu-west-1:123456789012:{NAME}:0a1b"
    subscription = kind_named("subscription")
    assert subscription.made({"SubscriptionArn": arn}) == f"{NAME}:0a1b"
    assert subscription.made({"SubscriptionArn": "pending confirmation"}) is None
    assert kind_named("mapping").made({"UUID": "u-1"}) == "u-1"
    assert kind_named("queue").made({"QueueUrl": "https://a/123456789012/q"}) is None
    assert kind_named("instance").made({"Instances": [{"InstanceId": "i-1"}]}) == "i-1"


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("ec2", "CreateNatGateway"),
        ("ec2", "AllocateAddress"),
        ("ec2", "RequestSpotInstances"),
        ("lambda", "PutProvisionedConcurrencyConfig"),
        ("lambda", "PublishLayerVersion"),
        ("iam", "CreateUser"),
        ("iam", "CreateAccessKey"),
        ("events", "CreateEventBus"),
        ("cloudwatch", "PutMetricData"),
        ("dynamodb", "CreateTable"),
        ("dynamodb", "PutItem"),
        ("rds", "CreateDBInstance"),
        ("cloudfront", "CreateDistribution"),
        ("sns", "SetSMSAttributes"),
    ],
)
def test_what_no_sweep_would_find_is_unknown(service, operation):
    assert operation in SESSION.get_service_model(service).operation_names
    assert is_unknown_creation(service, operation)
    assert creation(service, operation) is None


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("iam", "PutRolePolicy"),
        ("s3", "PutObject"),
        ("s3", "PutBucketNotificationConfiguration"),
        ("events", "PutTargets"),
        ("events", "PutRule"),
        ("lambda", "AddPermission"),
        ("lambda", "UpdateFunctionCode"),
        ("lambda", "PutFunctionEventInvokeConfig"),
        ("sns", "Publish"),
        ("sns", "SetSubscriptionAttributes"),
        ("sqs", "SetQueueAttributes"),
        ("sqs", "StartMessageMoveTask"),
        ("logs", "PutRetentionPolicy"),
        ("logs", "FilterLogEvents"),
        ("sts", "GetCallerIdentity"),
        ("dynamodb", "Query"),
        ("rds", "DescribeDBInstances"),
    ],
)
def test_what_reads_changes_or_belongs_to_a_kind_is_known(service, operation):
    assert operation in SESSION.get_service_model(service).operation_names
    assert not is_unknown_creation(service, operation)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_other_create_of_its_service_slips_through(kind):
    names = SESSION.get_service_model(kind.service).operation_names
    creates = [name for name in names if name.startswith(("Create", "Run", "Allocate", "Import"))]
    known = {name for name in creates if not is_unknown_creation(kind.service, name)}
    table = {one.create for one in KINDS if one.service == kind.service}
    assert table & set(creates) <= known
    parts = {
        "s3": {"CreateMultipartUpload", "CreateSession"},
        "lambda": {"CreateAlias"},
        "logs": {"CreateLogStream"},
        "cloudfront": {"CreateInvalidation"},
        "budgets": {"CreateNotification", "CreateSubscriber"},
        "ec2": {"CreateTags", "CreateLaunchTemplateVersion"},
    }
    if kind.service != "apigateway":  # the parts of an API are many, and all go with it
        assert known - table == parts.get(kind.service, set())
