"""Pictures, sliders and exercises in a real notebook, under strict nbval."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
CELLS = [
    """
import pandas as pd
from patternlab.plots import retry_timeline
from patternlab.plots.lanes import COLUMNS
from patternlab.widgets import Slider, explore

def model(visibility_timeout):
    start = pd.Timestamp("2026-01-01T00:00:00Z")
    rows = []
    for n in range(3):
        begin = start + n * pd.Timedelta(seconds=visibility_timeout)
        rows.append(("id", "order-1", n + 1, None, "f", "r", begin, begin, "failed", "ValueError"))
    history = pd.DataFrame(rows, columns=list(COLUMNS))
    return retry_timeline(history, visibility_timeout=visibility_timeout, max_receive_count=3)
""",
    "model(30)",
    'explore(model, visibility_timeout=Slider("Visibility timeout (s)", 5, 120, 30, step=5))',
]


def test_strict_nbval_compares_the_words_of_pictures_and_sliders(tmp_path, monkeypatch):
    """Run a notebook, then check it as it is, and a copy in which one word was changed."""
    path = os.pathsep.join(filter(None, [str(ROOT / "helpers"), os.environ.get("PYTHONPATH")]))
    monkeypatch.setenv("PYTHONPATH", path)
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    text = nbformat.writes(notebook)
    words = "3 delivery attempts over 60 seconds"
    assert words in text
    (tmp_path / "same.ipynb").write_text(text)
    (tmp_path / "changed.ipynb").write_text(text.replace(words, words.replace("60", "61")))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    sanitize = ROOT / "tests" / "notebooks" / "sanitize.cfg"
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider",
               "-c", "pytest.ini", "--nbval", "--nbval-current-env", "--color=no",
               f"--nbval-sanitize-with={sanitize}", "same.ipynb", "changed.ipynb"]  # fmt: skip
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout

    verdicts = re.findall(r"(same|changed)\S*::Cell (\d) (PASSED|FAILED)", told)
    assert verdicts == [
        ("same", "0", "PASSED"),
        ("same", "1", "PASSED"),
        ("same", "2", "PASSED"),
        ("changed", "0", "PASSED"),
        ("changed", "1", "FAILED"),
        ("changed", "2", "FAILED"),
    ], told
