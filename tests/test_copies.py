"""A learner's copy of the lessons: what is in it, what is not, and where it may not go."""

import json
import os
import re

import pytest

from patternlab.copies import CopyError, start
from patternlab.outputs import without_outputs
from patternlab.paths import LABS, NOTEBOOKS, ROOT, books


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copies") / "new" / "mine"
    start(folder)
    return folder


def files(folder):
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def test_the_copy_is_the_notebooks_and_the_labs_and_nothing_else(copy):
    lessons = [*NOTEBOOKS.glob("*.ipynb"), *LABS.glob("*.ipynb"), LABS / "README.md"]
    assert files(copy) == {path.relative_to(ROOT) for path in lessons}


def test_the_copy_keeps_every_cell_and_no_output(copy):
    for path in books():
        before = json.loads(path.read_text(encoding="utf-8"))
        after = json.loads((copy / path.relative_to(ROOT)).read_text(encoding="utf-8"))
        kept = ("id", "cell_type", "metadata")
        assert [[cell[k] for k in kept] for cell in after["cells"]] == [
            [cell[k] for k in kept] for cell in before["cells"]
        ]
        code = [cell for cell in after["cells"] if cell["cell_type"] == "code"]
        assert code and all(c["outputs"] == [] and c["execution_count"] is None for c in code)
        assert [c["source"] for c in code] == [
            c["source"] for c in before["cells"] if c["cell_type"] == "code"
        ]
        assert "widgets" not in after["metadata"]


def test_every_link_of_the_copy_leads_to_a_page_of_the_copy(copy):
    seen = 0
    for page in [*copy.rglob("*.ipynb"), *copy.rglob("*.md")]:
        for link in re.findall(r"\]\((?!\w+:)([^)#\s]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"
            seen += 1
    assert seen > 20
    guide = (copy / "labs/README.md").read_text(encoding="utf-8")
    assert "data/prices.csv" in guide and "(../data/prices.csv)" not in guide


def test_widget_state_and_counts_go_and_the_text_stays():
    cells = [
        {"cell_type": "code", "outputs": [{}], "execution_count": 3, "source": ["a = 'ä'"]},
        {"cell_type": "markdown", "source": ["# A title"]},
    ]
    text = json.dumps({"cells": cells, "metadata": {"widgets": {}, "language_info": {}}})
    assert json.loads(without_outputs(text)) == {
        "cells": [cells[0] | {"outputs": [], "execution_count": None}, cells[1]],
        "metadata": {"language_info": {}},
    }


def test_an_empty_folder_takes_the_copy(tmp_path):
    start(tmp_path)
    assert (tmp_path / "notebooks").is_dir()


def test_a_folder_with_files_is_refused_and_left_alone(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(CopyError, match=re.escape(str(tmp_path))):
        start(tmp_path)
    assert os.listdir(tmp_path) == ["notes.txt"]


def test_a_second_start_never_overwrites_a_copy(copy):
    with pytest.raises(CopyError, match=re.escape(str(copy))):
        start(copy)


@pytest.mark.parametrize("inside", [".", "mine", "notebooks/mine"])
def test_a_folder_of_the_course_itself_is_refused(inside, tmp_path):
    with pytest.raises(CopyError, match=re.escape(str(ROOT))):
        start(ROOT / inside)
    (tmp_path / "link").symlink_to(ROOT)
    with pytest.raises(CopyError, match=re.escape(str(ROOT))):
        start(tmp_path / "link" / inside)
    assert not (ROOT / "mine").exists() and not (NOTEBOOKS / "mine").exists()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(CopyError, match=re.escape(str(folder))):
            start(folder)
