"""AWS Budgets: the budget of a session."""

from __future__ import annotations

from patternlab.account.asking import Place
from patternlab.account.removal.thing import AWS_ACCOUNT, Removal, Thing, aws, pairs


class Budget(Removal):
    """A session's own. The account's lasting alarm has no session in its name and stays."""

    kind, is_global = "budget", True

    def names(self, at):
        for page in at.pages("budgets", "describe_budgets", AccountId=at.account):
            yield from ((one["BudgetName"], None) for one in page.get("Budgets", []))

    def _its(self, at: Place, thing: Thing) -> dict[str, str]:
        return {"AccountId": at.account, "BudgetName": thing.name}

    def look(self, at, thing):
        return at.call("budgets", "describe_budget", **self._its(at, thing))

    def tags(self, at, thing):
        arn = f"arn:{at.partition}:budgets::{at.account}:budget/{thing.name}"
        found = at.call("budgets", "list_tags_for_resource", ResourceARN=arn)
        return pairs(found.get("ResourceTags", []))

    def delete(self, at, thing):
        at.call("budgets", "delete_budget", **self._its(at, thing))

    def by_hand(self, thing):
        command = aws(thing, "budgets delete-budget", budget_name=thing.name)
        return f"{command} --account-id {AWS_ACCOUNT}"
