"""Each proof of ``verify`` can fail: one deliberately bad exercise a proof."""

import pytest

from patternlab.learn.judging import Wrong
from patternlab.learn.verify import problems


@pytest.mark.parametrize("kind", ["number", "function"])
def test_a_good_exercise_has_no_problems(samples, kind):
    assert problems(getattr(samples, kind)()) == []


def refuse(answer):
    raise Wrong("No.")


SAME = "puts the digits side by side"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "Two And Two"}, "name is not made of lower-case words"),
        ({"hints": []}, "There is no hint."),
        ({"hints": ["Good.", ""]}, "Hint 2 is empty"),
        ({"alternatives": []}, "There is no other right answer."),
        ({"misconceptions": []}, "There is no misconception."),
        ({"solution": "answer = = 4"}, "The solution does not run by itself: SyntaxError"),
        ({"solution": "answer = four"}, "does not run by itself: NameError"),
        ({"solution": "# see the docs"}, "defines neither answer nor a function"),
        ({"solution": "answer = 2 + 3"}, "The solution gives WRONG, not RIGHT"),
        ({"solution": "def four(): return 4"}, "The solution gives WRONG, not RIGHT"),
        ({"stub": float("nan")}, "The untouched stub gives WRONG, not NOT_ATTEMPTED"),
        ({"reference": 5}, "The reference gives WRONG, not RIGHT"),
        ({"reference": ...}, "The reference gives NOT_ATTEMPTED, not RIGHT"),
        ({"alternatives": [4.0, 3]}, "Alternative 2 gives WRONG, not RIGHT"),
        ({"judge": lambda answer: ""}, "Misconception 1 gives RIGHT, not WRONG"),
        ({"judge": refuse}, "The reference gives WRONG, not RIGHT"),
        ({"judge": lambda answer: answer == 4}, "The reference gives WRONG, not RIGHT"),
        ({"misconceptions": [(5, SAME)]}, f"Misconception 1 is not told '{SAME}'"),
        ({"misconceptions": [(22, "")]}, "Misconception 1 is not told ''"),
        (
            {"misconceptions": [(22, SAME), (22.0, SAME)]},
            "Misconception 2 shares its message",
        ),
        (
            {"misconceptions": [(22, SAME), (22.0, "digits")]},
            "Misconception 1 is told another one's message too",
        ),
    ],
)
def test_a_bad_exercise_is_told_what_is_wrong(samples, changes, told):
    assert any(told in problem for problem in problems(samples.number(**changes)))
