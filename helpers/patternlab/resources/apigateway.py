"""API Gateway: REST APIs and their stages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patternlab.resources.place import Place
from patternlab.resources.prices import per_hour
from patternlab.resources.resource import COURSE_NAME, Names, Resource
from patternlab.resources.statement import NEW_WITH_TAG, OURS, WITH_TAG, Statement
from patternlab.resources.tagging import TagMap

_GATEWAY = "arn:aws:apigateway:*::"  # followed by the path of what it is
_TAGS = "apigateway:PUT /tags/{resource_arn}"


class Stage(Resource):
    """A stage of an API; `identifier` is "<id of its API>/<name>"."""

    kind, service, by_id = "stage", "apigateway", True
    create, named_by, tags_at = "CreateStage", "stageName", TagMap("tags")
    find_by, describe, remove, also = "GetRestApis", "GetStage", "DeleteStage", "GetStages"
    takes = {
        "CreateStage": ("apigateway:POST /restapis/{restapi_id}/stages", _TAGS),
    }
    statements = (
        Statement(
            "SignedRequests",
            ("execute-api:*",),
            (f"arn:aws:execute-api:*:*:*/{OURS}/*",),
            "Requests to methods that want a signature. AWS chooses the API's id, but the name of "
            "its stage is ours.",
        ),
    )

    @classmethod
    def hourly(cls, params: Mapping[str, Any]) -> float:
        if not params.get("cacheClusterEnabled"):
            return 0.0
        return per_hour("apigateway", f"cache-{params.get('cacheClusterSize', '0.5')}GB")

    @classmethod
    def starts_a_bill(cls, operation: str, params: Mapping[str, Any]) -> str | None:
        if operation == "CreateDeployment":
            starts = params.get("cacheClusterEnabled") or params.get("cacheClusterSize")
        elif operation == "UpdateStage":
            starts = any(map(_starts_a_cache, params.get("patchOperations") or []))
        else:
            return None
        if not starts:
            return None
        return (
            f"{operation} is not sent: it would start a cache or change its size, which is billed "
            "by the hour, and nothing checked that against PATTERNLAB_CEILING. Make a stage that "
            "has it from the start: create_stage(stageName=cloud.name(...), "
            "cacheClusterEnabled=True, cacheClusterSize=...)."
        )

    @classmethod
    def names(cls, at: Place) -> Names:
        for api in at.items("apigateway", cls.find_by, "items"):
            if COURSE_NAME.search(api["name"]):
                for one in at.items("apigateway", "GetStages", "item", restApiId=api["id"]):
                    yield one["stageName"], f"{api['id']}/{one['stageName']}"

    def its(self, at: Place) -> dict[str, Any]:
        api, _, name = str(self.identifier).partition("/")
        return {"restApiId": api, "stageName": name}

    def tags(self, at: Place) -> Mapping[str, str]:
        return self.look(at).get("tags", {})


class RestApi(Resource):
    """A REST API with its stages, its resources and everything else in it."""

    kind, service, by_id, hourly_usd = "rest api", "apigateway", True, 0.0
    create, named_by, tags_at, id_at = "CreateRestApi", "name", TagMap("tags"), ("id",)
    find_by, describe, remove = "GetRestApis", "GetRestApi", "DeleteRestApi"
    parts = """CreateAuthorizer CreateDeployment CreateModel CreateRequestValidator CreateResource
        FlushStageAuthorizersCache FlushStageCache PutGatewayResponse PutIntegration
        PutIntegrationResponse PutMethod PutMethodResponse PutRestApi"""
    takes = {"CreateRestApi": ("apigateway:POST /restapis", _TAGS)}
    statements = (
        Statement(
            "LookForRestApis",
            ("apigateway:GET /restapis*",),
            (f"{_GATEWAY}/restapis", f"{_GATEWAY}/restapis/*"),
            "The same for API Gateway, whose actions are the verbs of HTTP.",
        ),
        Statement(
            "NewRestApis",
            ("apigateway:POST /restapis", "apigateway:PUT /tags/*"),
            (f"{_GATEWAY}/restapis", f"{_GATEWAY}/tags/*%2Frestapis%2F*"),
            "An API is made with the tag of the course. Putting it on an API or a stage is an "
            "action of its own, which does not say the name.",
            {**NEW_WITH_TAG, "StringLikeIfExists": {"apigateway:Request/ApiName": OURS}},
        ),
        Statement(
            "RestApis",
            ("apigateway:* /restapis/*",),
            (f"{_GATEWAY}/restapis/*",),
            "AWS chooses its id, so its tag is checked, which everything in it inherits; its name, "
            "too, if API Gateway says it (when it is changed or deleted).",
            {**WITH_TAG, "StringLikeIfExists": {"apigateway:Resource/ApiName": OURS}},
        ),
    )

    @classmethod
    def names(cls, at: Place) -> Names:
        for one in at.items("apigateway", cls.find_by, "items"):
            yield one["name"], one["id"]

    def its(self, at: Place) -> dict[str, Any]:
        return {"restApiId": self.identifier}

    def tags(self, at: Place) -> Mapping[str, str]:
        return self.look(at).get("tags", {})


def _starts_a_cache(patch: Mapping[str, Any]) -> bool:
    """Whether it does more to a stage's cache than to switch it off."""
    path, value = str(patch.get("path")), str(patch.get("value"))
    off = path.strip("/") == "cacheClusterEnabled" and value.lower() == "false"
    return "cacheCluster" in path and not off and patch.get("op") != "test"
