"""The examples in docstrings say what is so."""

import doctest
from importlib import import_module

import pytest

from patternlab.paths import ROOT

PACKAGE = ROOT / "helpers"
MODULES = sorted(
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
    for path in (PACKAGE / "patternlab").rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(name, capsys):
    failed, tried = doctest.testmod(import_module(name))
    assert tried and not failed, capsys.readouterr().out
