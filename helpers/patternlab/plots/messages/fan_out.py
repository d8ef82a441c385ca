"""One publishing, many deliveries: what became of the messages of a topic, lane by lane."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from patternlab.delivery.sns.delivery_log import DEAD_LETTER, DELIVERED, DROPPED, FILTERED
from patternlab.plots.drawing import style
from patternlab.plots.drawing.axis import Scale, check_scale, draw_time_axis, is_log, knee_before
from patternlab.plots.drawing.canvas import (
    EDGE,
    FOOT,
    GAP,
    Canvas,
    Entry,
    Point,
    sentence_figure,
    with_note,
)
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import Theme
from patternlab.plots.drawing.text import shortened, text_width, widest
from patternlab.plots.messages.deliveries import (
    Story,
    Subscription,
    alt_text,
    check_deliveries,
    subscriptions_of,
    twin,
)

MOST_LANES = 12
MOST_MESSAGES = 10
NO_DELIVERIES = "No deliveries yet: nothing has been published so far."

ROOM = 7.5  # inches for all lanes together
LONE_ROW = 0.50  # of a lane with one message
ROW = 0.17  # of one of several messages
LANE_EDGE = 0.09  # above the first and below the last row of a lane
LABELLED_ROW = 0.36  # with words above the marks
NODE = 0.075  # radius of the dot from which the fan spreads
FAN = 0.55  # width of the fan
LINE = 0.085  # half the distance between two lines of words
DIAMOND = ((0, 1), (1, 0), (0, -1), (-1, 0), (0, 1), (1, 0))  # corners
STEPS = np.linspace(0, 1, 25)  # along a line of the fan


def fan_out(
    deliveries: pd.DataFrame,
    *,
    scale: str = "auto",
    theme: str = "light",
    title: str | None = None,
) -> Picture:
    """Draw what a topic published as a fan of lanes, one per subscription, each with its own fate.

    Attempts that would lie on each other are drawn as one band with their number, so a lane can
    hold the 100,015 attempts that SNS makes for a queue.

    Args:
        deliveries: one row per delivery attempt, as ``cloud.deliveries()`` returns it: message_id,
            destination, protocol, attempt (counted from 1), time (UTC),
            outcome (``delivered``, ``failed``, ``dead-letter queue``, ``dropped`` or ``filtered``)
            and error (text or nothing). A message counts as published at its first row.
        scale: ``"linear"`` for one clock for all messages; ``"log"`` for a logarithmic axis of the
            time since each message was published. ``"auto"`` takes that if a linear axis would
            hide the shortest gap between two attempts.
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.

    Returns:
        The picture. Its twin has one row per subscription and message: subscription, protocol,
        message (numbered in order of publishing), attempts, took (s) from the publishing to the
        last attempt, fate and last error. The fate is ``delivered``, ``dead-letter queue``,
        ``dropped``, ``filtered`` or ``still retrying``. The figure shows the first 12
        subscriptions and 10 messages; the twin has them all.

    Raises:
        ValueError: a column is missing or holds what cannot be drawn, or an argument is unknown.
            The sentence says which.
    """
    colours = style.theme_named(theme)
    check_scale(scale)
    check_deliveries(deliveries)
    lanes = subscriptions_of(deliveries)
    if not lanes:
        figure = sentence_figure(NO_DELIVERIES, colours, title)
        return Picture(figure, twin(lanes), NO_DELIVERIES)
    messages = max(story.message for lane in lanes for story in lane.stories)
    shown = [_first_messages(lane) for lane in lanes]
    shown = [lane for lane in shown if lane.stories][:MOST_LANES]
    title = with_note(title, MOST_LANES, len(lanes), "subscriptions")
    title = with_note(title, MOST_MESSAGES, messages, "messages")
    return Picture(_Drawing(shown, scale, colours, title).finish(), twin(lanes), alt_text(lanes))


def _first_messages(lane: Subscription) -> Subscription:
    stories = (story for story in lane.stories if story.message <= MOST_MESSAGES)
    return replace(lane, stories=tuple(stories))


@dataclass(frozen=True)
class _Row:
    """The place of one story: the middle of its row and the row's height, in inches."""

    story: Story
    y: float
    height: float

    @property
    def radius(self) -> float:
        """Half the width of a mark in inches."""
        return min(max(self.height * 0.36, 0.036), 0.075)


@dataclass(frozen=True)
class _Band:
    """Attempts that would lie on each other, from the first to the last place in inches."""

    begin: float
    end: float
    count: int


class _Drawing:
    """The lanes of one topic being drawn. Distances are in inches."""

    def __init__(
        self, lanes: Sequence[Subscription], scale: str, theme: Theme, title: str | None
    ) -> None:
        self.lanes, self.theme = lanes, theme
        self.heights, row = _lane_heights(lanes)
        self.canvas = Canvas(FOOT + sum(self.heights), theme, title)
        self.middles = self.canvas.top - np.cumsum(self.heights) + np.array(self.heights) / 2
        self.rows = [
            _Row(story, middle + (len(lane.stories) - 1 - 2 * index) * row / 2, row)
            for lane, middle in zip(lanes, self.middles, strict=True)
            for index, story in enumerate(lane.stories)
        ]
        self.radius = self.rows[0].radius
        self.size = 2 * self.radius * style.POINTS_PER_INCH
        self.messages = len({row.story.message for row in self.rows})
        self.caption = ["published"]
        if self.messages > 1:
            self.caption.insert(0, f"{self.messages} messages")
        self.scale = self._choose_scale(scale)
        self.bands = [self._bands(row.story) for row in self.rows]

    def finish(self) -> Figure:
        """Draw everything and return the figure."""
        self._draw_fan()
        self._write_beside_lanes()
        since = "publishing" if self.messages == 1 else "the first message was published"
        if self.scale.knee and self.messages > 1:
            since = "each message was published"
        draw_time_axis(self.canvas, self.scale, since)
        self._draw_rows()
        self._draw_fates()
        return self.canvas.finish(self._key())

    # -- places ---------------------------------------------------------------------------------

    def _choose_scale(self, wanted: str) -> Scale:
        stories = [row.story for row in self.rows if row.story.attempts]
        gaps = [_shortest_gap(story) for story in stories]
        span = max((float(story.times[-1]) for story in stories), default=0.0)
        self.node = EDGE + widest(self.caption, style.LABEL_SIZE) + 0.16
        self.names = self.node + FAN
        names = max(text_width(part, size) for lane in self.lanes for part, size in _names(lane))
        words = widest((part for lane in self.lanes for part in lane.words), style.LABEL_SIZE)
        left, right = self.names + names + GAP, style.WIDTH - EDGE - words - GAP
        pad = 3 * self.radius  # room for the mark of a fate behind the last attempt
        if not is_log(wanted, gaps, span):
            return Scale(left, right, max(span, 1e-3) if span else 1.0, pad)
        own = max([story.took for story in stories] + [1e-3])
        return Scale(left, right, own, pad, knee=knee_before(gaps, own))

    def _places(self, story: Story, seconds: ArrayLike) -> np.ndarray:
        """Return the places of moments; on a logarithmic axis each message starts at 0."""
        zero = story.published if self.scale.knee else 0.0
        return self.scale.places(np.asarray(seconds) - zero)

    def _ends(self, story: Story) -> tuple[float, float]:
        """Return the places of the publishing and of the last attempt."""
        begin, end = self._places(story, [story.published, story.published + story.took])
        return float(begin), float(end)

    def _bands(self, story: Story) -> list[_Band]:
        """Return the failed attempts of a story, those that would lie on each other as one."""
        places = self._places(story, story.failed)
        if not len(places):
            return []
        starts = np.flatnonzero(np.diff(places, prepend=-np.inf) >= 2 * self.radius)
        ends = np.append(starts[1:], len(places)) - 1
        return [
            _Band(float(places[first]), float(places[last]), int(last - first + 1))
            for first, last in zip(starts, ends, strict=True)
        ]

    # -- drawing --------------------------------------------------------------------------------

    def _draw_fan(self) -> None:
        """Draw the dot of the publishing, and a curve from it to each lane."""
        theme, middle = self.theme, (self.canvas.top + FOOT) / 2
        begin, end = self.node, self.names - 0.08
        ease = STEPS**2 * (3 - 2 * STEPS)
        curves = [
            list(zip(begin + STEPS * (end - begin), middle + ease * (y - middle), strict=True))
            for y in self.middles
        ]
        self.canvas.lines(curves, theme.waiting, 1.4, 2)
        turn = np.linspace(0, 2 * np.pi, 40)
        dot = zip(begin + NODE / 2 * np.cos(turn), middle + NODE / 2 * np.sin(turn), strict=True)
        self.canvas.lines([list(dot)], theme.text, NODE * style.POINTS_PER_INCH, 3)
        self._write_around(self.node - 0.16, middle, self.caption, align="right")

    def _write_around(self, x: float, middle: float, parts: Sequence[str], align: str) -> None:
        """Write one or two lines of words around a height."""
        for index, part in enumerate(parts):
            y = middle + (len(parts) - 1 - 2 * index) * LINE
            self.canvas.write(x, y, part, align=align)

    def _write_beside_lanes(self) -> None:
        for lane, y in zip(self.lanes, self.middles, strict=True):
            (name, size), (protocol, small) = _names(lane)
            self.canvas.write(self.names, y + LINE, name, size=size)
            self.canvas.write(self.names, y - LINE, protocol, size=small, colour=self.theme.muted)
            self._write_around(self.scale.right + GAP, y, lane.words, align="left")
        edges = self.canvas.top - np.cumsum(self.heights)[:-1]
        borders = [[(self.names, y), (style.WIDTH - EDGE, y)] for y in edges]
        self.canvas.lines(borders, self.theme.grid, 0.8, 1)

    def _draw_rows(self) -> None:
        """Draw each story: a thin line from the publishing on, marks, bands with their counts."""
        threads, bands, marks = [], [], []
        for row, own in zip(self.rows, self.bands, strict=True):
            threads.append([(x, row.y) for x in self._ends(row.story)])
            for band in own:
                ends = [(band.begin, row.y), (band.end, row.y)]
                marks += ends
                bands.append(ends)
            if own and row.height >= LABELLED_ROW:
                self._count(row, own)
        self.canvas.lines(threads, self.theme.waiting, 1.0, 2)
        self.canvas.lines(bands, self.theme.failed, self.size * 0.6, 3)
        self.canvas.marks(list(dict.fromkeys(marks)), "failed", self.size)

    def _count(self, row: _Row, bands: Sequence[_Band]) -> None:
        """Write "9 failed" above each band, or "9", or nothing: whatever has room."""
        free = self.scale.left
        limits = [*(band.begin for band in bands[1:]), self.scale.right]
        for band, limit in zip(bands, limits, strict=True):
            if band.count == 1:
                continue
            for text in (f"{band.count:,} failed", f"{band.count:,}"):
                width = text_width(text, style.SMALL_SIZE)
                begin = max((band.begin + band.end - width) / 2, free)
                if begin + width <= max(limit, band.end + self.radius) + 0.02:
                    self.canvas.write(begin, row.y + 0.15, text, size=style.SMALL_SIZE)
                    free = begin + width + 0.06
                    break

    def _draw_fates(self) -> None:
        """Draw how each story ended: at its last attempt, or just behind it if that failed."""
        places: dict[str, list[Point]] = {}
        for row in self.rows:
            _, x = self._ends(row.story)
            behind = 0.0 if row.story.fate in (DELIVERED, FILTERED) else 2.1 * self.radius
            places.setdefault(row.story.fate, []).append((x + behind, row.y))
        self.canvas.marks(places.get(DELIVERED, []), "succeeded", self.size)
        self.canvas.marks(places.get(DEAD_LETTER, []), DEAD_LETTER, self.size)
        bars = [_bar(x, y, self.radius) for x, y in places.get(DROPPED, [])]
        self.canvas.lines(bars, self.theme.text, 2.4, 4)
        diamonds = [_diamond(x, y, self.radius) for x, y in places.get(FILTERED, [])]
        self.canvas.lines(diamonds, self.theme.muted, 1.2, 4)

    def _key(self) -> Iterator[Entry]:
        canvas, theme, fates = self.canvas, self.theme, {row.story.fate for row in self.rows}
        if DELIVERED in fates:
            yield canvas.mark_entry("succeeded", "delivered")
        if any(self.bands):
            yield canvas.mark_entry("failed", "failed")
        if any(band.count > 1 for own in self.bands for band in own):
            yield Entry("many failed", 0.3, self._sample_band)
        if DEAD_LETTER in fates:
            yield canvas.mark_entry(DEAD_LETTER, DEAD_LETTER)
        if DROPPED in fates:
            yield canvas.line_entry("dropped", 0.04, [_bar(0.03, 0, 0.065)], theme.text, 2.4, 4)
        if FILTERED in fates:
            diamond = _diamond(0.06, 0, 0.065)
            yield canvas.line_entry("filtered out", 0.1, [diamond], theme.muted, 1.2, 4)
        if self.messages > 1:
            yield Entry("one row per message", 0.0, lambda x, y: None)

    def _sample_band(self, x: float, y: float) -> None:
        ends = [(x + 0.07, y), (x + 0.28, y)]
        self.canvas.lines([ends], self.theme.failed, 5.4, 3)
        self.canvas.marks(ends, "failed", 9)


def _bar(x: float, y: float, radius: float) -> list[Point]:
    """Return the mark of what was dropped: a bar across the row, where nothing goes on."""
    return [(x, y - 1.1 * radius), (x, y + 1.1 * radius)]


def _diamond(x: float, y: float, radius: float) -> list[Point]:
    """Return the mark of what was filtered out: hollow, as nothing was tried."""
    return [(x + radius * right, y + radius * up) for right, up in DIAMOND]


def _lane_heights(lanes: Sequence[Subscription]) -> tuple[list[float], float]:
    """Return the heights of the lanes and of a row in them."""
    most = max(len(lane.stories) for lane in lanes)
    rows = sum(len(lane.stories) for lane in lanes)
    row = LONE_ROW if most == 1 else ROW
    row = min(row, (ROOM - 2 * LANE_EDGE * len(lanes)) / rows) if most > 1 else row
    heights = [max(len(lane.stories) * row + 2 * LANE_EDGE, LONE_ROW) for lane in lanes]
    return heights, row


def _names(lane: Subscription) -> list[tuple[str, float]]:
    """Return what stands in front of a lane and in which size: the subscription, the protocol."""
    return [(shortened(lane.name), style.LABEL_SIZE), (lane.protocol, style.SMALL_SIZE)]


def _shortest_gap(story: Story) -> float:
    """Return the shortest gap between two tries of a story in seconds, without those of 0."""
    gaps = np.diff(story.times, prepend=story.published).round(3)
    return float(np.min(gaps, where=gaps > 0, initial=np.inf))
