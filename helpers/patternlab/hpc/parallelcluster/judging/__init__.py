"""What runs in the judge's own process: ``python -m patternlab.hpc.parallelcluster.judging``.

It reads questions, a line of JSON each, {"number", "text", "site" (or null)}, and writes a line for
each: {"number", "findings", "cluster", "assumed"}, or {"number", "failed": why}. AWS's package is
imported nowhere else.
"""
