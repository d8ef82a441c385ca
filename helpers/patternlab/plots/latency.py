"""How long things took: a histogram for each group, with its percentiles, on one axis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from patternlab.plots.drawing import style
from patternlab.plots.drawing.axis import Scale, Tick, decades, draw_axis, spaced
from patternlab.plots.drawing.canvas import EDGE, FOOT, GAP, Canvas, Entry, sentence_figure
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import Theme
from patternlab.plots.drawing.text import shortened, text_width, widest
from patternlab.plots.samples import (
    ALL,
    Sample,
    alt_text,
    check_percentiles,
    percentile_name,
    samples_of,
    twin,
    written,
)

NO_VALUES = "No latencies yet: there is nothing to count."
WIDEST = 1e12  # what is smaller than this part of the largest value is drawn at 0
WIDE = 30  # times the first tenth of the values: from there on the axis is logarithmic

BARS = {1: 1.9, 2: 1.25, 3: 1.0, 4: 0.85}  # inches of the highest bar, by number of groups
FLAG = 0.17  # height of a row of percentiles
RUG = 0.15  # below the bars
LEAST_BAR = 0.02  # so that one value among 100,000 is seen
FINEST = 0.007  # inches between two strokes of the rug


def latency_distribution(
    seconds: Iterable[float] | Mapping[str, Iterable[float]],
    *,
    groups: Iterable[object] | None = None,
    percentiles: Sequence[float] = (50, 99),
    theme: str = "light",
    title: str | None = None,
    unit: str = "s",
) -> Picture:
    """Draw how latencies are distributed: one histogram per group, all on one axis.

    The axis is logarithmic when the longest latency is more than 30 times the first tenth of them.
    All bins are equally wide on the page, and all groups share the scale of the bars. A stroke
    below the bars stands where values are, so that a lonely one is seen as well.

    Args:
        seconds: the latencies in seconds (or ``timedelta64``), 0 or more; or up to four groups of
            them, ``{name: latencies}``.
        groups: the name of the group of each latency, if ``seconds`` is one sequence.
        percentiles: which to mark, 0 to 100. One between two values is interpolated, as
            ``numpy.percentile`` does.
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.
        unit: of the axis and the twin: ``"µs"``, ``"ms"``, ``"s"``, ``"min"`` or ``"h"``.

    Returns:
        The picture. Its twin has one row per group: group, n, median, the other percentiles, max,
        in ``unit`` and six digits; NaN if there are no values.

    Raises:
        ValueError: a latency is negative or not a number, or the groups do not fit. The sentence
            says what is wrong.
    """
    colours = style.theme_named(theme)
    wanted = check_percentiles(percentiles)
    samples = samples_of(seconds, groups, unit)
    table = twin(samples, wanted, unit)
    if not any(len(sample.values) for sample in samples):
        return Picture(sentence_figure(NO_VALUES, colours, title), table, NO_VALUES)
    drawing = _Drawing(samples, wanted, unit, colours, title)
    return Picture(drawing.finish(), table, alt_text(samples, wanted, unit))


class _Drawing:
    """The histograms being drawn. Distances are in inches."""

    def __init__(
        self,
        samples: Sequence[Sample],
        percentiles: Sequence[float],
        unit: str,
        theme: Theme,
        title: str | None,
    ) -> None:
        self.samples, self.theme, self.unit = samples, theme, unit
        self.flags = [_flags(sample, percentiles, unit) for sample in samples]
        self.scale = self._choose_scale()
        self.levels = [self._levels(flags) for flags in self.flags]
        self.bars = BARS[len(samples)]
        self.heights = [
            RUG + self.bars + 0.1 + FLAG * (1 + max(own, default=0)) for own in self.levels
        ]
        self.canvas = Canvas(FOOT + sum(self.heights), theme, title)
        self.shares = self._count()
        self.highest = max(float(share.max()) for share in self.shares)

    def finish(self) -> Figure:
        """Draw everything and return the figure."""
        name = f"latency in {self.unit}"
        name += ", on a logarithmic scale" if self.scale.knee is not None else ""
        draw_axis(self.canvas, self.scale, self._ticks(), name)
        for index, floor in enumerate(self.canvas.top - np.cumsum(self.heights)):
            self._draw_sample(index, float(floor) + RUG)
        return self.canvas.finish(self._key())

    # -- places ---------------------------------------------------------------------------------

    def _choose_scale(self) -> Scale:
        names = [part for sample in self.samples for part in self._beside(sample)]
        left = EDGE + max(text_width(part, size) for part, size, _ in names) + 2 * GAP
        left += text_width("00 %", style.SMALL_SIZE) + GAP
        flags = widest((text for own in self.flags for _, text in own), style.SMALL_SIZE)
        right = style.WIDTH - EDGE - flags - 0.05
        values = [sample.values for sample in self.samples if len(sample.values)]
        least, most = min(own.min() for own in values), max(own.max() for own in values)
        positive = [own[own > 0] for own in values if (own > 0).any()]
        if positive and most >= WIDE * min(np.percentile(own, 10) for own in positive):
            first = max(min(np.percentile(own, 1) for own in positive), most / WIDEST)
            if least >= first / 10:  # no value far below the others, and none of 0
                return Scale(left, right, most - least, 0.1, least, knee=least)
            knee = 10.0 ** np.floor(np.log10(first))
            return Scale(left, right, most, 0.1, knee=float(knee))
        if least == most:  # all equal: in the middle
            return Scale(left, right, 2 * most or 1.0, 0.1)
        origin = least - 0.1 * (most - least) if least >= most / 2 else 0.0
        return Scale(left, right, most - origin, 0.1, origin)

    def _ticks(self) -> list[Tick]:
        scale, end = self.scale, self.scale.origin + self.scale.span
        if scale.knee is None:
            locator = MaxNLocator(nbins=9, steps=[1, 2, 5, 10])
            places = locator.tick_values(scale.origin, end)
            return spaced(scale, [(float(value), f"{value:,.10g}") for value in places])
        zero = [(0.0, "0")] if scale.origin == 0 else []
        for digits in ((1, 2, 5), (1, 3), (1,)):
            ticks = zero + list(decades(scale.knee, end, digits))
            if len(spaced(scale, ticks)) == len(ticks):
                break
        return spaced(scale, ticks)

    def _levels(self, flags: Sequence[tuple[float, str]]) -> list[int]:
        """Return the row of each flag, 0 for the lowest.

        Flags hang to the right of their poles. From the right, each takes the lowest row in which
        it ends before the next flag begins: so no flag covers another one, or its pole.
        """
        begins: list[float] = []  # what is leftmost in each row so far: a flag or a pole
        levels = []
        for value, text in reversed(flags):
            x = self.scale.x(value)
            end = x + text_width(text, style.SMALL_SIZE) + 0.1
            level = next((row for row, begin in enumerate(begins) if end <= begin), len(begins))
            begins[: level + 1] = [x] * (level + 1)
            levels.append(level)
        return levels[::-1]

    def _count(self) -> list[np.ndarray]:
        """Set the ``edges`` of the bins; return the share of each group's values in each bin."""
        most = max(len(sample.values) for sample in self.samples)
        bins = int(np.clip(2 * most ** (1 / 3), 11, 59)) | 1  # odd: one bin is in the middle
        pad = self.scale.pad
        self.edges = np.linspace(self.scale.left + pad, self.scale.right - pad, bins + 1)
        reach = (self.edges[0] - 1e-6, self.edges[-1] + 1e-6)
        return [
            np.histogram(self.scale.places(sample.values), bins, reach)[0]
            / max(len(sample.values), 1)
            for sample in self.samples
        ]

    # -- drawing --------------------------------------------------------------------------------

    def _beside(self, sample: Sample) -> list[tuple[str, float, str]]:
        """Return (text, size, colour) of the lines in front of a histogram."""
        small, muted = style.SMALL_SIZE, self.theme.muted
        lines = [(f"n = {len(sample.values):,}", small, muted)]
        if len(sample.values):
            lines.append((f"max {written(sample.longest, self.unit)}", small, muted))
        if sample.name != ALL:
            lines.insert(0, (shortened(sample.name), style.LABEL_SIZE, self.theme.text))
        return lines

    def _draw_sample(self, index: int, floor: float) -> None:
        """Draw one group with its bars standing on ``floor``."""
        sample, shares, theme = self.samples[index], self.shares[index], self.theme
        middle = floor + self.bars / 2
        lines = self._beside(sample)
        for row, (text, size, colour) in enumerate(lines):
            y = middle + (len(lines) - 1 - 2 * row) * 0.09
            self.canvas.write(EDGE, y, text, size=size, colour=colour)
        self.canvas.lines(
            [[(self.scale.left, floor), (self.scale.right, floor)]], theme.muted, 0.8, 3
        )
        if not len(sample.values):
            x = (self.scale.left + self.scale.right) / 2
            self.canvas.write(x, middle, "no values", colour=theme.muted, align="center")
            return
        self._draw_share(floor)
        middles = (self.edges[:-1] + self.edges[1:]) / 2
        tops = np.maximum(shares / self.highest * self.bars, LEAST_BAR)
        filled = zip(middles[shares > 0], tops[shares > 0], strict=True)
        width = (self.edges[1] - self.edges[0]) * style.POINTS_PER_INCH - 0.7
        bars = [[(x, floor), (x, floor + top)] for x, top in filled]
        self.canvas.lines(bars, theme.succeeded, width, 2)
        rug = np.unique(np.round(self.scale.places(sample.values) / FINEST)) * FINEST
        strokes = [[(x, floor - 0.11), (x, floor - 0.03)] for x in rug]
        self.canvas.lines(strokes, theme.muted, 0.5, 2)
        self._draw_flags(index, floor)

    def _draw_share(self, floor: float) -> None:
        """Draw a line at a round share of the values, so that the bars can be read."""
        power = 10.0 ** np.floor(np.log10(self.highest))
        share = max(digit * power for digit in (1, 2, 5) if digit * power <= self.highest + 1e-12)
        y = floor + share / self.highest * self.bars
        self.canvas.lines([[(self.scale.left, y), (self.scale.right, y)]], self.theme.grid, 0.8, 1)
        text, x, colour = f"{share * 100:.3g} %", self.scale.left - 0.06, self.theme.muted
        self.canvas.write(x, y, text, size=style.SMALL_SIZE, colour=colour, align="right")

    def _draw_flags(self, index: int, floor: float) -> None:
        """Draw each percentile as a pole through the bars with its name and value at the top."""
        poles = []
        for (value, text), level in zip(self.flags[index], self.levels[index], strict=True):
            x = self.scale.x(value)
            y = floor + self.bars + 0.1 + FLAG * (level + 0.5)
            poles.append([(x, floor), (x, y + 0.05)])
            self.canvas.write(x + 0.05, y, text, size=style.SMALL_SIZE)
        self.canvas.lines(poles, self.theme.background, 3.0, 3)  # a halo, to be seen on the bars
        self.canvas.lines(poles, self.theme.text, 1.3, 4)

    def _key(self) -> Iterator[Entry]:
        line_entry, theme = self.canvas.line_entry, self.theme
        bars = [[(0.03, -0.07), (0.03, 0.02)], [(0.1, -0.07), (0.1, 0.07)]]
        yield line_entry("share of the values in a bin", 0.1, bars, theme.succeeded, 4.3)
        stroke, pole = [(0.03, -0.04), (0.03, 0.04)], [(0.03, -0.07), (0.03, 0.07)]
        yield line_entry("at least one value", 0.04, [stroke], theme.muted, 0.8)
        yield line_entry("percentile", 0.04, [pole], theme.text, 1.3)


def _flags(sample: Sample, percentiles: Sequence[float], unit: str) -> list[tuple[float, str]]:
    """Return (value, words) of the percentiles in order; those that read the same share words."""
    if not len(sample.values):
        return []
    found: dict[str, tuple[float, list[str]]] = {}
    for percent in percentiles:
        value = sample.percentile(percent)
        found.setdefault(written(value, unit), (value, []))[1].append(percentile_name(percent))
    return [(value, f"{' = '.join(names)} {text}") for text, (value, names) in found.items()]
