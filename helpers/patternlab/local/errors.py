"""What a model refuses, as the error response of a service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def translated(answer: Callable[[Any], Exception], *kinds: type[Exception]) -> Iterator[None]:
    """Within this, an error of `kinds` becomes the one that `answer` makes of it."""
    try:
        yield
    except kinds as error:
        raise answer(error) from None


class Translator:
    """Calls the model; what it refuses becomes the error that `answer` makes of it.

    >>> with_type_errors = Translator(lambda error: TypeError(f"refused: {error}"), ValueError)
    >>> with_type_errors(int, "7")
    7
    >>> with_type_errors(int, "x")
    Traceback (most recent call last):
    TypeError: refused: invalid literal for int() with base 10: 'x'
    """

    def __init__(self, answer: Callable[[Any], Exception], *kinds: type[Exception]) -> None:
        self._answer, self._kinds = answer, kinds

    def __call__(self, operation: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        with translated(self._answer, *self._kinds):
            return operation(*args, **kwargs)
