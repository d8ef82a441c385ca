"""The life of messages on one time axis: attempts, invisible spans, and where each one ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from patternlab.plots.drawing import style
from patternlab.plots.drawing.arguments import check_receive_count, timeout_in_seconds
from patternlab.plots.drawing.canvas import (
    EDGE,
    FOOT,
    GAP,
    NO_ATTEMPTS,
    Canvas,
    Entry,
    TimeScale,
    room_above,
    sentence_figure,
    shortened,
    with_note,
)
from patternlab.plots.drawing.lettering import text_width
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import OUTCOMES, Theme
from patternlab.plots.messages.lanes import DEAD, DONE, Lane, check_history, lanes_of, summary, twin

MOST_LANES = 60


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
    seconds = timeout_in_seconds(visibility_timeout)
    check_receive_count(max_receive_count)
    check_history(history)
    lanes = lanes_of(history, max_receive_count)
    if not lanes:
        return Picture(sentence_figure(NO_ATTEMPTS, colours, title), twin(lanes), NO_ATTEMPTS)
    if len(lanes) > MOST_LANES:
        note = f"first {MOST_LANES} of {len(lanes)} messages"
        title = with_note(title, note)
    figure = _Drawing(lanes[:MOST_LANES], seconds, colours, title).figure
    return Picture(figure, twin(lanes), summary(lanes))


@dataclass(frozen=True)
class _Layout:
    """Sizes that follow from the number of lanes, and where a moment of a lane is."""

    scale: TimeScale
    top: float  # of the lanes, inches
    lane: float  # height of one lane
    lanes: int
    marker: float  # diameter of a mark, points
    letters: float  # size of the words beside the lanes, points

    def x(self, seconds: float) -> float:
        return self.scale.x(seconds)

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
        self.waits = list(self._invisible_spans())
        height = self._lane_height() * len(lanes)
        self.canvas = Canvas(room_above(title) + height + FOOT, theme)
        self.letters = self.canvas.letters
        self.layout = self._layout(top=FOOT + height)
        self._write_beside_lanes()
        self.canvas.time_axis(
            self.layout.scale,
            bottom=self.layout.bottom,
            top=self.layout.top,
            since="the first attempt",
        )
        self._draw_waits()
        self._draw_attempts()
        self.figure = self.canvas.finish(self._legend(), top=self.layout.top, title=title)

    def _lane_height(self) -> float:
        return min(max(7.0 / len(self.lanes), 0.155), 0.46)

    def _layout(self, top: float) -> _Layout:
        lane = self._lane_height()
        letters = min(max(lane * 45, style.TINY_SIZE), style.LABEL_SIZE)
        names = max(text_width(shortened(lane.label), letters) for lane in self.lanes)
        fates = max(text_width(_fate_label(lane), letters) for lane in self.lanes)
        ends = [attempt.end for lane in self.lanes for attempt in lane.attempts]
        marker = min(max(lane * 36, 6.5), 11.0)
        scale = TimeScale(
            left=EDGE + names + GAP,
            right=style.WIDTH - EDGE - fates - GAP,
            span=max(*ends, *(until for _, _, until in self.waits), 1e-3),
            pad=marker / style.POINTS_PER_INCH,
        )
        return _Layout(scale, top, lane, len(self.lanes), marker, letters)

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
            name, fate = shortened(lane.label), _fate_label(lane)
            self.letters.write(layout.scale.left - GAP, y, name, align="right", **look)
            self.letters.write(layout.scale.right + GAP, y, fate, **look)

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
        self.canvas.lines(lines, self.theme.waiting, min(max(layout.lane * 5, 1.0), 1.8), 2)

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
            self.canvas.lines(bars, self.theme.outcome(outcome), layout.marker * 0.5, 3)
            self.canvas.marks([(start, y) for start, _, y in found], outcome, layout.marker)
        ends = {row: until for row, _, until in self.waits}  # of each lane's last wait
        dead = [row for row, lane in enumerate(self.lanes) if lane.fate == DEAD]
        self.canvas.marks(
            [(layout.x(ends[row]), layout.y(row)) for row in dead], DEAD, layout.marker
        )
        if layout.has_room_for_labels:
            for row, lane in enumerate(self.lanes):
                self._label_attempts(lane, layout.y(row))

    def _label_attempts(self, lane: Lane, y: float) -> None:
        """Write "1 failed" above each mark, or only "1", or nothing: whatever has room."""
        layout = self.layout
        radius = layout.marker / 2 / style.POINTS_PER_INCH
        free = layout.scale.left  # where the words of the lane end so far
        starts = [layout.x(attempt.start) for attempt in lane.attempts]
        for attempt, x, limit in zip(
            lane.attempts, starts, [*starts[1:], layout.scale.right + GAP / 2], strict=True
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

    def _legend(self) -> Iterator[Entry]:
        seen = {attempt.outcome for lane in self.lanes for attempt in lane.attempts}
        for outcome in OUTCOMES:
            if outcome in seen:
                yield self.canvas.mark_entry(outcome, outcome)
        if any(lane.fate == DEAD for lane in self.lanes):
            yield self.canvas.mark_entry(DEAD, "due for the dead-letter queue")
        if self.waits:
            text = "invisible until the visibility timeout ends"
            yield Entry(text, 0.3, self._draw_sample_wait)

    def _draw_sample_wait(self, x: float, y: float) -> None:
        line = [[(x, y), (x + 0.3, y)], [(x + 0.3, y - 0.06), (x + 0.3, y + 0.06)]]
        self.canvas.lines(line, self.theme.waiting, 1.8, 2)


def _fate_label(lane: Lane) -> str:
    count = len(lane.attempts)
    if lane.fate == DONE:
        return f"done after {count}"
    return f"DLQ after {count}" if lane.fate == DEAD else f"waiting after {count}"
