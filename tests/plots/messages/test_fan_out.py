import numpy as np
import pandas as pd
import pytest

from patternlab.plots import fan_out
from patternlab.plots.drawing import style
from tests.plots.tables import deliveries_of, tries

DAY = 86400.0
#: (seconds, outcome) of the attempts of a story.
STORIES = {
    "at-once": [(0, "delivered")],
    "refused": [(0, "dropped")],
    "third-try": [(0, "failed"), (20, "failed"), (40, "delivered")],
    "hours": [*((20 * n, "failed") for n in range(360)), (7200, "delivered")],
    "given-up": [*((n * n, "failed") for n in range(49)), (2500, "dead-letter queue")],
}


def published_to(subscriptions, messages=1, spacing=30.0):
    """Return deliveries of so many messages to subscriptions, whose stories go by their names."""
    return deliveries_of(
        row
        for number in range(messages)
        for name, story in subscriptions.items()
        for row in tries(f"m{number}", name, *((number * spacing + s, end) for s, end in story))
    )


@pytest.fixture(scope="module")
def mixed():
    """One message: at once, dropped at once, after three tries."""
    return published_to({name: STORIES[name] for name in ("at-once", "refused", "third-try")})


def test_every_subscription_has_its_own_fate(mixed, marks_of):
    picture = fan_out(mixed)
    assert picture.table["fate"].tolist() == ["delivered", "dropped", "delivered"]
    assert picture.table["attempts"].tolist() == [1, 1, 3]
    assert len(marks_of(picture, "succeeded")) == 2
    assert len(marks_of(picture, "failed")) == 3


def test_the_fan_has_a_line_to_each_lane(mixed, strokes_of):
    picture = fan_out(mixed)
    curves = strokes_of(picture, style.LIGHT.waiting)
    curves = [curve for curve in curves if len(curve) > 2]  # those between two points are threads
    assert len(curves) == 3
    assert len({tuple(curve[0].round(6)) for curve in curves}) == 1
    assert len({curve[-1][1].round(6) for curve in curves}) == 3


def test_100_015_attempts_over_23_days_are_a_band_and_not_as_many_marks(mixed, marks_of):
    seconds = np.cumsum([0, 0, 0, 1, 1, *np.geomspace(1, 20, 10), *[20] * 100_000])
    attempts = pd.DataFrame({"attempt": np.arange(1, 100_016), "outcome": "failed"})
    attempts["time"] = mixed["time"].iloc[0] + pd.to_timedelta(seconds, unit="s")
    attempts.loc[100_014, "outcome"] = "dead-letter queue"
    deliveries = mixed.iloc[[0] * 100_015].reset_index(drop=True).assign(**attempts, error="500")
    picture = fan_out(deliveries)
    assert picture.table["attempts"].tolist() == [100_015]
    assert picture.table["took (s)"].iloc[0] > 23 * DAY
    failed = marks_of(picture, "failed")
    assert 2 <= len(failed) <= 10
    assert failed[:, 0].max() - failed[:, 0].min() > 2  # from the first second to the last day
    (dead,) = marks_of(picture, "dead-letter queue")
    assert dead[0] > failed[:, 0].max()
    assert "100,015 delivery attempts" in picture.alt


def test_attempts_that_do_not_touch_have_a_mark_each(mixed, marks_of):
    picture = fan_out(mixed, scale="linear")
    x = marks_of(picture, "failed")[:, 0]
    delivered = marks_of(picture, "succeeded")[:, 0]
    assert max(delivered) - max(x) == pytest.approx(max(x) - min(x))  # 0, 20 and 40 s


def test_on_a_logarithmic_axis_each_message_starts_at_zero(marks_of):
    deliveries = published_to({"one": STORIES["at-once"], "two": STORIES["at-once"]}, messages=3)
    log = marks_of(fan_out(deliveries, scale="log"), "succeeded")
    linear = marks_of(fan_out(deliveries, scale="linear"), "succeeded")
    assert len(set(log[:, 0].round(6))) == 1
    assert len(set(linear[:, 0].round(6))) == 3
    assert len(set(log[:, 1].round(6))) == 6  # a row for each message in each lane


@pytest.mark.parametrize(("lanes", "messages"), [(1, 1), (5, 1), (3, 3), (12, 10)])
def test_nothing_is_cut_off(lanes, messages, assert_nothing_is_cut_off):
    stories = list(STORIES.values())
    subscriptions = {f"subscription-{n}": stories[(n + 3) % 5] for n in range(lanes)}
    deliveries = published_to(subscriptions, messages)
    for scale in ("auto", "linear", "log"):
        assert_nothing_is_cut_off(fan_out(deliveries, scale=scale))
