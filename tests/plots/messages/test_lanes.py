import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternlab.plots.drawing.style import OUTCOMES
from patternlab.plots.messages.lanes import (
    COLUMNS,
    DEAD,
    DONE,
    WAITING,
    check_history,
    lanes_of,
    summary,
    twin,
)


@pytest.mark.parametrize(
    ("outcomes", "max_receive_count", "fate"),
    [
        (["succeeded"], 1, DONE),
        (["failed", "succeeded"], 2, DONE),
        (["failed", "failed"], 2, DEAD),
        (["failed", "timed out"], 2, DEAD),
        (["failed", "failed"], 3, WAITING),
        (["failed"] * 9, None, WAITING),
    ],
)
def test_fate_of_a_message(make_history, outcomes, max_receive_count, fate):
    attempts = [(n, n + 0.1, outcome) for n, outcome in enumerate(outcomes)]
    (lane,) = lanes_of(make_history({"a": attempts}), max_receive_count)
    assert lane.fate == fate


def test_a_message_is_invisible_from_its_receive_for_the_visibility_timeout(poison):
    (lane,) = lanes_of(poison, 5)
    assert lane.invisible_until(4, 30) == 150
    assert lane.invisible_until(0, 30) == 30


def test_an_early_next_receive_ends_the_invisible_span(poison):
    (lane,) = lanes_of(poison, 5)
    assert lane.invisible_until(0, 100) == 30


def test_an_attempt_longer_than_the_visibility_timeout_has_no_span_backwards(make_history):
    (lane,) = lanes_of(make_history({"a": [(0, 50, "failed")]}), None)
    assert lane.invisible_until(0, 30) == 50


def test_lanes_are_ordered_by_their_first_attempt_and_rows_may_come_in_any_order(mixed):
    history = mixed(7)
    expected = twin(lanes_of(history, 5))
    shuffled = twin(lanes_of(history.sample(frac=1, random_state=1), 5))
    pd.testing.assert_frame_equal(expected, shuffled)
    assert expected["first start (s)"].is_monotonic_increasing


def test_the_twin_tells_the_story_of_one_message(poison):
    (row,) = twin(lanes_of(poison, 5)).to_dict("records")
    assert row == {
        "key": "order-1",
        "attempts": 5,
        "outcomes in order": "failed ×5",
        "first start (s)": 0.0,
        "last end (s)": 120.02,
        "fate": "dead-letter queue",
    }


def test_outcomes_stay_in_order(make_history):
    outcomes = ["failed", "failed", "timed out", "failed", "succeeded"]
    attempts = [(n, n, outcome) for n, outcome in enumerate(outcomes)]
    (lane,) = lanes_of(make_history({"a": attempts}), None)
    assert lane.outcomes_in_order == "failed ×2, timed out, failed, succeeded"


def test_a_message_group_is_named_beside_the_key(make_history):
    (lane,) = lanes_of(make_history({"a": [(0, 1, "failed")]}, group="customer-7"), None)
    assert lane.label == "a (customer-7)"


def test_two_messages_with_one_key_keep_their_own_lanes(make_history):
    history = make_history({"a": [(0, 1, "failed")], "b": [(2, 3, "failed")]})
    assert len(lanes_of(history.assign(key="same"), None)) == 2


def test_summary_counts_everything(mixed):
    assert summary(lanes_of(mixed(5), 5)) == (
        "Timeline of 5 messages with 13 delivery attempts over 121 seconds. "
        "Attempts: 3 succeeded, 8 failed, 2 timed out. "
        "Messages: 3 done, 1 dead-letter queue, 1 still waiting."
    )


attempt = st.tuples(
    st.sampled_from(["a", "b", "c", "d"]),
    st.integers(min_value=1, max_value=6),
    st.sampled_from(["g", None]),
    st.floats(min_value=0, max_value=1e6),
    st.floats(min_value=0, max_value=1e3),
    st.sampled_from(OUTCOMES),
)


def frame(attempts):
    origin = pd.Timestamp("2026-01-01T00:00:00Z")
    rows = []
    for key, count, group, start, length, outcome in attempts:
        begin = origin + pd.Timedelta(seconds=start)
        end = begin + pd.Timedelta(seconds=length)
        rows.append((f"id-{key}", key, count, group, "f", "r", begin, end, outcome, None))
    return pd.DataFrame(rows, columns=list(COLUMNS))


@given(st.lists(attempt, min_size=1, max_size=25), st.integers(1, 6) | st.none())
def test_counts_of_the_twin_add_up_to_the_history(attempts, max_receive_count):
    history = frame(attempts)
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
    with pytest.raises(ValueError, match=f"no column '{column}'. Give the DataFrame"):
        check_history(poison.drop(columns=column))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"outcome": "exploded"}, "outcome 'exploded'. The figures know succeeded, failed"),
        ({"start": 5.0}, "float64 in 'start', not times"),
        ({"end": pd.NaT}, "empty values in 'end'"),
        ({"receive_count": None}, "empty values in 'receive_count'"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_sentence(poison, change, sentence):
    with pytest.raises(ValueError, match=sentence):
        check_history(poison.assign(**change))


def test_a_list_is_no_history():
    with pytest.raises(ValueError, match="history is a list. Give the DataFrame"):
        check_history([])
