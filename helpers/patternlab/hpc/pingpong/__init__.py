"""An MPI ping-pong that says what it measured, and what it did not.

Run it under any ``mpiexec``, ``mpirun`` or ``srun``::

    mpiexec -n 2 python -m patternlab.hpc.pingpong --expect tcp --json report.json

The package stands alone: it needs Python 3.9, mpi4py and nothing else, so that a node of a cluster
can run it from a zip of this folder. ``report`` says what a report holds.
"""
