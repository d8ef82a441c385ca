"""What a function's zip may hold, and how its modules find each other."""

import sys

import pytest

from patternlab.local.awslambda.modules import Code, ModuleSpace


def space(zip_of, files, **kwargs):
    return ModuleSpace(Code(zip_of(files)), {}, **kwargs)


@pytest.fixture
def load(zip_of):
    return lambda files, name="main": space(zip_of, files).load(name)


def test_packages_modules_and_relative_imports(load):
    files = {
        "main.py": "import b, pkg.sub as s\nfrom pkg import helper\nfrom pkg.deep import leaf",
        "b.py": "from pkg.helper import Y\nNAME = __name__",
        "pkg/__init__.py": "ROOT = 1",
        "pkg/helper.py": "Y = 41",
        "pkg/sub.py": "from . import helper\nfrom .helper import Y\nX = helper.Y + 1",
        "pkg/deep/__init__.py": "",
        "pkg/deep/leaf.py": "from .. import ROOT\nfrom ..helper import Y\nZ = ROOT + Y",
    }
    main = load(files)
    assert (main.s.X, main.helper.Y, main.leaf.Z, main.b.NAME) == (42, 41, 42, "b")
    assert main.__file__ == "/var/task/main.py"


def test_a_folder_without_init_is_a_package_too(load):
    files = {"main.py": "from lib.tools import X\nimport lib.tools", "lib/tools.py": "X = 5"}
    main = load(files)
    assert (main.X, main.lib.tools.X) == (5, 5)


def test_an_import_inside_a_function_finds_the_zip(load):
    files = {"main.py": "def f():\n    from other import X\n    return X", "other.py": "X = 3"}
    assert load(files).f() == 3


def test_modules_that_import_each_other(load):
    files = {"main.py": "import a", "a.py": "import b\nX = 1", "b.py": "import a\nY = 2"}
    assert load(files).a.b.Y == 2


def test_nothing_of_it_enters_this_process(load):
    before = set(sys.modules)
    load({"main.py": "import only_in_the_zip", "only_in_the_zip.py": ""})
    assert "only_in_the_zip" not in set(sys.modules) - before
    assert "main" not in set(sys.modules) - before


def test_two_environments_share_code_and_no_state(zip_of):
    code = Code(zip_of({"main.py": "BOX = []"}))
    one, two = (ModuleSpace(code, {}).load("main") for _ in range(2))
    one.BOX.append(1)
    assert two.BOX == []


def test_a_module_that_fails_is_tried_again(load, zip_of):
    files = {"main.py": "import os\nif 'x' not in globals(): raise KeyError('x')"}
    world = space(zip_of, files)
    for _ in range(2):
        with pytest.raises(KeyError):
            world.load("main")


def test_a_missing_module_is_named(load):
    with pytest.raises(ModuleNotFoundError, match="No module named 'nowhere'"):
        load({"main.py": "import nowhere"})
    with pytest.raises(ImportError, match="cannot import name 'y' from 'b'"):
        load({"main.py": "from b import y", "b.py": ""})
    with pytest.raises(ImportError):
        load({"main.py": "from . import b", "b.py": ""})


def test_sources_in_other_encodings(load):
    text = "# -*- coding: latin-1 -*-\nX = 'é'"
    assert load({"main.py": text.encode("latin-1")}).X == "é"
    with pytest.raises(SyntaxError):
        load({"main.py": b"X = '\xff'"})


def test_facades_stand_before_pythons_own_and_behind_the_zip(zip_of):
    fake = type(sys)("json")
    files = {"main.py": "import json, time", "time.py": "X = 1"}
    main = ModuleSpace(Code(zip_of(files)), {"json": fake, "time": fake}).load("main")
    assert main.json is fake
    assert main.time.X == 1


def test_logging_is_the_functions_own(load):
    import logging

    before = list(logging.root.handlers)
    main = load({"main.py": "import logging\nlogging.getLogger().setLevel(5)"})
    assert main.logging is not logging
    assert logging.root.handlers == before
    assert logging.root.level != 5
