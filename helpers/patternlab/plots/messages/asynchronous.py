"""Events handed to Lambda asynchronously: their attempts, and the long gaps between them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from numbers import Integral

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
from patternlab.plots.drawing.spans import in_units
from patternlab.plots.drawing.style import OUTCOMES, Theme
from patternlab.plots.messages.events import Event, check_events, events_of, told, twin

MOST_LANES = 60
NO_EVENTS = "No attempts yet: no event has reached a function so far."


def async_timeline(
    history: pd.DataFrame,
    *,
    max_attempts: int = 3,
    scale: str = "auto",
    theme: str = "light",
    title: str | None = None,
) -> Picture:
    """Draw one lane an event that was handed to Lambda asynchronously: by SNS, S3 or a caller.

    Each lane shows the attempts, the gaps between them with their lengths, and the fate. On one
    shared clock a gap of a minute cannot be seen if the events came over hours. Then each lane
    starts at 0 with its first attempt, and beside its name stands when the event was handed over.

    Args:
        history: one row an attempt, as ``cloud.history()`` returns it. All attempts of an event
            share a request id; an event that was handed over twice has two.
        max_attempts: after so many failed attempts Lambda gives an event up: one more than the
            function's MaximumRetryAttempts, so 1 to 3.
        scale: ``"linear"`` for one clock for all lanes; ``"log"`` for a logarithmic axis on which
            each lane starts at 0. ``"auto"`` takes the first of these on which the shortest gap
            can be seen: one clock, a linear axis on which each lane starts at 0, a logarithmic one.
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.

    Returns:
        The picture. Its twin has one row an event: event, attempts, outcomes in order, gaps (s),
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
    if not (isinstance(max_attempts, Integral) and max_attempts >= 1):
        raise ValueError(f"max_attempts is {max_attempts!r}. Give a whole number from 1 up.")
    check_events(history)
    events = events_of(history, max_attempts)
    if not events:
        return Picture(sentence_figure(NO_EVENTS, colours, title), twin(events), NO_EVENTS)
    if len(events) > MOST_LANES:
        title = with_note(title, f"first {MOST_LANES} of {len(events)} events")
    figure = _Drawing(events[:MOST_LANES], scale, colours, title).figure
    return Picture(figure, twin(events), told(events))


class _Drawing:
    """One timeline being drawn; ``figure`` is the result. Distances are in inches."""

    def __init__(
        self, events: Sequence[Event], scale: str, theme: Theme, title: str | None
    ) -> None:
        self.events, self.theme = events, theme
        self.lane = min(max(7.0 / len(events), 0.155), 0.46)
        self.words = min(max(self.lane * 45, style.TINY_SIZE), style.LABEL_SIZE)  # points
        self.marker = min(max(self.lane * 36, 6.5), 11.0)  # points
        self.radius = self.marker / 2 / style.POINTS_PER_INCH
        self.bottom, self.top = FOOT, FOOT + self.lane * len(events)
        self.canvas = Canvas(self.top + room_above(title), theme)
        self.letters = self.canvas.letters
        self.strokes: list[list[tuple[float, float]]] = []  # of the gaps
        self.scale = self._choose_scale(scale)
        self._write_beside_lanes()
        self._draw_axis()
        self._draw_attempts()
        for row, event in enumerate(events):
            self._draw_gaps(event, self._y(row))
        self.canvas.lines(self.strokes, theme.muted, min(max(self.lane * 5, 1.0), 1.4), 2)
        self.figure = self.canvas.finish(self._legend(), top=self.top, title=title)

    # -- places ---------------------------------------------------------------------------------

    def _choose_scale(self, wanted: str) -> Scale:
        """Set ``aligned``: whether each lane starts at 0. Return the scale."""
        gaps = [gap for event in self.events for gap in event.gaps]
        attempts = [(event, attempt) for event in self.events for attempt in event.attempts]
        span = max(attempt.end for _, attempt in attempts)
        own = max(attempt.end - event.attempts[0].start for event, attempt in attempts)
        self.aligned = is_log(wanted, gaps, span)
        log = self.aligned and is_log(wanted, gaps, own)
        self.came = [self._came(event) for event in self.events]
        left = EDGE + self._width(shortened(event.label) for event in self.events) + GAP
        if any(self.came):
            left += self._width(self.came) + GAP
        right = style.WIDTH - EDGE - self._width(e.fate_label for e in self.events) - GAP
        pad, span = 2 * self.radius, max(own if self.aligned else span, 1e-3)
        if not log:
            return TimeScale(left, right, span, pad)
        starts = [attempt.start - event.attempts[0].start for event, attempt in attempts]
        return LogScale(left, right, span, knee_of(starts, span), pad)

    def _width(self, texts: Iterable[str]) -> float:
        return max(text_width(text, self.words) for text in texts)

    def _came(self, event: Event) -> str:
        """Return when an event came, for an axis on which each lane starts at 0."""
        if not self.aligned:
            return ""
        waited = f", waited {in_units(event.wait)}" if event.wait >= 0.05 else ""
        return f"at {in_units(event.origin)}{waited}"

    def _x(self, event: Event, seconds: float) -> float:
        return float(self.scale.x(seconds - (event.attempts[0].start if self.aligned else 0.0)))

    def _y(self, row: int) -> float:
        return self.top - (row + 0.5) * self.lane

    @property
    def _has_room_above(self) -> bool:
        return self.lane >= 0.36

    # -- drawing --------------------------------------------------------------------------------

    def _write_beside_lanes(self) -> None:
        look = {"size": self.words, "colour": self.theme.text}
        for row, event in enumerate(self.events):
            y, left = self._y(row), self.scale.left - GAP
            self.letters.write(self.scale.right + GAP, y, event.fate_label, **look)
            if self.came[row]:
                muted = look | {"colour": self.theme.muted}
                self.letters.write(left, y, self.came[row], align="right", **muted)
                left -= self._width(self.came) + GAP
            self.letters.write(left, y, shortened(event.label), align="right", **look)

    def _draw_axis(self) -> None:
        edges = {"bottom": self.bottom, "top": self.top}
        if isinstance(self.scale, LogScale):
            name = "time since each event's first attempt, on a logarithmic scale"
            draw_axis(self.canvas, self.scale, time_ticks(self.scale), name=name, **edges)
            return
        since = "the first event was handed over"
        if self.aligned:
            since = "each event's first attempt"
        elif any(math.isnan(event.sent) for event in self.events):
            since = "the first attempt"
        self.canvas.time_axis(self.scale, since=since, **edges)

    def _draw_attempts(self) -> None:
        """Draw each attempt as a bar of its length and a mark that is seen however short it is."""
        for outcome in OUTCOMES:
            found = [
                (self._x(event, attempt.start), self._x(event, attempt.end), self._y(row))
                for row, event in enumerate(self.events)
                for attempt in event.attempts
                if attempt.outcome == outcome
            ]
            bars = [[(start, y), (end, y)] for start, end, y in found]
            self.canvas.lines(bars, self.theme.outcome(outcome), self.marker * 0.5, 3)
            self.canvas.marks([(start, y) for start, _, y in found], outcome, self.marker)

    def _draw_gaps(self, event: Event, y: float) -> None:
        """Draw the waits of a lane as lines with their lengths in them, and number the attempts."""
        starts = [self._x(event, attempt.start) for attempt in event.attempts]
        ends = [self._x(event, attempt.end) for attempt in event.attempts]
        begins = [max(s + self.radius, e) for s, e in zip(starts, ends, strict=True)]
        limits = [*(start - self.radius for start in starts[1:]), self.scale.right + GAP]
        if self._has_room_above:
            self._number_above(event, y, starts)
        else:
            begins = [
                self._number_behind(str(attempt.count), begin, limit, y)
                for attempt, begin, limit in zip(event.attempts, begins, limits, strict=True)
            ]
        for begin, end, gap in zip(begins, limits, event.gaps, strict=False):
            self._draw_gap(begin, end, y, gap)
        if event.wait > 0 and not self.aligned:
            begin = self._x(event, event.origin)
            self.strokes.append(_upright(begin, y))
            self._draw_gap(begin, starts[0] - self.radius, y, event.wait)

    def _draw_gap(self, begin: float, end: float, y: float, seconds: float) -> None:
        """Draw a gap; its length stands in the line, or below it, or nowhere for want of room."""
        size = max(min(self.words, style.SMALL_SIZE), style.TINY_SIZE)
        text, middle = in_units(seconds), (begin + end) / 2
        half = text_width(text, size) / 2 + 0.05
        look = {"size": size, "colour": self.theme.text, "align": "center"}
        if 2 * half + 0.1 <= end - begin:
            self.letters.write(middle, y, text, **look)
            self.strokes += [[(begin, y), (middle - half, y)], [(middle + half, y), (end, y)]]
            return
        if begin < end:
            self.strokes.append([(begin, y), (end, y)])
        if self._has_room_above and 2 * half <= end - begin + 2 * self.radius:
            self.letters.write(middle, y - 0.13, text, **look)

    def _number_above(self, event: Event, y: float, starts: Sequence[float]) -> None:
        """Write "1 failed" above each mark, or only "1", or nothing: whatever has room."""
        look = {"size": style.SMALL_SIZE, "colour": self.theme.text}
        free = self.scale.left  # where the words of the lane end so far
        ends = [*(start - self.radius for start in starts[1:]), self.scale.right + GAP / 2]
        for attempt, x, limit in zip(event.attempts, starts, ends, strict=True):
            for text in (f"{attempt.count} {attempt.outcome}", str(attempt.count)):
                width = text_width(text, style.SMALL_SIZE)
                begin = x - self.radius
                if begin + width > limit:  # no room on the right of the mark: end with it
                    begin = x + self.radius - width
                if begin > free:
                    self.letters.write(begin, y + 0.14, text, **look)
                    free = begin + width + 0.06
                    break

    def _number_behind(self, text: str, begin: float, limit: float, y: float) -> float:
        """Write the number of an attempt behind its mark if it fits; return where it ends."""
        end = begin + 0.02 + text_width(text, style.TINY_SIZE)
        if end > limit:
            return begin
        look = {"size": style.TINY_SIZE, "colour": self.theme.text}
        self.letters.write(begin + 0.02, y, text, **look)
        return end + 0.03

    def _legend(self) -> Iterator[Entry]:
        seen = {attempt.outcome for event in self.events for attempt in event.attempts}
        for outcome in OUTCOMES:
            if outcome in seen:
                yield self.canvas.mark_entry(outcome, outcome)
        if any(event.gaps for event in self.events):
            yield Entry("waits for the next attempt", 0.3, self._sample_gap)
        if not self.aligned and any(event.wait > 0 for event in self.events):
            yield Entry("handed over", 0.04, self._sample_hand_over)

    def _sample_gap(self, x: float, y: float) -> None:
        self.canvas.lines([[(x, y), (x + 0.3, y)]], self.theme.muted, 1.4, 2)

    def _sample_hand_over(self, x: float, y: float) -> None:
        self.canvas.lines([_upright(x + 0.02, y)], self.theme.muted, 1.4, 2)


def _upright(x: float, y: float) -> list[tuple[float, float]]:
    """Return a short stroke across a lane."""
    return [(x, y - 0.06), (x, y + 0.06)]
