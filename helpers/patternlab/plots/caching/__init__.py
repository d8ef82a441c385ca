"""Figures of caches: hit ratios, staleness and the load on the origin."""
