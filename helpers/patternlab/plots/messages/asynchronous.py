"""Events handed to Lambda asynchronously: their attempts, and the long gaps between them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import pandas as pd
from matplotlib.figure import Figure

from patternlab.plots.drawing import style
from patternlab.plots.drawing.axis import Scale, check_scale, draw_time_axis, is_log, knee_before
from patternlab.plots.drawing.canvas import EDGE, GAP, Entry, Point, sentence_figure, with_note
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import Theme
from patternlab.plots.drawing.text import shortened, text_width, widest
from patternlab.plots.drawing.words import in_units
from patternlab.plots.messages.events import Event, alt_text, check_events, events_of, twin
from patternlab.plots.messages.lanes import MOST_LANES, Lanes, outcome_entries
from patternlab.plots.messages.reading import check_count

NO_EVENTS = "No attempts yet: no event has reached a function so far."
UPRIGHT: tuple[Point, Point] = ((0, -0.06), (0, 0.06))  # a short stroke across a lane


def async_timeline(
    history: pd.DataFrame,
    *,
    max_attempts: int = 3,
    scale: str = "auto",
    theme: str = "light",
    title: str | None = None,
) -> Picture:
    """Draw one lane per event that was handed to Lambda asynchronously: by SNS, S3 or a caller.

    Each lane shows the attempts, the gaps between them with their lengths, and the fate. On one
    shared clock a gap of a minute cannot be seen if the events came over hours. Then each lane
    starts at 0 with its first attempt, and beside its name stands when the event was handed over.

    Args:
        history: one row per attempt, as ``cloud.history()`` returns it. All attempts of an event
            share a request id; an event that was handed over twice has two.
        max_attempts: after so many failed attempts Lambda gives an event up: one more than the
            function's MaximumRetryAttempts, so 1 to 3.
        scale: ``"linear"`` for one clock for all lanes; ``"log"`` for a logarithmic axis on which
            each lane starts at 0. ``"auto"`` takes the first of these on which the shortest gap
            can be seen: one clock, a linear axis on which each lane starts at 0, a logarithmic one.
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.

    Returns:
        The picture. Its twin has one row per event: event, attempts, outcomes in order, gaps (s),
        first start (s) and last end (s) since the first moment of the history, and fate. The fate
        is ``done``, ``gave up``, or ``failed so far``: fewer attempts than ``max_attempts`` and no
        success, so either the next is still to come or the event grew too old. A history cannot
        tell. The figure shows the first 60 events; the twin has them all.

    Raises:
        ValueError: a column is missing or holds what cannot be drawn, or an argument is unknown.
            The sentence says which.
    """
    colours = style.theme_named(theme)
    check_scale(scale)
    check_count("max_attempts", max_attempts)
    check_events(history)
    events = events_of(history, max_attempts)
    if not events:
        return Picture(sentence_figure(NO_EVENTS, colours, title), twin(events), NO_EVENTS)
    title = with_note(title, MOST_LANES, len(events), "events")
    drawing = _Timeline(events[:MOST_LANES], scale, colours, title)
    return Picture(drawing.finish(), twin(events), alt_text(events))


class _Timeline(Lanes):
    """One timeline being drawn. Distances are in inches."""

    def __init__(
        self, events: Sequence[Event], scale: str, theme: Theme, title: str | None
    ) -> None:
        super().__init__(events, theme, title)
        self.events = events
        self.strokes: list[Sequence[Point]] = []  # of the gaps
        self._choose_scale(scale)

    # -- places ---------------------------------------------------------------------------------

    def _choose_scale(self, wanted: str) -> None:
        """Set the scale, and ``aligned``: whether each lane starts at 0."""
        gaps = [gap for event in self.events for gap in event.gaps]
        span = max(event.end for event in self.events)
        own = max(event.end - event.start for event in self.events)
        self.aligned = is_log(wanted, gaps, span)
        log = self.aligned and is_log(wanted, gaps, own)
        self.came = [self._came(event) for event in self.events]
        self.came_width = widest(self.came, self.letters)
        left = EDGE + widest((shortened(event.label) for event in self.events), self.letters) + GAP
        left += self.came_width + GAP if self.aligned else 0
        fates = widest((event.fate_label for event in self.events), self.letters)
        span = max(own if self.aligned else span, 1e-3)
        starts = [a.start - event.start for event in self.events for a in event.attempts]
        knee = knee_before(starts, span) if log else None
        scale = Scale(left, style.WIDTH - EDGE - fates - GAP, span, 2 * self.radius, knee=knee)
        self.place(scale, aligned=self.aligned)

    def _came(self, event: Event) -> str:
        """Return when an event came, for an axis on which each lane starts at 0."""
        if not self.aligned:
            return ""
        waited = f", waited {in_units(event.wait)}" if event.wait >= 0.05 else ""
        return f"at {in_units(event.origin)}{waited}"

    # -- drawing --------------------------------------------------------------------------------

    def finish(self) -> Figure:
        """Draw everything and return the figure."""
        since = "the first event was handed over"
        if self.aligned:
            since = "each event's first attempt"
        elif any(math.isnan(event.sent) for event in self.events):
            since = "the first attempt"
        draw_time_axis(self.canvas, self.scale, since)
        self.draw_attempts()
        for row, event in enumerate(self.events):
            self._write_beside(row, event)
            self._draw_gaps(row, event)
        width = min(max(self.lane * 5, 1.0), 1.4)
        self.canvas.lines(self.strokes, self.theme.muted, width, 2)
        return self.canvas.finish(self._key())

    def _write_beside(self, row: int, event: Event) -> None:
        y, left, size = self.y(row), self.scale.left - GAP, self.letters
        self.canvas.write(self.scale.right + GAP, y, event.fate_label, size=size)
        if self.aligned:
            muted = self.theme.muted
            self.canvas.write(left, y, self.came[row], size=size, align="right", colour=muted)
            left -= self.came_width + GAP
        self.canvas.write(left, y, shortened(event.label), size=size, align="right")

    def _draw_gaps(self, row: int, event: Event) -> None:
        """Draw the waits of a lane as lines with their lengths in them, and number the attempts."""
        y, starts = self.y(row), self.starts[row]
        begins = [max(s + self.radius, e) for s, e in zip(starts, self.ends[row], strict=True)]
        nexts = [start - self.radius for start in starts[1:]]
        if self.has_room_above:
            limits = [*nexts, self.scale.right + GAP / 2]
            self.number_attempts(row, limits, up=0.14, right=-self.radius, left=self.radius)
        else:
            limits = [*nexts, self.scale.right + GAP]
            begins = [
                self._number_behind(str(attempt.receive_count), begin, limit, y)
                for attempt, begin, limit in zip(event.attempts, begins, limits, strict=True)
            ]
        for begin, end, gap in zip(begins, nexts, event.gaps, strict=False):
            self._draw_gap(begin, end, y, gap)
        if event.wait > 0 and not self.aligned:
            begin = self.scale.x(event.origin)
            self.strokes.append([(begin + right, y + up) for right, up in UPRIGHT])
            self._draw_gap(begin, starts[0] - self.radius, y, event.wait)

    def _draw_gap(self, begin: float, end: float, y: float, seconds: float) -> None:
        """Draw a gap; its length stands in the line, or below it, or nowhere for want of room."""
        size = max(min(self.letters, style.SMALL_SIZE), style.TINY_SIZE)
        text, middle = in_units(seconds), (begin + end) / 2
        half = text_width(text, size) / 2 + 0.05
        if 2 * half + 0.1 <= end - begin:
            self.canvas.write(middle, y, text, size=size, align="center")
            self.strokes += [[(begin, y), (middle - half, y)], [(middle + half, y), (end, y)]]
            return
        if begin < end:
            self.strokes.append([(begin, y), (end, y)])
        if self.has_room_above and 2 * half <= end - begin + 2 * self.radius:
            self.canvas.write(middle, y - 0.13, text, size=size, align="center")

    def _number_behind(self, text: str, begin: float, limit: float, y: float) -> float:
        """Write the number of an attempt behind its mark if it fits; return where it ends."""
        end = begin + 0.02 + text_width(text, style.TINY_SIZE)
        if end > limit:
            return begin
        self.canvas.write(begin + 0.02, y, text, size=style.TINY_SIZE)
        return end + 0.03

    def _key(self) -> Iterator[Entry]:
        line_entry, muted = self.canvas.line_entry, self.theme.muted
        yield from outcome_entries(self.canvas, self.events)
        if any(event.gaps for event in self.events):
            yield line_entry("waits for the next attempt", 0.3, [[(0, 0), (0.3, 0)]], muted, 1.4)
        if not self.aligned and any(event.wait > 0 for event in self.events):
            stroke = [(right + 0.02, up) for right, up in UPRIGHT]
            yield line_entry("handed over", 0.04, [stroke], muted, 1.4)
