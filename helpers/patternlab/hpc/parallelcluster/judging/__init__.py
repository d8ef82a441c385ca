"""What runs in the judge's own process: ``python -m patternlab.hpc.parallelcluster.judging``.

It reads questions, a line of JSON each, {"text": ..., "site": {...} or null}, and writes a line for
each: {"findings", "cluster", "assumed"}, or {"failed": why}. Only here AWS's package is imported.
"""
