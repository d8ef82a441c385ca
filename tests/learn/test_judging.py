import numpy as np
import pytest

from patternlab.learn.judging import Wrong, fields, number, on_seeds, refusing


def test_fields_come_in_the_order_that_was_asked_for():
    assert list(fields({"b": 1, "a": 2}, ("a", "b"))) == ["a", "b"]


@pytest.mark.parametrize("answer", [5, 5.0, np.int64(5), np.float32(5)])
def test_a_number_of_any_kind_is_taken(answer):
    assert number(answer, "No.", 0, 5) == 5


@pytest.mark.parametrize("answer", [-1, 6, float("nan"), float("inf"), True, "5", None, [5]])
def test_what_is_no_such_number_is_refused_with_the_sentence(answer):
    with pytest.raises(Wrong, match="give one"):
        number(answer, "give one", 0, 5)


def test_a_whole_number_is_not_a_fraction():
    with pytest.raises(Wrong):
        number(2.0, "No.", whole=True)
    assert number(2, "No.", whole=True) == 2


def test_a_refusal_names_its_seed_and_later_seeds_are_not_run():
    seen = []

    def judge(seed):
        seen.append(seed)
        if seed == 2:
            raise Wrong("Lost.")

    with pytest.raises(Wrong, match=r"Lost\. \(seed 2\)"):
        on_seeds((1, 2, 3), judge)
    assert seen == [1, 2]


def test_the_course_s_own_errors_become_refusals_and_others_do_not():
    with pytest.raises(Wrong, match="^80 TB: 'pigeon'$"), refusing(KeyError, about="80 TB"):
        raise KeyError("pigeon")
    with pytest.raises(Wrong, match="^weather: no$"), refusing(about="weather"):
        raise Wrong("no")
    with pytest.raises(ZeroDivisionError), refusing(KeyError):
        raise ZeroDivisionError
