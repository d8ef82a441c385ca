"""Figures of high-performance computing."""
