"""The message groups of a FIFO queue as lanes: who works, who stands behind whom, for how long."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

import pandas as pd
from matplotlib.figure import Figure

from patternlab.delivery.attempts import OUTCOMES, SUCCEEDED
from patternlab.plots.drawing import canvas, style
from patternlab.plots.drawing.axis import Scale, draw_time_axis
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import Theme
from patternlab.plots.drawing.text import text_width, widest
from patternlab.plots.messages.fifo_layout import (
    LanePlace,
    Row,
    places_of,
    short_key,
    short_name,
    words_of,
)
from patternlab.plots.messages.groups import Group, alt_text, check_fifo_history, groups_of, twin
from patternlab.plots.messages.lanes import NO_ATTEMPTS, outcome_entries
from patternlab.plots.messages.reading import (
    DEAD,
    NO_REDRIVE,
    WAITING,
    check_count,
    timeout_in_seconds,
)

MOST_GROUPS = 40
MOST_DETAILED = 12  # groups; of more, only messages that failed or held others up show their keys
LINE = 0.17  # inches, of words beside a lane
KEY_ROW = 0.105  # from one key to the next
NEAR = 0.03  # from a mark to its words
NARROWEST = 0.06  # of a digit


def fifo_lanes(
    history: pd.DataFrame,
    *,
    visibility_timeout: float | timedelta,
    max_receive_count: int | None = None,
    theme: str = "light",
    title: str | None = None,
) -> Picture:
    """Draw one lane a message group: in it each message's wait and work, in order of sending.

    A failed attempt leaves its message invisible for the rest of the visibility timeout. A shaded
    block shows that span, from the message's row down to the end of its lane: what stands there
    cannot be received. Other lanes go on.

    Args:
        history: one row per delivery attempt of one FIFO queue, as ``cloud.history()`` returns it.
        visibility_timeout: of the queue, in seconds (or a ``timedelta``).
        max_receive_count: of the redrive policy; None if the queue has none.
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.

    Returns:
        The picture. Its twin has one row per group, as ``head_of_line`` describes it. The figure
        shows the first 40 groups; the twin has them all.

    Raises:
        ValueError: a column is missing or holds what cannot be drawn, the history has no message
            groups, or a number is out of range. The sentence names the column or the argument.
    """
    colours = style.theme_named(theme)
    seconds = timeout_in_seconds(visibility_timeout)
    check_count("max_receive_count", max_receive_count, NO_REDRIVE)
    check_fifo_history(history)
    groups = groups_of(history, seconds, max_receive_count)
    if not groups:
        figure = canvas.sentence_figure(NO_ATTEMPTS, colours, title)
        return Picture(figure, twin(groups), NO_ATTEMPTS)
    title = canvas.with_note(title, MOST_GROUPS, len(groups), "groups")
    drawing = _Drawing(groups[:MOST_GROUPS], seconds, colours, title)
    return Picture(drawing.finish(), twin(groups), alt_text(groups))


def _apart(values: Iterable[float], distance: float) -> list[float]:
    """Return the values, in order, without those closer than ``distance`` to the one before."""
    kept: list[float] = []
    for value in sorted(values):
        if not kept or value - kept[-1] >= distance:
            kept.append(value)
    return kept


class _Drawing:
    """The lanes of one history being drawn. Distances are in inches."""

    def __init__(
        self, groups: Sequence[Group], visibility_timeout: float, theme: Theme, title: str | None
    ) -> None:
        self.theme = theme
        self.lanes = places_of(groups)
        self.rows = [row for lane in self.lanes for row in lane.rows]
        self.blocks = [
            (row, *span)
            for row in self.rows
            for span in row.message.invisible_spans(visibility_timeout)
        ]
        self.canvas = canvas.Canvas(self.lanes[0].top, theme, title)
        self.one_line = any(lane.top - lane.bottom < 2 * LINE for lane in self.lanes)
        self.size = style.SMALL_SIZE if self.one_line else style.LABEL_SIZE
        self.scale = self._scale()

    def finish(self) -> Figure:
        """Draw everything and return the figure."""
        self._write_beside_lanes()
        sent = all(not math.isnan(row.message.sent) for row in self.rows)
        since = "the first message was sent" if sent else "the first known moment"
        draw_time_axis(self.canvas, self.scale, since)
        self._draw_blocks()
        self._draw_waits()
        self._draw_attempts()
        for lane in self.lanes:
            for row in lane.rows:
                self._label_attempts(row, last=row is lane.rows[-1])
        return self.canvas.finish(self._key())

    def _scale(self) -> Scale:
        words = widest((part for lane in self.lanes for part in self._right(lane)), self.size)
        moments = [until for _, _, until in self.blocks]
        for row in self.rows:
            moments += [row.message.sent, row.message.start, row.message.end]
        moments = [moment for moment in moments if not math.isnan(moment)]
        keys = [key for lane in self.lanes for _, key in self._keys(lane)]
        names = widest((short_name(lane.group) for lane in self.lanes), self.size) + canvas.GAP
        return Scale(
            canvas.EDGE + names + widest(keys, style.TINY_SIZE) + canvas.GAP,
            style.WIDTH - canvas.EDGE - words - canvas.GAP,
            max(max(moments) - min(moments), 1e-3),
            pad=0.08,
            origin=min(moments),
        )

    def _keys(self, lane: LanePlace) -> list[tuple[float, str]]:
        """Return (y, key) of as many messages as fit, those that held others up first."""
        behind = lane.group.head_of_line.behind
        rows = sorted(lane.rows, key=lambda r: (r.message is not behind, not r.message.has_failed))
        if len(self.lanes) > MOST_DETAILED:
            rows = [row for row in rows if row.message is behind or row.message.has_failed]
        shown: list[tuple[float, str]] = []
        for row in rows:
            if all(abs(row.y - y) >= KEY_ROW for y, _ in shown):
                shown.append((row.y, short_key(row.message, lane.group)))
        return shown

    def _right(self, lane: LanePlace) -> list[str]:
        """Return the lines on the right of a lane, as many as fit its height."""
        words = words_of(lane.group)
        if self.one_line:
            return [" ".join(words[:2])]
        return words[: int((lane.top - lane.bottom) / LINE)]

    def _write_beside_lanes(self) -> None:
        theme, left, right = self.theme, self.scale.left, self.scale.right
        for lane in self.lanes:
            self.canvas.write(canvas.EDGE, lane.middle, short_name(lane.group), size=self.size)
            look = {"colour": theme.muted, "align": "right"}
            for y, key in self._keys(lane):
                self.canvas.write(left - canvas.GAP, y, key, size=style.TINY_SIZE, **look)
            parts = self._right(lane)
            calm = not (lane.group.count(WAITING) or lane.group.head_of_line.behind)
            colour = theme.muted if calm else theme.text
            for index, part in enumerate(parts):
                y = lane.middle + (len(parts) - 1 - 2 * index) * LINE / 2
                self.canvas.write(right + canvas.GAP, y, part, size=self.size, colour=colour)
        borders = [
            [(canvas.EDGE, lane.top), (style.WIDTH - canvas.EDGE, lane.top)] for lane in self.lanes
        ]
        self.canvas.lines(borders, theme.grid, 0.8, 1)

    def _draw_blocks(self) -> None:
        """Shade what an invisible message holds up: its own row and all below it in its lane."""
        x = self.scale.x
        boxes = [
            (x(begin), row.floor, x(until), row.y + row.height / 2)
            for row, begin, until in self.blocks
        ]
        self.canvas.areas(boxes, self.theme.standstill)
        ends: dict[tuple[float, float], list[float]] = {}
        for _, floor, until, top in boxes:
            ends.setdefault((floor, top), []).append(until)
        strokes = [
            [(x, floor), (x, top)] for (floor, top), own in ends.items() for x in _apart(own, 0.05)
        ]
        self.canvas.lines(strokes, self.theme.waiting, 1, 2)

    def _draw_waits(self) -> None:
        """Draw the time from sending to the first start as a thin line behind a small stroke."""
        lines: list[list[canvas.Point]] = []
        for row in self.rows:
            message, y = row.message, row.y
            if not math.isnan(message.sent) and message.wait > 0:
                x, half = self.scale.x(message.sent), min(row.height * 0.25, 0.04)
                lines += [[(x, y - half), (x, y + half)]]
                lines += [[(x, y), (self.scale.x(message.start), y)]]
        self.canvas.lines(lines, self.theme.muted, self._thin, 3)

    @property
    def _thin(self) -> float:
        """Width in points of a line that leaves room between the rows."""
        return min(max(min(row.height for row in self.rows) * 20, 0.3), 1.0)

    def _draw_attempts(self) -> None:
        """Draw each attempt as a bar of its length and a mark that is seen however short it is."""
        for radius in sorted({row.radius for row in self.rows}):
            rows = [row for row in self.rows if row.radius == radius]
            size = 2 * radius * style.POINTS_PER_INCH
            for outcome in OUTCOMES:
                bars, marks = [], []
                for row in rows:
                    own = [a for a in row.message.attempts if a.outcome == outcome]
                    spans = [(self.scale.x(a.start), self.scale.x(a.end)) for a in own]
                    bars += [[(start, row.y), (end, row.y)] for start, end in spans]
                    starts = _apart((start for start, _ in spans), radius)
                    marks += [(start, row.y) for start in starts]
                self.canvas.lines(bars, self.theme.outcome(outcome), size * 0.6, 3)
                self.canvas.marks(marks, outcome, size)
            dead = [row for row in rows if row.message.fate == DEAD]
            self.canvas.marks([(self._freed(row), row.y) for row in dead], DEAD, size)

    def _freed(self, row: Row) -> float:
        return self.scale.x(row.message.finished)

    def _label_attempts(self, row: Row, *, last: bool) -> None:
        """Write "1 failed" behind each failed attempt, or only "1" or nothing if room is short."""
        if not row.has_room_for_words:
            return
        attempts = row.message.attempts
        dead = row.message.fate == DEAD
        starts = [self.scale.x(attempt.start) for attempt in attempts]
        limits = [*starts[1:], self._freed(row) if dead else self.scale.right + canvas.GAP]
        free = self.scale.left
        for attempt, start, limit in zip(attempts, starts, limits, strict=True):
            free = max(start + row.radius, self.scale.x(attempt.end)) + NEAR
            if attempt.outcome != SUCCEEDED:
                number = str(attempt.receive_count)
                texts = [f"{number} {attempt.outcome}", number]
                free = self._write_first_that_fits(free, limit - row.radius, row.y, texts)
        if dead:
            self._label_freed(
                row, free, ["leaves"] if last else ["leaves: order broken", "order broken"]
            )

    def _label_freed(self, row: Row, free: float, texts: Sequence[str]) -> None:
        """Write one of ``texts`` right of the dead-letter mark, or left of it behind ``free``."""
        away = row.radius + NEAR
        begin, end = self._freed(row) + away, self._freed(row) - away
        limit = self.scale.right + canvas.GAP / 2
        if self._write_first_that_fits(begin, limit, row.y, texts) > begin:
            return
        for text in texts:
            begin = end - text_width(text, style.SMALL_SIZE)
            if begin > free + 2 * NEAR:
                self._write(begin, row.y, text)
                return

    def _write_first_that_fits(
        self, begin: float, limit: float, y: float, texts: Iterable[str]
    ) -> float:
        """Write the first of ``texts`` that ends before ``limit``; return where that is."""
        if limit - begin < NARROWEST:  # thousands of attempts: do not measure thousands of words
            return begin
        for text in texts:
            end = begin + text_width(text, style.SMALL_SIZE)
            if end <= limit:
                self._write(begin, y, text)
                return end
        return begin

    def _write(self, x: float, y: float, text: str) -> None:
        self.canvas.write(x, y, text, size=style.SMALL_SIZE)

    def _key(self) -> Iterator[canvas.Entry]:
        messages = [row.message for row in self.rows]
        if any(message.wait > 0 for message in messages):
            strokes: list[list[canvas.Point]] = [[(0, -0.04), (0, 0.04)], [(0, 0), (0.3, 0)]]
            yield self.canvas.line_entry("waits", 0.3, strokes, self.theme.muted, 1.0, 3)
        yield from outcome_entries(self.canvas, messages)
        if self.blocks:
            yield canvas.Entry("invisible: all behind it stand still", 0.3, self._sample_block)
        if any(message.fate == DEAD for message in messages):
            yield self.canvas.mark_entry(DEAD, "dead-letter queue")

    def _sample_block(self, x: float, y: float) -> None:
        self.canvas.areas([(x, y - 0.07, x + 0.3, y + 0.07)], self.theme.standstill)
        line = [[(x + 0.3, y - 0.07), (x + 0.3, y + 0.07)]]
        self.canvas.lines(line, self.theme.waiting, 1, 2)
