import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternlab.delivery.attempts import OUTCOMES
from patternlab.plots.messages.reading import (
    COLUMNS,
    DEAD,
    DONE,
    WAITING,
    alt_text,
    check_history,
    lanes_of,
    twin,
)
from tests.plots.tables import QUICK, history_of, mixed


@pytest.mark.parametrize(
    ("outcomes", "max_receive_count", "fate"),
    [
        (["succeeded"], 1, DONE), (["failed", "succeeded"], 2, DONE),
        (["failed", "failed"], 2, DEAD), (["failed", "timed out"], 2, DEAD),
        (["failed", "failed"], 3, WAITING), (["failed"] * 9, None, WAITING),
    ],
)  # fmt: skip
def test_fate_of_a_message(outcomes, max_receive_count, fate):
    attempts = [(n, n + 0.1, outcome) for n, outcome in enumerate(outcomes)]
    (lane,) = lanes_of(history_of({"a": attempts}), max_receive_count)
    assert lane.fate == fate


@pytest.mark.parametrize(
    ("visibility_timeout", "first", "last"),
    [(30, 30, 150), (100, 30, 220)],  # an early next receive ends the first span
)
def test_a_message_is_invisible_from_its_receive_for_the_visibility_timeout(
    poison, visibility_timeout, first, last
):
    (lane,) = lanes_of(poison, 5)
    spans = lane.invisible_spans(visibility_timeout)
    assert (spans[0], spans[-1]) == ((0.02, first), (120.02, last))


def test_an_attempt_longer_than_the_visibility_timeout_has_no_span_backwards():
    (lane,) = lanes_of(history_of({"a": [(0, 50, "failed"), (60, 61, "succeeded")]}), None)
    assert lane.invisible_spans(30) == [(50, 50)]


def test_lanes_are_ordered_by_their_first_attempt_and_rows_may_come_in_any_order():
    history = mixed(7)
    expected = twin(lanes_of(history, 5))
    shuffled = twin(lanes_of(history.sample(frac=1, random_state=1), 5))
    pd.testing.assert_frame_equal(expected, shuffled)
    assert expected["first start (s)"].is_monotonic_increasing


def test_the_twin_tells_the_story_of_one_message(poison):
    (row,) = twin(lanes_of(poison, 5)).values.tolist()
    assert row == ["order-1", 5, "failed ×5", 0.0, 120.02, "dead-letter queue"]


def test_outcomes_stay_in_order():
    outcomes = ["failed", "failed", "timed out", "failed", "succeeded"]
    attempts = [(n, n, outcome) for n, outcome in enumerate(outcomes)]
    (lane,) = lanes_of(history_of({"a": attempts}), None)
    assert lane.outcomes_in_order == "failed ×2, timed out, failed, succeeded"


def test_a_message_group_is_named_beside_the_key():
    (lane,) = lanes_of(history_of({"a": [(0, 1, "failed")]}, group="customer-7"), None)
    assert lane.label == "a (customer-7)"


def test_two_messages_with_one_key_keep_their_own_lanes():
    history = history_of({"a": [(0, 1, "failed")], "b": [(2, 3, "failed")]})
    assert len(lanes_of(history.assign(key="same"), None)) == 2


def test_summary_counts_everything():
    assert alt_text(lanes_of(mixed(5), 5)) == (
        "Timeline of 5 messages with 13 delivery attempts over 121 seconds. "
        "Attempts: 3 succeeded, 8 failed, 2 timed out. "
        "Messages: 3 done, 1 dead-letter queue, 1 still waiting."
    )


attempt = st.tuples(st.floats(0, 1e6), st.floats(0, 1e3), st.sampled_from(OUTCOMES))


@QUICK
@given(
    st.dictionaries(st.sampled_from("abcd"), st.lists(attempt, min_size=1, max_size=6), min_size=1),
    st.integers(1, 6) | st.none(),
)
def test_counts_of_the_twin_add_up_to_the_history(messages, max_receive_count):
    lives = {
        key: [(start, start + length, outcome) for start, length, outcome in life]
        for key, life in messages.items()
    }
    history = history_of(lives, group={"a": "g"})
    check_history(history)
    lanes = lanes_of(history, max_receive_count)
    table = twin(lanes)

    assert table["attempts"].sum() == len(history)
    assert len(table) == history["message_id"].nunique()
    told = dict.fromkeys(OUTCOMES, 0)
    for story in table["outcomes in order"]:
        for part in story.split(", "):
            name, _, times = part.partition(" ×")
            told[name] += int(times or 1)
    assert told == {name: int((history["outcome"] == name).sum()) for name in OUTCOMES}
    done = history.loc[history["outcome"] == "succeeded", "message_id"].nunique()
    assert (table["fate"] == DONE).sum() == done
    if max_receive_count is None:
        assert DEAD not in set(table["fate"])
    assert table["first start (s)"].min() == 0
    assert (table["last end (s)"] >= table["first start (s)"]).all()


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_named(poison, column):
    with pytest.raises(ValueError, match=f"'{column}'"):
        check_history(poison.drop(columns=column))


def test_a_time_of_sending_may_be_missing(poison):
    check_history(poison.drop(columns="sent"))
    assert len(lanes_of(poison.drop(columns="sent"), None)) == 1


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ({"outcome": "exploded"}, "'exploded'.*succeeded, failed"),
        ({"start": 5.0}, "float64 in 'start'"),
        ({"sent": 5.0}, "float64 in 'sent'"),
        ({"end": pd.NaT}, "'end'"),
        ({"receive_count": None}, "'receive_count'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(poison, change, value):
    with pytest.raises(ValueError, match=value):
        check_history(poison.assign(**change))


def test_a_list_is_not_a_history():
    with pytest.raises(ValueError, match="list"):
        check_history([])
