"""The IAM policies: enough for every notebook, and no statement of them too much.

Running all notebooks under IAM is deep; the quick tests run one.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from types import SimpleNamespace

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import ServiceModel
from moto import mock_aws

from patternlab import open_cloud, paths
from patternlab.account import calls
from patternlab.account.calls import FUNCTION, NOTEBOOK, Row
from patternlab.account.policies import documents, page
from patternlab.account.policies.actions import actions_of, statement_of
from patternlab.account.sweep.look import Claims
from patternlab.authoring import notebook_calls
from patternlab.authoring.notebook_calls import Call, Recording
from patternlab.caching.edge.cloudfront import Distribution
from patternlab.caching.edge.ttl import CachePolicy
from patternlab.paths import books
from patternlab.resources import KINDS
from patternlab.resources.place import Denied, Place
from tests.account.policies.iam import (
    Guarded,
    allows,
    attach,
    enforced,
    gateway_arn,
    tags_path,
    without,
)

ROWS = calls.read()
LEARNER, LAB, INSTRUCTOR = (
    make(ROWS) for make in (documents.learner, documents.lab, documents.instructor)
)
IN_THE_LAB = {**LEARNER, "Statement": [*LEARNER["Statement"], *LAB["Statement"]]}
BOOKS = {path.stem: path for path in books()}
LABS = {name for name, path in BOOKS.items() if path.parent == paths.LABS}
#: The notebook that the quick tests run, and the statement that they leave out.
QUICK, LEFT_OUT = "01-sqs-lambda-dlq", "EventSourceMappings"
#: For a distribution, which no notebook makes: its code does.
DISTRIBUTIONS = ["NewDistributions", "NewCachePolicies", "ByTag", "CachePolicies"]


def characters(document) -> int:
    """How many IAM counts: all but white space."""
    return len("".join(json.dumps(document).split()))


def deep(names, quick):
    """Parameters of a test, all of them deep but one."""
    marks = {name: [] if name == quick else [pytest.mark.deep] for name in names}
    return [pytest.param(name, marks=marks[name]) for name in names]


#: Actions for which IAM knows no resource (Service Authorization Reference, 2026-11-22): nobody can
#: be kept away from other people's things by their names.
WITHOUT_RESOURCE = {
    "cloudfront:CreateCachePolicy",
    "events:ListRules",
    "iam:ListRoles",
    "lambda:ListEventSourceMappings",
    "lambda:ListFunctions",
    "logs:DescribeLogGroups",
    "s3:ListAllMyBuckets",
    "sns:GetSubscriptionAttributes",
    "sns:ListSubscriptions",
    "sns:ListTopics",
    "sns:SetSubscriptionAttributes",
    "sns:Unsubscribe",
    "sqs:ListQueues",
}


@cache
def run_of(name: str) -> tuple[Recording, Guarded]:
    """A notebook, run by a user who has the learner's policy, and that of the labs for a lab."""
    with enforced(IN_THE_LAB if name in LABS else LEARNER) as guarded:
        return notebook_calls.record(BOOKS[name], guarded.prepare), guarded


# -- what is in the repository -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["learner.json", "lab.json", "instructor.json", "README.md"])
def test_the_files_are_what_the_counts_give(name):
    assert page.files(ROWS)[name] == (page.FOLDER / name).read_text(encoding="utf-8"), (
        f"data/policies/{name} is out of date: run make policies"
    )


@pytest.mark.parametrize("document", [LEARNER, LAB, INSTRUCTOR])
def test_a_policy_fits_into_a_managed_policy(document):
    assert characters(document) <= 6144
    sids = [statement["Sid"] for statement in document["Statement"]]
    assert len(set(sids)) == len(sids) and all(sid.isalnum() for sid in sids)


@pytest.mark.parametrize("document", [LEARNER, LAB, INSTRUCTOR])
def test_no_statement_allows_by_a_wildcard_of_actions(document):
    assert not any("*" in action for one in document["Statement"] for action in one["Action"])


def test_an_instructor_may_do_all_that_a_learner_may():
    theirs = {one["Sid"]: one for one in INSTRUCTOR["Statement"]}
    for one in LEARNER["Statement"]:
        assert set(one["Action"]) <= set(theirs[one["Sid"]]["Action"])
        assert one["Resource"] == theirs[one["Sid"]]["Resource"]


def test_every_action_is_one_that_aws_has():
    """An action is an operation's name unless the reference gives it another one."""
    others = {"s3:ListAllMyBuckets", "s3:ListBucket", "s3:ListBucketVersions", "iam:PassRole"}
    others |= {"s3:ListBucketMultipartUploads", "s3:PutBucketNotification", "s3:TagResource"}
    others |= {"s3:DeleteObjectVersion"}
    others |= {f"apigateway:{verb}" for verb in ("DELETE", "GET", "PATCH", "POST", "PUT")}
    others |= {"budgets:ViewBudget", "budgets:ModifyBudget"}
    names = {"tag": "resourcegroupstaggingapi", "servicequotas": "service-quotas"}
    statements = INSTRUCTOR["Statement"] + LAB["Statement"]
    for action in {action for one in statements for action in one["Action"]} - others:
        service, _, name = action.partition(":")
        assert name in operations(names.get(service, service)), action


@cache
def operations(service: str) -> set[str]:
    return set(ServiceModel(Loader().load_service_model(service, "service-2")).operation_names)


def test_an_action_of_which_nobody_said_what_it_reaches_is_refused():
    with pytest.raises(KeyError, match="dynamodb:CreateTable"):
        statement_of("dynamodb:CreateTable")


# -- the notebooks under IAM -------------------------------------------------------------------


@pytest.mark.parametrize("name", deep(BOOKS, QUICK))
def test_a_notebook_may_ask_for_what_it_asks_and_asks_for_what_was_counted(name):
    recording, guarded = run_of(name)
    assert guarded.denied == []
    assert len(guarded.asked) >= len(recording.calls)  # moto was asked about each call
    assert (len(recording.calls) > 0) is notebook_calls.opens_cloud(BOOKS[name])
    counted = [row for row in ROWS if row.notebook == name]
    assert calls.as_csv(recording.rows(name)) == calls.as_csv(counted), (
        f"data/notebook_calls.csv is out of date about {name}: run make policies"
    )


@pytest.mark.parametrize(
    "sid",
    deep([one["Sid"] for one in LEARNER["Statement"] if one["Sid"] not in DISTRIBUTIONS], LEFT_OUT),
)
def test_without_any_one_statement_a_notebook_fails(sid):
    name = next(row.notebook for row in ROWS if row.by == NOTEBOOK and needs(sid, row))
    with enforced(without(LEARNER, sid)) as guarded, pytest.raises(ClientError):
        notebook_calls.record(BOOKS[name], guarded.prepare)
    assert {statement_of(action).sid for action in map(whole, guarded.denied)} == {sid}


def needs(sid: str, row: Row) -> bool:
    return any(statement_of(one).sid == sid for one in actions_of(row.service, row.operation))


def whole(action: str) -> str:
    """An action as the course writes it: moto does not say whom a role is passed to."""
    return "iam:PassRole to a service" if action == "iam:PassRole" else action


# -- a distribution under IAM ------------------------------------------------------------------

ORIGIN = "https://abc123.execute-api.us-east-1.amazonaws.com/prod/"


def distribute(document) -> tuple[Guarded, list[str]]:
    """What a distribution asks for, from its creation to its end; who may not, is in `denied`.

    moto has no cache policies, so its side of these calls is here.
    """
    with enforced(document) as guarded, open_cloud() as cloud:
        asked: list[str] = []

        def answered(model, **_):
            asked.append(model.name)
            action = f"cloudfront:{model.name}"
            if not any(action in one["Action"] for one in document["Statement"]):
                guarded.denied.append(action)
                raise ClientError({"Error": {"Code": "AccessDenied"}}, model.name)
            answer = {"CachePolicy": {"Id": "policy-1"}, "ETag": "tag-1"}
            return SimpleNamespace(status_code=200), answer

        guarded.prepare(cloud)
        events = cloud._backend.session.core
        events.register("before-call.cloudfront", lambda model, **_: asked.append(model.name))
        for operation in ("CreateCachePolicy", "GetCachePolicy", "DeleteCachePolicy"):
            events.register(f"before-call.cloudfront.{operation}", answered)
        with suppress(ClientError), Distribution(cloud, ORIGIN, CachePolicy(0, 60, 600)) as edge:
            edge.wait()
            edge.invalidate("/")
    return guarded, asked


def test_a_distribution_asks_for_what_the_table_names_and_a_learner_may():
    guarded, asked = distribute(LEARNER)
    assert guarded.denied == []
    named = documents.COURSE["put a distribution in front of an origin"]["cloudfront"]
    assert set(asked) == set(named.split())


@pytest.mark.parametrize("sid", DISTRIBUTIONS)
def test_without_any_one_statement_a_distribution_fails(sid):
    guarded, _ = distribute(without(LEARNER, sid))
    assert {statement_of(action).sid for action in guarded.denied} == {sid}


@pytest.mark.parametrize("action", ["CreateDistribution", "TagResource"])
def test_a_new_distribution_has_the_courses_tag(action):
    tag = "aws:RequestTag/project"
    assert allows(LEARNER, f"cloudfront:{action}", "*", {tag: "patternlab"})
    assert not allows(LEARNER, f"cloudfront:{action}", "*", {tag: "payroll"})
    assert not allows(LEARNER, f"cloudfront:{action}", "*", {})


@pytest.mark.parametrize(
    "action",
    ["GetDistribution", "UpdateDistribution", "DeleteDistribution", "CreateInvalidation"],
)
def test_a_distribution_of_others_is_not_touched(action):
    arn, tag = "arn:aws:cloudfront::123456789012:distribution/E1", "aws:ResourceTag/project"
    assert allows(LEARNER, f"cloudfront:{action}", arn, {tag: "patternlab"})
    assert not allows(LEARNER, f"cloudfront:{action}", arn, {tag: "payroll"})
    assert not allows(LEARNER, f"cloudfront:{action}", arn, {})


# -- the sweep under IAM -----------------------------------------------------------------------


@contextmanager
def under(document) -> Iterator[tuple[Guarded, Place]]:
    """Where a sweep looks, in moto, by a user who has the policy."""
    with mock_aws(), enforced(document) as guarded:
        session = boto3.Session(*attach(document), region_name="us-east-1")
        yield guarded, Place(session, "us-east-1", sleep=lambda seconds: None)


def test_a_learners_sweep_may_look_for_every_kind():
    with under(LEARNER) as (guarded, place):
        place.who()
        assert list(Claims().learn(place)) == []
        for kind in KINDS.keys() - {"cache policy"}:  # moto has none
            before = len(guarded.asked)
            with suppress(NotImplementedError):  # of placement groups, moto knows the action only
                assert list(KINDS[kind].find(place)) == []
            assert len(guarded.asked) > before and not guarded.denied, kind


def test_a_sweep_that_may_not_look_for_apis_says_so():
    with under(without(LEARNER, "LookForRestApis")) as (_, place), pytest.raises(Denied):
        list(KINDS["rest api"].find(place))


def test_a_learners_sweep_deletes_an_api_and_its_stages():
    with under(LEARNER) as (guarded, place):
        client = place.session.client("apigateway")
        made = client.create_rest_api(name=OWN + "reports")["id"]
        [root] = client.get_resources(restApiId=made)["items"]
        method = {"restApiId": made, "resourceId": root["id"], "httpMethod": "GET"}
        client.put_method(**method, authorizationType="NONE")
        client.put_integration(**method, type="MOCK", requestTemplates={})
        deployed = client.create_deployment(restApiId=made)["id"]
        client.create_stage(restApiId=made, stageName=OWN + "prod", deploymentId=deployed)
        for kind in ("stage", "rest api"):
            [found] = KINDS[kind].find(place)
            assert found.tags(place) == {}
            found.delete(place)
            assert not found.exists(place)
        assert guarded.denied == []


@pytest.mark.parametrize(
    ("documents_of", "in_labs", "besides"),
    [
        ([LEARNER], False, {"log group", "distribution", "cache policy"}),
        ([LEARNER, LAB], True, {"schedule"}),
    ],
    ids=["learner", "lab"],
)
def test_whoever_may_make_something_may_delete_it(documents_of, in_labs, besides):
    called = {(row.service, row.operation) for row in ROWS if (row.notebook in LABS) is in_labs}
    made = {kind.kind for kind in documents.made_by(called)} | besides
    assert made >= ({"instance", "role", "placement group"} if in_labs else {"queue", "stage"})
    allowed = {
        action for one in documents_of for some in one["Statement"] for action in some["Action"]
    }
    for kind in map(KINDS.get, made):
        for operation in (kind.describe, kind.remove, *kind.also.split()):
            for action in actions_of(kind.service, operation):
                assert action.partition(" ")[0] in allowed, (kind.kind, action)


# -- whose things ------------------------------------------------------------------------------

OWN = "patternlab-k3f9qb-"


NOTEBOOKS = [name for name in BOOKS if name not in LABS and notebook_calls.opens_cloud(BOOKS[name])]


@pytest.mark.parametrize("name", deep(NOTEBOOKS, QUICK))
def test_each_recorded_call_is_allowed_on_a_sessions_own_resources_and_on_nobody_elses(name):
    allowed, asked = set(), set()
    for call in run_of(name)[0].calls:
        if call.by == FUNCTION:
            continue
        for action, resource, context in requests(call, lambda name: OWN + name):
            assert allows(LEARNER, action.partition(" ")[0], resource, context), (action, resource)
        for action, resource, context in requests(call, lambda name: "payroll"):
            asked.add(action)
            if allows(LEARNER, action.partition(" ")[0], resource, context):
                allowed.add(action)
    looks = "apigateway:GET /restapis", "ec2:Describe"  # IAM knows no resource for the second
    read = {action for action in asked if action.startswith(looks)}
    # a mapping's id says nothing of whose it is: anybody's can be tagged, none can be changed
    maps = "lambda:CreateEventSourceMapping" in asked
    assert allowed == asked & WITHOUT_RESOURCE | read | ({"lambda:TagResource"} if maps else set())
    assert asked - allowed or asked == read


@pytest.mark.parametrize("document", [LEARNER, LAB, INSTRUCTOR])
def test_what_reaches_everything_only_reads_or_is_known_by_no_name(document):
    reads = ("List", "Get", "View", "Describe")
    for one in document["Statement"]:
        if one["Resource"] == ["*"] and "Condition" not in one:
            writes = {a for a in one["Action"] if not a.split(":")[1].startswith(reads)}
            assert writes <= WITHOUT_RESOURCE, one["Sid"]


def test_a_role_is_passed_to_the_courses_services_only():
    role = f"arn:aws:iam::123456789012:role/{OWN}work-role"
    for service, wanted in {"lambda": True, "sns": True, "scheduler": False, "ec2": False}.items():
        context = {"iam:PassedToService": f"{service}.amazonaws.com"}
        assert allows(LEARNER, "iam:PassRole", role, context) is wanted
    assert allows(
        INSTRUCTOR, "iam:PassRole", role, {"iam:PassedToService": "scheduler.amazonaws.com"}
    )
    assert not allows(LEARNER, "iam:PassRole", role, {})


def test_an_instructor_deletes_machines_by_the_courses_tag_only():
    machine = "arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0"
    tag = "aws:ResourceTag/project"
    assert allows(INSTRUCTOR, "ec2:TerminateInstances", machine, {tag: "patternlab"})
    assert not allows(INSTRUCTOR, "ec2:TerminateInstances", machine, {tag: "payroll"})
    assert not allows(INSTRUCTOR, "ec2:TerminateInstances", machine, {})
    assert not allows(LEARNER, "ec2:TerminateInstances", machine, {tag: "patternlab"})


def test_an_api_is_known_by_its_tag_and_by_its_name_where_aws_says_it():
    path = "/restapis/abc123"
    for verb, where, tag, name in (
        ("POST", "/restapis", "aws:RequestTag/project", "apigateway:Request/ApiName"),
        ("DELETE", path, "aws:ResourceTag/project", "apigateway:Resource/ApiName"),
    ):
        action, arn = f"apigateway:{verb}", gateway_arn(where)
        assert allows(LEARNER, action, arn, {tag: "patternlab", name: OWN + "reports"})
        assert not allows(LEARNER, action, arn, {tag: "patternlab", name: "payroll"})
        assert not allows(LEARNER, action, arn, {name: OWN + "reports"})
    tagged = {"aws:ResourceTag/project": "patternlab"}
    for verb in ("POST", "PUT", "PATCH", "DELETE"):
        assert allows(LEARNER, f"apigateway:{verb}", gateway_arn(path + "/resources/x"), tagged)
        assert not allows(LEARNER, f"apigateway:{verb}", gateway_arn("/apikeys/x"), tagged)


def test_what_the_policies_page_admits_of_tags_is_so():
    """Who may put the tag on a new API may put it on any: the action does not say which."""
    others = gateway_arn(tags_path("/restapis").removesuffix("*") + "payroll")
    assert allows(LEARNER, "apigateway:PUT", others, {"aws:RequestTag/project": "patternlab"})
    assert not allows(LEARNER, "apigateway:PUT", others, {"aws:RequestTag/project": "payroll"})
    keys = gateway_arn(tags_path("/apikeys"))
    assert not allows(LEARNER, "apigateway:PUT", keys, {"aws:RequestTag/project": "patternlab"})


def test_signed_requests_reach_the_stages_of_the_course_only():
    signed = [Row("n", "execute-api", name, 1, NOTEBOOK) for name in ("Invoke", "InvalidateCache")]
    document = documents.learner([*ROWS, *signed])
    assert characters(document) <= 6144
    stage = "arn:aws:execute-api:us-east-1:123456789012:abc123"
    for row in signed:
        action = f"execute-api:{row.operation}"
        assert allows(document, action, f"{stage}/{OWN}prod/GET/sales", {})
        assert not allows(document, action, f"{stage}/prod/GET/{OWN}sales", {})


def requests(call: Call, rename) -> Iterator[tuple[str, str, dict[str, str]]]:
    """What IAM is asked about a call: action, ARN and condition keys. `rename` says what the thing
    of a name that a local cloud knows is called on the account."""
    for action in actions_of(call.service, call.operation):
        if call.service == "apigateway":
            yield action, *at_the_gateway(action, call, rename)
        elif action.startswith("iam:PassRole to "):
            name = call.params["Role"].rsplit("/", 1)[-1]
            role = f"arn:aws:iam::123456789012:role/{rename(name)}"
            yield action, role, {"iam:PassedToService": action.split()[-1]}
        else:
            yield action, *resource(call, rename)


def at_the_gateway(action: str, call: Call, rename) -> tuple[str, dict[str, str]]:
    """The ARN and the condition keys of an action at API Gateway. Others have tags of theirs."""
    name = rename(call.params.get("name", "reports"))
    project = "patternlab" if name.startswith("patternlab-") else name
    given = {"aws:RequestTag/project": project}
    if " /tags/" in action:
        return gateway_arn(tags_path("/restapis")), given
    if call.operation == "CreateRestApi":
        return gateway_arn("/restapis"), given | {"apigateway:Request/ApiName": name}
    path = action.partition(" ")[2].replace("{restapi_id}", call.params["restApiId"])
    return gateway_arn(path), {"aws:ResourceTag/project": project}


MAPPED = "save-orders"  # a mapping's id does not say whose it is


def resource(call: Call, rename) -> tuple[str, dict[str, str]]:
    """The ARN of what a call is about, by its parameters, and its condition keys."""
    given, where = call.params, "us-east-1:123456789012"

    def name(*keys: str) -> str:
        value = next(given[key] for key in keys if key in given)
        return rename(value.rsplit("/", 1)[-1].rsplit(":", 1)[-1])

    match call.service:
        case "sqs":
            return f"arn:aws:sqs:{where}:{name('QueueName', 'QueueUrl', 'SourceArn')}", {}
        case "sns" if "SubscriptionArn" in given:
            return "*", {}
        case "sns":
            return f"arn:aws:sns:{where}:{name('Name', 'TopicArn')}", {}
        case "lambda" if call.operation.endswith("EventSourceMapping"):
            function = rename(given.get("FunctionName", MAPPED))
            mapping = f"arn:aws:lambda:{where}:event-source-mapping:{given.get('UUID', '*')}"
            return mapping, {"lambda:FunctionArn": f"arn:aws:lambda:{where}:function:{function}"}
        case "lambda":
            return f"arn:aws:lambda:{where}:function:{name('FunctionName')}", {}
        case "logs" if call.operation == "DescribeLogGroups":
            return "*", {}
        case "logs":
            group = f"/aws/lambda/{name('logGroupName')}"
            return f"arn:aws:logs:{where}:log-group:{group}:log-stream:", {}
        case "iam":
            return f"arn:aws:iam::123456789012:role/{name('RoleName')}", {}
        case "ec2" if call.operation.startswith("Describe"):
            return "*", {}
        case "s3":
            key = f"/{given['Key']}" if "Key" in given else ""
            return f"arn:aws:s3:::{name('Bucket')}{key}", {}
        case "events":
            return f"arn:aws:events:{where}:rule/{name('Name', 'Rule')}", {}
    raise NotImplementedError(f"Say what a request to {call.service} is about.")
