"""What can go wrong with MPI programs, clusters and transfers."""

from __future__ import annotations


class HPCError(RuntimeError):
    """Something cannot be run, launched or moved as asked; the sentence says why and what to do."""
