"""The exercises on cluster files, beyond what every exercise is held to."""

import json

import pytest

from patternlab.exercises.cluster_file import (
    BROKEN,
    FRONT,
    MENDED,
    NOTEBOOK,
    QUEUES,
    TWO_CODES,
    judge_mended,
    judge_two_codes,
)
from patternlab.hpc.parallelcluster import EXAMPLE, judge
from patternlab.learn.loading import course
from patternlab.paths import NOTEBOOKS


def test_the_broken_file_is_refused_in_two_rounds():
    assert {found.validator for found in judge(BROKEN, EXAMPLE).findings} == {"schema"}
    second = BROKEN.replace("awsbatch", "slurm").replace("MaxNodes", "MaxCount")
    validators = {found.validator for found in judge(second, EXAMPLE).of_level("error")}
    assert {"EfaValidator", "EfaSecurityGroupValidator", "EfaPlacementGroupValidator"} <= validators


@pytest.mark.parametrize("name", ["mend-the-cluster", "cluster-for-two-codes"])
@pytest.mark.parametrize("answer", [5, b"Region: x", ["Region"], "", "\t", "Region: us-east-1"])
def test_odd_answers_get_a_sentence(name, answer):
    feedback = course().check(name, answer)
    assert not feedback.is_right and "could not finish" not in feedback.message


def test_any_file_that_creates_the_right_cluster_is_right():
    one_line = TWO_CODES.replace("Image: {Os: alinux2023}", "Image:\n    Os: ubuntu2404")
    renamed = one_line.replace("weather", "forecast").replace("charts", "plots")
    assert judge_two_codes(renamed).state.name == "RIGHT"
    more = MENDED + "    - Name: other\n" + MENDED.split("- Name: mpi\n")[1]
    assert judge_mended(more).state.name == "RIGHT"


def test_the_notebook_ships_the_stubs_to_the_letter():
    book = json.loads((NOTEBOOKS / NOTEBOOK).read_text(encoding="utf-8"))
    code = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]
    texts = "\n".join(code)
    assert f'front = """\\\n{FRONT}"""' in texts
    assert BROKEN.removeprefix(FRONT.replace("slurm", "awsbatch", 1)) in texts
    assert f'queues = """\\\n{QUEUES}"""' in texts
