import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternlab.plots import latency_distribution
from patternlab.plots.drawing import style
from patternlab.plots.drawing.canvas import Canvas
from patternlab.plots.drawing.text import text_width
from patternlab.plots.latency import FLAG, NO_VALUES
from tests.plots.tables import QUICK

RANDOM = np.random.default_rng(1)
LOGNORMAL = RANDOM.lognormal(0.7, 1.5, 1000)
CASES = {
    "ten": LOGNORMAL[:10],
    "one": [3.2],
    "equal": [0.5] * 200,
    "zeros": [0.0] * 3,
    "some zeros": np.append(LOGNORMAL, [0.0] * 300),
    "many": RANDOM.exponential(1, 20_000),
    "far apart": 10 ** RANDOM.uniform(-6, 6, 50),
    "narrow": RANDOM.uniform(51, 66, 400),
    "groups": {"SQS": LOGNORMAL / 50, "SNS to Lambda": LOGNORMAL, "lost": [], "w" * 60: [1e5]},
}


def texts(words):
    return [text for _, _, text, _, _ in words]


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_cut_off(case, assert_nothing_is_cut_off):
    percentiles = (0, 1, 50, 90, 99, 99.9, 100)
    assert_nothing_is_cut_off(latency_distribution(CASES[case], percentiles=percentiles))


def test_the_bars_are_as_high_as_their_shares(words, strokes_of):
    values = [0.05] * 10 + [9.95] * 30  # the first and the last bin
    picture = latency_distribution([*values, 5.0], percentiles=())
    bars = sorted(strokes_of(picture, style.LIGHT.succeeded), key=lambda bar: bar[0, 0])
    heights = [bar[1, 1] - bar[0, 1] for bar in bars]
    assert len(heights) == 3
    assert heights[2] / heights[0] == pytest.approx(3)
    share, y = next((text, y) for _, y, text, _, _ in words if text.endswith(" %"))
    read = (y - bars[0][0, 1]) / heights[2] * 30 / 41
    assert f"{read * 100:.3g} %" == share


def test_one_value_far_from_100_000_others_is_seen(strokes_of):
    values = np.append(RANDOM.uniform(1, 2, 100_000), 30.0)
    picture = latency_distribution(values)
    bar = max(strokes_of(picture, style.LIGHT.succeeded), key=lambda bar: bar[0, 0])
    assert bar[1, 1] - bar[0, 1] >= 2 / style.DPI  # two pixels
    rug = [s for s in strokes_of(picture, style.LIGHT.muted) if np.ptp(s[:, 0]) == 0]
    assert max(stroke[0, 0] for stroke in rug) == pytest.approx(bar[0, 0], abs=0.2)


@pytest.mark.parametrize(
    ("values", "logarithmic"),
    [(LOGNORMAL, True), (RANDOM.normal(5, 0.5, 100), False), ([0, 0], False), ([0, 5, 6], False)],
)
def test_the_axis_is_logarithmic_only_when_the_spread_asks_for_it(words, values, logarithmic):
    latency_distribution(values)
    (name,) = (text for text in texts(words) if text.startswith("latency in s"))
    assert ("logarithmic" in name) == logarithmic


def test_percentiles_stand_where_the_axis_has_their_values(words, strokes_of):
    picture = latency_distribution(np.arange(101.0), percentiles=(20, 60))
    poles = [p for p in strokes_of(picture, style.LIGHT.text) if np.ptp(p[:, 0]) == 0]
    ticks = {text: x for x, _, text, _, align in words if align == "center"}
    assert sorted(pole[0, 0] for pole in poles) == pytest.approx([ticks["20"], ticks["60"]])
    assert {"p20 20 s", "p60 60 s"} <= set(texts(words))


def test_percentiles_that_read_the_same_share_a_label(words):
    latency_distribution([0.5] * 20, percentiles=(50, 90, 99))
    assert "median = p90 = p99 0.5 s" in texts(words)


@QUICK
@given(
    st.lists(st.floats(0, 1e5), min_size=1, max_size=60), st.sets(st.integers(0, 100), max_size=7)
)
def test_labels_of_percentiles_never_touch_each_other_or_a_pole(strokes_of, values, percentiles):
    written = []
    original = Canvas.write
    try:
        Canvas.write = lambda self, x, y, text, **look: written.append((x, y, text, look))
        picture = latency_distribution(values, percentiles=sorted(percentiles))
    finally:
        Canvas.write = original
    flags = [(x, x + text_width(text, look["size"]), y) for x, y, text, look in written
             if text.startswith(("p", "median")) and text != "percentile"]  # fmt: skip
    poles = [p for p in strokes_of(picture, style.LIGHT.text) if len(p) > 1]
    assert len(flags) == len(poles)
    for index, (begin, end, y) in enumerate(flags):
        assert end <= style.WIDTH
        for other, other_end, other_y in flags[:index]:
            assert end < other or other_end < begin or abs(y - other_y) > FLAG * 0.9
        for pole in poles:
            assert not (begin < pole[0, 0] < end and pole[:, 1].max() > y - 0.05)


def test_the_number_of_values_is_shown(words):
    latency_distribution(CASES["groups"])
    assert {"n = 1,000", "n = 0", "no values"} <= set(texts(words))


def test_no_values_at_all_are_a_sentence():
    picture = latency_distribution([], title="Nothing yet")
    assert picture.alt == NO_VALUES
    assert picture.table["n"].tolist() == [0]
    assert picture.png().startswith(b"\x89PNG")
    assert latency_distribution({}).alt == NO_VALUES


def test_the_smallest_number_there_is_takes_no_axis_with_it():
    for values in ([1.0, 5e-324, 5e-324], [1e-300, 5e-324, 5e-324]):
        picture = latency_distribution(values, percentiles={51})
        assert "n = 3" in picture.alt
