"""What holds for every figure of lanes: of messages, message groups, events and subscriptions."""

import math
from datetime import timedelta

import pytest

from patternlab import plots
from patternlab.delivery.attempts import OUTCOMES
from tests.plots.tables import deliveries_of, history_of, mixed, tries

LIFE = [(0, 1, "failed"), (30, 31, "timed out"), (60, 61, "failed"), (95, 96, "succeeded")]
LIVES = {f"order-{n}": [(s + n, e + n, o) for s, e, o in LIFE[n % 4 :]] for n in range(8)}
GROUPED = history_of(LIVES, group={key: key[-1] for key in LIVES}, sent=0.0)
PUBLISHED = tries("m", "mail", (0, "failed"), (9, "dropped")) + tries("m", "log", (0, "delivered"))
TIMEOUT = {"visibility_timeout": 30}

#: A table for each figure, and the arguments that it cannot do without.
FIGURES = {
    "async_timeline": (history_of(LIVES), {}),
    "fan_out": (deliveries_of(PUBLISHED), {}),
    "fifo_lanes": (GROUPED, TIMEOUT),
    "retry_timeline": (mixed(30), TIMEOUT),
}


def drawn(name, table, **arguments):
    return getattr(plots, name)(table, **(FIGURES[name][1] | arguments))


@pytest.mark.parametrize("name", FIGURES)
def test_an_empty_table_is_a_sentence(name):
    picture = drawn(name, FIGURES[name][0].iloc[:0], title="Nothing yet")
    assert picture.table.empty and len(picture.table.columns) >= 5
    assert picture.alt == picture.twin_text()
    assert picture.png(50).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["async_timeline", "fifo_lanes", "retry_timeline"])
def test_every_attempt_has_a_mark_of_its_outcome(name, marks_of):
    history = FIGURES[name][0]
    picture = drawn(name, history)
    for outcome in OUTCOMES:
        assert len(marks_of(picture, outcome)) == (history["outcome"] == outcome).sum()


@pytest.mark.parametrize(
    ("name", "shown", "noun"),
    [
        ("async_timeline", 60, "events"),
        ("fan_out", 12, "subscriptions"),
        ("fifo_lanes", 40, "groups"),
        ("retry_timeline", 60, "messages"),
    ],
)
def test_what_does_not_fit_is_said_and_stays_in_the_twin(name, shown, noun, words, marks_of):
    keys = [f"m{n}" for n in range(shown + 5)]
    if name == "fan_out":
        table = deliveries_of([("m", key, 1, 0.0, "delivered") for key in keys])
    else:
        lives = {key: [(n, n + 1, "succeeded")] for n, key in enumerate(keys)}
        table = history_of(lives, group={key: key for key in keys}, sent=0.0)
    picture = drawn(name, table, title="Orders")
    assert len(picture.table) == shown + 5
    assert len(marks_of(picture, "succeeded")) == shown + 1  # and the one in the key
    assert f"Orders (first {shown} of {shown + 5} {noun})" in [text for _, _, text, _, _ in words]


@pytest.mark.parametrize("name", ["fifo_lanes", "retry_timeline"])
def test_a_visibility_timeout_may_be_a_timedelta(name):
    table = FIGURES[name][0]
    picture = drawn(name, table, visibility_timeout=timedelta(seconds=30))
    assert picture.png(50) == drawn(name, table).png(50)


@pytest.mark.parametrize(
    ("name", "argument", "value"),
    [
        *(
            ("retry_timeline", "visibility_timeout", value)
            for value in (-1, math.nan, "soon", None)
        ),
        ("fifo_lanes", "visibility_timeout", -1),
        ("retry_timeline", "max_receive_count", 2.5),
        ("fifo_lanes", "max_receive_count", 0),
        ("async_timeline", "max_attempts", 0),
        ("async_timeline", "max_attempts", "3"),
        ("async_timeline", "scale", "cubic"),
        ("fan_out", "scale", "cubic"),
    ],
)
def test_an_argument_out_of_range_is_named_with_its_value(name, argument, value):
    with pytest.raises(ValueError, match=f"{argument} (is )?{value!r}"):
        drawn(name, FIGURES[name][0], **{argument: value})
