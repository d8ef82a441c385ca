import pytest

from patternlab.learn.exercises import Registry
from patternlab.learn.situations import situations
from patternlab.learn.verify import problems

RIGHT = {"it rains": "umbrella", "it is dry": "nothing"}


def exercise(truth=RIGHT.__getitem__):
    return situations(
        "weather",
        RIGHT,
        truth=truth,
        choices=("umbrella", "nothing"),
        refusal=lambda name, given: f"If {name}, not {given}.",
        praise="Well dressed.",
        slips=[("it rains", "nothing", "If it rains")],
        hints=["Look out."],
    )


def test_it_is_an_exercise_that_proves_itself():
    assert problems(exercise()) == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (["umbrella", "nothing"], "'it rains' and 'it is dry'"),
        (RIGHT | {"it snows": "nothing"}, "'it snows'"),
        ({"it rains": "umbrella"}, "'it is dry'"),
        (RIGHT | {"it is dry": "hat"}, "umbrella, nothing, not 'hat'"),
        (RIGHT | {"it is dry": ["nothing"]}, "not ['nothing']"),
        (RIGHT | {"it rains": "nothing"}, "If it rains, not nothing."),
    ],
)
def test_the_first_fault_is_told(answer, told):
    feedback = Registry(exercise()).check("weather", answer)
    assert not feedback.is_right and told in feedback.message


def test_after_a_fault_no_other_run_is_made():
    runs = []

    def truth(name):
        runs.append(name)
        return RIGHT[name]

    Registry(exercise(truth)).check("weather", RIGHT | {"it rains": "nothing"})
    assert runs == ["it rains"]
