import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternlab.delivery.attempts import OUTCOMES
from patternlab.delivery.scenarios import fifo_orders
from patternlab.plots.messages.groups import alt_text, check_fifo_history, groups_of, head_of_line
from tests.plots.tables import QUICK, history_of

LIMITS = (st.integers(0, 60), st.integers(1, 4))  # visibility timeout, max receive count


def fifo_history(messages):
    """Return a history of ``{key: (group, sent, [(start, end, outcome), ...])}`` in seconds."""
    return history_of(
        {key: attempts for key, (_, _, attempts) in messages.items()},
        group={key: group for key, (group, _, _) in messages.items()},
        sent={key: sent for key, (_, sent, _) in messages.items()},
    )


FAILED_THRICE = [(0, 1, "failed"), (30, 31, "failed"), (60, 61, "failed")]


DONE = "succeeded"


@pytest.mark.parametrize(
    ("messages", "max_receive_count", "wait", "behind", "longest"),
    [
        # A poison message holds its group until it is due for the dead-letter queue ...
        ({"p": ("g", 0, FAILED_THRICE), "b": ("g", 10, [(90, 91, DONE)])}, 3, 80, "p", 80),
        # ... and for good without one.
        ({"p": ("g", 0, FAILED_THRICE), "b": ("g", 10, [(95, 96, DONE)])}, None, 85, "p", 85),
        # A wait after the earlier message finished is not a head-of-line wait.
        ({"a": ("g", 0, [(0, 4, DONE)]), "b": ("g", 1, [(10, 11, DONE)])}, 3, 3, "a", 9),
        ({"a": ("g", 0, [(0, 4, DONE)]), "b": ("g", 4, [(9, 10, DONE)])}, 3, 0, "", 5),
        # Of several, the one that headed the line longest is named.
        ({"short": ("g", 0, [(0, 5, DONE)]), "long": ("g", 0, [(5, 25, DONE)]),
          "last": ("g", 0, [(25, 35, DONE)]), "b": ("g", 0, [(35, 36, DONE)])}, 3, 35, "long", 35),
        # An unknown time of sending is not counted as no wait.
        ({"a": ("g", None, [(0, 5, "failed")]), "b": ("g", None, [(9, 10, DONE)])},
         3, math.nan, "", math.nan),
        ({"a": ("g", None, [(0, 5, DONE)]), "b": ("g", 2, [(9, 9, DONE)])}, 3, 3, "a", 7),
    ],
)  # fmt: skip
def test_how_long_a_group_waited_and_behind_what(
    messages, max_receive_count, wait, behind, longest
):
    table = head_of_line(fifo_history(messages), 30, max_receive_count)
    numbers = ["head-of-line wait (s)", "longest wait (s)"]
    assert table[numbers].iloc[0].tolist() == pytest.approx([wait, longest], nan_ok=True)
    assert table["behind"].tolist() == [behind]


def test_the_twin_counts_each_group_by_itself():
    messages = {"p": ("g", 0, FAILED_THRICE), "b": ("other", 1, [(50, 51, "succeeded")])}
    assert head_of_line(fifo_history(messages), 30, 3).values.tolist() == [
        ["g", 1, 0, 1, 0.0, "", 0.0],
        ["other", 1, 1, 0, 0.0, "", 49.0],
    ]


def test_messages_stand_in_order_of_sending_and_groups_in_order_of_their_first():
    history = fifo_history(
        {
            "b2": ("b", 3, [(4, 5, "succeeded")]),
            "a1": ("a", 1, [(2, 3, "succeeded")]),
            "b1": ("b", 0, [(3, 4, "succeeded")]),
        }
    )
    groups = groups_of(history, 30, 3)
    assert [[m.key for m in group.messages] for group in groups] == [["b1", "b2"], ["a1"]]


def test_the_alternative_text_names_the_group_that_waited_longest():
    groups = groups_of(fifo_orders(groups=4).history, 30, 3)
    assert alt_text(groups).endswith(
        "Longest head-of-line wait: 88 seconds behind customer A #2 in customer A; "
        "in the other groups none."
    )
    alone = fifo_history({"a": ("g", 0, [(0, 1, "succeeded")])})
    assert "Longest" not in alt_text(groups_of(alone, 30, 3))


attempt = st.tuples(
    st.integers(0, 500).map(lambda n: n / 4),
    st.integers(0, 20).map(lambda n: n / 4),
    st.sampled_from(OUTCOMES),
)
message = st.tuples(
    st.sampled_from("abc"),
    st.none() | st.integers(-100, 500).map(lambda n: n / 4),
    st.lists(attempt, min_size=1, max_size=4),
)


@st.composite
def stories(draw):
    """Messages as ``fifo_history`` takes them, the order of a group plain from their times."""
    messages, places = {}, set()
    for group, sent, attempts in draw(st.lists(message, min_size=1, max_size=10)):
        spans = [(start, start + length, outcome) for start, length, outcome in sorted(attempts)]
        place = (group, *_place(sent, spans))
        if place not in places:
            places.add(place)
            messages[f"{group}{len(messages)}"] = (group, sent, spans)
    return messages


def _place(sent, attempts):
    first = attempts[0][0]
    return (first if sent is None else sent, first)


def slow_head_of_line(messages, visibility_timeout, max_receive_count):
    """Return {group: wait} straight from the definition, quarter second by quarter second.

    Every time in ``stories`` is a whole number of quarters.
    """

    def finished(attempts):
        won = [end for _, end, outcome in attempts if outcome == "succeeded"]
        if won:
            return won[0]
        is_dead = len(attempts) >= max_receive_count
        return attempts[-1][0] + visibility_timeout if is_dead else math.inf

    waits = {}
    for group, sent, attempts in messages.values():
        if sent is None:
            continue
        earlier = [
            finished(theirs)
            for other, posted, theirs in messages.values()
            if other == group and _place(posted, theirs) < _place(sent, attempts)
        ]
        moments = range(int(4 * sent), int(4 * attempts[0][0]))
        held = sum(any(moment < 4 * end for end in earlier) for moment in moments)
        waits[group] = max(waits.get(group, 0), held / 4)
    return waits


@QUICK
@given(stories(), *LIMITS, st.integers(0, 99))
def test_the_waits_are_those_of_the_definition_whatever_the_order_of_the_rows(
    messages, visibility_timeout, max_receive_count, seed
):
    history = fifo_history(messages).sample(frac=1, random_state=seed)
    table = head_of_line(history, visibility_timeout, max_receive_count)
    waits = table.set_index("group")["head-of-line wait (s)"].dropna().to_dict()
    assert waits == slow_head_of_line(messages, visibility_timeout, max_receive_count)


@QUICK
@given(stories(), *LIMITS)
def test_the_twin_adds_up_to_the_history(messages, visibility_timeout, max_receive_count):
    history = fifo_history(messages)
    table = head_of_line(history, visibility_timeout, max_receive_count)
    assert table["messages"].sum() == len(messages)
    done = history.loc[history["outcome"] == "succeeded", "message_id"].nunique()
    assert table["done"].sum() == done
    assert (table["done"] + table["dead-lettered"] <= table["messages"]).all()
    known = table.dropna()
    assert (known["head-of-line wait (s)"] >= 0).all()
    assert (known["head-of-line wait (s)"] <= known["longest wait (s)"]).all()
    named = (table["behind"] != "").tolist()
    assert named == (table["head-of-line wait (s)"] > 0).tolist()


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ({"group": None}, "plots.retry_timeline"),
        ({"group": [None, "g", "g"]}, "1 row "),
        ({"group": [None, None, "g"]}, "2 rows "),
        ({"outcome": "exploded"}, "'exploded'"),
    ],
)
def test_what_is_not_a_fifo_history_is_refused(change, value):
    history = fifo_history({"a": ("g", 0, FAILED_THRICE)})
    with pytest.raises(ValueError, match=value):
        check_fifo_history(history.assign(**change))


def test_times_of_sending_must_be_a_column():
    with pytest.raises(ValueError, match="'sent'"):
        check_fifo_history(fifo_history({"a": ("g", 0, FAILED_THRICE)}).drop(columns="sent"))


def test_a_history_without_any_time_of_sending_is_no_error():
    history = fifo_history({"a": ("g", 0, FAILED_THRICE)})
    assert len(head_of_line(history.assign(sent=None), 30, 3)) == 1
