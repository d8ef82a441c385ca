import math

import pytest

from patternlab.delivery.attempts import Attempt
from patternlab.plots.drawing.canvas import FOOT
from patternlab.plots.messages.fifo_layout import LABELLED_ROW, places_of, short_key, words_of
from patternlab.plots.messages.groups import Group, Message
from patternlab.plots.messages.reading import DEAD, DONE, WAITING


def message(key, sent, start, *, fate=DONE, finished=None):
    """Return a message with one attempt of a second from ``start``."""
    outcome = "succeeded" if fate == DONE else "failed"
    attempt = Attempt(key, key, 1, "g", "f", "r", sent, start, start + 1.0, outcome)
    return Message(key, (attempt,), fate, start + 1.0 if finished is None else finished)


def group(*messages, name="g"):
    return Group(name, messages)


HELD = message("g #2", 10.0, 90.0)
STUCK = message("g #1", 0.0, 0.0, fate=WAITING, finished=math.inf)


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([message("g #1", 0.0, 0.0)], ["nobody waited"]),
        ([message("g #1", 0.0, 49.0)], ["waited up to 49 s", "for other reasons"]),
        ([message("g #1", math.nan, 5.0)], ["send times unknown"]),
        ([message("g #1", 0.0, 0.0, fate=DEAD, finished=90.0), HELD],
         ["waited up to 80 s", "behind #1"]),
        ([message("g #1", 0.0, 0.0, finished=60.0), message("b", 5.0, 60.0, finished=80.0), HELD],
         ["waited up to 70 s", "behind #1 and 1 more"]),
        ([STUCK], ["#1 not finished"]),
        ([STUCK, HELD], ["waited up to 80 s", "behind #1", "#1 not finished"]),
    ],
)  # fmt: skip
def test_words_say_how_long_a_group_waited_and_behind_what(messages, words):
    assert words_of(group(*messages)) == words


@pytest.mark.parametrize(
    ("key", "shown"),
    [("g #2", "#2"), ("g-7", "7"), ("g", "g"), ("g ", "g"), ("golf", "golf"),
     ("k" * 40, "kkkkkk…kkkkk")],
)  # fmt: skip
def test_a_key_is_shown_without_the_name_of_its_group(key, shown):
    assert short_key(message(key, 0.0, 0.0), group()) == shown


@pytest.mark.parametrize("count", [1, 7, 100, 2000])
def test_rows_fill_their_lanes_from_the_top_and_do_not_overlap(count):
    groups = [
        group(*(message(f"{n}", float(n), float(n)) for n in range(count))),
        group(message("x", 0.0, 0.0), name="other"),
    ]
    lanes = places_of(groups)
    assert lanes[-1].bottom == pytest.approx(FOOT)
    assert lanes[0].bottom == lanes[1].top
    assert lanes[0].top < 9.5
    for lane in lanes:
        edge = lane.top
        for row in lane.rows:
            assert row.y + row.height / 2 <= edge + 1e-9
            edge = row.y - row.height / 2
        assert edge >= lane.bottom


def test_a_message_that_failed_has_room_for_words_among_a_thousand():
    rest = [message(f"{n}", float(n), float(n)) for n in range(1000)]
    (lane,) = places_of([group(message("p", 0.0, 0.0, fate=DEAD, finished=30.0), *rest)])
    assert lane.rows[0].height == LABELLED_ROW
    assert lane.rows[1].height < 0.02
