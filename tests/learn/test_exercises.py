import sys

import pytest
from IPython.core.formatters import format_display_data

from patternlab.learn.exercises import Registry, State


@pytest.fixture
def registry(samples):
    return Registry(samples.number(), samples.function())


def state(registry, answer, name="two-and-two"):
    return registry.check(name, answer).state


@pytest.mark.parametrize("answer", [..., None, {"a": 1, "b": ...}, [1, ...], {"a": (..., 2)}])
def test_an_answer_with_a_gap_left_is_not_attempted(registry, answer):
    feedback = registry.check("two-and-two", answer)
    assert feedback.state is State.NOT_ATTEMPTED
    assert repr(feedback).startswith("– Not attempted yet. ")


def test_right_wrong_and_a_recognised_misconception(registry):
    assert repr(registry.check("two-and-two", 4)) == "✓ Right. Two and two are four."
    assert repr(registry.check("two-and-two", 5)).startswith("✗ Not yet. That is not the sum")
    assert "side by side" in registry.check("two-and-two", 22).message
    assert registry.check("two-and-two", 4).is_right
    assert not registry.check("two-and-two", 5).is_right


def test_a_function_that_does_nothing_is_not_attempted(registry, samples):
    def stub_in_a_notebook(values): ...  # your code here

    def with_words(values):
        """Say what it should do."""

    for answer in (stub_in_a_notebook, with_words):
        assert state(registry, answer, "double-it") is State.NOT_ATTEMPTED
    assert state(registry, samples.double, "double-it") is State.RIGHT
    assert state(registry, lambda values: [], "double-it") is State.WRONG


def test_a_value_in_place_of_a_function_is_told_how_to_give_one(registry):
    feedback = registry.check("double-it", 5)
    assert feedback.state is State.WRONG and "check('double-it', double)" in feedback.message


def test_a_stub_without_a_gap_is_told_from_other_answers_of_its_type(samples):
    registry = Registry(samples.number(stub=0))
    assert state(registry, 0) is State.NOT_ATTEMPTED
    assert state(registry, False) is State.WRONG


def endless(values):
    return endless(values)


def leave(values):
    sys.exit("bye")


def interrupt(values):
    raise KeyboardInterrupt


class Hostile:
    """Raises at every touch."""

    def __eq__(self, other):
        raise RuntimeError("do not compare me")

    def __repr__(self):
        raise RuntimeError("do not print me")

    __hash__ = None

    def __call__(self, values):
        raise ValueError("one line.\nanother line")


class SilentError(Exception):
    def __str__(self):
        raise RuntimeError("an error that cannot be printed")


def raise_silently(values):
    raise SilentError


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (endless, "calls itself without end"),
        (leave, "SystemExit: bye"),
        (interrupt, "interrupted"),
        (Hostile(), "ValueError: one line."),
        (raise_silently, "SilentError"),
        (lambda: 5, "TypeError"),
    ],
)
def test_a_check_never_raises_whatever_the_answer_does(registry, answer, told):
    feedback = registry.check("double-it", answer)
    assert feedback.state is State.WRONG
    assert told in feedback.message
    assert "Traceback" not in repr(feedback)


def test_a_check_survives_an_answer_that_cannot_be_compared(registry):
    feedback = registry.check("two-and-two", Hostile())
    assert feedback.state is State.WRONG
    assert "RuntimeError: do not compare me" in feedback.message


def test_a_judge_that_returns_no_sentence_does_not_raise_either(samples):
    registry = Registry(samples.number(judge=lambda answer: True))
    assert state(registry, 4) is State.WRONG


def test_hints_come_one_by_one_and_end(registry):
    feedback = registry.check("two-and-two", 5)
    assert [repr(feedback.hint()) for _ in range(4)] == [
        "Hint 1 of 2: Use your fingers.",
        "Hint 2 of 2: It is less than five.",
        "There are no more hints. solution('two-and-two') shows one way to do it.",
        "There are no more hints. solution('two-and-two') shows one way to do it.",
    ]
    assert "Hint 1 of 1" in registry.hint("double-it").text


def test_the_solution_is_shown_as_source(registry):
    assert repr(registry.solution("two-and-two")) == "One way to do it:\nanswer = 2 + 2"
    assert registry.check("double-it", 5).solution().code == (
        "def double(values):\n    return [2 * value for value in values]"
    )


def test_without_a_solution_text_the_reference_is_the_solution(samples):
    assert samples.number(solution="").solution_text == "answer = 4"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("two-and-tow", "no exercise 'two-and-tow'. Did you mean 'two-and-two'?"),
        ("queues", "no exercise 'queues'. There is: 'double-it', 'two-and-two'."),
        (None, "no exercise None."),
        (["two-and-two"], "no exercise ['two-and-two']."),
    ],
)
def test_an_unknown_name_is_a_sentence_with_close_ones(registry, name, told):
    feedback = registry.check(name, 4)
    assert feedback.state is State.UNKNOWN
    for text in (feedback.message, registry.hint(name).text, registry.solution(name).text):
        assert told in text
    assert "no exercise" in feedback.hint().text


def test_an_empty_registry_says_so():
    assert Registry().check("x", 1).message == "There is no exercise 'x': none are loaded."


def test_two_exercises_of_one_name_are_refused(registry, samples):
    with pytest.raises(ValueError, match="'double-it'"):
        registry.add(samples.function())


def test_feedback_reads_as_text_and_as_html_without_letting_html_through(registry):
    data, _ = format_display_data(registry.check("double-it", lambda values: "<b>"))
    assert data["text/plain"] == "✗ Not yet. For [1, 5] it gave '<b>'."
    assert (
        "<strong>Not yet.</strong> For [1, 5] it gave &#x27;&lt;b&gt;&#x27;." in data["text/html"]
    )
    note, _ = format_display_data(registry.solution("double-it"))
    assert "<pre><code>def double(values):" in note["text/html"]


def test_an_answer_that_never_ends_is_stopped(monkeypatch, samples):
    monkeypatch.setattr("patternlab.learn.exercises.PATIENCE", 0.2)

    def endless(_answer):
        while True:
            pass

    registry = Registry(samples.number(judge=endless))
    feedback = registry.check("two-and-two", 4)
    assert feedback.state is State.WRONG
    assert "never ends" in feedback.message
