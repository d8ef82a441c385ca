import pytest

from patternlab.learn.situations import first_fault

RUNS = {"it rains": lambda: "umbrella", "it is dry": lambda: "nothing"}
RIGHT = {"it rains": "umbrella", "it is dry": "nothing"}


def fault(answer):
    return first_fault(
        answer, RUNS, ("umbrella", "nothing"), lambda name, given: f"If {name}, not {given}."
    )


def test_what_every_run_says_has_no_fault_in_any_order():
    assert fault(RIGHT) is None
    assert fault(dict(reversed(RIGHT.items()))) is None


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (["umbrella", "nothing"], "Give a dict"),
        (RIGHT | {"it snows": "nothing"}, "no situation 'it snows'"),
        ({"it rains": "umbrella"}, "'it is dry' is not answered yet"),
        (RIGHT | {"it is dry": "hat"}, "choose one of umbrella, nothing, not 'hat'"),
        (RIGHT | {"it is dry": ["nothing"]}, "not ['nothing']"),
        (RIGHT | {"it rains": "nothing"}, "If it rains, not nothing."),
    ],
)
def test_the_first_fault_is_told(answer, sentence):
    assert sentence in fault(answer)


def test_after_a_fault_no_other_run_is_made():
    def forbidden():
        raise AssertionError("this run was not needed")

    answer = {"first": "b", "second": "a"}
    runs = {"first": lambda: "a", "second": forbidden}
    assert first_fault(answer, runs, ("a", "b"), lambda name, given: name) == "first"
