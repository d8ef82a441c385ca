"""The public surfaces: what each part shows, and that the lessons use nothing else of it."""

import ast
import importlib
import subprocess
import sys

import nbformat
import pytest

from patternlab.paths import books

SURFACES = {
    f"patternlab{part}"
    for part in ("", ".caching", ".delivery", ".hpc", ".learn", ".plots", ".widgets")
}


@pytest.mark.parametrize("surface", sorted(SURFACES))
def test_a_surface_shows_its_public_names_and_nothing_else(surface):
    module = importlib.import_module(surface)
    assert dir(module) == sorted(module.__all__)
    assert all(hasattr(module, name) for name in module.__all__)
    assert module.__doc__


@pytest.mark.parametrize("surface", sorted(SURFACES))
def test_a_surface_imports_nothing_before_it_is_asked(surface):
    code = f"import sys, {surface}; print(*(m for m in sys.modules if m.startswith('patternlab')))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert set(loaded.stdout.split()) == {"patternlab", surface}


@pytest.mark.parametrize("book", books(), ids=lambda path: path.stem)
def test_a_lesson_imports_from_the_surfaces_only(book):
    for cell in nbformat.read(book, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import):
                assert not any(name.name.startswith("patternlab") for name in node.names)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("patternlab"):
                public = importlib.import_module(node.module).__all__
                assert node.module in SURFACES
                assert {name.name for name in node.names} <= set(public)
