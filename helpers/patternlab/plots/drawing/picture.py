"""A figure together with the same facts as text.

A ``Picture`` is what every plotting function of the course returns: the figure, its *twin* (a
small table that says the same) and one sentence of alternative text. Someone who cannot see the
figure reads the twin, and so do the tests: pixels differ between machines, the text does not.
"""

from __future__ import annotations

import base64
import html
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from patternlab.plots.drawing.style import CSS_DPI

SAME = "The same as text"
MOST_ROWS = 60  # of the twin on the page; Picture.table always has them all


@dataclass(frozen=True, eq=False, repr=False)
class Picture:
    """A figure with its text twin and alternative text.

    Attributes:
        figure: a matplotlib ``Figure`` on an Agg canvas, unknown to pyplot.
        table: the twin, a small DataFrame with readable column names and no float noise.
        alt: one or two sentences for someone who does not see the figure.
    """

    figure: Figure
    table: pd.DataFrame
    alt: str

    def __repr__(self) -> str:
        return f"<Picture: {self.alt}>"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height on the page in CSS pixels."""
        width, height = self.figure.get_size_inches()
        return round(width * CSS_DPI), round(height * CSS_DPI)

    def png(self, dpi: float | None = None) -> bytes:
        """Return the figure as PNG bytes at ``dpi`` dots per inch (default: the course's)."""
        with io.BytesIO() as buffer:
            self._palette_image(dpi).save(buffer, format="png", compress_level=3)
            return buffer.getvalue()

    def _palette_image(self, dpi: float | None) -> Image.Image:
        """Return the drawn figure in 256 colours: a quarter of the bytes, and sooner packed."""
        usual = self.figure.dpi
        self.figure.set_dpi(dpi or usual)
        try:
            canvas = FigureCanvasAgg(self.figure)
            canvas.draw()
        finally:
            self.figure.set_dpi(usual)
        pixels = np.asarray(canvas.buffer_rgba())
        image = Image.fromarray(pixels).quantize(
            256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
        )
        # The octree may shift the background by a shade, and the page around it shows that.
        palette = image.getpalette("RGB") or []
        corner = 3 * int(np.asarray(image)[0, 0])
        palette[corner : corner + 3] = pixels[0, 0, :3].tolist()
        image.putpalette(palette, "RGB")
        return image

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the PNG to ``path`` and return the path."""
        path = Path(path)
        path.write_bytes(self.png())
        return path

    def image_html(self, png: bytes | None = None) -> str:
        """Return an ``<img>`` that carries the figure itself and its alternative text."""
        data = base64.b64encode(png or self.png()).decode("ascii")
        width, height = self.size
        return (
            f'<img src="data:image/png;base64,{data}" alt="{html.escape(self.alt)}" '
            f'width="{width}" height="{height}">'
        )

    def table_html(self) -> str:
        """Return the alternative text and the twin as HTML."""
        shown = self.table.head(MOST_ROWS)
        head = _html_row("th", shown.columns)
        body = "\n".join(_html_row("td", row) for row in shown.itertuples(index=False, name=None))
        return (
            f"<p>{html.escape(self.alt)}</p>\n"
            f"<table>\n<thead>{head}</thead>\n<tbody>\n{body}\n</tbody>\n</table>\n"
            f"{self._more('<p>', '</p>')}"
        )

    def twin_html(self) -> str:
        """Return the same in a closed ``<details>``, for a static page."""
        return f"<details><summary>{SAME}</summary>\n{self.table_html()}</details>"

    def twin_text(self) -> str:
        """Return the twin as plain text."""
        if self.table.empty:
            return self.alt
        table = self.table.head(MOST_ROWS).to_string(index=False, line_width=10_000)
        return table + self._more("\n")

    def _more(self, before: str, after: str = "") -> str:
        hidden = len(self.table) - MOST_ROWS
        return f"{before}and {hidden} more{after}" if hidden > 0 else ""

    def _ipython_display_(self) -> None:
        """Show the figure, then its twin, as two outputs.

        JupyterLab (4.6) takes only ``width``, ``height`` and ``unconfined`` from the metadata of
        an ``image/png`` and leaves its ``<img>`` without an alternative text. So the same PNG also
        goes out as ``text/html``, which JupyterLab prefers. nbconvert does read ``alt`` there.
        """
        png = self.png()
        width, height = self.size
        bundle = {
            "image/png": base64.b64encode(png).decode("ascii"),
            "text/html": self.image_html(png),
            "text/plain": self.alt,
        }
        metadata = {"image/png": {"alt": self.alt, "width": width, "height": height}}
        display(bundle, metadata=metadata, raw=True)
        display({"text/html": self.twin_html(), "text/plain": self.twin_text()}, raw=True)


def _html_row(tag: str, values: Iterable[object]) -> str:
    """Return one row of a table. DataFrame.to_html takes several times longer."""
    texts = [f"{value:.10g}" if isinstance(value, float) else str(value) for value in values]
    return f"<tr>{''.join(f'<{tag}>{html.escape(text)}</{tag}>' for text in texts)}</tr>"
