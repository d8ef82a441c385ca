"""What every notebook of the course keeps: a gate for each point, which returns what is wrong.

nbval compares the outputs that are there. These gates see to it that they are there, and that a
reader finds the same parts in every notebook. The tests and ``patternlab dev check`` run them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from patternlab.authoring.gates import execution, exercises, privacy, reading, time
from patternlab.authoring.lesson import Finding, Lesson

Gate = Callable[[Lesson], Iterable[Finding]]

GATES: tuple[Gate, ...] = (
    execution.executed_in_order,
    execution.has_outputs,
    execution.no_errors,
    execution.plain_metadata,
    execution.measured,
    execution.figures_in_words,
    reading.title_and_promise,
    reading.able_to,
    reading.prerequisites,
    reading.closing,
    reading.short_cells,
    reading.finished,
    reading.known_tags,
    reading.local_only,
    time.minutes,
    time.more_sections,
    time.listed,
    privacy.no_machine_paths,
    privacy.no_credentials,
    privacy.no_addresses,
    exercises.asked,
)
