"""Names and tags of what is made on an account."""

from datetime import UTC, datetime

import pytest

from patternlab.resources.naming import ALPHABET, Session, new_session, this_notebook

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_a_name_gets_the_prefix_once():
    session = Session("k3f9qb", "us-east-1", "01", NOON)
    assert session.name("orders.fifo") == "patternlab-k3f9qb-orders.fifo"
    assert session.name(session.name("orders")) == session.name("orders")


def test_tags_say_project_session_expiry_and_notebook():
    session = new_session("us-east-1", NOON, hours=4)
    assert session.tags == {
        "project": "patternlab",
        "session": session.id,
        "expiry": "2026-01-05T16:00:00Z",
        "notebook": session.notebook,
    }


def test_two_sessions_have_different_names():
    assert len({new_session("us-east-1", NOON, 1).id for _ in range(50)}) == 50


def test_an_id_suits_every_service():
    session = new_session("us-east-1", NOON, 1)
    assert len(session.id) == 6 and set(session.id) <= set(ALPHABET)
    assert session.prefix == session.prefix.lower()  # a bucket's name has no capitals
    assert len(session.name("x" * 35)) <= 63  # the longest name of a bucket


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"JPY_SESSION_NAME": "/home/ada/notebooks/01-sqs-lambda-dlq.ipynb"}, "01-sqs-lambda-dlq"),
        ({"PATTERNLAB_NOTEBOOK": "02-sqs-fifo-lambda"}, "02-sqs-fifo-lambda"),
        ({}, "unknown"),
    ],
)
def test_the_notebook_is_the_one_that_jupyter_names(monkeypatch, environment, name):
    for variable in ("JPY_SESSION_NAME", "PATTERNLAB_NOTEBOOK"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    assert this_notebook() == name
