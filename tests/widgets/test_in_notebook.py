"""Pictures, sliders and exercises in a real notebook, under strict nbval."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
CELLS = [
    """
from patternlab.delivery.attempts import Attempt, history_frame
from patternlab.plots import retry_timeline
from patternlab.widgets import Slider, explore

def model(visibility_timeout):
    moments = [n * visibility_timeout for n in range(3)]
    history = history_frame(
        Attempt("id", "order-1", count, None, "f", "r", None, moment, moment, "failed")
        for count, moment in enumerate(moments, start=1)
    )
    return retry_timeline(history, visibility_timeout=visibility_timeout, max_receive_count=3)
""",
    "model(30)",
    'explore(model, visibility_timeout=Slider("Visibility timeout (s)", 5, 120, 30, step=5))',
]


SHOWN = CELLS[1:]


@pytest.mark.deep
def test_strict_nbval_compares_the_words_of_pictures_and_sliders(tmp_path, monkeypatch):
    """Run a notebook and check it; its last two cells repeat the others, with a word changed."""
    path = os.pathsep.join(filter(None, [str(ROOT / "helpers"), os.environ.get("PYTHONPATH")]))
    monkeypatch.setenv("PYTHONPATH", path)
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in CELLS + SHOWN]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    words = "3 delivery attempts over 60 seconds"
    for cell in notebook.cells[-len(SHOWN) :]:
        saved = json.dumps(cell.outputs)
        assert words in saved
        cell.outputs = nbformat.from_dict(json.loads(saved.replace(words, words + " or so")))
    nbformat.write(notebook, tmp_path / "pictures.ipynb")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    sanitize = ROOT / "tests" / "notebooks" / "sanitize.cfg"
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-p", "no:xdist",
               "-c", "pytest.ini", "--nbval", "--nbval-current-env", "--color=no",
               f"--nbval-sanitize-with={sanitize}", "pictures.ipynb"]  # fmt: skip
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout

    verdicts = re.findall(r"::Cell (\d) (PASSED|FAILED)", told)
    expected = ["PASSED"] * len(CELLS) + ["FAILED"] * len(SHOWN)
    assert [verdict for _, verdict in verdicts] == expected, told[-4000:]
