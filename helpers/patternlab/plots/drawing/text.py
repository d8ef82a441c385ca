"""Outlines of text, so that many labels cost little more than one.

A figure of 60 messages carries some 150 labels. As matplotlib texts they take most of the drawing
time, because each is laid out and rasterised anew for every figure. The outline of a label depends
only on its characters, so it is kept here, and a ``Canvas`` fills all labels of one colour as one
patch. That is what lets a slider redraw a timeline while it is dragged.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextToPath

from patternlab.plots.drawing.style import FONT_FAMILY, POINTS_PER_INCH

LONGEST_LABEL = 24  # characters


@lru_cache(maxsize=4096)
def outline(text: str, weight: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Return vertices (n, 2), path codes (n,) and width of a line of text, at size 1."""
    properties = FontProperties(family=FONT_FAMILY, weight=weight, size=1)
    maker = TextToPath()
    points, codes = maker.get_text_path(properties, text)
    vertices = np.reshape(np.asarray(points, dtype=float), (-1, 2)) / maker.FONT_SCALE
    width = float(vertices[:, 0].max()) if len(vertices) else 0.0
    return vertices, np.asarray(codes, dtype=Path.code_type), width


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Return the width in inches of one line of ``text`` at ``size`` points."""
    return outline(text, weight)[2] * size / POINTS_PER_INCH


def widest(texts: Iterable[str], size: float) -> float:
    """Return the width in inches of the widest of ``texts`` at ``size`` points, 0 for none."""
    return max((text_width(text, size) for text in texts), default=0.0)


def fit(text: str, size: float, room: float, weight: str = "normal") -> float:
    """Return the factor, at most 1, that makes ``text`` as narrow as ``room`` inches."""
    return min(1.0, room / max(text_width(text, size, weight), 1e-9))


def shortened(label: str, longest: int = LONGEST_LABEL) -> str:
    """Return the label in one line, cut in its middle: keys often differ at their ends."""
    line = " ".join(label.split())
    if len(line) <= longest:
        return line
    half = longest // 2
    return f"{line[:half]}…{line[1 - half :]}"
