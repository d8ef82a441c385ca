import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternlab.delivery.attempts import OUTCOMES
from patternlab.plots.messages.events import (
    DONE,
    GAVE_UP,
    SO_FAR,
    alt_text,
    check_events,
    events_of,
    twin,
)
from tests.plots.tables import QUICK, history_of

THREE = [(0, 1, "failed"), (67.25, 68, "timed out"), (198, 199, "failed")]


@pytest.mark.parametrize(
    ("attempts", "most", "fate", "label"),
    [
        (THREE, 3, GAVE_UP, "gave up after 3"),
        (THREE[:1], 1, GAVE_UP, "gave up after 1"),
        (THREE[:2], 3, SO_FAR, "failed so far: 2"),
        ([*THREE[:1], (60, 61, "succeeded")], 3, DONE, "done after 2"),
    ],
)
def test_the_fate_of_an_event(attempts, most, fate, label):
    (event,) = events_of(history_of({"a": attempts}), most)
    assert (event.fate, event.fate_label) == (fate, label)


def test_the_twin_tells_the_story_of_one_event():
    (row,) = twin(events_of(history_of({"order-1": THREE}), 3)).values.tolist()
    outcomes, gaps = "failed, timed out, failed", "66.25, 130"
    assert row == ["order-1", 3, outcomes, gaps, 0.0, 199.0, "gave up"]


def test_an_event_handed_over_twice_has_two_lanes():
    history = history_of({"a": THREE})
    again = history.assign(request_id="another", start=history["start"] + pd.Timedelta(seconds=5))
    labels = [event.label for event in events_of(pd.concat([history, again]), 3)]
    assert labels == ["a", "a (copy 2)"]


def test_two_functions_are_named_and_are_no_copies_of_each_other():
    one = history_of({"a": THREE}, function="invoice")
    other = history_of({"a": THREE}, function="mail").assign(request_id="another")
    labels = {event.label for event in events_of(pd.concat([one, other]), 3)}
    assert labels == {"a → invoice", "a → mail"}


def test_the_story_begins_when_the_event_was_handed_over_if_known():
    (event,) = events_of(history_of({"a": [(100, 101, "succeeded")]}, sent=40.0), 3)
    assert (event.origin, event.wait) == (0, 60)
    (event,) = events_of(history_of({"a": [(100, 101, "succeeded")]}), 3)
    assert (event.origin, event.wait) == (0, 0)


def test_the_alternative_text_counts_everything():
    assert alt_text(events_of(history_of({"a": THREE, "b": THREE[:1]}), 3)) == (
        "Timeline of 2 asynchronous events with 4 attempts over 3 min 19 s. "
        "Attempts: 3 failed, 1 timed out. Events: 1 gave up, 1 failed so far. "
        "Gaps between attempts: 66 s to 2 min 10 s."
    )


lives = st.lists(
    st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 900), st.sampled_from(OUTCOMES)),
             min_size=1, max_size=3),
    min_size=1, max_size=8,
)  # fmt: skip


@QUICK
@given(lives, st.randoms(use_true_random=False))
def test_counts_and_gaps_of_the_twin_follow_from_the_history(lives, random):
    events, spans = {}, {}
    for number, life in enumerate(lives):
        now, attempts = 0.0, []
        for gap, length, outcome in life:
            start = round(now + gap, 6)
            now = round(start + length, 6)
            attempts.append((start, now, outcome))
        events[f"e{number}"] = attempts
        spans[f"e{number}"] = [gap for gap, _, _ in life[1:]]
    history = history_of(events)
    history = history.sample(frac=1, random_state=random.randint(0, 99))
    check_events(history)
    table = twin(events_of(history, 3))
    assert table["attempts"].sum() == len(history)
    assert set(table["event"]) == set(events)
    assert table["first start (s)"].min() == 0
    for row in table.to_dict("records"):
        gaps = [float(gap) for gap in row["gaps (s)"].split(", ") if gap]
        assert gaps == pytest.approx(spans[row["event"]], abs=0.002)
        succeeded = any(outcome == "succeeded" for _, _, outcome in events[row["event"]])
        assert (row["fate"] == DONE) == succeeded


@pytest.mark.parametrize(
    ("change", "value"),
    [
        (lambda h: h.assign(request_id=None), "'request_id'"),
        (lambda h: h.assign(sent=5.0), "float64 in 'sent'"),
        (lambda h: h.drop(columns="function"), "'function'"),
        (lambda h: pd.concat([h, h]), "attempt 1 of 'a'"),
        (lambda h: h.iloc[1:], "attempt 2 .*plots.retry_timeline"),
    ],
)
def test_what_is_not_an_asynchronous_history_is_refused(change, value):
    with pytest.raises(ValueError, match=value):
        check_events(change(history_of({"a": THREE})))
