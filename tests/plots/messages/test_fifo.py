import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import PathPatch

from patternlab.delivery.scenarios import fifo_orders
from patternlab.plots import fifo_lanes, head_of_line

ROOM = {"visibility_timeout": 30, "max_receive_count": 3}


@pytest.fixture(scope="module")
def poisoned():
    """Return four customers with four orders each; the second of customer A is poison."""
    return fifo_orders(groups=4, max_receive_count=3).history


def blocks(picture):
    """Return (left, bottom, right, top) in inches of each shaded block among the lanes."""
    patches = [
        artist
        for artist in picture.figure.artists
        if isinstance(artist, PathPatch) and artist.get_zorder() == 0
    ]
    corners = np.concatenate([patch.get_path().vertices.reshape(-1, 5, 2) for patch in patches])
    found = np.hstack([corners.min(axis=1), corners.max(axis=1)])
    return found[found[:, 3] < picture.figure.get_size_inches()[1] - 0.45]


@pytest.mark.parametrize(
    "world",
    [
        {"groups": 1, "messages": 1},
        {"groups": 1, "messages": 100, "visibility_timeout": 5, "failure_rate": 0.2},
        {"groups": 4, "messages": 24, "visibility_timeout": 120, "failure_rate": 0.8},
        {"groups": 3, "messages": 30, "batch_size": 10, "failure_rate": 0.2},
        {"groups": 40, "messages": 100, "failure_rate": 0.4},
    ],
    ids=str,
)
def test_nothing_is_cut_off(world, assert_nothing_is_cut_off):
    history = fifo_orders(max_receive_count=3, **world).history
    timeout = world.get("visibility_timeout", 30)
    assert_nothing_is_cut_off(fifo_lanes(history, visibility_timeout=timeout, max_receive_count=3))


def test_the_legend_of_everything_at_once_fits(poisoned, marks_of, assert_nothing_is_cut_off):
    history = poisoned.copy()
    history.loc[history.index[-1], "outcome"] = "timed out"
    picture = fifo_lanes(history, visibility_timeout=30, max_receive_count=3)
    assert len(marks_of(picture, "timed out")) == 1
    assert_nothing_is_cut_off(picture)


def test_long_names_of_groups_and_keys_fit(poisoned, assert_nothing_is_cut_off):
    history = poisoned.assign(
        group="tenant $x$ " * 9 + poisoned["group"], key=["k" * 300 + str(n) for n in range(18)]
    )
    assert_nothing_is_cut_off(
        fifo_lanes(
            history,
            **ROOM,
        )
    )


def test_messages_of_a_group_stand_below_each_other_in_order_of_sending(poisoned, marks_of):
    places = marks_of(fifo_lanes(poisoned, **ROOM), "succeeded")
    assert len(set(places[:, 1].round(6))) == 15  # one row each
    own = places[places[:, 1].argsort()][::-1]  # from the top down: A's three, then B's four
    assert (np.diff(own[3:7, 0]) > 0).all()


def test_blocks_cover_the_rows_behind_the_invisible_message_and_no_other_lane(poisoned, marks_of):
    picture = fifo_lanes(poisoned, **ROOM)
    found = blocks(picture)
    assert len(found) == 3
    heights = sorted(marks_of(picture, "succeeded")[:, 1], reverse=True)
    first, behind, others = heights[0], heights[1:3], heights[3:]
    for _, bottom, _, top in found:
        assert top < first
        assert all(bottom < y < top for y in behind)
        assert all(y < bottom for y in others)


def test_a_block_ends_one_visibility_timeout_after_the_receive(poisoned, marks_of):
    picture = fifo_lanes(poisoned, **ROOM)
    ends = sorted(blocks(picture)[:, 2])
    (dead,) = marks_of(picture, "dead-letter queue")
    starts = sorted(marks_of(picture, "failed")[:, 0])
    assert ends == pytest.approx([starts[1], starts[2], dead[0]])


def test_there_is_no_dead_letter_mark_without_a_redrive_policy(poisoned, marks_of):
    picture = fifo_lanes(poisoned, visibility_timeout=30)
    assert len(marks_of(picture, "dead-letter queue")) == 0
    assert picture.table["dead-lettered"].sum() == 0


def test_the_twin_is_the_head_of_line_table(poisoned):
    picture = fifo_lanes(poisoned, **ROOM)
    pd.testing.assert_frame_equal(picture.table, head_of_line(poisoned, 30, 3))
    assert picture.table["head-of-line wait (s)"].tolist() == [88.0, 0.0, 0.0, 0.0]
    assert picture.alt.startswith("FIFO queue with 4 message groups. Timeline of 16 messages")


def test_a_message_that_failed_thousands_of_times_is_drawn_with_as_many_marks_as_fit(marks_of):
    count = 3000
    start = pd.Timestamp("2026-01-01T00:00:00Z") + pd.to_timedelta(np.arange(count) * 30, unit="s")
    history = pd.DataFrame({
        "message_id": "m", "key": "m", "receive_count": np.arange(count) + 1, "group": "g",
        "function": "f", "request_id": "r", "sent": start[0], "start": start,
        "end": start + pd.Timedelta(seconds=1), "outcome": "failed", "error_type": "ValueError",
    })  # fmt: skip
    places = marks_of(fifo_lanes(history, visibility_timeout=30), "failed")
    assert 20 < len(places) < 300
    assert np.ptp(places[:, 0]) > 4


def test_times_of_sending_may_be_unknown(poisoned, assert_nothing_is_cut_off):
    picture = fifo_lanes(poisoned.assign(sent=pd.NaT), **ROOM)
    assert picture.table["longest wait (s)"].isna().all()
    assert "No message is known to have waited" in picture.alt
    assert_nothing_is_cut_off(picture)


def test_a_history_without_groups_is_refused(poisoned):
    with pytest.raises(ValueError, match="plots.retry_timeline"):
        fifo_lanes(poisoned.assign(group=None), **ROOM)
