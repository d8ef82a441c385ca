"""The house: which part imports which, and how full a folder may be."""

from collections import Counter
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

import patternlab.paths

MOST = 25  # modules directly in one folder


def test_imports_point_inwards_and_nowhere_in_a_circle(capsys):
    broken = lint_imports(config_filename=str(patternlab.paths.ROOT / "pyproject.toml"))
    assert not broken, capsys.readouterr().out


@pytest.mark.parametrize("part", ["helpers/patternlab", "tests"])
def test_no_folder_holds_more_modules_than_one_can_look_through(part):
    modules = Counter(path.parent for path in Path(patternlab.paths.ROOT, part).rglob("*.py"))
    assert {str(folder): count for folder, count in modules.items() if count > MOST} == {}
