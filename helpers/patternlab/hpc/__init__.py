"""High-performance computing: moving the data, choosing the wire, running MPI on it.

The modules stand alone and are imported by name. Importing them starts no process and needs no MPI
library; what runs one looks for it when it is called, and says so where it is missing.
"""
