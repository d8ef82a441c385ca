"""Lanes below one another, one per message: what the figures of single messages share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from patternlab.delivery.attempts import OUTCOMES
from patternlab.plots.drawing import style
from patternlab.plots.drawing.axis import Scale
from patternlab.plots.drawing.canvas import FOOT, Canvas, Entry
from patternlab.plots.drawing.style import Theme
from patternlab.plots.drawing.text import text_width
from patternlab.plots.messages.reading import Lane

MOST_LANES = 60
NO_ATTEMPTS = "No delivery attempts yet: nothing has been received so far."


class Lanes:
    """The lanes of a history on a canvas; their heights follow from their number."""

    scale: Scale

    def __init__(self, lanes: Sequence[Lane], theme: Theme, title: str | None) -> None:
        self.rows, self.theme = lanes, theme
        self.lane = min(max(7.0 / len(lanes), 0.155), 0.46)  # inches
        self.letters = min(max(self.lane * 45, style.TINY_SIZE), style.LABEL_SIZE)  # points
        self.marker = min(max(self.lane * 36, 6.5), 11.0)  # points
        self.radius = self.marker / 2 / style.POINTS_PER_INCH
        self.has_room_above = self.lane >= 0.36  # for words above the marks of a lane
        self.canvas = Canvas(FOOT + self.lane * len(lanes), theme, title)

    def y(self, row: int) -> float:
        """Return the middle of a lane."""
        return self.canvas.top - (row + 0.5) * self.lane

    def place(self, scale: Scale, *, aligned: bool = False) -> None:
        """Set where the attempts begin and end: ``starts`` and ``ends``, lane by lane, in inches.

        Args:
            scale: of the axis.
            aligned: each lane has the zero of the axis at its first attempt.
        """
        self.scale = scale
        zeros = [lane.start if aligned else 0.0 for lane in self.rows]
        self.starts, self.ends = (
            [
                scale.places([getattr(a, moment) - zero for a in lane.attempts]).tolist()
                for lane, zero in zip(self.rows, zeros, strict=True)
            ]
            for moment in ("start", "end")
        )

    def draw_attempts(self) -> None:
        """Draw each attempt as a bar of its length and a mark that is seen however short it is."""
        for outcome in OUTCOMES:
            found = [
                (start, end, self.y(row))
                for row, lane in enumerate(self.rows)
                for attempt, start, end in zip(
                    lane.attempts, self.starts[row], self.ends[row], strict=True
                )
                if attempt.outcome == outcome
            ]
            bars = [[(start, y), (end, y)] for start, end, y in found]
            self.canvas.lines(bars, self.theme.outcome(outcome), self.marker * 0.5, 3)
            self.canvas.marks([(start, y) for start, _, y in found], outcome, self.marker)

    def number_attempts(
        self, row: int, limits: Iterable[float], *, up: float, right: float, left: float
    ) -> None:
        """Write "1 failed" above each mark, or only "1", or nothing if room is short.

        Args:
            row: of the lane.
            limits: where the words of each attempt must end, in inches.
            up: from the middle of the lane to that of the words.
            right: from the middle of a mark to where its words begin.
            left: from there to where they end, if there is no room on the right.
        """
        free = self.scale.left  # where the words of the lane end so far
        for attempt, x, limit in zip(
            self.rows[row].attempts, self.starts[row], limits, strict=True
        ):
            for text in (f"{attempt.receive_count} {attempt.outcome}", str(attempt.receive_count)):
                width = text_width(text, style.SMALL_SIZE)
                begin = x + right if x + right + width <= limit else x + left - width
                if begin > free:
                    self.canvas.write(begin, self.y(row) + up, text, size=style.SMALL_SIZE)
                    free = begin + width + 0.06
                    break


def outcome_entries(canvas: Canvas, lanes: Iterable[Lane]) -> Iterator[Entry]:
    """Yield the entries of the key for the outcomes that the attempts have."""
    seen = {attempt.outcome for lane in lanes for attempt in lane.attempts}
    for outcome in OUTCOMES:
        if outcome in seen:
            yield canvas.mark_entry(outcome, outcome)
