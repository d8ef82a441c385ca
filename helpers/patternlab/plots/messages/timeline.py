"""The life of messages on one time axis: attempts, invisible spans, and where each one ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pandas as pd
from matplotlib.figure import Figure

from patternlab.plots.drawing import style
from patternlab.plots.drawing.axis import Scale, draw_time_axis
from patternlab.plots.drawing.canvas import EDGE, GAP, Entry, Point, sentence_figure, with_note
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import Theme
from patternlab.plots.drawing.text import shortened, widest
from patternlab.plots.messages import reading
from patternlab.plots.messages.lanes import MOST_LANES, NO_ATTEMPTS, Lanes, outcome_entries
from patternlab.plots.messages.reading import DEAD, DONE, Lane


def retry_timeline(
    history: pd.DataFrame,
    *,
    visibility_timeout: float | timedelta,
    max_receive_count: int | None = None,
    theme: str = "light",
    title: str | None = None,
) -> Picture:
    """Draw one lane per message: each attempt, each invisible span, and the message's fate.

    Args:
        history: one row per delivery attempt, as ``cloud.history()`` returns it.
        visibility_timeout: of the source queue, in seconds (or a ``timedelta``).
        max_receive_count: of the redrive policy; None if the queue has none.
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.

    Returns:
        The picture. Its twin has one row per message: key, attempts, outcomes in order, first start
        and last end in seconds since the first attempt, and fate: ``done``, ``still waiting`` or
        ``dead-letter queue``. A dead-letter mark stands where the last invisible span ends; the
        queue moves the message at the next receive after that, not by itself.
        The figure shows the first 60 messages; the twin has them all.

    Raises:
        ValueError: a column is missing or holds what the timeline cannot draw, or a number is out
            of range. The sentence names the column or the argument.
    """
    colours = style.theme_named(theme)
    seconds = reading.timeout_in_seconds(visibility_timeout)
    reading.check_count("max_receive_count", max_receive_count, reading.NO_REDRIVE)
    reading.check_history(history)
    lanes = reading.lanes_of(history, max_receive_count)
    if not lanes:
        figure = sentence_figure(NO_ATTEMPTS, colours, title)
        return Picture(figure, reading.twin(lanes), NO_ATTEMPTS)
    title = with_note(title, MOST_LANES, len(lanes), "messages")
    drawing = _Timeline(lanes[:MOST_LANES], seconds, colours, title)
    return Picture(drawing.finish(), reading.twin(lanes), reading.alt_text(lanes))


class _Timeline(Lanes):
    """One timeline being drawn. Distances are in inches."""

    def __init__(
        self, lanes: Sequence[Lane], visibility_timeout: float, theme: Theme, title: str | None
    ) -> None:
        super().__init__(lanes, theme, title)
        self.waits = [lane.invisible_spans(visibility_timeout) for lane in lanes]
        self._choose_scale()

    def _choose_scale(self) -> None:
        names = widest((shortened(lane.label) for lane in self.rows), self.letters)
        fates = widest(map(_fate_label, self.rows), self.letters)
        untils = [until for waits in self.waits for _, until in waits]
        scale = Scale(
            EDGE + names + GAP,
            style.WIDTH - EDGE - fates - GAP,
            max(*(lane.end for lane in self.rows), *untils, 1e-3),
            pad=2 * self.radius,
        )
        self.place(scale)

    def finish(self) -> Figure:
        """Draw everything and return the figure."""
        draw_time_axis(self.canvas, self.scale, "the first attempt")
        self._draw_waits()
        self.draw_attempts()
        x = self.scale.x
        dead = [row for row, lane in enumerate(self.rows) if lane.fate == DEAD]
        ends = [(x(self.waits[row][-1][1]), self.y(row)) for row in dead]
        self.canvas.marks(ends, DEAD, self.marker)
        for row, lane in enumerate(self.rows):
            name, y = shortened(lane.label), self.y(row)
            self.canvas.write(self.scale.left - GAP, y, name, size=self.letters, align="right")
            self.canvas.write(self.scale.right + GAP, y, _fate_label(lane), size=self.letters)
            if self.has_room_above:
                limits = [*self.starts[row][1:], self.scale.right + GAP / 2]
                self.number_attempts(row, limits, up=0.13, right=0.8 * self.radius, left=0.0)
        return self.canvas.finish(self._key())

    def _draw_waits(self) -> None:
        """Draw invisible spans as thin lines, closed by a stroke unless a mark stands there."""
        lines, half = [], self.lane * 0.17
        for row, waits in enumerate(self.waits):
            y = self.y(row)
            for begin, until in waits:
                x = self.scale.x(until)
                lines.append([(self.scale.x(begin), y), (x, y)])
                if all(abs(x - mark) >= 2 * self.radius for mark in self.starts[row]):
                    lines.append([(x, y - half), (x, y + half)])
        self.canvas.lines(lines, self.theme.waiting, min(max(self.lane * 5, 1.0), 1.8), 2)

    def _key(self) -> Iterator[Entry]:
        yield from outcome_entries(self.canvas, self.rows)
        if any(lane.fate == DEAD for lane in self.rows):
            yield self.canvas.mark_entry(DEAD, "due for the dead-letter queue")
        if any(self.waits):
            text = "invisible until the visibility timeout ends"
            strokes: list[list[Point]] = [[(0, 0), (0.3, 0)], [(0.3, -0.06), (0.3, 0.06)]]
            yield self.canvas.line_entry(text, 0.3, strokes, self.theme.waiting, 1.8)


def _fate_label(lane: Lane) -> str:
    short = {DONE: "done", DEAD: "DLQ"}.get(lane.fate, "waiting")
    return f"{short} after {len(lane.attempts)}"
