"""The budget: what it makes, what it says first, and its one sentence when it cannot.

moto stands in for Budgets. It has no UpdateBudget and no ListCostAllocationTags: the fixtures
`updating` and `tags` add them.
"""

from decimal import Decimal

import boto3
import pytest
from moto import mock_aws
from moto.budgets.responses import BudgetsResponse

from patternlab import cli
from patternlab.account.cost import budget as module
from patternlab.account.cost.budget import NAME, TAG_FILTER, Budget, parse_limit
from tests.account.clients import fail, refused

ACCOUNT = "123456789012"  # moto's
ALL = ["50 % spent", "100 % spent", "100 % forecast"]


@pytest.fixture
def account(credentials):
    """Moto's account, seen with false credentials from a region where Budgets does not live."""
    credentials.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield boto3.client("budgets", region_name="us-east-1")


@pytest.fixture
def updating(monkeypatch):
    def update_budget(response):
        new = response._get_param("NewBudget")
        response.backend.budgets[response._get_param("AccountId")][NAME].budget.update(new)
        return "{}"

    monkeypatch.setattr(BudgetsResponse, "update_budget", update_budget, raising=False)


@pytest.fixture
def asked(monkeypatch):
    """Cost Explorer with the active tags given, and how often it was asked."""
    requests = []

    class CostExplorer:
        active: list[str] = []
        error: Exception | None = None

        def list_cost_allocation_tags(self, **parameters):
            requests.append(parameters)
            if self.error:
                raise self.error
            return {"CostAllocationTags": [{"TagKey": key} for key in self.active]}

    real = Budget._client
    explorer = CostExplorer()
    monkeypatch.setattr(
        Budget, "_client", lambda self, name: explorer if name == "ce" else real(self, name)
    )
    explorer.requests = requests
    return explorer


def budgets(client) -> list[dict]:
    return client.describe_budgets(AccountId=ACCOUNT).get("Budgets", [])


def command(*arguments: str) -> int:
    return cli.main(["budget", *arguments])


def one_sentence(capsys) -> str:
    captured = capsys.readouterr()
    assert captured.out == "" and "Traceback" not in captured.err
    assert captured.err.count("\n") == 1 and captured.err.endswith(".\n")
    return captured.err


def test_without_yes_it_says_what_and_for_how_much_and_makes_and_asks_nothing(
    account, asked, capsys
):
    assert command("--limit", "5", "--email", "me@example.org") == 0
    said = capsys.readouterr().out
    for part in ("create", "5.00 USD", "me@example.org", *ALL, "free", "0.01 USD", "--yes"):
        assert part in said
    assert budgets(account) == [] and asked.requests == []


def test_with_yes_it_makes_a_monthly_cost_budget_with_three_mails(account, asked, capsys):
    asked.active = ["project"]
    assert command("--limit", "4.99", "--email", "me@example.org", "--yes") == 0
    (made,) = budgets(account)
    assert made["BudgetName"] == NAME and made["BudgetType"] == "COST"
    assert made["TimeUnit"] == "MONTHLY"
    assert made["BudgetLimit"] == {"Amount": "4.99", "Unit": "USD"}
    assert Budget().mails() == ALL
    from moto.budgets.models import budgets_backends

    stored = budgets_backends[ACCOUNT]["aws"].budgets[ACCOUNT][NAME].notifications
    mail = [{"SubscriptionType": "EMAIL", "Address": "me@example.org"}]
    assert [notification.subscribers for notification in stored] == [mail] * 3


def test_it_counts_the_tagged_things_where_the_tag_is_active(account, asked, capsys):
    asked.active = ["project"]
    command("--limit", "5", "--email", "me@example.org", "--yes")
    assert budgets(account)[0]["CostFilters"] == TAG_FILTER
    assert TAG_FILTER == {"TagKeyValue": ["user:project$patternlab"]}
    assert "It counts what is tagged project=patternlab." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (None, "tag project"),
        (refused("AccessDeniedException", "x"), "Cost Explorer"),
    ],
    ids=["tag inactive", "may not ask"],
)
def test_it_counts_the_whole_account_where_not_and_says_how_to_change_that(
    account, asked, capsys, error, why
):
    asked.error = error
    command("--limit", "5", "--email", "me@example.org", "--yes")
    assert not budgets(account)[0].get("CostFilters")
    said = capsys.readouterr().out
    assert "the whole account" in said and why in said and "Cost allocation tags" in said


def test_whole_account_asks_cost_explorer_nothing(account, asked, capsys):
    asked.active = ["project"]
    command("--limit", "5", "--email", "me@example.org", "--whole-account", "--yes")
    assert asked.requests == [] and not budgets(account)[0].get("CostFilters")
    assert "0.01 USD" not in capsys.readouterr().out


def test_a_second_time_it_changes_the_budget_that_is_there(account, asked, updating, capsys):
    command("--limit", "5", "--email", "me@example.org", "--yes")
    asked.active = ["project"]
    assert command("--limit", "7", "--email", "you@example.org", "--yes") == 0
    assert "This will change" in capsys.readouterr().out
    (changed,) = budgets(account)
    assert changed["BudgetLimit"]["Amount"] == "7" and changed["CostFilters"] == TAG_FILTER
    from moto.budgets.models import budgets_backends

    stored = budgets_backends[ACCOUNT]["aws"].budgets[ACCOUNT][NAME].notifications
    assert [n.subscribers[0]["Address"] for n in stored] == ["you@example.org"] * 3


def test_remove_shows_first_then_deletes_and_is_content_when_there_is_none(account, asked, capsys):
    command("--limit", "5", "--email", "me@example.org", "--yes")
    assert command("--remove") == 0 and len(budgets(account)) == 1
    assert command("--remove", "--yes") == 0 and budgets(account) == []
    capsys.readouterr()
    assert command("--remove", "--yes") == 0
    assert "nothing to remove" in capsys.readouterr().out


def test_without_options_it_shows_what_there_is(account, asked, capsys):
    assert command() == 0
    assert "There is no budget" in capsys.readouterr().out
    command("--limit", "5", "--email", "me@example.org", "--yes")
    capsys.readouterr()
    assert command() == 0
    said = capsys.readouterr().out
    assert "5.00 USD a month" in said and "the whole account" in said and ", ".join(ALL) in said


def test_the_account_id_is_never_printed_whole(account, asked, capsys):
    set_it = ["--limit", "5", "--email", "me@example.org", "--yes"]
    for arguments in (set_it, [], ["--remove"], ["--remove", "--yes"], ["--remove"]):
        command(*arguments)
    captured = capsys.readouterr()
    assert ACCOUNT not in captured.out + captured.err and "…9012" in captured.out


@pytest.mark.parametrize(
    "limit", ["five", "", "0", "-1", "nan", "sNaN", "inf", "4.999", "1e-400", "1e30", "5 USD"]
)
def test_a_limit_that_is_none_is_refused_before_aws_is_asked(limit, monkeypatch, capsys):
    monkeypatch.setattr(module, "Budget", lambda: pytest.fail("AWS was asked"))
    assert command(f"--limit={limit}", "--email", "me@example.org", "--yes") == 1
    assert "limit" in one_sentence(capsys)


@pytest.mark.parametrize("text", ["5", "0.01", "4.99", "5e2", "5.00"])
def test_a_limit_in_dollars_and_cents_is_taken(text):
    assert parse_limit(text) == Decimal(text)


@pytest.mark.parametrize("email", ["me", "me@", "@x.org", "me@x", "a b@c.de", "a@b@c.de"])
def test_an_address_without_its_parts_is_refused(email, capsys):
    assert command("--limit", "5", "--email", email, "--yes") == 1
    assert "e-mail" in one_sentence(capsys)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--limit", "5"],
        ["--email", "me@example.org"],
        ["--remove", "--limit", "5"],
        ["--yes"],
        ["--whole-account"],
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments, capsys):
    assert command(*arguments) == 1
    assert "--" in one_sentence(capsys)


@pytest.mark.parametrize(
    ("operation", "code", "words"),
    [
        ("CreateBudget", "AccessDeniedException", "budgets:ModifyBudget"),
        ("DescribeBudget", "AccessDeniedException", "budgets:ViewBudget"),
        ("CreateBudget", "InternalErrorException", "InternalErrorException"),
    ],
)
def test_what_aws_refuses_is_one_sentence(
    account, asked, monkeypatch, capsys, operation, code, words
):
    fail(monkeypatch, code, operation)
    assert command("--limit", "5", "--email", "me@example.org", "--whole-account", "--yes") == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("Cannot ") and captured.err.count("\n") == 1
    assert words in captured.err and ACCOUNT not in captured.err
    assert budgets(account) == []


def test_nothing_is_made_on_an_account_of_the_block_list(account, asked, monkeypatch, capsys):
    monkeypatch.setenv("PATTERNLAB_BLOCKED_ACCOUNTS", ACCOUNT)
    assert command("--limit", "5", "--email", "me@example.org", "--yes") == 1
    assert "block list" in one_sentence(capsys) and budgets(account) == []


def test_a_denied_removal_names_the_action_and_leaves_the_budget(
    account, asked, monkeypatch, capsys
):
    command("--limit", "5", "--email", "me@example.org", "--yes")
    fail(monkeypatch, "AccessDeniedException", "DeleteBudget")
    assert command("--remove", "--yes") == 1
    assert "budgets:ModifyBudget" in capsys.readouterr().err and len(budgets(account)) == 1


def test_without_credentials_it_says_how_to_get_some(monkeypatch, tmp_path, capsys):
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("RELATIVE_URI", "FULL_URI"):
        monkeypatch.delenv(f"AWS_CONTAINER_CREDENTIALS_{name}", raising=False)
    assert command() == 1
    assert "aws configure" in one_sentence(capsys)
