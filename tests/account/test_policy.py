"""The IAM policies: enough for every notebook, and no statement of them too much."""

import ast
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import boto3
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import ServiceModel
from moto import mock_aws

from patternlab import notebook_calls
from patternlab.account import asking, calls, kinds, policy, removal
from patternlab.account.calls import FUNCTION
from patternlab.notebook_calls import Call, Recording
from patternlab.paths import NOTEBOOKS
from tests.account.iam import Guarded, allows, attach, enforced, without

FOLDER = Path(policy.__file__).parent
ROWS = calls.read()
LEARNER, INSTRUCTOR = policy.learner(ROWS), policy.instructor(ROWS)
SIDS = [statement["Sid"] for statement in LEARNER["Statement"]]
LOOKS_ONLY = {"LookForRestApis"}  # for the sweep: no notebook has an API yet

#: Actions for which IAM knows no resource (Service Authorization Reference, 2026-11-22): nobody can
#: be kept away from other people's things by their names.
WITHOUT_RESOURCE = {
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


@pytest.fixture(scope="module")
def runs() -> dict[str, tuple[Recording, Guarded]]:
    """Every notebook, run by a user who has the learner's policy."""
    made = {}
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        with enforced(LEARNER) as guarded:
            made[path.stem] = notebook_calls.record(path, guarded.prepare), guarded
    return made


# -- what is in the repository -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["learner.json", "instructor.json", "README.md"])
def test_the_files_are_what_the_counts_give(name):
    assert policy.files(ROWS)[name] == (policy.FOLDER / name).read_text(encoding="utf-8"), (
        f"data/policies/{name} is out of date: run python -m patternlab policies"
    )


@pytest.mark.parametrize("document", [LEARNER, INSTRUCTOR])
def test_a_policy_fits_into_a_managed_policy(document):
    assert policy.characters(document) == len("".join(json.dumps(document).split()))
    assert policy.characters(document) <= 6144
    sids = [statement["Sid"] for statement in document["Statement"]]
    assert len(set(sids)) == len(sids) and all(sid.isalnum() for sid in sids)


@pytest.mark.parametrize("document", [LEARNER, INSTRUCTOR])
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
    others |= {"s3:DeleteObjectVersion", "apigateway:GET", "apigateway:DELETE"}
    others |= {"budgets:ViewBudget", "budgets:ModifyBudget"}
    names = {"tag": "resourcegroupstaggingapi", "servicequotas": "service-quotas"}
    for action in {action for one in INSTRUCTOR["Statement"] for action in one["Action"]} - others:
        service, _, name = action.partition(":")
        assert name in operations(names.get(service, service)), action


@cache
def operations(service: str) -> set[str]:
    return set(ServiceModel(Loader().load_service_model(service, "service-2")).operation_names)


def test_an_action_of_which_nobody_said_what_it_reaches_is_refused():
    with pytest.raises(KeyError, match="say in SCOPES"):
        policy.scope_of("dynamodb:CreateTable")


# -- the notebooks under IAM -------------------------------------------------------------------


def test_with_the_policy_every_notebook_runs(runs):
    for recording, guarded in runs.values():
        assert guarded.denied == []
        assert len(guarded.asked) >= len(recording.calls) > 0  # moto was asked about each call


def test_the_counts_in_the_repository_are_those_of_a_fresh_run(runs):
    """And those of a run under IAM: a policy changes nothing of what is asked."""
    fresh = [row for name, (recording, _) in runs.items() for row in recording.rows(name)]
    assert calls.as_csv(fresh) == calls.FILE.read_text(encoding="utf-8"), (
        "data/notebook_calls.csv is out of date: run python -m patternlab policies"
    )


@pytest.mark.parametrize("sid", [sid for sid in SIDS if sid not in LOOKS_ONLY])
def test_without_any_one_statement_a_notebook_fails(runs, sid):
    name = next(name for name, (recording, _) in runs.items() if needs(sid, recording))
    with enforced(without(LEARNER, sid)) as guarded, pytest.raises(ClientError):
        notebook_calls.record(NOTEBOOKS / f"{name}.ipynb", guarded.prepare)
    assert {policy.scope_of(action).sid for action in guarded.denied} == {sid}


def needs(sid: str, recording: Recording) -> bool:
    actions = {
        action
        for call in recording.calls
        for action in policy.actions_of(call.service, call.operation)
    }
    return any(policy.scope_of(action).sid == sid for action in actions)


# -- the sweep under IAM -----------------------------------------------------------------------


@contextmanager
def under(document) -> Iterator[tuple[Guarded, asking.Place]]:
    """Where a sweep looks, in moto, by a user who has the policy."""
    with mock_aws(), enforced(document) as guarded:
        session = boto3.Session(*attach(document), region_name="us-east-1")
        yield guarded, asking.Place(session, "us-east-1", sleep=lambda seconds: None)


def test_a_learners_sweep_may_look_for_every_kind():
    with under(LEARNER) as (guarded, place):
        place.who()
        for kind in removal.REMOVALS.keys() - {"cache policy"}:  # moto has none
            before = len(guarded.asked)
            with suppress(NotImplementedError):  # of placement groups, moto knows the action only
                assert list(removal.REMOVALS[kind].find(place)) == []
            assert len(guarded.asked) > before and not guarded.denied, kind


def test_a_sweep_that_may_not_look_for_apis_says_so():
    with under(without(LEARNER, "LookForRestApis")) as (_, place), pytest.raises(asking.Denied):
        list(removal.REMOVALS["rest api"].find(place))


def sweeping() -> dict[str, set[tuple[str, str]]]:
    """Class -> (service, operation) of the calls in the source of the sweep, "" outside classes."""
    found: dict[str, set[tuple[str, str]]] = {"": set()}
    for path in sorted(FOLDER.glob("*.py")):
        for item in ast.parse(path.read_text(encoding="utf-8")).body:
            name = item.name if isinstance(item, ast.ClassDef) and path.stem == "removal" else ""
            found.setdefault(name, set()).update(asked_in(item))
    for one in removal.REMOVALS.values():
        if hasattr(one, "operation"):  # EC2's kinds name it in their class
            found[type(one).__name__].add(("ec2", one.operation))
    return found


def asked_in(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The first two arguments of Place.call and Place.pages where they are spelled out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("call", "pages"):
            words = [one.value for one in node.args[:2] if isinstance(one, ast.Constant)]
            if len(words) == 2:
                yield words[0], words[1]


def named(*tables: dict[str, dict[str, str]]) -> set[tuple[str, str]]:
    """(service, operation as a method) of the calls in the course's tables."""
    return {
        (service, xform_name(operation))
        for table in tables
        for services in table.values()
        for service, names in services.items()
        for operation in names.split()
    }


def test_the_courses_tables_name_every_call_of_the_sweep_and_no_other():
    every = set().union(*sweeping().values())
    assert len(every) > 50
    assert every - named(calls.COURSE, calls.INSTRUCTOR) == set()
    tables = calls.COURSE | calls.INSTRUCTOR
    of_the_sweep = {why: tables[why] for why in tables if why.startswith(("look for", "delete"))}
    assert len(of_the_sweep) == 3
    assert named(of_the_sweep) - every == set()


def test_a_learner_may_delete_what_a_notebook_makes(runs):
    made = {
        kind.name
        for recording, _ in runs.values()
        for call in recording.calls
        if (kind := kinds.creation(call.service, call.operation))
    }
    assert {"queue", "function", "mapping", "topic", "bucket", "rule", "role"} <= made
    for kind in made | {"log group"}:
        asked = sweeping()[type(removal.REMOVALS[kind]).__name__]
        assert asked and asked <= named(calls.COURSE), kind


# -- whose things ------------------------------------------------------------------------------

OWN = "patternlab-k3f9qb-"


def test_each_recorded_call_is_allowed_on_a_sessions_own_things(runs):
    for call in each(runs):
        for action, resource, context in requests(call, lambda name: OWN + name):
            assert allows(LEARNER, action, resource, context), (action, resource)


def test_the_same_calls_are_denied_on_things_of_others(runs):
    allowed, asked = set(), set()
    for call in each(runs):
        for action, resource, context in requests(call, lambda name: "payroll"):
            asked.add(action)
            if allows(LEARNER, action, resource, context):
                allowed.add(action)
    # a mapping's id says nothing of whose it is: anybody's can be tagged, none can be changed
    assert allowed == asked & WITHOUT_RESOURCE | {"lambda:TagResource"}
    assert len(asked - allowed) > 30


@pytest.mark.parametrize("document", [LEARNER, INSTRUCTOR])
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


def each(runs) -> Iterator[Call]:
    return (
        call for recording, _ in runs.values() for call in recording.calls if call.by != FUNCTION
    )


def requests(call: Call, rename) -> Iterator[tuple[str, str, dict[str, str]]]:
    """What IAM is asked about a call: action, ARN and condition keys. `rename` says what the thing
    of a name that a local cloud knows is called on the account."""
    for action in policy.actions_of(call.service, call.operation):
        if action == "iam:PassRole":
            to = {"lambda": "lambda", "sns": "sns"}[call.service]
            name = call.params["Role"].rsplit("/", 1)[-1]
            role = f"arn:aws:iam::123456789012:role/{rename(name)}"
            yield action, role, {"iam:PassedToService": f"{to}.amazonaws.com"}
        else:
            yield action, *resource(call, rename)


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
        case "s3":
            key = f"/{given['Key']}" if "Key" in given else ""
            return f"arn:aws:s3:::{name('Bucket')}{key}", {}
        case "events":
            return f"arn:aws:events:{where}:rule/{name('Name', 'Rule')}", {}
    raise NotImplementedError(f"Say what a request to {call.service} is about.")
