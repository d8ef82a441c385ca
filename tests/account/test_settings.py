"""What the learner decides in the environment."""

from pathlib import Path

import pytest

from patternlab.account.settings import read_settings, state_folder
from patternlab.resources.errors import AccountError


def test_nothing_set_means_no_price_agreed_to_and_four_hours():
    settings = read_settings({})
    assert settings.ceiling is None and settings.hours == 4.0
    assert settings.blocked == frozenset() and not settings.show_account


def test_all_of_it_is_read():
    settings = read_settings(
        {
            "PATTERNLAB_CEILING": "1.50",
            "PATTERNLAB_HOURS": "0.5",
            "PATTERNLAB_BLOCKED_ACCOUNTS": "111122223333, 444455556666",
            "PATTERNLAB_SHOW_ACCOUNT": "1",
            "PATTERNLAB_STATE": "somewhere",
        }
    )
    assert (settings.ceiling, settings.hours) == ("1.50", 0.5)
    assert settings.blocked == {"111122223333", "444455556666"}
    assert settings.show_account and settings.state == Path("somewhere")


@pytest.mark.parametrize("hours", ["0", "-1", "25", "nan", "inf", "two"])
def test_hours_that_make_no_sense_are_refused_in_a_sentence(hours):
    with pytest.raises(AccountError, match="PATTERNLAB_HOURS=.*24"):
        read_settings({"PATTERNLAB_HOURS": hours})


@pytest.mark.parametrize("account", ["1234", "1111-2222-3333", "prod"])
def test_a_block_list_holds_whole_account_ids(account):
    with pytest.raises(AccountError, match="12 digits"):
        read_settings({"PATTERNLAB_BLOCKED_ACCOUNTS": account})


def test_the_ledgers_live_in_the_users_state_folder():
    assert state_folder({"XDG_STATE_HOME": "/s"}) == Path("/s/patternlab")
    assert state_folder({}) == Path.home() / ".local/state/patternlab"
