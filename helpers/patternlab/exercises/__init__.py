"""The exercises of the course: one module for each notebook or lab, named after it.

A module holds each exercise as a value at its top level: ``one = Exercise("one", ...)``.
By that text it is found without an import. A module is imported by the first check of its notebook,
so it must be quick to import: heavy libraries belong inside the functions that need them. The
question and the stub stand in the notebook.
"""
