"""What of a notebook goes into a function's zip, and what cannot."""

import functools
import io
import json
import linecache
import zipfile
from textwrap import dedent

import pytest

from patternlab.functions.packaging import CannotPackage, package, source_of

_CELLS = iter(range(1, 1000))


@pytest.fixture
def notebook():
    """Runs cells as IPython does; gives the names they define."""
    names = {"__name__": "__main__"}
    files = []

    def run(source):
        source = dedent(source)
        file = f"<ipykernel_1/{next(_CELLS)}.py>"
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        files.append(file)
        exec(compile(source, file, "exec"), names)
        return names

    yield run
    for file in files:
        del linecache.cache[file]


def run(handler, event=None):
    """The result of the handler as it comes out of its package's source."""
    names = {"__name__": "function"}
    exec(source_of(handler), names)
    return names[handler.__name__](event, None)


def test_the_same_handler_gives_the_same_bytes(notebook):
    handler = notebook("WORDS = {'a', 'b', 'c'}\ndef handler(event, context): return WORDS")[
        "handler"
    ]
    assert package(handler) == package(handler)
    assert "WORDS = {'a', 'b', 'c'}" in source_of(handler)


def test_the_zip_holds_the_code_the_recorder_and_an_entry(notebook):
    handler = notebook("def handler(event, context): return 1")["handler"]
    with zipfile.ZipFile(io.BytesIO(package(handler))) as archive:
        assert sorted(archive.namelist()) == ["entry.py", "function.py", "recorder.py"]
        assert b"recorder.record(function.handler)" in archive.read("entry.py")
        compile(archive.read("recorder.py"), "recorder.py", "exec")


def test_helpers_values_and_modules_go_along(notebook):
    notebook("import json, math as m\nfrom collections import Counter as Count\nLIMIT = 3")
    notebook("def double(n):\n    return 2 * n")
    handler = notebook("""
        def helper(n):
            return double(n) + LIMIT

        def handler(event, context):
            return json.dumps([helper(event), m.floor(2.5), Count("aa")["a"]])
    """)["handler"]
    assert run(handler, 4) == "[11, 2, 2]"
    assert source_of(handler).startswith("from collections import Counter as Count\nimport json\n")


def test_only_what_is_used_goes_along(notebook):
    notebook("class Unsendable: pass\ndata = Unsendable()\ni = Unsendable()")
    handler = notebook("""
        def handler(event, context):
            data = [i for i in event]  # names of its own
            return event.data if hasattr(event, "data") else data
    """)["handler"]
    assert run(handler, [1]) == [1]
    assert "Unsendable" not in source_of(handler)


def test_helpers_that_call_each_other(notebook):
    handler = notebook("""
        def even(n): return n == 0 or odd(n - 1)
        def odd(n): return n != 0 and even(n - 1)
        def handler(event, context): return even(event)
    """)["handler"]
    assert run(handler, 10) is True


def test_a_helper_under_another_name(notebook):
    handler = notebook("""
        def helper(): return 7
        again = helper
        def handler(event, context): return again()
    """)["handler"]
    assert run(handler) == 7


def test_classes_of_the_notebook(notebook):
    notebook("class Base:\n    def name(self): return type(self).__name__")
    notebook("""
        from dataclasses import dataclass
        from enum import Enum

        class Colour(Enum):
            RED = 1

        @dataclass
        class Order(Base):
            colour: Colour = Colour.RED
    """)
    handler = notebook("def handler(event, context): return [Order().name(), Order().colour.name]")[
        "handler"
    ]
    assert run(handler) == ["Order", "RED"]


def test_the_newest_cell_counts(notebook):
    notebook("class Order:\n    price = 1")
    notebook("class Order:\n    price = 2")
    handler = notebook("def handler(event, context): return Order.price")["handler"]
    assert run(handler) == 2


def test_a_closure_brings_its_values():
    def make(factor):
        def handler(event, context):
            return event * factor

        return handler

    assert run(make(3), 5) == 15


def plain(event, context):
    return [helper(event), json.dumps({})]


def helper(event):
    return event


def test_a_handler_of_a_file_brings_the_functions_beside_it():
    assert run(plain, 1) == [1, "{}"]
    assert "import helper" not in source_of(plain)


def logged(function):
    @functools.wraps(function)
    def wrapper(event, context):
        return ["logged", function(event, context)]

    return wrapper


@logged
def decorated(event, context):
    return event


def test_a_decorator_goes_along():
    assert run(decorated, 1) == ["logged", 1]


def test_a_module_below_a_module_is_imported(notebook):
    handler = notebook("""
        import botocore.exceptions
        def handler(event, context):
            return botocore.exceptions.ClientError.__name__
    """)["handler"]
    assert "import botocore\nimport botocore.exceptions\n" in source_of(handler)


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("handler = 7", ["7"]),
        ("handler = print", ["<built-in function print>"]),
        ("handler = lambda event, context: 1", ["<lambda>"]),
        ("def handler(event): pass", ["handler"]),
        ("def handler(event, context, more): pass", ["handler"]),
        ("async def handler(event, context): pass", ["handler", "async"]),
        (
            "thing = object()\ndef handler(event, context): return thing",
            ["handler", "thing", "object"],
        ),
        (
            "thing = object()\ndef tool(): return thing\n"
            "def handler(event, context): return tool()",
            ["tool", "thing", "object"],
        ),
        (
            "numbers = [1.5, float('nan')]\ndef handler(event, context): return numbers",
            ["handler", "numbers", "list"],
        ),
        (
            "class A:\n    def handler(self, event, context): pass\nhandler = A().handler",
            ["A.handler"],
        ),
    ],
)
def test_what_cannot_be_sent_is_named_in_one_line(notebook, source, named):
    handler = notebook(source)["handler"]
    with pytest.raises(CannotPackage) as refused:
        package(handler)
    assert all(name in str(refused.value) for name in named)
    assert "\n" not in str(refused.value)


def test_a_handler_without_source_is_named():
    names = {"__name__": "__main__"}
    exec("def handler(event, context): pass", names)
    with pytest.raises(CannotPackage, match="handler"):
        package(names["handler"])
