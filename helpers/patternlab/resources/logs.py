"""CloudWatch Logs: log groups."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from patternlab.functions.history import PREFIX as LOG_PREFIX
from patternlab.resources.naming import PROJECT
from patternlab.resources.place import Gone, Place
from patternlab.resources.resource import ACCOUNT, Names, Resource
from patternlab.resources.statement import OURS, Statement
from patternlab.resources.tagging import TagMap

_OWNED = re.compile(
    rf"^(?:{LOG_PREFIX}(?P<function>[^/]+)|sns/[^/]+/[^/]+/(?P<topic>[^/]+))",
)


class LogGroup(Resource):
    """A log group: its own one, one that Lambda writes, or one that SNS writes.

    The names of those that SNS writes hold the account id, in whose place `name` has "{account}".
    """

    kind, service, is_everyday, hourly_usd = "log group", "logs", True, 0.0
    create, named_by, tags_at = "CreateLogGroup", "logGroupName", TagMap("tags")
    arn_prefix = "log-group:"
    find_by = describe = "DescribeLogGroups"
    remove, also = "DeleteLogGroup", "ListTagsForResource"
    parts = "CreateLogStream PutLogEvents PutRetentionPolicy StartQuery"
    takes = {"CreateLogGroup": ("logs:CreateLogGroup", "logs:TagResource")}
    statements = (
        Statement(
            "Logs",
            ("logs:*",),
            (
                f"arn:aws:logs:*:*:log-group:{LOG_PREFIX}{OURS}",
                f"arn:aws:logs:*:*:log-group:sns/*/*/{OURS}",
            ),
            "What functions print, and what topics say about their deliveries.",
        ),
    )

    @classmethod
    def names(cls, at: Place) -> Names:
        sns = f"sns/{at.region}/{at.account}/{PROJECT}-"
        for prefix in (f"{PROJECT}-", f"{LOG_PREFIX}{PROJECT}-", sns):
            for name in cls._beginning(at, prefix):
                yield name.replace(at.account, ACCOUNT), None

    @classmethod
    def _beginning(cls, at: Place, prefix: str) -> list[str]:
        found = at.items("logs", cls.find_by, "logGroups", logGroupNamePrefix=prefix)
        return [one["logGroupName"] for one in found]

    def belongs_to(self) -> tuple[str, str] | None:
        found = _OWNED.match(self.name)
        owners = found.groupdict() if found else {}
        return next(((kind, name) for kind, name in owners.items() if name), None)

    def its(self, at: Place) -> dict[str, Any]:
        return {"logGroupName": self.name.replace(ACCOUNT, at.account)}

    def look(self, at: Place) -> dict[str, Any]:
        its = self.its(at)
        if its["logGroupName"] not in self._beginning(at, its["logGroupName"]):
            raise Gone(f"There is no {self}.")
        return its

    def tags(self, at: Place) -> Mapping[str, str]:
        arn = at.arn("logs", f"log-group:{self.its(at)['logGroupName']}")
        return at.call("logs", "ListTagsForResource", resourceArn=arn).get("tags", {})
