"""What the exercises of notebook 09 rest on: which ways are right; what is closed never is."""

import ast
import json

import pytest

from patternlab.exercises import data_transfer as bank
from patternlab.hpc.transfer import OPTIONS, Site, estimate
from patternlab.learn import check
from patternlab.learn.exercises import State
from patternlab.paths import NOTEBOOKS

RIGHT = {
    "80 TB": {"hosted 10G", "hosted 25G", "Data Transfer Terminal"},
    "3 PB": {"internet", "hosted 25G"},
}


def right_ways(load):
    others = {"80 TB": "hosted 10G", "3 PB": "internet"}
    answers = {way: others | {load: way} for way in OPTIONS}
    return {way for way in OPTIONS if check("how-they-travel", answers[way]).state is State.RIGHT}


def test_the_judge_agrees_with_the_plan_for_every_way():
    for load, order in bank.ORDERS.items():
        meets = {
            way for way in OPTIONS if estimate(way, load, order.site).meets(order.days, order.usd)
        }
        assert right_ways(load) == meets == RIGHT[load]


def test_the_notebook_gives_the_sites_that_are_judged():
    cells = json.loads((NOTEBOOKS / "09-data-transfer.ipynb").read_text())["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    sites = [
        Site(
            ast.literal_eval(node.args[0]),
            **{each.arg: ast.literal_eval(each.value) for each in node.keywords},
        )
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") == "Site"
        and isinstance(node.args[0], ast.Constant)
    ]
    assert all(order.site in sites for order in bank.ORDERS.values())


def test_the_night_is_decided_by_the_verification():
    for mode, tasks in (("BASIC", 2), ("BASIC", 100), ("ENHANCED", 1)):
        settings = {"mode": mode, "verify": "ONLY_FILES_TRANSFERRED", "tasks": tasks}
        assert check("eight-hour-night", settings).state is State.RIGHT


@pytest.mark.parametrize("options", [None, "OverwriteMode=NEVER", []])
def test_options_that_are_none_are_refused(options):
    verdict = check("curated-lake", {"TaskMode": "BASIC", "Options": options})
    assert verdict.state is State.WRONG and "Options" in verdict.message
