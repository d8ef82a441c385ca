"""An alarm on the month's bill: `python -m patternlab budget`.

A budget sends mail; it stops nothing. AWS updates it up to three times a day, 8 to 12 hours apart
(docs.aws.amazon.com/cost-management, "Managing your costs with AWS Budgets"), so what was left
running is on it half a day late. The timers of `timer.py` and `patternlab sweep` end what costs.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from patternlab.account.identity import Identity, refuse_if_unsafe
from patternlab.account.settings import read_settings
from patternlab.resources.errors import AccountError, refused
from patternlab.resources.naming import PROJECT

NAME = f"{PROJECT}-budget"
#: When mail is sent: (NotificationType, percent of the limit).
THRESHOLDS = (("ACTUAL", 50.0), ("ACTUAL", 100.0), ("FORECASTED", 100.0))
#: A limit above this is a slip of the keyboard, in US dollars a month.
MOST = 1_000_000
TAG_FILTER = {"TagKeyValue": [f"user:project${PROJECT}"]}
#: Budgets and Cost Explorer answer for the whole account at this one place.
REGION = "us-east-1"
PRICES = (
    "Price (quoted): the budget and its mails are free, however many there are (AWS Price List, "
    "AWSBudgets, BudgetsUsage 0.00 USD a budget-day, since 2020-10-01, read 2026-11-22)."
)
QUESTION_PRICE = (
    "Whether the tag counts is asked of Cost Explorer once, for 0.01 USD "
    "(aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing, read 2026-11-22); "
    "--whole-account saves it."
)
ACTIVATE = (
    "To count the course alone: once the first tagged resources are a day old, open Billing and "
    'Cost Management, "Cost allocation tags", choose project and Activate (in an organization: in '
    "its management account). A day later, run this command again."
)


@dataclass(frozen=True)
class Scope:
    """What a budget counts: the tagged resources, or the whole account and why."""

    filters: dict[str, list[str]]
    sentence: str


class Budget:
    """The one budget of the course on the account that the credentials belong to.

    Its actions are budgets:ViewBudget and budgets:ModifyBudget. A user or role has them only once
    the root user has switched on "IAM user and role access to Billing information".

    Args:
        session: where clients come from; boto3's standard credential chain by default.

    Raises:
        AccountError: from every method, when AWS refuses.
    """

    def __init__(self, session: boto3.Session | None = None) -> None:
        with refused("find out whose account this is", "sts:GetCallerIdentity"):
            self._session: Any = session or boto3.Session()
            caller = self._client("sts").get_caller_identity()
            self._budgets = self._client("budgets")
        self._account = caller["Account"]
        self.identity = Identity(caller["Account"], caller["Arn"].split(":", 5)[5])

    def _client(self, service: str) -> Any:
        return self._session.client(service, region_name=REGION)

    @property
    def account(self) -> str:
        """The account, masked: "…1234"."""
        return self.identity.masked

    @property
    def _named(self) -> dict[str, str]:
        return {"AccountId": self._account, "BudgetName": NAME}

    def there(self) -> dict[str, Any] | None:
        """Return the budget as Budgets describes it, or None."""
        with refused("look at the budget", "budgets:ViewBudget"):
            try:
                return self._budgets.describe_budget(**self._named)["Budget"]
            except self._budgets.exceptions.NotFoundException:
                return None

    def mails(self) -> list[str]:
        """Say when mail is sent."""
        with refused("look at the budget's mails", "budgets:ViewBudget"):
            pages = self._budgets.get_paginator("describe_notifications_for_budget").paginate(
                **self._named
            )
            found = [item for page in pages for item in page.get("Notifications", [])]
        return [_when(item["NotificationType"], item["Threshold"]) for item in found]

    def scope(self) -> Scope:
        """Return what a budget can count here. Costs one request to Cost Explorer."""
        try:
            tags = self._client("ce").list_cost_allocation_tags(
                Status="Active", TagKeys=["project"], Type="UserDefined"
            )["CostAllocationTags"]
        except (ClientError, BotoCoreError):  # a budget too wide warns; no budget does not
            return Scope({}, "the whole account: Cost Explorer did not say whether the tag counts")
        if any(tag["TagKey"] == "project" for tag in tags):
            return Scope(TAG_FILTER, f"what is tagged project={PROJECT}")
        return Scope({}, "the whole account: the tag project is not an active cost allocation tag")

    def put(self, limit: Decimal, email: str, scope: Scope) -> None:
        """Create the budget, or make the one that is there like this."""
        budget = {
            "BudgetName": NAME,
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": f"{limit:f}", "Unit": "USD"},
            "CostFilters": scope.filters,
        }
        mail = [{"SubscriptionType": "EMAIL", "Address": email}]
        exists = self.there() is not None
        with refused("set the budget", "budgets:ModifyBudget"):
            if exists:
                self._budgets.update_budget(AccountId=self._account, NewBudget=budget)
                for notification in map(_notification, THRESHOLDS):
                    self._renew(notification, mail)
                return
            self._budgets.create_budget(
                AccountId=self._account,
                Budget=budget,
                NotificationsWithSubscribers=[
                    {"Notification": _notification(each), "Subscribers": mail}
                    for each in THRESHOLDS
                ],
            )

    def _renew(self, notification: dict[str, Any], mail: list[dict[str, str]]) -> None:
        try:  # replaced as a whole: whoever got this mail before does not get it any longer
            self._budgets.delete_notification(**self._named, Notification=notification)
        except self._budgets.exceptions.NotFoundException:
            pass
        self._budgets.create_notification(
            **self._named, Notification=notification, Subscribers=mail
        )

    def remove(self) -> bool:
        """Delete the budget; says whether there was one."""
        with refused("remove the budget", "budgets:ModifyBudget"):
            try:
                self._budgets.delete_budget(**self._named)
            except self._budgets.exceptions.NotFoundException:
                return False
        return True


def _notification(threshold: tuple[str, float]) -> dict[str, Any]:
    return {
        "NotificationType": threshold[0],
        "ComparisonOperator": "GREATER_THAN",
        "Threshold": threshold[1],
        "ThresholdType": "PERCENTAGE",
    }


def _when(kind: str, percent: float) -> str:
    return f"{percent:g} % {'forecast' if kind == 'FORECASTED' else 'spent'}"


def parse_limit(text: str) -> Decimal:
    """Return US dollars per month, from what was typed.

    Raises:
        AccountError: no number, not finite, not above zero, above MOST, or finer than a cent.
    """
    try:
        limit = Decimal(text)
    except InvalidOperation:
        raise AccountError(
            f"{text!r} is not a limit: give US dollars a month, 5 for one."
        ) from None
    if not limit.is_finite() or limit <= 0:
        raise AccountError(f"{text!r} is not a limit: give more than 0 US dollars a month.")
    if limit > MOST:
        raise AccountError(f"{text} US dollars a month is no limit: give what you would pay.")
    if limit != round(limit, 2):
        raise AccountError(f"{text!r} is not a limit: give dollars and whole cents, 4.99 for one.")
    return limit


def parse_email(text: str) -> str:
    """Return an address that mail can go to. Raises AccountError if it cannot be one."""
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", text):
        raise AccountError(f"{text!r} is not an e-mail address: give one like me@example.org.")
    return text


def run(
    limit: str | None = None,
    email: str | None = None,
    *,
    remove: bool = False,
    whole_account: bool = False,
    yes: bool = False,
) -> int:
    """Show, set or remove the budget; return the exit code.

    Nothing is changed, and nothing that costs is asked, without `yes`.
    """
    try:
        return _run(limit, email, remove, whole_account, yes)
    except AccountError as error:
        print(error, file=sys.stderr)
        return 1


def _run(limit: str | None, email: str | None, remove: bool, whole: bool, yes: bool) -> int:
    if remove:
        if limit is not None or email is not None:
            raise AccountError("--remove takes no --limit and no --email: choose one of the two.")
        return _remove(yes)
    if limit is None and email is None:
        if yes or whole:
            raise AccountError("Nothing to set: give --limit and --email, or --remove.")
        return _show()
    if limit is None or email is None:
        missing = "--limit" if limit is None else "--email"
        raise AccountError(f"A budget needs --limit and --email: {missing} is missing.")
    return _set(parse_limit(limit), parse_email(email), whole, yes)


def _show() -> int:
    budget = Budget()
    there = budget.there()
    if there is None:
        print(f"There is no budget {NAME} on account {budget.account}.")
        print("To make one: python -m patternlab budget --limit 5 --email me@example.org")
        return 0
    spend = there.get("CalculatedSpend", {})
    tagged = there.get("CostFilters") == TAG_FILTER
    print(f"{NAME} on account {budget.account}: {_dollars(there.get('BudgetLimit'))} a month")
    print(f"  counts    {f'what is tagged project={PROJECT}' if tagged else 'the whole account'}")
    print(f"  spent     {_dollars(spend.get('ActualSpend'))} this month")
    print(f"  forecast  {_dollars(spend.get('ForecastedSpend'))} for the whole month")
    print(f"  mails at  {', '.join(budget.mails()) or 'no threshold'}")
    return 0


def _dollars(spend: dict[str, str] | None) -> str:
    return f"{Decimal(spend['Amount']):.2f} {spend['Unit']}" if spend else "unknown"


def _set(limit: Decimal, email: str, whole: bool, yes: bool) -> int:
    budget = Budget()
    refuse_if_unsafe(budget.identity, read_settings())
    doing = "create" if budget.there() is None else "change"
    print(f"This will {doing} {NAME} on account {budget.account}: {limit:.2f} USD a month.")
    when = ", ".join(_when(*each) for each in THRESHOLDS)
    print(f"Mail to {email} at {when}; half a day late, and it stops nothing.")
    if whole:
        print("It counts the whole account.")
    else:
        print(f"It counts what is tagged project={PROJECT} where that tag is active, else all.")
    print(PRICES if whole else f"{PRICES} {QUESTION_PRICE}")
    if not yes:
        print("Nothing is done yet: add --yes to do it.")
        return 0
    scope = Scope({}, "the whole account, as asked") if whole else budget.scope()
    budget.put(limit, email, scope)
    print(f"Done. It counts {scope.sentence}.")
    if not scope.filters:
        print(ACTIVATE)
    return 0


def _remove(yes: bool) -> int:
    budget = Budget()
    if budget.there() is None:
        print(f"There is no budget {NAME} on account {budget.account}: nothing to remove.")
        return 0
    if not yes:
        print(f"This will remove {NAME} and its mails from account {budget.account}. It is free.")
        print("Nothing is done yet: add --yes to do it.")
        return 0
    gone = "Removed" if budget.remove() else "Someone else has just removed"
    print(f"{gone} {NAME} from account {budget.account}.")
    return 0
