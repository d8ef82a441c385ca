"""Notebooks run in place, and a second run changes no byte."""

import gc
from pathlib import Path

import nbformat
import pytest

from patternlab.authoring.notebooks import NotebookError, PrivateSockets, run, tidy

WIDGETS = """\
import ipywidgets as widgets
slider = widgets.IntSlider(description="k")
widgets.VBox([slider, widgets.HTML("<b>0</b>")])"""


def notebook(path: Path, *sources: str) -> Path:
    cells = [nbformat.v4.new_code_cell(s, id=f"cell-{n}") for n, s in enumerate(sources)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_a_second_run_changes_no_byte(tmp_path):
    # Widget ids are random, sets print in hash order, and print arrives in pieces.
    path = notebook(tmp_path / "a.ipynb", WIDGETS, "print({'x', 'yy', 'zzz'}); print('end')")
    run(path)
    first = path.read_bytes()
    run(path)
    assert path.read_bytes() == first


def test_cells_are_counted_and_outputs_kept_with_the_widgets(tmp_path):
    path = notebook(tmp_path / "a.ipynb", "print(6 * 7)", WIDGETS)
    run(path)
    done = nbformat.read(path, as_version=4)
    nbformat.validate(done)
    assert [cell.execution_count for cell in done.cells] == [1, 2]
    assert done.cells[0].outputs[0].text == "42\n"
    view = done.cells[1].outputs[0].data["application/vnd.jupyter.widget-view+json"]
    state = done.metadata.widgets["application/vnd.jupyter.widget-state+json"].state
    assert state[view.model_id].model_name == "VBoxModel"
    assert view.model_id.startswith("a-widget-")


def test_a_notebook_runs_in_its_own_folder(tmp_path):
    (tmp_path / "beside.txt").write_text("here")
    path = notebook(tmp_path / "a.ipynb", "print(open('beside.txt').read())")
    run(path)
    assert nbformat.read(path, as_version=4).cells[0].outputs[0].text == "here\n"


def test_what_depends_on_time_or_machine_is_dropped_and_the_rest_kept():
    cell = nbformat.v4.new_code_cell("1", metadata={"execution": {"a": "b"}, "tags": ["keep"]})
    book = nbformat.v4.new_notebook(
        cells=[cell],
        metadata={"language_info": {"name": "python", "version": "3.13.1"}, "patternlab": {"n": 1}},
    )
    tidy(book)
    assert book.cells[0].metadata == {"tags": ["keep"]}
    assert book.metadata.language_info == {"name": "python"}
    assert book.metadata.kernelspec.name == "python3"
    assert book.metadata.patternlab == {"n": 1}


@pytest.mark.parametrize(
    "content",
    [None, "", "{", "[]", '{"cells": 3}', '{"nbformat": 4, "nbformat_minor": 5, "cells": 3}'],
    ids=["missing", "empty", "cut short", "a list", "no format", "odd cells"],
)
def test_a_file_that_is_no_notebook_is_named(tmp_path, content):
    path = tmp_path / "broken.ipynb"
    if content is not None:
        path.write_text(content)
    with pytest.raises(NotebookError, match=r"broken\.ipynb is not a notebook that can be read"):
        run(path)


def test_a_kernel_that_dies_is_named_and_the_file_left_alone(tmp_path):
    path = notebook(tmp_path / "a.ipynb", "import os; os._exit(1)")
    before = path.read_bytes()
    with pytest.raises(NotebookError, match="its Python process ended"):
        run(path)
    assert path.read_bytes() == before


def test_kernels_meet_on_sockets_of_their_own_and_leave_none_behind():
    one, two = PrivateSockets(), PrivateSockets()
    assert one.transport == two.transport == "ipc"
    assert one.ip != two.ip
    folder = Path(one.ip).parent
    assert folder.is_dir()
    del one
    gc.collect()
    assert not folder.exists()
