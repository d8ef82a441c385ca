"""Letters drawn as outlines: many labels cost little more than one.

A figure of 60 messages carries some 150 labels. As matplotlib texts they take most of the drawing
time, as each is laid out and rasterised anew for every figure. The outline of a label depends on
its characters alone, so it is kept, and all labels of one colour are filled in a single stroke.
That is what lets a slider redraw a timeline while it is dragged.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import TextToPath

from patternlab.plots.drawing.style import FONT_FAMILY, POINTS_PER_INCH

CAPITAL = 0.73  # height of a capital letter of the font, as a share of its size
ALIGNMENTS = {"left": 0.0, "center": 0.5, "right": 1.0}


@lru_cache(maxsize=4096)
def _outline(text: str, weight: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Return vertices (n, 2), path codes (n,) and width of a line of text, at size 1."""
    properties = FontProperties(family=FONT_FAMILY, weight=weight, size=1)
    maker = TextToPath()
    vertices, codes = maker.get_text_path(properties, text)
    vertices = np.reshape(np.asarray(vertices, dtype=float), (-1, 2)) / maker.FONT_SCALE
    width = float(vertices[:, 0].max()) if len(vertices) else 0.0
    return vertices, np.asarray(codes, dtype=Path.code_type), width


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Return the width in inches of one line of ``text`` at ``size`` points."""
    return _outline(text, weight)[2] * size / POINTS_PER_INCH


class Lettering:
    """Collects the labels of one figure, then draws them all with ``draw``."""

    def __init__(self) -> None:
        self._parts: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}

    def write(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        colour: str,
        align: str = "left",
        weight: str = "normal",
    ) -> None:
        """Add one line of text.

        Args:
            x, y: where, in inches from the figure's lower left corner; ``y`` is the middle of a
                capital letter.
            size: of the font, in points.
            align: which end of the text ``x`` is: ``"left"``, ``"center"`` or ``"right"``.
            weight: ``"normal"`` or ``"bold"``.
        """
        vertices, codes, width = _outline(text, weight)
        scale = size / POINTS_PER_INCH
        corner = (x - ALIGNMENTS[align] * width * scale, y - CAPITAL / 2 * scale)
        self._parts.setdefault(colour, []).append((vertices * scale + corner, codes))

    def draw(self, figure: Figure) -> None:
        """Add the collected labels to ``figure``, one patch a colour."""
        for colour, parts in self._parts.items():
            vertices, codes = (np.concatenate(pieces) for pieces in zip(*parts, strict=True))
            if len(vertices):
                inches = figure.dpi_scale_trans
                patch = PathPatch(Path(vertices, codes), facecolor=colour, lw=0, transform=inches)
                patch.set_zorder(6)
                figure.add_artist(patch)
