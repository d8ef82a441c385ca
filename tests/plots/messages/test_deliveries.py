import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternlab.delivery.sns.delivery_log import (
    DEAD_LETTER,
    DELIVERED,
    DROPPED,
    FAILED,
    FATES,
    FILTERED,
)
from patternlab.plots.messages.deliveries import (
    COLUMNS,
    RETRYING,
    alt_text,
    check_deliveries,
    short_name,
    subscriptions_of,
    twin,
)
from tests.plots.tables import QUICK, deliveries_of, tries


@pytest.mark.parametrize(
    ("attempts", "fate", "words"),
    [
        ([(0, DELIVERED)], DELIVERED, ["delivered at once"]),
        ([(0, FAILED), (1, DELIVERED)], DELIVERED, ["delivered", "after 2 tries"]),
        ([(0, DROPPED)], DROPPED, ["dropped", "after 1 try"]),
        ([(0, FAILED), (1, DEAD_LETTER)], DEAD_LETTER, ["dead-letter queue", "after 2 tries"]),
        ([(0, FAILED), (1, FAILED)], RETRYING, ["still retrying", "2 tries so far"]),
    ],
)
def test_the_fate_of_a_message_at_a_subscription(attempts, fate, words):
    (lane,) = subscriptions_of(deliveries_of(tries("m", "orders", *attempts)))
    assert (lane.stories[0].fate, lane.words) == (fate, words)


@pytest.mark.parametrize("number", [0, 1])
def test_what_is_filtered_out_was_never_tried(number):
    (lane,) = subscriptions_of(deliveries_of([("m", "orders", number, 0, FILTERED)]))
    assert (lane.stories[0].attempts, lane.words) == (0, ["filtered out"])


def test_a_fate_may_stand_in_a_row_of_its_own_behind_the_last_attempt():
    rows = [*tries("m", "orders", (0, FAILED), (5, FAILED)), ("m", "orders", 2, 5, DEAD_LETTER)]
    table = twin(subscriptions_of(deliveries_of(rows)))
    assert table.values.tolist() == [["orders", "sqs", 1, 2, 5.0, "dead-letter queue", "error 2"]]


def test_several_messages_are_counted_by_their_fates():
    rows = tries("a", "orders", (0, DELIVERED)) + tries("b", "orders", (1, DROPPED))
    assert subscriptions_of(deliveries_of(rows))[0].words == ["1 delivered", "1 dropped"]
    rows += tries("c", "orders", (2, DEAD_LETTER)) + [("d", "orders", 0, 3, FILTERED)]
    words = subscriptions_of(deliveries_of(rows))[0].words
    assert words == ["1 delivered, 1 dead-lettered,", "1 dropped, 1 filtered out"]


def test_a_message_is_published_at_its_first_row_in_any_lane():
    rows = tries("a", "orders", (10, DELIVERED)) + tries("a", "mail", (25, DELIVERED))
    stories = {lane.name: lane.stories[0] for lane in subscriptions_of(deliveries_of(rows))}
    assert (stories["orders"].took, stories["mail"].took) == (0, 15)


def test_lanes_come_in_the_order_of_their_first_rows_and_messages_in_that_of_publishing():
    rows = tries("b", "mail", (0, DELIVERED)) + tries("b", "orders", (1, DELIVERED))
    rows += tries("a", "mail", (2, DELIVERED))
    table = twin(subscriptions_of(deliveries_of(rows)))
    assert table["subscription"].tolist() == ["mail", "mail", "orders"]
    assert table["message"].tolist() == [1, 2, 1]


def test_two_protocols_of_one_name_keep_their_own_lanes():
    deliveries = deliveries_of(tries("m", "orders", (0, DELIVERED)))
    both = pd.concat([deliveries, deliveries.assign(protocol="lambda")])
    assert [lane.protocol for lane in subscriptions_of(both)] == ["sqs", "lambda"]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("arn:aws:sqs:us-east-1:123456789012:orders", "orders"),
        ("arn:aws:lambda:us-east-1:123456789012:function:bill", "bill"),
        ("https://shop.example.org/in", "shop.example.org/in"),
        ("orders", "orders"),
    ],
)
def test_a_subscription_has_a_short_name(name, short):
    assert short_name(name) == short


def test_the_alternative_text_counts_everything():
    rows = tries("m", "orders", (0, DELIVERED)) + tries("m", "mail", (0, FAILED), (90, DEAD_LETTER))
    assert alt_text(subscriptions_of(deliveries_of(rows))) == (
        "Fan-out of 1 message to 2 subscriptions with 3 delivery attempts. "
        "Deliveries: 1 delivered, 1 dead-lettered. "
        "The longest took 2 attempts over 90 s, to mail."
    )


story = st.tuples(
    st.lists(st.floats(0, 1e6), max_size=12),
    st.sampled_from([DELIVERED, DEAD_LETTER, DROPPED, FAILED]),
)


@QUICK
@given(
    st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), story, min_size=1),
    st.integers(0, 99),
)
def test_counts_of_the_twin_add_up_to_the_deliveries(stories, seed):
    rows = []
    for (message, name), (moments, outcome) in stories.items():
        moments = sorted(round(moment, 6) for moment in moments)
        ends = [FAILED] * (len(moments) - 1) + [outcome]
        rows += tries(message, name, *zip(moments, ends, strict=False))
        rows += [] if moments else [(message, name, 0, 0, FILTERED)]
    deliveries = deliveries_of(rows).sample(frac=1, random_state=seed)
    check_deliveries(deliveries)
    table = twin(subscriptions_of(deliveries))
    assert len(table) == len(stories)
    assert table["attempts"].sum() == (deliveries["attempt"] > 0).sum()
    first = deliveries.groupby("message_id")["time"].min()
    last = deliveries.groupby(["message_id", "destination"])["time"].max()
    longest = max(
        (moment - first[message]).total_seconds() for (message, _), moment in last.items()
    )
    assert table["took (s)"].max() == pytest.approx(longest, abs=0.001)
    for fate in FATES:
        assert (table["fate"] == fate).sum() == (deliveries["outcome"] == fate).sum()


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_named(column):
    with pytest.raises(ValueError, match=f"'{column}'"):
        check_deliveries(deliveries_of(tries("m", "a", (0, DELIVERED))).drop(columns=column))


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ({"outcome": "lost"}, "'lost'.*delivered"),
        ({"time": 5.0}, "float64 in 'time'"),
        ({"attempt": "one"}, "'attempt'"),
        ({"destination": None}, "'destination'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(change, value):
    with pytest.raises(ValueError, match=value):
        check_deliveries(deliveries_of(tries("m", "a", (0, DELIVERED))).assign(**change))
