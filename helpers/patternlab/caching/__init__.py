"""Caches: workloads, a fast simulator, the theory beside it, and real caches to hold against both.

The modules stand alone and are imported by name. Importing them needs numpy and pandas only; what
runs on numba, nginx or Valkey asks for it when it is called, and says so where it is missing.
"""
