"""What starts a bill by the hour without creating anything is not sent."""

import botocore.session
import pytest

from patternlab.resources import KINDS


def patch(path, value=None, op="replace"):
    return {"patchOperations": [{"op": op, "path": path, "value": value}]}


@pytest.mark.parametrize(
    "params",
    [
        patch("/cacheClusterEnabled", "true"),
        patch("/cacheClusterEnabled", "True"),
        patch("/cacheClusterEnabled", "yes"),
        patch("/cacheClusterEnabled"),
        patch("cacheClusterEnabled", "true"),
        patch("/cacheClusterSize", "237"),
        patch("/cacheClusterSize", "0.5", op="add"),
        {"patchOperations": [*patch("/description", "x")["patchOperations"],
                             *patch("/cacheClusterEnabled", "true")["patchOperations"]]},
    ],
)  # fmt: skip
def test_a_cache_is_not_switched_on_by_update_stage(params):
    assert "UpdateStage" in KINDS["stage"].starts_a_bill("UpdateStage", params)


@pytest.mark.parametrize(
    "params",
    [
        patch("/cacheClusterEnabled", "false"),
        patch("/*/*/caching/enabled", "true"),
        patch("/*/*/caching/ttlInSeconds", "60"),
        {"patchOperations": []},
        {},
    ],
)
def test_switching_off_and_other_settings_pass(params):
    assert KINDS["stage"].starts_a_bill("UpdateStage", params) is None


@pytest.mark.parametrize("params", [{"cacheClusterEnabled": True}, {"cacheClusterSize": "0.5"}])
def test_a_deployment_brings_no_cache(params):
    assert "CreateDeployment" in KINDS["stage"].starts_a_bill("CreateDeployment", params)


def test_a_deployment_without_one_passes():
    params = {"restApiId": "a", "stageName": "prod", "cacheClusterEnabled": False}
    assert KINDS["stage"].starts_a_bill("CreateDeployment", params) is None


def test_a_mapping_gets_no_provisioned_pollers_afterwards():
    params = {"UUID": "u", "ProvisionedPollerConfig": {"MinimumPollers": 2}}
    assert "ProvisionedPollerConfig" in KINDS["mapping"].starts_a_bill(
        "UpdateEventSourceMapping", params
    )
    assert (
        KINDS["mapping"].starts_a_bill("UpdateEventSourceMapping", {"UUID": "u", "BatchSize": 1})
        is None
    )


def test_every_operation_that_takes_a_cache_is_looked_at_or_priced():
    """A new way to start a cache would be one that nobody asks the ceiling about."""
    model = botocore.session.get_session().get_service_model("apigateway")
    takes = {
        name
        for name in model.operation_names
        if "cacheClusterEnabled" in getattr(model.operation_model(name).input_shape, "members", {})
    }
    assert takes == {"CreateStage", "CreateDeployment"}
