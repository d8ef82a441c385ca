"""AWS Budgets: the budget of a session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patternlab.resources.place import Place
from patternlab.resources.resource import Names, Resource
from patternlab.resources.statement import OURS, Statement
from patternlab.resources.tagging import TagPairs, pairs

_MODIFY, _VIEW = ("budgets:ModifyBudget",), ("budgets:ViewBudget",)


class Budget(Resource):
    """A session's own. The account's lasting alarm has no session in its name and stays."""

    kind, service, is_global, hourly_usd = "budget", "budgets", True, 0.0
    create, named_by, tags_at = "CreateBudget", "Budget.BudgetName", TagPairs("ResourceTags")
    find_by, describe, remove = "DescribeBudgets", "DescribeBudget", "DeleteBudget"
    also, parts = "ListTagsForResource", "CreateNotification CreateSubscriber"
    takes = {
        "CreateBudget": (*_MODIFY, "budgets:TagResource"),
        **dict.fromkeys(
            ("CreateNotification", "DeleteBudget", "DeleteNotification", "UpdateBudget"), _MODIFY
        ),
        **dict.fromkeys(
            ("DescribeBudget", "DescribeBudgets", "DescribeNotificationsForBudget"), _VIEW
        ),
    }
    statements = (
        Statement(
            "Budget",
            ("budgets:*",),
            (f"arn:aws:budgets::*:budget/{OURS}",),
            "The alarm on the month's bill.",
        ),
    )

    @classmethod
    def names(cls, at: Place) -> Names:
        for one in at.items("budgets", cls.find_by, "Budgets", AccountId=at.account):
            yield one["BudgetName"], None

    def its(self, at: Place) -> dict[str, Any]:
        return {"AccountId": at.account, "BudgetName": self.name}

    def tags(self, at: Place) -> Mapping[str, str]:
        arn = at.arn("budgets", f"budget/{self.name}", region="")
        found = at.call("budgets", "ListTagsForResource", ResourceARN=arn)
        return pairs(found.get("ResourceTags", []))
