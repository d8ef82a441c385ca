"""The course's exercises: one module a notebook, named after it.

A module builds its exercises with ``register(Exercise(...))``. It is imported when the first
exercise is asked for, so it must be quick to import: heavy libraries belong inside the functions
that need them.
"""
