"""Lambda: functions and their event source mappings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patternlab.resources.place import Place
from patternlab.resources.prices import UnknownPrice
from patternlab.resources.resource import Names, Resource, bare
from patternlab.resources.statement import OURS, Statement, pass_role
from patternlab.resources.tagging import TagMap

_FUNCTIONS = f"arn:aws:lambda:*:*:function:{OURS}"
_POLLERS = "Provisioned pollers are billed by the hour and data/prices.csv has no price for them"


class EventSourceMapping(Resource):
    """An event source mapping; `identifier` is its UUID."""

    kind, service, is_everyday, patience = "mapping", "lambda", True, 180.0
    create, of, owner, by_id = "CreateEventSourceMapping", "FunctionName", "function", True
    tags_at, id_at, hourly_usd = TagMap("Tags"), ("UUID",), 0.0
    find_by, describe = "ListEventSourceMappings", "GetEventSourceMapping"
    remove, also = "DeleteEventSourceMapping", "ListTags"
    takes = {"CreateEventSourceMapping": ("lambda:CreateEventSourceMapping", "lambda:TagResource")}
    statements = (
        Statement(
            "EventSourceMappings",
            ("lambda:*EventSourceMapping",),
            ("*",),
            "AWS chooses a mapping's id and a new one has none; its function is checked instead.",
            {"ArnLike": {"lambda:FunctionArn": _FUNCTIONS}},
        ),
    )

    @classmethod
    def hourly(cls, params: Mapping[str, Any]) -> float:
        if params.get("ProvisionedPollerConfig"):
            raise UnknownPrice(f"{_POLLERS}: make the mapping without ProvisionedPollerConfig.")
        return super().hourly(params)

    @classmethod
    def starts_a_bill(cls, operation: str, params: Mapping[str, Any]) -> str | None:
        if operation != "UpdateEventSourceMapping" or not params.get("ProvisionedPollerConfig"):
            return None
        return f"{operation} is not sent. {_POLLERS}: leave out ProvisionedPollerConfig."

    @classmethod
    def names(cls, at: Place) -> Names:
        for one in at.items("lambda", cls.find_by, "EventSourceMappings"):
            yield bare(one.get("FunctionArn", "")), one["UUID"]

    def its(self, at: Place) -> dict[str, Any]:
        return {"UUID": self.identifier}

    def tags(self, at: Place) -> Mapping[str, str]:
        arn = at.arn("lambda", f"event-source-mapping:{self.identifier}")
        return at.call("lambda", "ListTags", Resource=arn).get("Tags", {})

    def delete(self, at: Place) -> None:
        if self.look(at).get("State") != "Deleting":
            super().delete(at)


class Function(Resource):
    """A function with its code, versions and aliases."""

    kind, service, is_everyday, hourly_usd, patience = "function", "lambda", True, 0.0, 60.0
    create, named_by, tags_at = "CreateFunction", "FunctionName", TagMap("Tags")
    arn_prefix = "function:"
    find_by, describe = "ListFunctions", "GetFunctionConfiguration"
    remove, also = "DeleteFunction", "ListTags"
    parts = """AddPermission CreateAlias PublishVersion PutFunctionConcurrency
        PutFunctionEventInvokeConfig PutFunctionRecursionConfig"""
    takes = {
        "CreateFunction": ("lambda:CreateFunction", "lambda:TagResource", pass_role("lambda")),
        "Invoke": ("lambda:InvokeFunction",),
        "UpdateFunctionConfiguration": (
            "lambda:UpdateFunctionConfiguration",
            pass_role("lambda"),
        ),
    }
    statements = (
        Statement(
            "Functions",
            ("lambda:*",),
            (_FUNCTIONS, "arn:aws:lambda:*:*:event-source-mapping:*"),
            "The notebooks' functions; mappings too, whose tags are under the same action.",
        ),
    )

    @classmethod
    def names(cls, at: Place) -> Names:
        for one in at.items("lambda", cls.find_by, "Functions"):
            yield one["FunctionName"], None

    def tags(self, at: Place) -> Mapping[str, str]:
        arn = at.arn("lambda", f"function:{self.name}")
        return at.call("lambda", "ListTags", Resource=arn).get("Tags", {})
