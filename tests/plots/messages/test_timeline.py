import io
from datetime import timedelta

import matplotlib
import numpy as np
import pytest
from PIL import Image

from patternlab.delivery.attempts import OUTCOMES
from patternlab.plots import retry_timeline
from patternlab.plots.drawing import style
from patternlab.plots.messages.lanes import NO_ATTEMPTS
from tests.plots.tables import history_of, mixed

ROOM = {"visibility_timeout": 30, "max_receive_count": 5}


@pytest.mark.parametrize(
    ("messages", "step"), [(1, 0.05), (3, 30.0), (10, 600.0), (30, 3600.0), (60, 43200.0)]
)
def test_nothing_is_cut_off(messages, step, assert_nothing_is_cut_off):
    history = mixed(messages, step)
    assert_nothing_is_cut_off(retry_timeline(history, visibility_timeout=step, max_receive_count=5))


def test_every_attempt_has_a_mark_of_its_outcome(marks_of):
    history = mixed(30)
    picture = retry_timeline(history, **ROOM)
    for outcome in OUTCOMES:
        assert len(marks_of(picture, outcome)) == (history["outcome"] == outcome).sum()


def test_the_dead_letter_mark_is_one_visibility_timeout_after_the_last_receive(poison, marks_of):
    picture = retry_timeline(poison, **ROOM)
    attempts = marks_of(picture, "failed")[:, 0]
    (dead,) = marks_of(picture, "dead-letter queue")[:, 0]
    assert dead - attempts[-1] == pytest.approx(attempts[1] - attempts[0])


def test_there_is_no_dead_letter_mark_without_a_redrive_policy(poison, marks_of):
    picture = retry_timeline(poison, visibility_timeout=30)
    assert len(marks_of(picture, "dead-letter queue")) == 0
    assert picture.table["fate"].tolist() == ["still waiting"]


def test_an_attempt_of_a_millisecond_is_seen_on_an_axis_of_days():
    attempts = [(n * 43200.0, n * 43200.0 + 0.001, "failed") for n in range(6)]
    picture = retry_timeline(history_of({"a": attempts}), visibility_timeout=43200)
    pixels = np.asarray(Image.open(io.BytesIO(picture.png())).convert("RGB")).astype(int)
    wanted = [int(style.LIGHT.failed[i : i + 2], 16) for i in (1, 3, 5)]
    near = (np.abs(pixels - wanted).max(axis=2) < 30).sum()
    assert near >= 7 * 60  # six marks and the one in the legend, of at least 60 pixels each


def test_a_visibility_timeout_may_be_a_timedelta(poison):
    one = retry_timeline(poison, visibility_timeout=timedelta(seconds=30), max_receive_count=5)
    other = retry_timeline(poison, visibility_timeout=30, max_receive_count=5)
    assert one.png() == other.png()


def test_an_empty_history_is_a_sentence(poison):
    picture = retry_timeline(poison.iloc[:0], **ROOM, title="Nothing yet")
    assert picture.alt == NO_ATTEMPTS
    assert picture.table.empty and list(picture.table.columns)[0] == "key"
    assert picture.png().startswith(b"\x89PNG")


def test_more_messages_than_fit_are_said_and_stay_in_the_twin():
    many = retry_timeline(mixed(75), **ROOM)
    assert len(many.table) == 75
    assert many.size[1] < 1.2 * retry_timeline(mixed(60), **ROOM).size[1]
    assert many.alt.startswith("Timeline of 75 messages")


def test_labels_come_in_any_length_and_script(marks_of):
    attempts = [(0, 1, "failed"), (30, 31, "succeeded")]
    keys = ["$a_b^c$", "k" * 300, "<b>", "two\nlines", "Größe", ""]
    picture = retry_timeline(history_of(dict.fromkeys(keys, attempts)), **ROOM)
    assert len(marks_of(picture, "succeeded")) == len(keys)


def test_settings_of_the_notebook_do_not_change_the_picture():
    plain = retry_timeline(mixed(3), **ROOM).png()
    loud = {"lines.linewidth": 9, "font.size": 30, "figure.dpi": 30, "savefig.bbox": "tight",
            "figure.constrained_layout.use": True, "figure.facecolor": "red",
            "lines.solid_capstyle": "round", "patch.force_edgecolor": True}  # fmt: skip
    with matplotlib.rc_context(loud):
        assert retry_timeline(mixed(3), **ROOM).png() == plain


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("visibility_timeout", -1),
        ("visibility_timeout", float("nan")),
        ("visibility_timeout", "soon"),
        ("visibility_timeout", None),
        ("max_receive_count", 0),
        ("max_receive_count", 2.5),
    ],
)
def test_an_argument_out_of_range_is_named_with_its_value(poison, argument, value):
    with pytest.raises(ValueError, match=f"{argument} is {value!r}"):
        retry_timeline(poison, **(ROOM | {argument: value}))
