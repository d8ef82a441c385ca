"""High-performance computing: moving the data, choosing the wire, running MPI on it.

* ``transfer``: how long each way to AWS takes and what it costs; ``units`` for sizes and rates.
* ``catalogue``, ``suitable``, ``summary``: the instance types of EC2, and how to choose one.
* ``measure``: the ping-pong on this machine, by a way of ``TRANSPORTS`` or over an emulated
  ``Wire``; ``results`` reads its reports; ``run_mpi`` runs any MPI program.
* ``hockney``, ``strong_scaling``: models of a message and of a program.
* ``plan``, ``launch``: a small EFA cluster; ``gather``, ``diagnose``, ``cases``: why it is slow.
* ``multinode``: AWS Batch's multi-node jobs; ``judge``: ParallelCluster files before AWS's rules.

Importing this starts no process and needs no MPI library. What runs one looks for it when it is
called, and says so if it is missing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
