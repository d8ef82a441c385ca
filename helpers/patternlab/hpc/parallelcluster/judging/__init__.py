"""What runs in the judge's own process: ``python -m patternlab.hpc.parallelcluster.judging``.

It reads JSON from its input, {"texts": [...], "site": {...} or null}, and writes a list of
{"findings", "cluster", "assumed"}, one a text. Only here AWS's package is imported.
"""
