import random

import numpy as np
import pandas as pd
import pytest

from patternlab.clock import VirtualClock
from patternlab.delivery.sns.topic import Topic
from patternlab.plots import fan_out
from patternlab.plots.drawing import style

DAY = 86400.0
PROTOCOLS = ("sqs", "lambda", "https")


class Sink:
    """A receiver that takes everything."""

    def __init__(self, number):
        self.protocol = PROTOCOLS[number % 3]
        self.arn = f"arn:aws:{self.protocol}:us-east-1:123456789012:endpoint-{number}"

    def deliver(self, parcel):
        pass


def deliveries_of(subscriptions, outages, messages=1, spacing=30.0, dead_letter=(), wait=DAY):
    """Publish to so many subscriptions; ``outages`` are {number: outage}; return the deliveries."""
    clock = VirtualClock()
    topic = Topic(clock, "shop", rng=random.Random(1))
    for number in range(subscriptions):
        sink = Sink(number)
        queue = Sink(99) if number in dead_letter else None
        topic.subscribe(sink, dead_letter=queue)
        if number in outages:
            topic.faults.outage(sink.arn, **outages[number])
    for number in range(messages):
        topic.publish(f"order {number}")
        clock.wait(spacing)
    clock.wait(wait)
    return topic.deliveries


@pytest.fixture(scope="module")
def mixed():
    """One message: at once, after three tries, dropped at once."""
    return deliveries_of(3, {2: {"seconds": 30}, 1: {"days": 1, "kind": "client"}})


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
    deliveries = deliveries_of(2, {}, messages=3)
    log = marks_of(fan_out(deliveries, scale="log"), "succeeded")
    linear = marks_of(fan_out(deliveries, scale="linear"), "succeeded")
    assert len(set(log[:, 0].round(6))) == 1
    assert len(set(linear[:, 0].round(6))) == 3
    assert len(set(log[:, 1].round(6))) == 6  # a row for each message in each lane


@pytest.mark.parametrize(("lanes", "messages"), [(1, 1), (5, 1), (3, 3), (12, 10)])
def test_nothing_is_cut_off(lanes, messages, assert_nothing_is_cut_off):
    outages = {0: {"hours": 2}, 1: {"minutes": 3}, 2: {"seconds": 50}, 4: {"days": 9}}
    outages |= {3: {"days": 9, "kind": "client"}}
    outages = {number: outage for number, outage in outages.items() if number < lanes}
    deliveries = deliveries_of(lanes, outages, messages, dead_letter=(2, 3), wait=DAY / 8)
    for scale in ("auto", "linear", "log"):
        assert_nothing_is_cut_off(fan_out(deliveries, scale=scale))
