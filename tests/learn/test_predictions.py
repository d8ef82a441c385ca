import pytest
from IPython.core.formatters import format_display_data

from patternlab.learn import predict, predictions, reveal

MINUTES = ("0 seconds", "30 seconds", "150 seconds")


@pytest.fixture(autouse=True)
def no_predictions(monkeypatch):
    monkeypatch.setattr(predictions, "_predictions", {})


def ask(**more):
    return predict("dlq", "When is it in the DLQ?", MINUTES, **more)


def told(capsys, *arguments, **more):
    reveal(*arguments, **more)
    return capsys.readouterr().out


def test_nothing_is_chosen_at_first():
    assert ask().buttons.value is None


def test_a_clicked_choice_is_recorded_and_compared(capsys):
    ask().buttons.value = "30 seconds"
    assert told(capsys, "dlq", "150 seconds") == (
        "You predicted:  30 seconds\n"
        "What happened:  150 seconds\n"
        "They differ, and that is where there is more to learn.\n"
    )


def test_a_written_answer_that_agrees_with_its_reason(capsys):
    assert ask(answer="150 seconds").buttons.value == "150 seconds"
    assert told(capsys, "dlq", "150 seconds", because="Five receives, 30 s apart.") == (
        "You predicted:  150 seconds\n"
        "What happened:  150 seconds\n"
        "They agree.\n"
        "Why:            Five receives, 30 s apart.\n"
    )


def test_the_same_number_agrees_however_it_is_written(capsys):
    predict("count", "How many?", [4, 5], answer=5)
    assert "They agree." in told(capsys, "count", 5.0)


def test_no_prediction_is_said_kindly_and_what_happened_is_shown(capsys):
    ask()
    out = told(capsys, "dlq", "150 seconds")
    assert out.startswith("You made no prediction this time. That is fine")
    assert "What happened:  150 seconds" in out
    assert "differ" not in out and "agree" not in out.lower().replace("that is fine", "")


def test_running_the_cell_again_keeps_the_choice(capsys):
    first = ask()
    first.buttons.value = "30 seconds"
    assert ask().buttons.value == "30 seconds"
    first.buttons.value = "0 seconds"  # a copy of the widget that is still on the page
    assert "You predicted:  0 seconds" in told(capsys, "dlq", 1)


def test_a_choice_that_is_no_longer_offered_is_forgotten():
    ask(answer="30 seconds")
    assert predict("dlq", "When?", ["now", "later"]).buttons.value is None


def test_an_unknown_name_is_a_sentence_with_the_known_ones(capsys):
    assert "no prediction 'dlq' yet. Run the cell with predict" in told(capsys, "dlq", 1)
    ask()
    predict("batch", "?", ["a", "b"])
    sentence = told(capsys, "dlqq", 1)
    assert "Did you mean 'dlq'? So far there is: 'batch', 'dlq'." in sentence


def test_its_words_are_the_same_in_every_run():
    (data, _), (again, _) = format_display_data(ask()), format_display_data(ask())
    assert data["text/plain"] == again["text/plain"]
    assert data["text/plain"].splitlines() == [
        "Predict: When is it in the DLQ?",
        "  ( ) 0 seconds",
        "  ( ) 30 seconds",
        "  ( ) 150 seconds",
    ]
    (chosen, _) = format_display_data(ask(answer="30 seconds"))
    assert "  (x) 30 seconds" in chosen["text/plain"]


@pytest.mark.parametrize("options", [[], ["one"], ["same", "same"], [1, "1"]])
def test_options_that_are_no_choice_are_refused(options):
    with pytest.raises(ValueError, match="'x'"):
        predict("x", "?", options)


def test_an_answer_that_is_no_option_is_refused():
    with pytest.raises(ValueError, match="'soon'"):
        ask(answer="soon")
