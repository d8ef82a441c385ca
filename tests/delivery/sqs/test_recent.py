"""The memory of five minutes."""

from patternlab.delivery.sqs.recent import Recent


def test_a_value_is_known_for_its_time_and_not_longer():
    recent = Recent(300)
    recent.keep("a", 1, now=0)
    recent.keep("b", 2, now=100)
    assert (recent.get("a", 299), recent.get("b", 299)) == (1, 2)
    assert (recent.get("a", 300), recent.get("b", 300)) == (None, 2)
    assert recent.get("b", 400) is None


def test_a_value_kept_again_lives_from_then_on():
    recent = Recent(300)
    recent.keep("a", 1, now=0)
    recent.keep("b", 2, now=10)
    recent.keep("a", 3, now=200)
    assert (recent.get("a", 350), recent.get("b", 350)) == (3, None)


def test_what_is_cleared_or_was_never_kept_is_unknown():
    recent = Recent(300)
    recent.keep("a", 1, now=0)
    recent.clear()
    assert recent.get("a", 0) is None
