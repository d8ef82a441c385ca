"""One publishing, many deliveries: what became of the messages of a topic, lane by lane."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from patternlab.plots.drawing import style
from patternlab.plots.drawing.canvas import (
    EDGE,
    FOOT,
    GAP,
    Canvas,
    Entry,
    TimeScale,
    room_above,
    sentence_figure,
    shortened,
    with_note,
)
from patternlab.plots.drawing.lettering import text_width
from patternlab.plots.drawing.logscale import (
    LogScale,
    Scale,
    check_scale,
    draw_axis,
    is_log,
    knee_of,
    time_ticks,
)
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import Theme
from patternlab.plots.messages.deliveries import (
    DEAD,
    DELIVERED,
    DROPPED,
    FILTERED,
    Lane,
    Story,
    check_deliveries,
    lanes_of,
    told,
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
SAMPLE = 0.065  # radius of a mark in the key
FAN = 0.55  # width of the fan
STEPS = np.linspace(0, 1, 25)  # along a line of the fan


def fan_out(
    deliveries: pd.DataFrame,
    *,
    scale: str = "auto",
    theme: str = "light",
    title: str | None = None,
) -> Picture:
    """Draw what a topic published as a fan of lanes, one a subscription, each with its own fate.

    Attempts that would lie on each other are drawn as one band with their number, so a lane can
    hold the 100,015 attempts that SNS makes for a queue.

    Args:
        deliveries: one row a delivery attempt, as a topic's ``deliveries``: message_id,
            ``subscription`` (or ``destination``), protocol, attempt (counted from 1), time (UTC),
            outcome (``delivered``, ``failed``, ``dead-letter queue``, ``dropped`` or ``filtered``)
            and error (text or nothing). A message counts as published at its first row.
        scale: ``"linear"`` for one clock for all messages; ``"log"`` for a logarithmic axis of the
            time since each message was published. ``"auto"`` takes that if a linear axis would
            hide the shortest gap between two attempts.
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.

    Returns:
        The picture. Its twin has one row a subscription and message: subscription, protocol,
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
    lanes = lanes_of(deliveries)
    if not lanes:
        figure = sentence_figure(NO_DELIVERIES, colours, title)
        return Picture(figure, twin(lanes), NO_DELIVERIES)
    messages = max(story.message for lane in lanes for story in lane.stories)
    shown = [_first_messages(lane) for lane in lanes]
    shown = [lane for lane in shown if lane.stories][:MOST_LANES]
    if len(lanes) > MOST_LANES:
        title = with_note(title, f"first {MOST_LANES} of {len(lanes)} subscriptions")
    if messages > MOST_MESSAGES:
        title = with_note(title, f"first {MOST_MESSAGES} of {messages} messages")
    figure = _Drawing(shown, scale, colours, title).figure
    return Picture(figure, twin(lanes), told(lanes))


def _first_messages(lane: Lane) -> Lane:
    stories = tuple(story for story in lane.stories if story.message <= MOST_MESSAGES)
    return Lane(lane.name, lane.protocol, stories)


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
    """The lanes of one topic being drawn; ``figure`` is the result. Distances are in inches."""

    def __init__(self, lanes: Sequence[Lane], scale: str, theme: Theme, title: str | None) -> None:
        self.lanes, self.theme = lanes, theme
        self.heights, row = _lane_heights(lanes)
        self.bottom, self.top = FOOT, FOOT + sum(self.heights)
        self.canvas = Canvas(self.top + room_above(title), theme)
        self.letters = self.canvas.letters
        self.middles = self.top - np.cumsum(self.heights) + np.array(self.heights) / 2
        self.rows = [
            _Row(story, middle + (len(lane.stories) - 1 - 2 * index) * row / 2, row)
            for lane, middle in zip(lanes, self.middles, strict=True)
            for index, story in enumerate(lane.stories)
        ]
        self.radius = self.rows[0].radius
        self.messages = len({row.story.message for row in self.rows})
        self.scale = self._choose_scale(scale)
        self.bands = [self._bands(row.story) for row in self.rows]
        self._draw_fan()
        self._write_beside_lanes()
        self._draw_axis()
        self._draw_rows()
        self._draw_fates()
        self.figure = self.canvas.finish(self._legend(), top=self.top, title=title)

    # -- places ---------------------------------------------------------------------------------

    def _choose_scale(self, wanted: str) -> Scale:
        stories = [row.story for row in self.rows if row.story.attempts]
        gaps = [_shortest_gap(story) for story in stories]
        span = max((float(story.times[-1]) for story in stories), default=0.0)
        log = is_log(wanted, gaps, span)
        self.node = EDGE + max(text_width(part, style.LABEL_SIZE) for part in self._caption) + 0.16
        self.names = self.node + FAN
        names = max(text_width(part, size) for lane in self.lanes for part, size in _names(lane))
        words = max(text_width(w, style.LABEL_SIZE) for lane in self.lanes for w in lane.words)
        left, right = self.names + names + GAP, style.WIDTH - EDGE - words - GAP
        pad = 3 * self.radius  # room for the mark of a fate behind the last attempt
        if not log:
            return TimeScale(left, right, max(span, 1e-3) if span else 1.0, pad)
        own = max([story.took for story in stories] + [1e-3])
        return LogScale(left, right, own, knee_of(gaps, own), pad)

    @property
    def _caption(self) -> list[str]:
        return ["published"] if self.messages == 1 else [f"{self.messages} messages", "published"]

    def _x(self, story: Story, seconds: np.ndarray) -> np.ndarray:
        """Return the places of moments; on a logarithmic axis each message starts at 0."""
        log = isinstance(self.scale, LogScale)
        return self.scale.x(np.asarray(seconds) - (story.published if log else 0.0))

    def _bands(self, story: Story) -> list[_Band]:
        """Return the failed attempts of a story, those that would lie on each other as one."""
        places = self._x(story, story.failed)
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
        theme, middle = self.theme, (self.top + self.bottom) / 2
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
        for index, part in enumerate(self._caption):
            y = middle + (len(self._caption) - 1 - 2 * index) * 0.085
            look = {"size": style.LABEL_SIZE, "colour": theme.text, "align": "right"}
            self.letters.write(self.node - 0.16, y, part, **look)

    def _write_beside_lanes(self) -> None:
        theme = self.theme
        for lane, y in zip(self.lanes, self.middles, strict=True):
            (name, size), (protocol, small) = _names(lane)
            self.letters.write(self.names, y + 0.085, name, size=size, colour=theme.text)
            self.letters.write(self.names, y - 0.085, protocol, size=small, colour=theme.muted)
            for index, part in enumerate(lane.words):
                place = y + (len(lane.words) - 1 - 2 * index) * 0.085
                self.letters.write(
                    self.scale.right + GAP, place, part, size=style.LABEL_SIZE, colour=theme.text
                )
        edges = self.top - np.cumsum(self.heights)[:-1]
        borders = [[(self.names, y), (style.WIDTH - EDGE, y)] for y in edges]
        self.canvas.lines(borders, theme.grid, 0.8, 1)

    def _draw_axis(self) -> None:
        edges = {"bottom": self.bottom, "top": self.top}
        if isinstance(self.scale, LogScale):
            what = "publishing" if self.messages == 1 else "each message was published"
            name = f"time since {what}, on a logarithmic scale"
            draw_axis(self.canvas, self.scale, time_ticks(self.scale), name=name, **edges)
        else:
            since = "publishing" if self.messages == 1 else "the first message was published"
            self.canvas.time_axis(self.scale, since=since, **edges)

    def _draw_rows(self) -> None:
        """Draw each story: a thin line from the publishing on, marks, bands with their counts."""
        threads, bands, marks = [], [], []
        for row, own in zip(self.rows, self.bands, strict=True):
            y, story = row.y, row.story
            places = self._x(story, [story.published, story.published + story.took])
            threads.append([(float(x), y) for x in places])
            for band in own:
                marks += [(band.begin, y), (band.end, y)]
                bands.append([(band.begin, y), (band.end, y)])
            if own and row.height >= LABELLED_ROW:
                self._count(row, own)
        size = 2 * self.radius * style.POINTS_PER_INCH
        self.canvas.lines(threads, self.theme.waiting, 1.0, 2)
        self.canvas.lines(bands, self.theme.failed, size * 0.6, 3)
        self.canvas.marks(list(dict.fromkeys(marks)), "failed", size)

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
                    look = {"size": style.SMALL_SIZE, "colour": self.theme.text}
                    self.letters.write(begin, row.y + 0.15, text, **look)
                    free = begin + width + 0.06
                    break

    def _draw_fates(self) -> None:
        """Draw how each story ended: at its last attempt, or just behind it if that failed."""
        size = 2 * self.radius * style.POINTS_PER_INCH
        places: dict[str, list[tuple[float, float]]] = {}
        for row in self.rows:
            story = row.story
            x = float(self._x(story, story.published + story.took))
            behind = 0.0 if story.fate in (DELIVERED, FILTERED) else 2.1 * self.radius
            places.setdefault(story.fate, []).append((x + behind, row.y))
        self.canvas.marks(places.get(DELIVERED, []), "succeeded", size)
        self.canvas.marks(places.get(DEAD, []), DEAD, size)
        self._draw_bars(places.get(DROPPED, []), self.radius)
        self._draw_diamonds(places.get(FILTERED, []), self.radius)

    def _draw_bars(self, places: Sequence[tuple[float, float]], radius: float) -> None:
        """Draw the mark of what was dropped: a bar across the row, where nothing goes on."""
        bars = [[(x, y - 1.1 * radius), (x, y + 1.1 * radius)] for x, y in places]
        self.canvas.lines(bars, self.theme.text, 2.4, 4)

    def _draw_diamonds(self, places: Sequence[tuple[float, float]], radius: float) -> None:
        """Draw the mark of what was filtered out: hollow, as nothing was tried."""
        corners = ((0, 1), (1, 0), (0, -1), (-1, 0), (0, 1), (1, 0))
        shapes = [[(x + radius * a, y + radius * b) for a, b in corners] for x, y in places]
        self.canvas.lines(shapes, self.theme.muted, 1.2, 4)

    def _legend(self) -> Iterator[Entry]:
        canvas, fates = self.canvas, {row.story.fate for row in self.rows}
        if DELIVERED in fates:
            yield canvas.mark_entry("succeeded", "delivered")
        if any(self.bands):
            yield canvas.mark_entry("failed", "failed")
        if any(band.count > 1 for own in self.bands for band in own):
            yield Entry("many failed", 0.3, self._sample_band)
        if DEAD in fates:
            yield canvas.mark_entry(DEAD, DEAD)
        if DROPPED in fates:
            yield Entry("dropped", 0.04, lambda x, y: self._draw_bars([(x + 0.03, y)], SAMPLE))
        if FILTERED in fates:
            draw = self._draw_diamonds
            yield Entry("filtered out", 0.1, lambda x, y: draw([(x + 0.06, y)], SAMPLE))
        if self.messages > 1:
            yield Entry("one row a message", 0.0, lambda x, y: None)

    def _sample_band(self, x: float, y: float) -> None:
        self.canvas.lines([[(x + 0.07, y), (x + 0.28, y)]], self.theme.failed, 5.4, 3)
        self.canvas.marks([(x + 0.07, y), (x + 0.28, y)], "failed", 9)


def _lane_heights(lanes: Sequence[Lane]) -> tuple[list[float], float]:
    """Return the heights of the lanes and of a row in them."""
    most = max(len(lane.stories) for lane in lanes)
    rows = sum(len(lane.stories) for lane in lanes)
    row = LONE_ROW if most == 1 else ROW
    row = min(row, (ROOM - 2 * LANE_EDGE * len(lanes)) / rows) if most > 1 else row
    heights = [max(len(lane.stories) * row + 2 * LANE_EDGE, LONE_ROW) for lane in lanes]
    return heights, row


def _names(lane: Lane) -> list[tuple[str, float]]:
    """Return what stands in front of a lane and in which size: the subscription, the protocol."""
    return [(shortened(lane.name), style.LABEL_SIZE), (lane.protocol, style.SMALL_SIZE)]


def _shortest_gap(story: Story) -> float:
    """Return the shortest gap between two tries of a story in seconds, without those of 0."""
    gaps = np.diff(story.times, prepend=story.published).round(3)
    return float(np.min(gaps, where=gaps > 0, initial=np.inf))
