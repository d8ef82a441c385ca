"""The internals of moto's API Gateway that ``patternlab.local.apigateway.service`` and
``patternlab.local.apigateway.gateway`` lean on. A new moto that moves one of them fails here, by
name."""

import inspect

import pytest
from moto.apigateway import models, responses, urls
from moto.cloudwatch.models import CloudWatchBackend

from tests.local.contracts.inspection import assert_in_source, parameters

Backend, Response, Stage = models.APIGatewayBackend, responses.APIGatewayResponse, models.Stage


def test_stages_are_made_by_name_in_three_places():
    source = inspect.getsource(models)
    assert source.count("= Stage(") == 3
    for maker in (models.RestAPI.create_stage, models.RestAPI.create_deployment):
        assert "= Stage(" in inspect.getsource(maker)


def test_a_stage_is_changed_by_apply_operations_only_and_knows_these_settings():
    assert "stage.apply_operations(" in inspect.getsource(Backend.update_stage)
    stage = Stage(name="prod", cacheClusterEnabled=True, cacheClusterSize="1.6")
    known = stage.name, stage.cache_cluster_enabled, stage.cache_cluster_size
    assert known == ("prod", True, "1.6")
    assert (stage.method_settings, stage.access_log_settings, stage.variables) == ({}, None, {})


def test_a_setting_of_a_method_is_changed_by_one_method_with_these_defaults():
    assert "self._patch_method_setting(" in inspect.getsource(Stage.apply_operations)
    defaults = Stage()._get_default_method_settings()
    expected = {
        "cachingEnabled": False,
        "cacheTtlInSeconds": 300,
        "requireAuthorizationForCacheControl": True,
        "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
    }
    assert expected.items() <= defaults.items()


@pytest.mark.parametrize("key", ["*/*", "~1users/GET"])
def test_a_path_of_a_setting_is_split_at_its_third_slash(key):
    stage = Stage()
    operation = {"op": "replace", "path": f"/{key}/caching/ttlInSeconds", "value": "60"}
    stage.apply_operations([operation])
    assert stage.method_settings[key]["cacheTtlInSeconds"] == 60


def test_removing_a_setting_does_nothing_in_moto():
    """So ours does it, and not twice."""
    stage = Stage()
    stage.method_settings["*/*"] = {}
    stage.apply_operations([{"op": "remove", "path": "/*/*"}])
    assert stage.method_settings == {"*/*": {}}


def test_a_deployment_is_made_by_name_and_replaces_its_stage():
    """So ours keeps the routes, and puts the stage back."""
    made = "deployment = Deployment(deployment_id, name, description)"
    assert_in_source(models.RestAPI.create_deployment, made, "self.stages[name] = Stage(")


def test_an_apis_addresses_are_answered_by_one_method_of_the_api():
    source = inspect.getsource(models)
    assert source.count("callback=self.resource_callback") == 1
    assert parameters(models.RestAPI.resource_callback) == ["self", "request"]


def test_cache_keys_of_an_integration_are_left_out_by_moto():
    """So ours puts them in."""
    assert "cacheKeyParameters" not in inspect.getsource(Response.put_integration)
    integration = models.Integration("MOCK", "", "")
    assert integration.cache_key_parameters == [] and integration.cache_namespace is None
    assert integration.to_json()["cacheKeyParameters"] == []


def test_what_a_route_is_made_of():
    integration = models.Integration("AWS_PROXY", "arn", "POST", request_parameters={"a": "b"})
    known = integration.integration_type, integration.uri, integration.http_method
    assert known == ("AWS_PROXY", "arn", "POST") and integration.request_parameters == {"a": "b"}
    method = models.Method("GET", "NONE", request_parameters={"x": False})
    known = method.http_method, method.authorization_type, method.request_parameters
    assert known == ("GET", "NONE", {"x": False}) and method.method_integration is None
    assert "self.resource_methods" in inspect.getsource(models.Resource.__init__)


def test_when_an_api_and_a_deployment_were_made_is_the_machines_time():
    """So ours sets it."""
    assert "self.create_date = int(time.time())" in inspect.getsource(models.RestAPI)
    assert "self.created_date = int(time.time())" in inspect.getsource(models.Deployment)


def test_flushing_is_not_in_moto():
    assert not hasattr(Response, "flush_stage_cache")
    assert not any("cache/data" in path for path in urls.url_paths)


def test_changing_an_integration_is_not_in_moto_though_its_address_is():
    assert not hasattr(Response, "update_integration")
    assert any(path.endswith("/integration$") for path in urls.url_paths)


def test_metrics_are_put_with_the_names_of_the_api():
    assert parameters(CloudWatchBackend.put_metric_data) == ["self", "namespace", "metric_data"]
