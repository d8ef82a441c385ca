"""How contract tests look at moto's code."""

from inspect import getsource, signature


def parameters(function):
    """The names of its parameters."""
    return list(signature(function).parameters)


def assert_in_source(thing, *texts):
    """Each of `texts` stands in the source of a function, class or module of moto's."""
    for text in texts:
        assert text in getsource(thing), f"{thing} has no {text!r} any more"
