"""API Gateway in a local cloud: a notebook's cells, from create_rest_api to the cached answer."""

import json
from types import SimpleNamespace

import pytest
import requests

from patternlab import open_cloud
from patternlab.delivery.knobs import Knobs
from patternlab.local.patches import NetworkRefused
from tests.local.permits import counted, permit
from tests.local.refusals import refused

ACCOUNT, REGION = "123456789012", "us-east-1"
FRESH = {"Cache-Control": "max-age=0"}
BAD_KEY = "BadRequestException", "Invalid cache key parameter specified"
TYPE = "method.request.querystring.type"


def users(event, context):
    """Says when it was asked, and for what."""
    import time

    time.sleep(0.25)
    query = event["queryStringParameters"] or {}
    body = {"at": time.time(), **query, **(event["pathParameters"] or {})}
    return {"statusCode": 200, "body": json.dumps(body), "headers": {"X-Page": "users"}}


def api_of(
    cloud, handler=users, *, path="users", method="GET", keys=(), authorization="NONE", **stage
):
    """A function behind one method of an API with a stage, as a notebook makes it."""
    api = cloud.client("apigateway")
    arn = cloud.deploy_function("users", handler, timeout=60)
    api_id = api.create_rest_api(name="shop")["id"]
    [root] = api.get_resources(restApiId=api_id)["items"]
    parent = root["id"]
    for part in path.split("/"):
        parent = api.create_resource(restApiId=api_id, parentId=parent, pathPart=part)["id"]
    at = {"restApiId": api_id, "resourceId": parent, "httpMethod": method}
    api.put_method(
        **at, authorizationType=authorization, requestParameters=dict.fromkeys(keys, False)
    )
    integration = {
        "type": "AWS_PROXY",
        "integrationHttpMethod": "POST",
        "uri": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations",
    }
    api.put_integration(**at, **integration, cacheKeyParameters=list(keys))
    permit(cloud, "users", "apigateway", f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api_id}/*")
    deployment = api.create_deployment(restApiId=api_id)["id"]
    stage = {"cacheClusterEnabled": True, "cacheClusterSize": "0.5", **stage}
    api.create_stage(restApiId=api_id, stageName="prod", deploymentId=deployment, **stage)
    url = f"https://{api_id}.execute-api.{REGION}.amazonaws.com/prod"

    def patch(**settings):
        """``patch(caching_enabled="true")`` for all methods."""
        return setting("*/*", **settings)

    def setting(where, **settings):
        operations = [
            {"op": "replace", "path": f"/{where}/{name.replace('_', '/')}", "value": value}
            for name, value in settings.items()
        ]
        return api.update_stage(restApiId=api_id, stageName="prod", patchOperations=operations)

    def status():
        return api.get_stage(restApiId=api_id, stageName="prod")["cacheClusterStatus"]

    return SimpleNamespace(
        client=api,
        id=api_id,
        url=url,
        at=at,
        integration=integration,
        its={"restApiId": api_id, "stageName": "prod"},
        patch=patch,
        setting=setting,
        status=status,
        resource=parent,
    )


@pytest.fixture
def shop(cloud):
    """An API whose cache is there and on, for GET, with `type` in its key."""
    api = api_of(cloud, keys=[TYPE])
    cloud.wait(minutes=4)
    api.patch(caching_enabled="true")
    return api


def count(cloud, name):
    """The sum of a metric of the stage."""
    return counted(cloud, "AWS/ApiGateway", name, ApiName="shop", Stage="prod")


# -- requests and the cache --------------------------------------------------------------------


def test_a_response_is_served_for_300_seconds_and_then_read_anew(cloud, shop):
    first = cloud.get(f"{shop.url}/users?type=admin")
    assert (first.status, first.headers["x-page"]) == (200, "users")
    assert first.seconds > 0.25
    cloud.wait(299)
    second = cloud.get(f"{shop.url}/users?type=admin")
    assert second.json() == first.json() and second.seconds == pytest.approx(0.01)
    cloud.wait(1)
    assert cloud.get(f"{shop.url}/users?type=admin").json()["at"] > first.json()["at"]


def test_parameters_that_are_not_selected_are_ignored(cloud, shop):
    first = cloud.get(f"{shop.url}/users?type=admin&department=A").json()
    second = cloud.get(f"{shop.url}/users?type=admin&department=B").json()
    other = cloud.get(f"{shop.url}/users?type=regular&department=B").json()
    assert first == second and second["department"] == "A"
    assert (other["type"], other["department"]) == ("regular", "B")


@pytest.mark.parametrize(
    ("keys", "answers"), [([], ["7", "7"]), (["method.request.path.id"], ["7", "8"])]
)
def test_users_of_a_path_share_an_answer_unless_the_path_is_in_the_key(cloud, keys, answers):
    api = api_of(cloud, path="users/{id}", keys=keys)
    cloud.wait(minutes=4)
    api.patch(caching_enabled="true")
    assert [cloud.get(f"{api.url}/users/{n}").json()["id"] for n in (7, 8)] == answers


def test_a_cache_that_is_there_and_paid_for_caches_nothing_before_it_is_switched_on(cloud):
    api = api_of(cloud)
    cloud.wait(minutes=4)
    assert api.status() == "AVAILABLE"
    answers = [cloud.get(f"{api.url}/users").json()["at"] for _ in range(2)]
    assert answers[0] != answers[1] and count(cloud, "CacheMissCount") == 0


def test_only_get_is_cached_by_default_and_another_method_when_it_is_named(cloud):
    api = api_of(cloud, method="ANY")
    cloud.wait(minutes=4)
    api.patch(caching_enabled="true")

    def differs(method):
        first, second = (cloud.request(method, f"{api.url}/users").json() for _ in range(2))
        return first != second

    assert [differs(method) for method in ("GET", "POST", "HEAD")] == [False, True, True]
    api.setting("~1users/POST", caching_enabled="true")
    assert [differs(method) for method in ("GET", "POST", "HEAD")] == [False, False, True]


def test_settings_of_one_method_begin_as_those_of_the_stage(cloud, shop):
    shop.patch(caching_ttlInSeconds="600")
    shop.setting("~1users/GET", caching_dataEncrypted="true")
    shop.setting("~1users/POST", caching_dataEncrypted="true")
    shown = shop.client.get_stage(**shop.its)["methodSettings"]
    get, post = shown["~1users/GET"], shown["~1users/POST"]
    assert (get["cachingEnabled"], get["cacheTtlInSeconds"]) == (True, 600)
    assert (post["cachingEnabled"], post["cacheTtlInSeconds"]) == (False, 600)


def test_a_method_overrides_the_ttl_and_loses_that_again(cloud, shop):
    shop.setting("~1users/GET", caching_ttlInSeconds="10")
    first = cloud.get(f"{shop.url}/users").json()
    cloud.wait(10)
    second = cloud.get(f"{shop.url}/users").json()
    assert second != first
    remove = [{"op": "remove", "path": "/~1users/GET"}]
    shop.client.update_stage(**shop.its, patchOperations=remove)
    cloud.wait(10)
    third = cloud.get(f"{shop.url}/users").json()
    cloud.wait(290)
    assert cloud.get(f"{shop.url}/users").json() == third


def test_a_ttl_of_0_switches_caching_off(cloud, shop):
    shop.patch(caching_ttlInSeconds="0")
    first, second = (cloud.get(f"{shop.url}/users").json() for _ in range(2))
    assert first != second


def test_hits_and_misses_are_counted_for_the_stage(cloud, shop):
    for _ in range(4):
        cloud.get(f"{shop.url}/users")
    names = "CacheHitCount", "CacheMissCount", "Count", "5XXError"
    assert [count(cloud, name) for name in names] == [3, 1, 4, 0]


# -- invalidation ------------------------------------------------------------------------------


def test_any_client_can_invalidate_when_no_authorization_is_required(cloud, shop):
    shop.patch(caching_requireAuthorizationForCacheControl="false")
    first = cloud.get(f"{shop.url}/users").json()
    second = cloud.get(f"{shop.url}/users", headers=FRESH).json()
    assert first != second and cloud.get(f"{shop.url}/users").json() == second


@pytest.mark.parametrize(
    ("strategy", "status", "warned"),
    [
        ("FAIL_WITH_403", 403, False),
        ("SUCCEED_WITH_RESPONSE_HEADER", 200, True),
        ("SUCCEED_WITHOUT_RESPONSE_HEADER", 200, False),
    ],
)
def test_a_client_that_may_not_invalidate(cloud, shop, strategy, status, warned):
    shop.patch(caching_unauthorizedCacheControlHeaderStrategy=strategy)
    first = cloud.get(f"{shop.url}/users")
    answer = cloud.get(f"{shop.url}/users", headers=FRESH)
    assert (answer.status, "Warning" in answer.headers) == (status, warned)
    assert status == 403 or answer.json() == first.json()
    assert cloud.get(f"{shop.url}/users").json() == first.json()


def test_a_signed_client_can_invalidate_where_the_method_looks_at_signatures(cloud):
    api = api_of(cloud, authorization="AWS_IAM")
    cloud.wait(minutes=4)
    api.patch(caching_enabled="true")
    refused = cloud.get(f"{api.url}/users")
    assert (refused.status, refused.json()["message"]) == (403, "Missing Authentication Token")
    first = cloud.get(f"{api.url}/users", signed=True).json()
    assert cloud.get(f"{api.url}/users", headers=FRESH, signed=True).json() != first


def test_a_signature_does_not_count_where_the_method_does_not_look_at_it(cloud, shop):
    first = cloud.get(f"{shop.url}/users").json()
    assert cloud.get(f"{shop.url}/users", headers=FRESH, signed=True).json() == first


# -- the life of a cache -----------------------------------------------------------------------


def test_creating_a_cache_takes_4_minutes_and_wait_until_sees_its_end(cloud):
    api = api_of(cloud)
    assert api.status() == "CREATE_IN_PROGRESS"
    assert cloud.wait_until(lambda: api.status() == "AVAILABLE") == pytest.approx(240)


def test_how_long_it_takes_is_a_knob():
    with open_cloud(knobs=Knobs(gateway_cache_change=0, gateway_overhead=0)) as cloud:
        api = api_of(cloud)
        assert api.status() == "AVAILABLE"
        api.patch(caching_enabled="true")
        assert [cloud.get(f"{api.url}/users").seconds > 0 for _ in range(2)] == [True, False]


def test_flushing_empties_the_cache(cloud, shop):
    first = cloud.get(f"{shop.url}/users").json()
    shop.client.flush_stage_cache(**shop.its)
    assert shop.status() == "FLUSH_IN_PROGRESS"
    cloud.wait_until(lambda: shop.status() == "AVAILABLE")
    assert cloud.get(f"{shop.url}/users").json() != first


def test_resizing_empties_the_cache_and_takes_its_time(cloud, shop):
    first = cloud.get(f"{shop.url}/users").json()
    patch = [{"op": "replace", "path": "/cacheClusterSize", "value": "1.6"}]
    shown = shop.client.update_stage(**shop.its, patchOperations=patch)
    assert (shown["cacheClusterSize"], shown["cacheClusterStatus"]) == ("1.6", "CREATE_IN_PROGRESS")
    cloud.wait(minutes=4)
    assert cloud.get(f"{shop.url}/users").json() != first


def test_a_cache_is_switched_off_and_on_again(cloud, shop):
    def switch(value):
        patch = [{"op": "replace", "path": "/cacheClusterEnabled", "value": value}]
        return shop.client.update_stage(**shop.its, patchOperations=patch)["cacheClusterStatus"]

    first = cloud.get(f"{shop.url}/users").json()
    assert switch("false") == "DELETE_IN_PROGRESS"
    assert cloud.get(f"{shop.url}/users").json() != first
    cloud.wait(minutes=4)
    assert shop.status() == "NOT_AVAILABLE"
    assert switch("true") == "CREATE_IN_PROGRESS"


def test_a_stage_without_a_cache_cannot_be_flushed(cloud):
    api = api_of(cloud, cacheClusterEnabled=False)
    assert api.status() == "NOT_AVAILABLE"
    flush = api.client.flush_stage_cache
    code, message = refused(flush, **api.its)
    assert code == "BadRequestException" and "prod" in message
    assert refused(flush, restApiId=api.id, stageName="none")[0] == "NotFoundException"


def test_a_deployment_can_bring_a_cache_and_keeps_the_settings_of_its_stage(cloud, shop):
    made = shop.client.create_deployment(
        restApiId=shop.id, stageName="prod", cacheClusterEnabled=True, cacheClusterSize="6.1"
    )
    stage = shop.client.get_stage(**shop.its)
    assert stage["deploymentId"] == made["id"] and stage["cacheClusterSize"] == "6.1"
    assert stage["methodSettings"]["*/*"]["cachingEnabled"]


# -- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value", "part"),
    [
        ("/*/*/caching/ttlInSeconds", "3601", "3600"),
        ("/*/*/caching/ttlInSeconds", "-1", "3600"),
        ("/*/*/caching/ttlInSeconds", "1.5", "3600"),
        ("/*/*/caching/ttl", "60", "/*/*/caching/ttl"),
        ("/users/GET/x/caching/enabled", "true", "/users/GET/x/caching/enabled"),
        ("/GET/caching/enabled", "true", "/GET/caching/enabled"),
        ("/*/*/caching/enabled", "yes", "'yes'"),
        ("/*/*/caching/unauthorizedCacheControlHeaderStrategy", "403", "FAIL_WITH_403"),
        ("/cacheClusterSize", "1", "'1' GB"),
        ("/cacheClusterEnabled", "on", "'on'"),
    ],
)
def test_settings_that_are_none_are_refused_and_nothing_is_changed(shop, path, value, part):
    before = shop.client.get_stage(**shop.its)
    good = {"op": "replace", "path": "/*/*/caching/ttlInSeconds", "value": "60"}
    patch = [good, {"op": "replace", "path": path, "value": value}]
    code, message = refused(shop.client.update_stage, **shop.its, patchOperations=patch)
    assert code == "BadRequestException" and part in message
    assert shop.client.get_stage(**shop.its)["methodSettings"] == before["methodSettings"]


def test_a_stage_of_another_size_or_of_no_deployment_is_refused(cloud, shop):
    made = shop.client.create_deployment(restApiId=shop.id)["id"]
    beta = {"restApiId": shop.id, "stageName": "beta", "cacheClusterEnabled": True}
    create = shop.client.create_stage
    code, message = refused(create, **beta, deploymentId=made, cacheClusterSize="2")
    assert code == "BadRequestException" and "'2' GB" in message
    assert refused(create, **beta, deploymentId="none")[0] == "NotFoundException"


@pytest.mark.parametrize("key", ["method.request.querystring.other", "type", "method.request.body"])
def test_a_cache_key_must_be_declared_by_the_method(cloud, shop, key):
    asked = {**shop.at, **shop.integration, "cacheKeyParameters": [key]}
    assert refused(shop.client.put_integration, **asked) == BAD_KEY


def test_a_cache_key_and_its_namespace_are_shown(cloud, shop):
    shown = shop.client.get_integration(**shop.at)
    assert (shown["cacheKeyParameters"], shown["cacheNamespace"]) == ([TYPE], shop.resource)


def test_a_cache_key_is_added_and_removed_without_putting_the_integration_anew(cloud, shop):
    def change(op, path, value=None):
        operation = {"op": op, "path": path} | ({"value": value} if value else {})
        return shop.client.update_integration(**shop.at, patchOperations=[operation])

    assert change("remove", f"/cacheKeyParameters/{TYPE}").get("cacheKeyParameters", []) == []
    assert change("add", f"/cacheKeyParameters/{TYPE}")["cacheKeyParameters"] == [TYPE]
    assert change("add", f"/cacheKeyParameters/{TYPE}")["cacheKeyParameters"] == [TYPE]
    assert change("replace", "/cacheNamespace", "shared")["cacheNamespace"] == "shared"
    other = "/cacheKeyParameters/method.request.querystring.other"
    assert refused(change, "add", other) == BAD_KEY
    code, message = refused(change, "replace", "/uri", "https://example.org")
    assert code == "BadRequestException" and "/uri" in message
    missing = {**shop.at, "httpMethod": "PUT"}
    update = shop.client.update_integration
    assert refused(update, **missing, patchOperations=[])[0] == "NotFoundException"


def test_resources_of_one_namespace_share_their_entries(cloud, shop):
    made = shop.client.create_resource(restApiId=shop.id, parentId=shop.resource, pathPart="all")
    at = {**shop.at, "resourceId": made["id"]}
    shop.client.put_method(**at, authorizationType="NONE", requestParameters={TYPE: False})
    shop.client.put_integration(
        **at, **shop.integration, cacheKeyParameters=[TYPE], cacheNamespace=shop.resource
    )
    shop.client.create_deployment(restApiId=shop.id, stageName="prod")
    first = cloud.get(f"{shop.url}/users?type=a").json()
    assert cloud.get(f"{shop.url}/users/all?type=a").json() == first


# -- deployments and routes --------------------------------------------------------------------


def test_a_change_is_live_only_once_it_is_deployed(cloud, shop):
    shop.client.put_integration(**shop.at, **shop.integration, cacheKeyParameters=[])
    asked = f"{shop.url}/users?type="
    assert [cloud.get(asked + kind).json()["type"] for kind in "ab"] == ["a", "b"]
    shop.client.create_deployment(restApiId=shop.id, stageName="prod")
    assert [cloud.get(asked + kind).json()["type"] for kind in "cd"] == ["c", "c"]


def test_what_is_not_there_is_forbidden_or_lacks_a_token_as_aws_words_it(cloud, shop):
    host = shop.url.removesuffix("/prod")
    answers = {
        f"{host}/beta/users": "Forbidden",
        f"{host.replace(shop.id, 'nothing000')}/prod/users": "Forbidden",
        f"{shop.url}/orders": "Missing Authentication Token",
        f"{shop.url}/users/7": "Missing Authentication Token",
        f"{shop.url}": "Missing Authentication Token",
    }
    for url, words in answers.items():
        answer = cloud.get(url)
        assert (answer.status, answer.json()["message"]) == (403, words), url
    assert cloud.request("POST", f"{shop.url}/users").status == 403


@pytest.mark.parametrize(
    "url", ["https://example.org/", "http://a.execute-api.us-east-1.amazonaws.com/", "x"]
)
def test_another_address_is_a_sentence(cloud, url):
    with pytest.raises(NetworkRefused, match="execute-api"):
        cloud.get(url)


def test_another_client_is_sent_to_cloud_get(cloud, shop):
    with pytest.raises(NetworkRefused, match="cloud.get"):
        requests.get(f"{shop.url}/users", timeout=5)


def test_an_api_that_is_not_there_cannot_be_deleted(cloud):
    delete = cloud.client("apigateway").delete_rest_api
    assert refused(delete, restApiId="nothing000")[0] == "NotFoundException"


def test_a_deleted_api_answers_no_longer(cloud, shop):
    shop.client.delete_rest_api(restApiId=shop.id)
    assert cloud.get(f"{shop.url}/users").status == 403


# -- integrations ------------------------------------------------------------------------------


def test_the_event_is_that_of_a_proxy(cloud):
    def echo(event, context):
        return {"statusCode": 201, "body": json.dumps(event)}

    api = api_of(cloud, echo, path="users/{id}", method="POST", cacheClusterEnabled=False)
    url = f"{api.url}/users/a%20b?q=1&q=2"
    answer = cloud.request("POST", url, headers={"X-Who": "me"}, body="hello")
    event = answer.json()
    assert answer.status == 201 and answer.headers["content-type"] == "application/json"
    assert (event["resource"], event["path"]) == ("/users/{id}", "/users/a%20b")
    assert (event["httpMethod"], event["body"]) == ("POST", "hello")
    assert event["pathParameters"] == {"id": "a b"} and event["headers"]["X-Who"] == "me"
    assert event["queryStringParameters"] == {"q": "2"}
    assert event["multiValueQueryStringParameters"] == {"q": ["1", "2"]}
    context = event["requestContext"]
    assert (context["stage"], context["path"]) == ("prod", "/prod/users/a%20b")
    assert context["requestId"] == answer.headers["x-amzn-requestid"]


def test_a_function_that_fails_or_answers_badly_is_a_502(cloud):
    def bad(event, context):
        if (event["queryStringParameters"] or {}).get("fail"):
            raise ValueError("no")
        return "not a response"

    api = api_of(cloud, bad, cacheClusterEnabled=False)
    for query in ("", "?fail=1"):
        answer = cloud.get(f"{api.url}/users{query}")
        assert (answer.status, answer.json()) == (502, {"message": "Internal server error"})


def test_a_function_that_takes_more_than_29_seconds_is_a_504(cloud):
    def slow(event, context):
        import time

        time.sleep(30)
        return {"statusCode": 200, "body": ""}

    assert cloud.get(f"{api_of(cloud, slow).url}/users").status == 504


def test_a_function_that_has_not_permitted_the_api_is_a_500(cloud, shop):
    cloud.client("lambda").remove_permission(FunctionName="users", StatementId="apigateway")
    assert cloud.get(f"{shop.url}/users").status == 500


def test_the_cache_answers_during_an_outage_of_the_function(cloud, shop):
    first = cloud.get(f"{shop.url}/users").json()
    arn = cloud.client("lambda").get_function(FunctionName="users")["Configuration"]["FunctionArn"]
    cloud.faults.outage(arn, minutes=10)
    cloud.wait(299)
    assert cloud.get(f"{shop.url}/users").json() == first
    cloud.wait(2)
    assert cloud.get(f"{shop.url}/users").status == 500


def web_api(cloud, uri, **parameters):
    api = api_of(cloud, path="items/{id}", keys=["method.request.path.id"])
    api.client.put_integration(
        **api.at,
        type="HTTP_PROXY",
        integrationHttpMethod="GET",
        uri=uri,
        requestParameters={"integration.request.path.id": "method.request.path.id"},
        cacheKeyParameters=["integration.request.path.id"],
    )
    api.client.create_deployment(restApiId=api.id, stageName="prod")
    cloud.wait(minutes=4)
    api.patch(caching_enabled="true")
    return api


def test_a_web_server_is_stood_in_for(cloud):
    asked = []

    def answer(headers, body):
        asked.append(headers["X-Who"])
        return 200, f"asked {len(asked)} times"

    for name in "78":
        cloud.web_endpoint(f"https://shop.example/items/{name}", answer)
    api = web_api(cloud, "https://shop.example/items/{id}")
    texts = [
        cloud.get(f"{api.url}/items/{name}?a=1", headers={"X-Who": name}).text for name in "7787"
    ]
    assert texts == ["asked 1 times", "asked 1 times", "asked 2 times", "asked 1 times"]
    assert asked == ["7", "8"]


def test_a_web_server_that_nobody_stands_in_for_is_a_sentence(cloud):
    api = web_api(cloud, "https://shop.example/items/{id}")
    with pytest.raises(NetworkRefused, match="https://shop.example/items/7"):
        cloud.get(f"{api.url}/items/7")


def test_a_web_server_that_does_not_answer_is_a_504(cloud):
    cloud.web_endpoint("https://shop.example/items/7", lambda headers, body: None)
    assert (
        cloud.get(f"{web_api(cloud, 'https://shop.example/items/{id}').url}/items/7").status == 504
    )


def test_an_integration_of_another_type_is_a_sentence(cloud):
    api = api_of(cloud)
    api.client.put_integration(**api.at, type="MOCK")
    api.client.create_deployment(restApiId=api.id, stageName="prod")
    with pytest.raises(NetworkRefused, match="MOCK"):
        cloud.get(f"{api.url}/users")


def test_two_runs_are_the_same():
    def run():
        with open_cloud(seed=3) as cloud:
            api = api_of(cloud)
            answer = cloud.get(f"{api.url}/users")
            created = api.client.get_rest_api(restApiId=api.id)["createdDate"]
            return api.url, answer.text, dict(answer.headers), answer.seconds, created

    assert run() == run()
