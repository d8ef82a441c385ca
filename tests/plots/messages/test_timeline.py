import io

import matplotlib
import numpy as np
import pytest
from PIL import Image

from patternlab.plots import retry_timeline
from patternlab.plots.drawing import style
from tests.plots.tables import history_of, mixed

ROOM = {"visibility_timeout": 30, "max_receive_count": 5}


@pytest.mark.parametrize(
    ("messages", "step"), [(1, 0.05), (3, 30.0), (10, 600.0), (30, 3600.0), (60, 43200.0)]
)
def test_nothing_is_cut_off(messages, step, assert_nothing_is_cut_off):
    history = mixed(messages, step)
    assert_nothing_is_cut_off(retry_timeline(history, visibility_timeout=step, max_receive_count=5))


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
