"""Finds the exercises of the course, once, when the first one is asked for."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from patternlab import exercises as bank
from patternlab.learn.exercises import REGISTRY, Registry


@cache
def failures() -> dict[str, Exception]:
    """Import every module of the bank, and return the ones that could not be, with their errors.

    One broken module must not take the exercises of the other notebooks away.
    """
    failed = {}
    for module in sorted(module.name for module in pkgutil.iter_modules(bank.__path__)):
        try:
            importlib.import_module(f"{bank.__name__}.{module}")
        except Exception as error:
            failed[module] = error
    return failed


def course() -> Registry:
    """Return the registry with all exercises of the course in it."""
    failures()
    return REGISTRY
