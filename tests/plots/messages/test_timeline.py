import io
from datetime import timedelta

import matplotlib
import numpy as np
import pytest
from matplotlib.lines import Line2D
from PIL import Image

from patternlab.plots import retry_timeline
from patternlab.plots.drawing import style
from patternlab.plots.messages.timeline import NO_ATTEMPTS

ROOM = {"visibility_timeout": 30, "max_receive_count": 5}


def marks(picture, kind):
    """Return the places (n, 2) of a kind of mark among the lanes, in inches."""
    colour = style.LIGHT.outcome(kind)
    lines = [artist for artist in picture.figure.artists if isinstance(artist, Line2D)]
    lines = [line for line in lines if line.get_linestyle() == "None"]  # not the strokes
    lines = [line for line in lines if line.get_markerfacecolor() == colour]
    places = [line.get_xydata() for line in lines]
    below_legend = picture.figure.get_size_inches()[1] - 0.5
    found = np.concatenate(places) if places else np.empty((0, 2))
    return found[found[:, 1] < below_legend]


@pytest.mark.parametrize("theme", style.THEMES)
@pytest.mark.parametrize(
    ("messages", "step"), [(1, 0.05), (3, 30.0), (10, 600.0), (30, 3600.0), (60, 43200.0)]
)
def test_nothing_is_cut_off(mixed, messages, theme, step):
    picture = retry_timeline(
        mixed(messages, step), visibility_timeout=step, max_receive_count=5, theme=theme
    )
    figure = picture.figure
    assert len(figure.artists) >= 5
    for artist in figure.artists:
        box = artist.get_tightbbox(figure.canvas.get_renderer())
        assert box.x0 >= 0 and box.y0 >= 0, artist
        assert box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1, artist


def test_every_attempt_has_a_mark_of_its_outcome(mixed):
    history = mixed(30)
    picture = retry_timeline(history, **ROOM)
    for outcome in style.OUTCOMES:
        assert len(marks(picture, outcome)) == (history["outcome"] == outcome).sum()


def test_the_dead_letter_mark_stands_one_visibility_timeout_after_the_last_receive(poison):
    picture = retry_timeline(poison, **ROOM)
    attempts = marks(picture, "failed")[:, 0]
    (dead,) = marks(picture, "dead-letter queue")[:, 0]
    assert dead - attempts[-1] == pytest.approx(attempts[1] - attempts[0])


def test_there_is_no_dead_letter_mark_without_a_redrive_policy(poison):
    picture = retry_timeline(poison, visibility_timeout=30)
    assert len(marks(picture, "dead-letter queue")) == 0
    assert picture.table["fate"].tolist() == ["still waiting"]


def test_an_attempt_of_a_millisecond_is_seen_on_an_axis_of_days(make_history):
    attempts = [(n * 43200.0, n * 43200.0 + 0.001, "failed") for n in range(6)]
    picture = retry_timeline(make_history({"a": attempts}), visibility_timeout=43200)
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


def test_more_messages_than_fit_are_said_and_stay_in_the_twin(mixed):
    many = retry_timeline(mixed(75), **ROOM)
    assert len(many.table) == 75
    assert many.size[1] < 1.2 * retry_timeline(mixed(60), **ROOM).size[1]
    assert many.alt.startswith("Timeline of 75 messages")


def test_labels_come_in_any_length_and_script(make_history):
    attempts = [(0, 1, "failed"), (30, 31, "succeeded")]
    keys = ["$a_b^c$", "k" * 300, "<b>", "two\nlines", "Größe", ""]
    picture = retry_timeline(make_history(dict.fromkeys(keys, attempts)), **ROOM)
    assert len(marks(picture, "succeeded")) == len(keys)


def test_a_title_of_any_length_fits(mixed):
    figure = retry_timeline(mixed(2), **ROOM, title="Orders $1 " * 40).figure
    for artist in figure.artists:
        assert artist.get_tightbbox(figure.canvas.get_renderer()).x1 <= figure.bbox.x1


def test_twice_the_same_history_is_twice_the_same_picture(mixed):
    one, other = (retry_timeline(mixed(12), **ROOM) for _ in range(2))
    assert one.png() == other.png()
    assert one.twin_html() == other.twin_html()


def test_settings_of_the_notebook_do_not_change_the_picture(mixed):
    plain = retry_timeline(mixed(3), **ROOM).png()
    loud = {"lines.linewidth": 9, "font.size": 30, "figure.dpi": 30, "savefig.bbox": "tight",
            "figure.constrained_layout.use": True, "figure.facecolor": "red",
            "lines.solid_capstyle": "round", "patch.force_edgecolor": True}  # fmt: skip
    with matplotlib.rc_context(loud):
        assert retry_timeline(mixed(3), **ROOM).png() == plain


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"visibility_timeout": -1}, "visibility_timeout is -1. Give a number of seconds, 0"),
        ({"visibility_timeout": float("nan")}, "visibility_timeout is nan"),
        ({"visibility_timeout": "soon"}, "visibility_timeout is 'soon'"),
        ({"visibility_timeout": None}, "visibility_timeout is None"),
        ({"max_receive_count": 0}, "max_receive_count is 0. Give a whole number from 1 up"),
        ({"max_receive_count": 2.5}, "max_receive_count is 2.5"),
        ({"theme": "neon"}, "no theme 'neon'"),
    ],
)
def test_bad_arguments_are_named_in_a_sentence(poison, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        retry_timeline(poison, **(ROOM | arguments))
