"""Every notebook and lab of the course passes the gates."""

import pytest

from patternlab.authoring.gates import GATES
from patternlab.authoring.lesson import Lesson
from patternlab.paths import books


@pytest.mark.parametrize("path", books(), ids=lambda path: path.stem)
def test_the_lesson_passes_every_gate(path):
    lesson = Lesson.read(path)
    assert [finding for gate in GATES for finding in gate(lesson)] == []
