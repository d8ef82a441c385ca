"""The classes of resources against botocore's own description of the API, and their prices."""

import ast
import inspect

import botocore.session
import pytest
from botocore.validate import ParamValidator

from patternlab.resources import KINDS, RESOURCES, bare, creation, is_unknown_creation
from patternlab.resources.prices import UnknownPrice

TAGS = {"project": "patternlab", "session": "k3f9qb"}
NAME = "patternlab-k3f9qb-orders"
SESSION = botocore.session.get_session()
TAGGED = [one for one in RESOURCES if one.tags_at]


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


@pytest.mark.parametrize("kind", RESOURCES, ids=lambda kind: kind.kind)
def test_a_kind_is_an_operation_whose_parameters_exist(kind):
    assert creation(kind.service, kind.create) is kind
    where = kind.named_by or kind.of
    params = nested(where, NAME)
    assert not complaints(kind, params)
    assert kind.name_in(params) == NAME
    required = shape(kind).required_members
    assert kind.name_in({}) == (None if where.split(".")[0] in required else "")


@pytest.mark.parametrize("kind", TAGGED, ids=lambda kind: kind.kind)
def test_tags_go_in_in_the_shape_of_the_api_however_often(kind):
    once, twice = {}, {}
    kind.tags_at.put(once, TAGS)
    for _ in range(2):
        kind.tags_at.put(twice, TAGS)
    assert not complaints(kind, once)
    assert set(TAGS.items()) <= pairs(once) and once == twice


def test_only_what_the_api_cannot_tag_is_untagged():
    assert {one.kind for one in RESOURCES if one not in TAGGED} == {
        "subscription",
        "schedule",
        "cache policy",
    }


def test_tags_of_the_learner_stay_and_ours_win():
    theirs = [{"Key": "team", "Value": "blue"}, {"Key": "project", "Value": "mine"}]
    params = {"Tags": theirs}
    KINDS["topic"].tags_at.put(params, TAGS)
    assert pairs(params) == {("team", "blue"), *TAGS.items()}
    assert len(theirs) == 2 and theirs[1]["Value"] == "mine"


def test_a_bucket_keeps_where_it_is():
    given = {"LocationConstraint": "eu-west-1"}
    params = {"Bucket": NAME, "CreateBucketConfiguration": given}
    KINDS["bucket"].tags_at.put(params, TAGS)
    assert params["CreateBucketConfiguration"]["LocationConstraint"] == "eu-west-1"
    assert given == {"LocationConstraint": "eu-west-1"}


def test_volumes_are_tagged_with_their_instance():
    params = {"TagSpecifications": [{"ResourceType": "instance", "Tags": []}]}
    KINDS["instance"].tags_at.put(params, TAGS)
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
    subscription = KINDS["subscription"]
    assert subscription.id_in({"SubscriptionArn": arn}) == f"{NAME}:0a1b"
    assert subscription.id_in({"SubscriptionArn": "pending confirmation"}) is None
    assert KINDS["mapping"].id_in({"UUID": "u-1"}) == "u-1"
    assert KINDS["queue"].id_in({"QueueUrl": "https://a/123456789012/q"}) is None
    assert KINDS["instance"].id_in({"Instances": [{"InstanceId": "i-1"}]}) == "i-1"


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


@pytest.mark.parametrize("service", sorted({one.service for one in RESOURCES}))
def test_no_other_create_of_a_service_slips_through(service):
    names = SESSION.get_service_model(service).operation_names
    creates = [name for name in names if name.startswith(("Create", "Run", "Allocate", "Import"))]
    known = {name for name in creates if not is_unknown_creation(service, name)}
    table = {one.create for one in RESOURCES if one.service == service}
    assert table & set(creates) <= known
    parts = {
        "s3": {"CreateMultipartUpload", "CreateSession"},
        "lambda": {"CreateAlias"},
        "logs": {"CreateLogStream"},
        "cloudfront": {"CreateInvalidation"},
        "budgets": {"CreateNotification", "CreateSubscriber"},
        "ec2": {"CreateTags", "CreateLaunchTemplateVersion"},
    }
    if service != "apigateway":  # the parts of an API are many, and all go with it
        assert known - table == parts.get(service, set())


@pytest.mark.parametrize("kind", RESOURCES, ids=lambda kind: kind.kind)
def test_the_operations_of_a_kind_exist_and_its_own_parameters_are_theirs(kind):
    model = SESSION.get_service_model(kind.service)
    named = (kind.create, kind.find_by, kind.describe, kind.remove, kind.also, kind.parts)
    operations = set(" ".join(named).split()) | set(kind.takes)
    assert operations <= set(model.operation_names)


# -- prices ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", RESOURCES, ids=lambda kind: kind.kind)
def test_every_kind_has_an_hourly_price(kind):
    params = {"InstanceType": "c5n.9xlarge"} if kind.kind == "instance" else {}
    assert (kind.hourly(params) > 0) == (kind.kind == "instance")


def test_a_stage_costs_only_with_a_cache():
    assert KINDS["stage"].hourly({}) == 0
    assert KINDS["stage"].hourly({"cacheClusterEnabled": False, "cacheClusterSize": "237"}) == 0
    assert KINDS["stage"].hourly({"cacheClusterEnabled": True}) == pytest.approx(0.02)
    params = {"cacheClusterEnabled": True, "cacheClusterSize": "6.1"}
    assert KINDS["stage"].hourly(params) == pytest.approx(0.20)


def test_two_instances_with_their_disks_and_addresses():
    # 2 x (1.944 + 0.005 + 30 GB x 0.08 / 730)
    params = {"InstanceType": "c5n.9xlarge", "MinCount": 1, "MaxCount": 2}
    assert KINDS["instance"].hourly(params) == pytest.approx(2 * (1.944 + 0.005 + 30 * 0.08 / 730))


def test_a_larger_disk_costs_more():
    disks = [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 1000}}, {"NoDevice": ""}]
    params = {"InstanceType": "c5n.9xlarge", "MaxCount": 1}
    more = KINDS["instance"].hourly({**params, "BlockDeviceMappings": disks})
    assert more - KINDS["instance"].hourly(params) == pytest.approx(1000 * 0.08 / 730)


@pytest.mark.parametrize(
    ("kind", "params", "named"),
    [
        ("instance", {}, "InstanceType="),
        ("instance", {"InstanceType": "u-24tb1.metal"}, "u-24tb1.metal"),
        (
            "stage",
            {"cacheClusterEnabled": True, "cacheClusterSize": "7"},
            "cache-7GB",
        ),
        ("mapping", {"ProvisionedPollerConfig": {"MinimumPollers": 2}}, "ProvisionedPollerConfig"),
    ],
)
def test_what_has_no_price_is_not_made(kind, params, named):
    with pytest.raises(UnknownPrice, match=named) as refused:
        KINDS[kind].hourly(params)
    assert "\n" not in str(refused.value)


def operations_in(source):
    """(service, operation) of the calls that are spelled out in the source of a class."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("call", "items"):
            words = [one.value for one in node.args[:2] if isinstance(one, ast.Constant)]
            if len(words) == 2:
                yield tuple(words)


@pytest.mark.parametrize("kind", RESOURCES, ids=lambda kind: kind.kind)
def test_a_class_names_all_operations_that_finding_and_deleting_one_takes_and_no_other(kind):
    """The policies are made from these names."""
    named = {(kind.service, operation) for operation in kind.also.split()}
    called = set(operations_in(inspect.getsource(kind)))
    roles_too = {("iam", "ListRoleTags")} if kind.kind == "schedule" else set()
    assert called == named | roles_too
