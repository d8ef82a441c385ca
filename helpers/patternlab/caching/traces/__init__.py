"""Traces: requests that were made, or made up, as arrays to run over."""
