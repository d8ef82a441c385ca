"""Access logs of a stage, and that the course's own reader reads them."""

import json

import pytest

from patternlab.caching.traces.readers import read_apigateway, read_trace
from patternlab.local.apigateway.log import access_line

HOST = "https://{}.execute-api.us-east-1.amazonaws.com/prod"
NAMES = ["requestTimeEpoch", "path", "httpMethod", "status", "responseLength", "integrationLatency"]
JSON_FORMAT = json.dumps({name: f"$context.{name}" for name in NAMES})
CLF = (
    "$context.identity.sourceIp $context.identity.caller $context.identity.user "
    '[$context.requestTime]"$context.httpMethod $context.path $context.protocol" '
    "$context.status $context.responseLength $context.requestId"
)


@pytest.fixture
def ask(cloud):
    """An API that logs: ``ask(form)`` sets the format, ``ask.get(path)`` asks, ``ask.lines()``."""
    api = cloud.client("apigateway")
    cloud.web_endpoint("https://shop.example/users", lambda headers, body: (200, "héllo"))
    its = {"restApiId": api.create_rest_api(name="shop")["id"]}
    [root] = api.get_resources(**its)["items"]
    made = api.create_resource(**its, parentId=root["id"], pathPart="users")
    at = {**its, "resourceId": made["id"], "httpMethod": "GET"}
    api.put_method(**at, authorizationType="NONE")
    uri = "https://shop.example/users"
    api.put_integration(**at, type="HTTP_PROXY", integrationHttpMethod="GET", uri=uri)
    api.create_deployment(**its, stageName="prod")
    url = HOST.format(its["restApiId"])

    class Ask:
        def __call__(self, form):
            settings = {"destinationArn": cloud_arn, "format": form}
            patch = [
                {"op": "replace", "path": f"/accessLogSettings/{name}", "value": value}
                for name, value in settings.items()
            ]
            api.update_stage(**its, stageName="prod", patchOperations=patch)

        def get(self, path):
            return cloud.get(url + path)

        def lines(self):
            events = cloud.client("logs").filter_log_events(logGroupName="shop")["events"]
            return [event["message"] for event in events]

    cloud_arn = "arn:aws:logs:us-east-1:123456789012:log-group:shop"
    return Ask()


@pytest.mark.parametrize("form", [JSON_FORMAT, CLF], ids=["JSON", "CLF"])
def test_the_reader_of_the_course_reads_a_local_log(cloud, ask, tmp_path, form):
    ask(form)
    begun = cloud.now()
    for path in ("/users", "/users?a=1", "/nothing"):
        ask.get(path)
        cloud.wait(60)
    log = tmp_path / "access.log"
    log.write_text("\n".join(ask.lines()) + "\n", encoding="utf-8")
    table = read_apigateway(log)
    assert table["path"].tolist() == ["/prod/users", "/prod/users", "/prod/nothing"]
    assert table["status"].tolist() == [200, 200, 403]
    assert table["responseLength"].tolist()[0] == len("héllo".encode())
    assert [(t - begun).total_seconds() // 60 for t in table["timestamp"]] == [0, 1, 2]
    assert len(read_trace(log)) >= 2


def test_what_has_no_value_is_a_hyphen():
    context = {"status": 200, "identity": {"sourceIp": "127.0.0.1", "userAgent": None}}
    form = "$context.identity.sourceIp $context.identity.userAgent $context.status $context.none."
    assert access_line(form, context) == "127.0.0.1 - 200 -."
    assert access_line("$contextual $context.identity.sourceIp.x", context) == "$contextual -"


def test_without_settings_nothing_is_logged(cloud, ask):
    ask.get("/users")
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []
