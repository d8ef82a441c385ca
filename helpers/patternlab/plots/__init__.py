"""Figures of the course. Each function returns a ``Picture``: a figure and its twin in text."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
