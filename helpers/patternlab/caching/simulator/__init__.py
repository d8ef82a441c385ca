"""The simulator: requests served by one cache, or by layers of caches."""
