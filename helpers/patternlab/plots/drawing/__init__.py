"""What all figures share.

A ``Picture`` is a figure with its twin in text. A ``Canvas`` draws in inches, a ``Chart`` is a
canvas with axes of matplotlib's. ``axis`` says where a value is, ``text`` how wide a label is,
``words`` what a span is called, and ``style`` which colours, marks and sizes there are.
"""
