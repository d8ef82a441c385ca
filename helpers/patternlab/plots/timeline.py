"""The life of messages on one time axis: attempts, invisible spans, and where each one ends.

Everything is placed by hand, in inches from the figure's lower left corner: that leaves no label
to luck, and draws several times sooner than axes that lay themselves out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from numbers import Integral

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from patternlab.plots import style
from patternlab.plots.lanes import DEAD, DONE, Lane, check_history, lanes_of, summary, twin
from patternlab.plots.lettering import Lettering, text_width
from patternlab.plots.picture import Picture
from patternlab.plots.style import MARKERS, OUTCOMES, Theme
from patternlab.plots.timeaxis import time_axis

MOST_LANES = 60
LONGEST_LABEL = 24  # characters
NO_ATTEMPTS = "No delivery attempts yet: nothing has been received so far."

EDGE = 0.14  # inches, as all distances below
GAP = 0.12  # between the lanes and the words beside them
TITLE_ROW = 0.34
LEGEND_ROW = 0.36
FOOT = 0.60  # tick labels and the name of the axis


def retry_timeline(
    history: pd.DataFrame,
    *,
    visibility_timeout: float | timedelta,
    max_receive_count: int | None = None,
    theme: str = "light",
    title: str | None = None,
) -> Picture:
    """Draw one lane a message: each attempt, each invisible span, and the message's fate.

    Args:
        history: one row a delivery attempt, as ``cloud.history()`` returns it.
        visibility_timeout: of the source queue, in seconds (or a ``timedelta``).
        max_receive_count: of the redrive policy; None when the queue has none.
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.

    Returns:
        The picture. Its twin has one row a message: key, attempts, outcomes in order, first start
        and last end in seconds since the first attempt, and fate: ``done``, ``still waiting`` or
        ``dead-letter queue``. A dead-letter mark stands where the last invisible span ends; the
        queue moves the message at the next receive after that, not by itself.
        The figure shows the first 60 messages; the twin has them all.

    Raises:
        ValueError: a column is missing or holds what the timeline cannot draw, or a number is out
            of range. The sentence names the column or the argument.
    """
    colours = style.theme_named(theme)
    seconds = _timeout_in_seconds(visibility_timeout)
    _check_count(max_receive_count)
    check_history(history)
    lanes = lanes_of(history, max_receive_count)
    if not lanes:
        return Picture(_sentence_figure(NO_ATTEMPTS, colours, title), twin(lanes), NO_ATTEMPTS)
    if len(lanes) > MOST_LANES:
        note = f"first {MOST_LANES} of {len(lanes)} messages"
        title = f"{title} ({note})" if title else note.capitalize()
    figure = _Drawing(lanes[:MOST_LANES], seconds, colours, title).figure
    return Picture(figure, twin(lanes), summary(lanes))


def _timeout_in_seconds(value: float | timedelta) -> float:
    try:
        seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(f"visibility_timeout is {value!r}. Give a number of seconds, 0 or more.")
    return seconds


def _check_count(value: int | None) -> None:
    if value is not None and not (isinstance(value, Integral) and value >= 1):
        raise ValueError(
            f"max_receive_count is {value!r}. Give a whole number from 1 up, "
            "or None for a queue without a dead-letter queue."
        )


@dataclass(frozen=True)
class _Layout:
    """Sizes that follow from the number of lanes, and where a moment of a lane is."""

    left: float  # of the lanes, inches; the next three too
    right: float
    top: float
    lane: float  # height of one lane
    lanes: int
    span: float  # seconds from left to right
    marker: float  # diameter of a mark, points
    letters: float  # size of the words beside the lanes, points

    def x(self, seconds: float) -> float:
        pad = self.marker / style.POINTS_PER_INCH  # so that the first mark is whole
        return self.left + pad + seconds / self.span * (self.right - self.left - 2 * pad)

    def y(self, row: int) -> float:
        return self.top - (row + 0.5) * self.lane

    @property
    def bottom(self) -> float:
        return self.top - self.lanes * self.lane

    @property
    def has_room_for_labels(self) -> bool:
        """Whether words fit above the marks of a lane."""
        return self.lane >= 0.36


class _Drawing:
    """One timeline being drawn; ``figure`` is the result."""

    def __init__(
        self, lanes: Sequence[Lane], visibility_timeout: float, theme: Theme, title: str | None
    ) -> None:
        self.lanes = lanes
        self.visibility_timeout = visibility_timeout
        self.theme = theme
        self.letters = Lettering()
        self.waits = list(self._invisible_spans())
        height = self._lane_height() * len(lanes)
        head = EDGE + LEGEND_ROW + (TITLE_ROW if title else 0)
        self.figure = style.new_figure(head + height + FOOT, theme)
        self.layout = self._layout(top=FOOT + height)
        self._write_beside_lanes()
        self._draw_time_axis()
        self._draw_waits()
        self._draw_attempts()
        self._draw_legend(self.layout.top + LEGEND_ROW / 2 + 0.04)
        if title:
            _write_title(self.letters, title, self.figure, self.theme)
        self.letters.draw(self.figure)

    def _lane_height(self) -> float:
        return min(max(7.0 / len(self.lanes), 0.155), 0.46)

    def _layout(self, top: float) -> _Layout:
        lane = self._lane_height()
        letters = min(max(lane * 45, style.TINY_SIZE), style.LABEL_SIZE)
        names = max(text_width(_shortened(lane.label), letters) for lane in self.lanes)
        fates = max(text_width(_fate_label(lane), letters) for lane in self.lanes)
        ends = [attempt.end for lane in self.lanes for attempt in lane.attempts]
        return _Layout(
            left=EDGE + names + GAP,
            right=style.WIDTH - EDGE - fates - GAP,
            top=top,
            lane=lane,
            lanes=len(self.lanes),
            span=max(*ends, *(until for _, _, until in self.waits), 1e-3),
            marker=min(max(lane * 36, 6.5), 11.0),
            letters=letters,
        )

    def _invisible_spans(self) -> Iterable[tuple[int, float, float]]:
        """Yield (row, from, until) after each attempt that did not succeed."""
        for row, lane in enumerate(self.lanes):
            for index, attempt in enumerate(lane.attempts):
                if not attempt.succeeded:
                    until = lane.invisible_until(index, self.visibility_timeout)
                    yield row, attempt.end, until

    def _write_beside_lanes(self) -> None:
        layout = self.layout
        look = {"size": layout.letters, "colour": self.theme.text}
        for row, lane in enumerate(self.lanes):
            y = layout.y(row)
            name, fate = _shortened(lane.label), _fate_label(lane)
            self.letters.write(layout.left - GAP, y, name, align="right", **look)
            self.letters.write(layout.right + GAP, y, fate, **look)

    def _draw_time_axis(self) -> None:
        layout, theme = self.layout, self.theme
        axis = time_axis(layout.span)
        places = [layout.x(tick) for tick in axis.ticks]
        bottom = layout.bottom
        self._lines([[(x, bottom), (x, layout.top)] for x in places], theme.grid, 0.8, 1)
        ticks = [[(x, bottom), (x, bottom - 0.04)] for x in places]
        base = [[(layout.left, bottom), (layout.right, bottom)]]
        self._lines(base + ticks, theme.muted, 0.8, 1)
        for x, label in zip(places, axis.labels, strict=True):
            self.letters.write(
                x, bottom - 0.14, label, size=style.LABEL_SIZE, colour=theme.text, align="center"
            )
        self.letters.write(
            (layout.left + layout.right) / 2,
            bottom - 0.36,
            f"{axis.unit}s since the first attempt",
            size=style.LABEL_SIZE,
            colour=theme.muted,
            align="center",
        )

    def _draw_waits(self) -> None:
        """Draw invisible spans as thin lines, closed by a stroke unless a mark stands there."""
        layout = self.layout
        near = layout.marker / style.POINTS_PER_INCH
        marks = [{layout.x(attempt.start) for attempt in lane.attempts} for lane in self.lanes]
        lines = []
        for row, begin, until in self.waits:
            x, y, half = layout.x(until), layout.y(row), layout.lane * 0.17
            lines.append([(layout.x(begin), y), (x, y)])
            if not any(abs(x - mark) < near for mark in marks[row]):
                lines.append([(x, y - half), (x, y + half)])
        self._lines(lines, self.theme.waiting, min(max(layout.lane * 5, 1.0), 1.8), 2)

    def _draw_attempts(self) -> None:
        """Draw each attempt as a bar of its length and a mark that is seen however short it is."""
        layout = self.layout
        for outcome in OUTCOMES:
            found = [
                (layout.x(attempt.start), layout.x(attempt.end), layout.y(row))
                for row, lane in enumerate(self.lanes)
                for attempt in lane.attempts
                if attempt.outcome == outcome
            ]
            bars = [[(start, y), (end, y)] for start, end, y in found]
            self._lines(bars, self.theme.outcome(outcome), layout.marker * 0.5, 3)
            self._marks([(start, y) for start, _, y in found], outcome, layout.marker)
        ends = {row: until for row, _, until in self.waits}  # of each lane's last wait
        dead = [row for row, lane in enumerate(self.lanes) if lane.fate == DEAD]
        self._marks([(layout.x(ends[row]), layout.y(row)) for row in dead], DEAD, layout.marker)
        if layout.has_room_for_labels:
            for row, lane in enumerate(self.lanes):
                self._label_attempts(lane, layout.y(row))

    def _label_attempts(self, lane: Lane, y: float) -> None:
        """Write "1 failed" above each mark, or only "1", or nothing: whatever has room."""
        layout = self.layout
        radius = layout.marker / 2 / style.POINTS_PER_INCH
        free = layout.left  # where the words of the lane end so far
        starts = [layout.x(attempt.start) for attempt in lane.attempts]
        for attempt, x, limit in zip(
            lane.attempts, starts, [*starts[1:], layout.right + GAP / 2], strict=True
        ):
            for text in (f"{attempt.count} {attempt.outcome}", str(attempt.count)):
                width = text_width(text, style.SMALL_SIZE)
                begin = x + radius * 0.8
                if begin + width > limit:  # no room on the right of the mark: end at its middle
                    begin = x - width
                if begin > free:
                    self.letters.write(
                        begin, y + 0.13, text, size=style.SMALL_SIZE, colour=self.theme.text
                    )
                    free = begin + width + 0.06
                    break

    def _draw_legend(self, y: float) -> None:
        """Draw the key in a row of its own, where no data can be."""
        theme = self.theme
        seen = {attempt.outcome for lane in self.lanes for attempt in lane.attempts}
        entries = [(outcome, outcome) for outcome in OUTCOMES if outcome in seen]
        if any(lane.fate == DEAD for lane in self.lanes):
            entries.append((DEAD, "due for the dead-letter queue"))
        x = EDGE
        for kind, text in entries:
            self._marks([(x + 0.07, y)], kind, 9)
            x = self._legend_text(x + 0.2, y, text)
        if self.waits:
            line = [[(x, y), (x + 0.3, y)], [(x + 0.3, y - 0.06), (x + 0.3, y + 0.06)]]
            self._lines(line, theme.waiting, 1.8, 2)
            self._legend_text(x + 0.42, y, "invisible until the visibility timeout ends")

    def _legend_text(self, x: float, y: float, text: str) -> float:
        """Write one entry of the key and return where the next may begin."""
        self.letters.write(x, y, text, size=style.LEGEND_SIZE, colour=self.theme.text)
        return x + text_width(text, style.LEGEND_SIZE) + 0.24

    def _lines(self, lines: Sequence, colour: str, width: float, order: int) -> None:
        """Draw separate strokes as one artist: a gap is a point that is not a number."""
        gap = (math.nan, math.nan)
        points = [point for line in lines for point in (*line, gap)]
        if not points:
            return
        x, y = zip(*points, strict=True)
        self.figure.add_artist(
            Line2D(
                x,
                y,
                color=colour,
                linewidth=width,
                linestyle="-",
                marker="",
                solid_capstyle="butt",
                zorder=order,
                transform=self.figure.dpi_scale_trans,
            )
        )

    def _marks(self, places: Sequence[tuple[float, float]], kind: str, size: float) -> None:
        if not places:
            return
        x, y = zip(*places, strict=True)
        self.figure.add_artist(
            Line2D(
                x,
                y,
                linestyle="none",
                marker=MARKERS[kind],
                markersize=size,
                markerfacecolor=self.theme.outcome(kind),
                markeredgecolor=self.theme.edge,
                markeredgewidth=style.EDGE_WIDTH,
                zorder=4,
                transform=self.figure.dpi_scale_trans,
            )
        )


def _shortened(label: str) -> str:
    """Return the label in one line, cut in its middle: keys often differ at their ends."""
    line = " ".join(label.split())
    if len(line) <= LONGEST_LABEL:
        return line
    half = LONGEST_LABEL // 2
    return f"{line[:half]}…{line[1 - half :]}"


def _fate_label(lane: Lane) -> str:
    count = len(lane.attempts)
    if lane.fate == DONE:
        return f"done after {count}"
    return f"DLQ after {count}" if lane.fate == DEAD else f"waiting after {count}"


def _write_title(letters: Lettering, title: str, figure: Figure, theme: Theme) -> None:
    y = figure.get_size_inches()[1] - EDGE - TITLE_ROW * 0.35
    room = style.WIDTH - 2 * EDGE
    width = text_width(title, style.TITLE_SIZE, "bold")
    size = style.TITLE_SIZE * min(1.0, room / width)
    letters.write(EDGE, y, title, size=size, colour=theme.text, weight="bold")


def _sentence_figure(sentence: str, theme: Theme, title: str | None) -> Figure:
    figure = style.new_figure(1.6, theme)
    letters = Lettering()
    letters.write(
        style.WIDTH / 2, 0.7, sentence, size=style.LABEL_SIZE, colour=theme.muted, align="center"
    )
    if title:
        _write_title(letters, title, figure, theme)
    letters.draw(figure)
    return figure
