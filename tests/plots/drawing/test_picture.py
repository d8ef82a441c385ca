import base64
import io

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from nbconvert import HTMLExporter
from PIL import Image

from patternlab.plots.drawing import picture as module
from patternlab.plots.drawing.picture import MOST_ROWS, Picture


@pytest.fixture
def picture():
    figure = Figure(figsize=(4, 2), dpi=150, facecolor="#fdfefb")
    FigureCanvasAgg(figure)
    figure.add_axes((0.1, 0.1, 0.8, 0.8)).plot([1, 3, 2])
    table = pd.DataFrame({"key": ["a<b>", "c"], "attempts": [1, 2]})
    return Picture(figure, table, 'Two messages & a "quote".')


@pytest.fixture
def outputs(picture, monkeypatch):
    """Return what Jupyter gets when the picture is shown: (bundle, metadata) of each output."""
    shown = []
    monkeypatch.setattr(
        module, "display", lambda bundle, raw, metadata=None: shown.append((bundle, metadata))
    )
    picture._ipython_display_()
    return shown


def test_the_png_has_the_size_of_the_figure_at_any_dpi(picture):
    for dpi, size in [(None, (600, 300)), (100, (400, 200)), (300, (1200, 600))]:
        assert Image.open(io.BytesIO(picture.png(dpi))).size == size
    assert picture.figure.dpi == 150
    assert picture.size == (400, 200)


def test_packing_keeps_the_exact_background(picture):
    image = Image.open(io.BytesIO(picture.png())).convert("RGB")
    assert image.getpixel((0, 0)) == (0xFD, 0xFE, 0xFB)


def test_save_writes_the_png_and_returns_the_path(picture, tmp_path):
    path = picture.save(tmp_path / "figure.png")
    assert path.read_bytes() == picture.png()


def test_the_first_output_is_the_figure_with_its_alternative_text(picture, outputs):
    bundle, metadata = outputs[0]
    assert base64.b64decode(bundle["image/png"]) == picture.png()
    assert metadata == {"image/png": {"alt": picture.alt, "width": 400, "height": 200}}
    assert bundle["text/plain"] == picture.alt
    assert 'alt="Two messages &amp; a &quot;quote&quot;."' in bundle["text/html"]
    assert f"base64,{bundle['image/png']}" in bundle["text/html"]


def test_the_second_output_is_the_twin_closed_and_without_pixels(picture, outputs):
    bundle, _ = outputs[1]
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle["text/html"].startswith("<details><summary>The same as text</summary>")
    assert bundle["text/html"].endswith("</details>")
    assert "a&lt;b&gt;" in bundle["text/html"] and "<b>" not in bundle["text/html"]
    assert bundle["text/plain"].split() == ["key", "attempts", "a<b>", "1", "c", "2"]


def test_a_long_twin_is_cut_on_the_page_and_says_so(picture):
    table = pd.DataFrame({"key": range(MOST_ROWS + 5)})
    long = Picture(picture.figure, table, "Many.")
    assert long.twin_text().endswith("and 5 more")
    assert long.twin_html().count("<tr") == MOST_ROWS + 1
    assert "<p>and 5 more</p>" in long.twin_html()


def test_an_empty_twin_reads_as_the_alternative_text(picture):
    empty = Picture(picture.figure, picture.table.iloc[:0], "Nothing yet.")
    assert empty.twin_text() == "Nothing yet."


def test_nbconvert_gives_every_image_its_alternative_text(outputs):
    cell = nbformat.v4.new_code_cell(
        "picture",
        outputs=[
            nbformat.v4.new_output("display_data", data=data, metadata=metadata or {})
            for data, metadata in outputs
        ],
    )
    html, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    assert [image["alt"] for image in BeautifulSoup(html, "html.parser")("img")] == [
        'Two messages & a "quote".'
    ]
