"""A cached stage on an account: the same cells as on a local cloud, priced, and gone at the end.

moto is the account of the first half: it has the control plane. ministack is that of the second: it
answers the API's address too, over HTTP, with a function that really runs, and caches nothing.
"""

import json
from contextlib import contextmanager
from datetime import timedelta

import boto3
import pytest
from moto import mock_aws

from patternlab import open_cloud
from patternlab.account.cost.card import CostAboveCeiling
from patternlab.account.hooks import Refused
from patternlab.account.sweep.sweep import sweep
from patternlab.service_models import boto3_session

REGION = "us-east-1"
TYPE = "method.request.querystring.type"


def users(event, context):
    """Says for whom it was asked."""
    return {"statusCode": 200, "body": json.dumps(event["queryStringParameters"])}


def deployed(cloud):
    """The cells of a notebook that make an API: (client, its id, the deployment's id)."""
    arn = cloud.deploy_function("users", users)
    api = cloud.client("apigateway")
    api_id = api.create_rest_api(name=cloud.name("shop"))["id"]
    [root] = api.get_resources(restApiId=api_id)["items"]
    made = api.create_resource(restApiId=api_id, parentId=root["id"], pathPart="users")
    at = {"restApiId": api_id, "resourceId": made["id"], "httpMethod": "GET"}
    api.put_method(**at, authorizationType="NONE", requestParameters={TYPE: False})
    api.put_integration(
        **at,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations",
        cacheKeyParameters=[TYPE],
    )
    cloud.client("lambda").add_permission(
        FunctionName=cloud.name("users"),
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{REGION}:{arn.split(':')[4]}:{api_id}/*",
    )
    return api, api_id, api.create_deployment(restApiId=api_id)["id"]


def cached(cloud, size="0.5"):
    """The cells that make its stage, cached for GET: (client, what to name it by, its address)."""
    api, api_id, deployment = deployed(cloud)
    its = {"restApiId": api_id, "stageName": cloud.name("prod")}
    api.create_stage(
        **its, deploymentId=deployment, cacheClusterEnabled=True, cacheClusterSize=size
    )
    caching = {"op": "replace", "path": "/*/*/caching/enabled", "value": "true"}
    api.update_stage(**its, patchOperations=[caching])
    return api, its, f"https://{api_id}.execute-api.{REGION}.amazonaws.com/{its['stageName']}"


@pytest.fixture
def on_moto(learner, monkeypatch):
    with mock_aws(config={"lambda": {"use_docker": False}}):
        yield monkeypatch


@contextmanager
def closed_in_the_end(capsys):
    """A cloud, after which nothing of it is on the account."""
    with open_cloud(backend="aws") as cloud:
        yield cloud
    assert "Nothing is left." in capsys.readouterr().out
    assert boto3.client("apigateway", REGION).get_rest_apis()["items"] == []


def test_a_cached_stage_is_made_priced_and_deleted(on_moto, capsys):
    with closed_in_the_end(capsys) as cloud:
        before = cloud._backend.ceiling.committed
        api, its, _ = cached(cloud)
        stage = api.get_stage(**its)
        assert (stage["cacheClusterEnabled"], stage["cacheClusterSize"]) == (True, "0.5")
        assert stage["tags"]["project"] == "patternlab"
        hours = cloud._backend.settings.hours
        set_aside = cloud._backend.ceiling.committed - before
        assert set_aside == pytest.approx(0.02 * hours, rel=0.01)


def test_a_stage_whose_cache_costs_more_than_agreed_is_not_made(on_moto, capsys):
    with closed_in_the_end(capsys) as cloud:
        api, api_id, deployment = deployed(cloud)
        with pytest.raises(CostAboveCeiling, match=r"3\.80 USD"):
            api.create_stage(
                restApiId=api_id,
                stageName=cloud.name("prod"),
                deploymentId=deployment,
                cacheClusterEnabled=True,
                cacheClusterSize="237",
            )
        assert api.get_stages(restApiId=api_id)["item"] == []


def test_a_cache_is_not_started_past_the_ceiling(on_moto, capsys):
    with closed_in_the_end(capsys) as cloud:
        api, its, _ = cached(cloud)
        size = {"op": "replace", "path": "/cacheClusterSize", "value": "237"}
        with pytest.raises(Refused, match="create_stage"):
            api.update_stage(**its, patchOperations=[size])
        with pytest.raises(Refused, match="create_stage"):
            api.create_deployment(**its, cacheClusterEnabled=True, cacheClusterSize="237")
        assert api.get_stage(**its)["cacheClusterSize"] == "0.5"


def test_a_cache_can_be_switched_off_and_its_stage_deleted_by_hand(on_moto, capsys):
    with closed_in_the_end(capsys) as cloud:
        api, its, _ = cached(cloud)
        off = {"op": "replace", "path": "/cacheClusterEnabled", "value": "false"}
        assert not api.update_stage(**its, patchOperations=[off])["cacheClusterEnabled"]
        api.delete_stage(**its)


def test_a_stage_and_its_api_are_found_by_their_tags_when_the_ledger_is_lost(on_moto):
    cloud = open_cloud(backend="aws")
    cached(cloud)
    kinds = ["stage", "rest api", "function", "role", "log group"]
    look = {"regions": [REGION], "ledgers": [], "kinds": kinds, "sleep": lambda seconds: None}
    later = cloud._backend.session.expires + timedelta(hours=1)
    report = sweep(boto3_session, delete=True, now=lambda: later, **look)
    assert report.clean, str(report)
    assert boto3.client("apigateway", REGION).get_rest_apis()["items"] == []
    assert {"stage", "rest api"} <= {thing.kind for thing in report.deleted}
    cloud.close()


def test_the_same_cells_run_on_a_local_cloud():
    with open_cloud() as cloud:
        api, its, url = cached(cloud)
        ready = lambda: api.get_stage(**its)["cacheClusterStatus"] == "AVAILABLE"  # noqa: E731
        cloud.wait_until(ready, timeout=600)
        assert cloud.get(f"{url}/users?type=a").json() == {"type": "a"}
        assert cloud.get(f"{url}/users?type=a&more=1").json() == {"type": "a"}


def test_the_same_cells_run_over_http_and_leave_nothing(learner, ministack, monkeypatch, capsys):
    for name, value in ministack.environment.items():
        monkeypatch.setenv(name, value)
    with closed_in_the_end(capsys) as cloud:
        _, _, url = cached(cloud)
        answer = cloud.get(f"{url}/users?type=a")
        assert (answer.status, answer.json()) == (200, {"type": "a"})
        assert cloud.get(f"{url}/users?type=b").json() == {"type": "b"}
